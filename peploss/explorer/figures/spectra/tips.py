"""What peaks and fragments say when the pointer rests on them, and which of very many peaks do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.panels import UNSEEN, slope_words
from peploss.explorer.figures.traces import F64, escape

MOST_TOLD = 5000
"""Observed peaks with a text of their own; it is sent anew on each move."""


def told_peaks(ex: Explanation) -> NDArray[np.int64]:
    """Observed peaks that answer the pointer: all, or of very many the highest and those that match."""
    found = highest(ex.observed.intensity)
    return found if found.size == len(ex.observed) else np.union1d(found, ex.matches.peak)


def highest(intensity: F64) -> NDArray[np.int64]:
    """Places of all peaks, or of very many the highest, in their order."""
    if intensity.size <= MOST_TOLD:
        return np.arange(intensity.size)
    return np.sort(np.argpartition(intensity, -MOST_TOLD)[-MOST_TOLD:])


def untold(ex: Explanation) -> str | None:
    """What to say where not all peaks answer the pointer."""
    n = len(ex.observed)
    if n <= MOST_TOLD:
        return None
    return f"All {n:,} peaks are drawn and count; the pointer finds the {MOST_TOLD:,} highest and those that match."


def peak_keys(ex: Explanation, told: NDArray[np.int64]) -> list[str]:
    return [f"{mz:.4f}" for mz in ex.observed.mz[told].tolist()]


def _errors(ex: Explanation) -> dict[int, str]:
    """Error of every matched fragment, in words."""
    m = ex.matches
    columns = zip(m.fragment.tolist(), m.error_da.tolist(), m.error_ppm.tolist(), strict=True)
    return {f: f"error {signed(da, '.4f')} Da, {signed(ppm, '.1f')} ppm" for f, da, ppm in columns}


def peak_tips(ex: Explanation, height: F64, told: NDArray[np.int64]) -> list[str]:
    errors = _errors(ex)
    out = []
    columns = (ex.matches.fragment_of_peak, ex.observed.mz, height, ex.shares.peak_cosine, ex.shares.peak_loss)
    rows = zip(told.tolist(), *(column[told].tolist() for column in columns), strict=True)
    for i, partner, mz, high, cosine, loss in rows:
        head = f"<b>{escape(ex.fragments.label[partner])}</b>  {errors[partner]}<br>" if partner >= 0 else ""
        out.append(
            f"{head}observed m/z {mz:.4f}, {high:.1%} of the highest<br>"
            f"{cosine:.4f} of the cosine, {signed(loss, '.4f')} of the loss" + _peak_out_of_sight(ex, i)
        )
    return out


def _peak_out_of_sight(ex: Explanation, i: int) -> str:
    if ex.peak_rendered[i]:
        return ""
    return f"<br>{UNSEEN['between bins' if ex.peak_in_range[i] else 'beyond the grid']}"


def fragment_tips(ex: Explanation) -> list[str]:
    errors = _errors(ex)
    out = []
    for i, label in enumerate(ex.fragments.label):
        out.append(
            f"<b>{escape(label)}</b>  m/z {ex.fragments.mz[i]:.4f}<br>{errors.get(i, 'no peak matched')}<br>"
            f"{ex.shares.fragment_cosine[i]:.4f} of the cosine, "
            f"{signed(ex.shares.fragment_loss[i], '.4f')} of the loss<br>{slope_words(ex, i)}"
        )
    return out
