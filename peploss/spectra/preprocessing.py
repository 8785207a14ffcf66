"""Prepares observed peaks for the loss; every step is off by default."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

NO_PRECURSOR_TO_REMOVE = "The precursor peak was not removed: the precursor m/z is not given."
ONLY_PRECURSOR_REMOVED = "Only the precursor's own m/z was removed: its charge is not given."


def preprocess(spectrum: Spectrum, settings: LossSettings) -> Spectrum:
    """The spectrum with the peaks that ``settings`` keep.

    Five steps, in this order; each looks at what the one before it left:

    1. m/z window: ``min_peak_mz <= m/z <= max_peak_mz``.
    2. Precursor: peaks within ``precursor_tolerance`` of ``precursor_peaks`` are dropped.
    3. Relative threshold: peaks below ``relative_threshold`` times the highest remaining one are dropped.
    4. Top N: the ``top_n`` most intense stay; of equally intense ones, those of lower m/z.
    5. Square root of the intensities.

    Returns:
        The very same object where nothing changes. It may be left without peaks; its loss is 1 then.

    >>> s = Spectrum(mz=np.array([100.0, 200.0, 300.0]), intensity=np.array([4.0, 9.0, 4.0]))
    >>> preprocess(s, LossSettings(top_n=2, sqrt=True)).intensity
    array([2., 3.])
    >>> preprocess(s, LossSettings()) is s
    True
    """
    if not settings.changes_peaks:
        return spectrum
    # Compiled code and torch are loaded only where a step is on: reading a file needs neither.
    from peploss.spectra.kept_peaks import kept_peaks

    notes = spectrum.notes
    if settings.remove_precursor and spectrum.precursor_mz is None:
        notes = (*notes, NO_PRECURSOR_TO_REMOVE)
    elif settings.remove_precursor and spectrum.precursor_charge is None:
        notes = (*notes, ONLY_PRECURSOR_REMOVED)
    # Copies, because kernels are compiled for arrays that can be written.
    peaks = spectrum.mz.copy(), spectrum.intensity.copy(), np.array([0, len(spectrum)])
    precursor = np.array([np.nan if spectrum.precursor_mz is None else spectrum.precursor_mz])
    mz, intensity, _ = kept_peaks(peaks, precursor, np.array([spectrum.precursor_charge or 0]), settings)
    if mz.size == len(spectrum) and not settings.sqrt and notes == spectrum.notes:
        return spectrum
    return dataclasses.replace(spectrum, mz=mz, intensity=intensity, notes=notes)


def precursor_peaks(precursor_mz: float | None, charge: int | None) -> NDArray[np.float64]:
    """m/z of the intact precursor at its own charge and all lower ones, in Th.

    Lower charges come in two forms: protons lost, ``(M + k p) / k``, and charge reduced by electrons, as ETD makes
    them, ``(M + z p) / k``. Without a charge only the precursor's own m/z; without an m/z none.

    >>> precursor_peaks(500.0, 2).round(3)
    array([ 500.   ,  998.993, 1000.   ])
    """
    from peploss.spectra.kept_peaks import precursor_ions

    if precursor_mz is None:
        return np.empty(0)
    return np.asarray(precursor_ions(precursor_mz, charge or 1))
