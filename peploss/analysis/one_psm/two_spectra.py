"""Takes the loss between two observed spectra apart: a library's entry, or another scan, as the other side."""

from __future__ import annotations

from dataclasses import dataclass

from peploss.analysis.one_psm.explained import explained_share, on_grid
from peploss.analysis.one_psm.matching import Matches, match
from peploss.analysis.one_psm.mzpaf import annotated
from peploss.analysis.one_psm.shares import Decomposition, decompose
from peploss.analysis.one_psm.waterfall import Step, waterfall
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum


@dataclass(frozen=True, eq=False, repr=False)
class TwoSpectra:
    """Two spectra compared with the spectrum loss. P peaks of the first, Q of the second, after preprocessing.

    Attributes:
        first, second: the spectra after preprocessing, both in the same way.
        loss: in [0, 1]; 0 for a spectrum and itself, and no matter which of the two is first.
        matches: pairs of peaks that are each other's nearest, within 3 sigma; ``peak`` is of the first spectrum and
            ``fragment`` of the second.
        shared: share of the intensity in matched peaks, of the first and of the second.
        shares: additive shares in the cosine and in the loss; what is called fragments are peaks of the second.
        steps: bars from 0 to the loss; missing are peaks of the second alone, unexplained those of the first alone.
        labels: (P,) and (Q,) mzPAF of the peaks, by the peptide that came with each spectrum; ``?`` for none.
    """

    first: Spectrum
    second: Spectrum
    settings: LossSettings
    loss: float
    matches: Matches
    shared: tuple[float, float]
    shares: Decomposition
    steps: tuple[Step, ...]
    labels: tuple[list[str], list[str]]

    def __repr__(self) -> str:
        return f"<TwoSpectra: {self.first.name} and {self.second.name}, loss {self.loss:.4f}>"


def explain_spectra(first: Spectrum, second: Spectrum, settings: LossSettings | None = None) -> TwoSpectra:
    """Compare two observed spectra and take the loss apart.

    Args:
        first, second: as read; preprocessed here, as the settings say. The second takes the predicted side's place:
            its peaks stand as they are, whatever ``intensities`` and ``ion_types`` say.
        settings: what "the loss" means; None for the defaults.
    Raises:
        SpectrumError: the settings ask for what a spectrum cannot give.
        PeptideError: a peptide that came with one cannot be read.

    >>> import numpy as np
    >>> one = Spectrum(mz=np.array([100.05, 200.05]), intensity=np.ones(2))
    >>> other = Spectrum(mz=np.array([100.05, 300.05]), intensity=np.ones(2))
    >>> explain_spectra(one, one).loss, round(explain_spectra(one, other).loss, 3)
    (0.0, 0.5)
    """
    settings = settings or LossSettings()
    a, b = preprocess(first, settings), preprocess(second, settings)
    obs, pred = (a.mz, a.intensity), (b.mz, b.intensity)
    loss = float(spectrum_loss_at(Peaks.from_arrays(*pred), Peaks.from_arrays(*obs), settings)[0])
    upper, lower = on_grid(obs, settings), on_grid(pred, settings)
    matches = match(*lower, *upper, settings)
    return TwoSpectra(
        first=a,
        second=b,
        settings=settings,
        loss=loss,
        matches=matches,
        shared=(
            explained_share(upper[1], matches.fragment_of_peak >= 0),
            explained_share(lower[1], matches.peak_of_fragment >= 0),
        ),
        shares=decompose(pred, obs, settings),
        steps=waterfall(loss, *pred, *obs, matches, settings),
        labels=(annotated(a, settings), annotated(b, settings)),
    )
