"""The loss of one spectrum and one candidate, in one call."""

from __future__ import annotations

from peploss.intensities.heights import fragments_with_heights
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.peptide import Peptide, as_peptide
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum


def loss_of(spectrum: Spectrum, peptide: Peptide | str, settings: LossSettings | None = None) -> float:
    """Spectrum loss of a candidate, ``1 - cosine``: the number that ``explain`` takes apart.

    Args:
        spectrum: as read; preprocessed here, as the settings say.
        peptide: the candidate, parsed or in ProForma. Its own charge (``/2``) counts before the spectrum's.
        settings: what "the loss" means; None for the defaults.
    Returns:
        In [0, 1]; exactly 1 where a side has nothing on the grid.
    Raises:
        PeptideError: the text cannot be read.
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.

    >>> import numpy as np
    >>> observed = Spectrum(mz=np.array([147.11, 276.16]), intensity=np.ones(2))
    >>> round(loss_of(observed, "PEK"), 3)
    0.287
    """
    settings = settings or LossSettings()
    peptide = as_peptide(peptide)
    charge = peptide.charge if peptide.charge is not None else spectrum.precursor_charge
    observed = preprocess(spectrum, settings)
    (heights,) = fragments_with_heights([peptide], settings, [charge])
    pred, obs = (Peaks.from_arrays(x.mz, x.intensity) for x in (heights.fragments, observed))
    return float(spectrum_loss_at(pred, obs, settings)[0])
