"""Preparing observed peaks for the loss. Every step is off by default; then the spectrum is given back as it is."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

NO_PRECURSOR_TO_REMOVE = "The precursor peak was not removed: the precursor m/z is not given."
ONLY_PRECURSOR_REMOVED = "Only the precursor's own m/z was removed: its charge is not given."


def preprocess(spectrum: Spectrum, settings: LossSettings) -> Spectrum:
    """The spectrum with the peaks that ``settings`` keep.

    Five steps, in this order; each looks at what the one before it left:

    1. m/z window: ``min_peak_mz <= m/z <= max_peak_mz``.
    2. Precursor: peaks within ``precursor_tolerance`` of ``precursor_peaks`` go.
    3. Relative threshold: peaks below ``relative_threshold`` times the highest that is left go.
    4. Top N: the ``top_n`` most intense stay; of equally intense ones, those of lower m/z.
    5. Square root of the intensities.

    Returns:
        The very same object when no step is on. It may be left without peaks; its loss is 1 then.

    >>> s = Spectrum(mz=np.array([100.0, 200.0, 300.0]), intensity=np.array([4.0, 9.0, 4.0]))
    >>> preprocess(s, LossSettings(top_n=2, sqrt=True)).intensity
    array([2., 3.])
    >>> preprocess(s, LossSettings()) is s
    True
    """
    mz, intensity = spectrum.mz, spectrum.intensity
    keep = np.ones(mz.size, dtype=bool)
    notes = spectrum.notes
    if settings.min_peak_mz is not None:
        keep &= mz >= settings.min_peak_mz
    if settings.max_peak_mz is not None:
        keep &= mz <= settings.max_peak_mz
    if settings.remove_precursor:
        for at in precursor_peaks(spectrum.precursor_mz, spectrum.precursor_charge):
            keep &= np.abs(mz - at) > settings.precursor_tolerance
        if spectrum.precursor_mz is None:
            notes = (*notes, NO_PRECURSOR_TO_REMOVE)
        elif spectrum.precursor_charge is None:
            notes = (*notes, ONLY_PRECURSOR_REMOVED)
    if settings.relative_threshold > 0 and keep.any():
        keep &= intensity >= settings.relative_threshold * intensity[keep].max()
    if settings.top_n is not None and np.count_nonzero(keep) > settings.top_n:
        left = np.flatnonzero(keep)
        order = np.argsort(-intensity[left], kind="stable")  # peaks are sorted by m/z, so ties go to the lower one
        keep = np.zeros_like(keep)
        keep[left[order[: settings.top_n]]] = True
    if keep.all() and not settings.sqrt and notes == spectrum.notes:
        return spectrum
    kept = intensity[keep]
    return dataclasses.replace(spectrum, mz=mz[keep], intensity=np.sqrt(kept) if settings.sqrt else kept, notes=notes)


def precursor_peaks(precursor_mz: float | None, charge: int | None) -> NDArray[np.float64]:
    """m/z of the intact precursor at its own charge and all lower ones, in Th.

    Lower charges come in two forms: protons lost, ``(M + k p) / k``, and charge reduced by electrons, as ETD makes
    them, ``(M + z p) / k``. Without a charge only the precursor's own m/z; without an m/z none.

    >>> precursor_peaks(500.0, 2).round(3)
    array([ 500.   ,  998.993, 1000.   ])
    """
    if precursor_mz is None:
        return np.empty(0)
    if charge is None:
        return np.array([precursor_mz])
    whole = precursor_mz * charge
    lower = [(whole - lost * PROTON) / (charge - left) for left in range(charge) for lost in {0, left}]
    return np.array(sorted(lower))
