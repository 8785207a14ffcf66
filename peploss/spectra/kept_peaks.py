"""Which peaks the settings keep, compiled: of one spectrum or of many that lie one after the other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.kernels.cpu.sort import ascending, first_at_least
from peploss.kernels.jit import jit
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Ragged = tuple[F64, F64, I64]
"""m/z in Th, intensity, offsets."""


def kept_peaks(peaks: Ragged, precursor_mz: F64, charges: I64, settings: LossSettings) -> Ragged:
    """The peaks of B spectra that ``settings`` keep, as ``preprocess`` describes them.

    Args:
        peaks: m/z ascending in each spectrum.
        precursor_mz: (B,) in Th, NaN where not given.
        charges: (B,) of the precursors, 0 where not given.
    Returns:
        The very same arrays where no step is on.
    """
    s = settings
    if not s.changes_peaks:
        return peaks
    mz, intensity, offsets = peaks
    keep = np.empty(mz.size, dtype=bool)
    _keep(
        mz, intensity, offsets, np.nan_to_num(precursor_mz), charges,
        s.min_peak_mz or 0.0, np.inf if s.max_peak_mz is None else s.max_peak_mz,
        s.precursor_tolerance if s.remove_precursor else -1.0, s.relative_threshold, s.top_n or 0, keep,
    )  # fmt: skip
    return _compact(mz, intensity, offsets, keep, s.sqrt)


@jit
def precursor_ions(precursor_mz: float, charge: int) -> F64:
    """m/z of the intact precursor at its own charge and all lower ones, ascending; as in ``precursor_peaks``."""
    out = np.empty(2 * charge - 1)
    whole = precursor_mz * charge
    for left in range(charge):
        out[left] = whole / (charge - left)
        if left:
            out[charge + left - 1] = (whole - left * PROTON) / (charge - left)
    return ascending(out)


@jit
def _keep(
    mz: F64, intensity: F64, off: I64, precursor_mz: F64, charges: I64,
    low: float, high: float, tolerance: float, share: float, top_n: int, keep: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Sets ``keep``; ``tolerance`` negative, ``top_n`` 0, ``precursor_mz`` 0: not asked for, not known."""
    for b in range(off.size - 1):
        a, o = off[b], off[b + 1]
        for i in range(a, o):
            keep[i] = low <= mz[i] <= high
        if tolerance >= 0.0 and precursor_mz[b] > 0.0:
            for ion in precursor_ions(precursor_mz[b], max(charges[b], 1)):
                i = a + first_at_least(mz[a:o], ion - tolerance)
                while i > a and abs(mz[i - 1] - ion) <= tolerance:
                    i -= 1
                while i < o and mz[i] - ion <= tolerance:
                    if abs(mz[i] - ion) <= tolerance:
                        keep[i] = False
                    i += 1
        if share > 0.0:
            top = 0.0
            for i in range(a, o):
                if keep[i]:
                    top = max(top, intensity[i])
            for i in range(a, o):
                keep[i] = keep[i] and intensity[i] >= share * top
        if top_n > 0:
            n = 0
            for i in range(a, o):
                n += keep[i]
            if n > top_n:
                left_over = np.empty(n)
                k = 0
                for i in range(a, o):
                    if keep[i]:
                        left_over[k] = intensity[i]
                        k += 1
                cut = ascending(left_over)[n - top_n]
                above = 0
                for i in range(a, o):
                    above += keep[i] and intensity[i] > cut
                ties = top_n - above  # those of lower m/z stay
                for i in range(a, o):
                    if keep[i] and intensity[i] <= cut:
                        keep[i] = intensity[i] == cut and ties > 0
                        ties -= keep[i]


@jit
def _compact(mz: F64, intensity: F64, off: I64, keep: NDArray[np.bool_], root: bool) -> Ragged:
    """The kept peaks, the square root of their intensities where asked, and their offsets."""
    m, y, ends = np.empty(mz.size), np.empty(mz.size), np.zeros(off.size, np.int64)
    n = 0
    for b in range(off.size - 1):
        for i in range(off[b], off[b + 1]):
            if keep[i]:
                m[n], y[n] = mz[i], math.sqrt(intensity[i]) if root else intensity[i]
                n += 1
        ends[b + 1] = n
    return m[:n].copy(), y[:n].copy(), ends
