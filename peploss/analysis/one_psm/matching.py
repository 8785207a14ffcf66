"""Matches fragments to observed peaks: mutual nearest within three sigma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

REACH_OF_A_MATCH = 3.0
"""Farthest a fragment may lie from its peak, in sigma at the observed peak."""


@dataclass(frozen=True, eq=False)
class Matches:
    """M pairs of a fragment and an observed peak, in order of the peaks' m/z; no index occurs twice on a side.

    Attributes:
        fragment: (M,) index of the fragment.
        peak: (M,) index of the observed peak.
        error_da: (M,) observed minus predicted m/z, in Th (called Da in the field).
        error_ppm: (M,) the same over the predicted m/z, in ppm.
        peak_of_fragment: (F,) index of the peak a fragment is matched to; -1 where there is none.
        fragment_of_peak: (P,) index of the fragment a peak is matched to; -1 where there is none.
    """

    fragment: NDArray[np.int64]
    peak: NDArray[np.int64]
    error_da: NDArray[np.float64]
    error_ppm: NDArray[np.float64]
    peak_of_fragment: NDArray[np.int64]
    fragment_of_peak: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.fragment.size)


def match(
    fragment_mz: NDArray[np.float64],
    fragment_weight: NDArray[np.float64],
    peak_mz: NDArray[np.float64],
    peak_intensity: NDArray[np.float64],
    settings: LossSettings,
) -> Matches:
    """Pair each fragment with the observed peak nearest to it where it is also the nearest fragment of that peak.

    A pair counts up to and including ``REACH_OF_A_MATCH`` sigma. Fragments of weight 0 and peaks of intensity 0 are
    no part of the loss and are never matched. Of two candidates at the same distance the more intense is nearer, then
    the one of lower m/z, then the one listed first: the answer never depends on the order of the peaks.

    Args:
        fragment_mz, fragment_weight: (F,) m/z in Th and predicted intensity, in any order.
        peak_mz, peak_intensity: (P,) m/z in Th and observed intensity, in any order.
        settings: ``sigma`` and ``sigma_unit``; in ppm it is taken at the observed peak.
    """
    peak_of_fragment, fragment_of_peak = pairs(
        _plain(fragment_mz), _plain(fragment_weight), _plain(peak_mz), _plain(peak_intensity),
        settings.sigma, settings.sigma_unit == "ppm", REACH_OF_A_MATCH,
    )  # fmt: skip
    matched = np.flatnonzero(fragment_of_peak >= 0)
    matched = matched[np.argsort(peak_mz[matched], kind="stable")]
    partner = fragment_of_peak[matched]
    error = peak_mz[matched] - fragment_mz[partner]
    return Matches(
        fragment=partner,
        peak=matched,
        error_da=error,
        error_ppm=error / fragment_mz[partner] * 1e6,
        peak_of_fragment=peak_of_fragment,
        fragment_of_peak=fragment_of_peak,
    )


def _plain(values: F64) -> F64:
    """What the kernel is compiled for; a spectrum's own arrays cannot be written."""
    return np.array(values, dtype=np.float64)


@jit
def _one_each(mz: F64, height: F64) -> I64:
    """Indices in order of m/z of what has a height: of several at one m/z the highest, then the one listed first.

    Only that one can be anyone's nearest.
    """
    order = np.empty(mz.size, np.int64)
    known = 0
    for i in range(mz.size):
        if height[i] > 0.0 and mz[i] < np.inf:
            order[known] = i
            known += 1
    sort_by(mz, order, known)  # stable: equal m/z stay in the order they are listed in
    out = np.empty(known, np.int64)
    n = 0
    for i in order[:known]:
        if n and mz[out[n - 1]] == mz[i]:
            if height[i] > height[out[n - 1]]:
                out[n - 1] = i
        else:
            out[n] = i
            n += 1
    return out[:n]


@jit
def _nearest(asked: I64, asked_mz: F64, among: I64, among_mz: F64, height: F64) -> I64:
    """Place in ``among`` of what is nearest to each of ``asked``; both ascend in m/z, at least one each."""
    out = np.empty(asked.size, np.int64)
    right, last = 0, among.size - 1
    for k in range(asked.size):
        at = asked_mz[asked[k]]
        while right <= last and among_mz[among[right]] < at:
            right += 1
        low, high = max(right - 1, 0), min(right, last)
        below, above = abs(at - among_mz[among[low]]), abs(among_mz[among[high]] - at)
        higher = height[among[high]] > height[among[low]]
        out[k] = high if above < below or (above == below and higher) else low
    return out


@jit
def pairs(
    fragment_mz: F64, weight: F64, peak_mz: F64, intensity: F64, sigma: float, ppm: bool, reach: float
) -> tuple[I64, I64]:
    """(F,) peak of each fragment and (P,) fragment of each peak, -1 where there is none: what ``match`` describes.

    A fragment at infinite m/z is none.
    """
    peak_of_fragment = np.full(fragment_mz.size, -1, np.int64)
    fragment_of_peak = np.full(peak_mz.size, -1, np.int64)
    fragments, peaks = _one_each(fragment_mz, weight), _one_each(peak_mz, intensity)
    if fragments.size == 0 or peaks.size == 0:
        return peak_of_fragment, fragment_of_peak
    to_peak = _nearest(fragments, fragment_mz, peaks, peak_mz, intensity)
    to_fragment = _nearest(peaks, peak_mz, fragments, fragment_mz, weight)
    for i in range(fragments.size):
        f, p = fragments[i], peaks[to_peak[i]]
        width = sigma * 1e-6 * peak_mz[p] if ppm else sigma
        if to_fragment[to_peak[i]] == i and abs(peak_mz[p] - fragment_mz[f]) <= reach * width:
            peak_of_fragment[f], fragment_of_peak[p] = p, f
    return peak_of_fragment, fragment_of_peak


@jit
def explained_by_row(
    fragment_mz: F64, weight: F64, fragment_off: I64, mz: F64, intensity: F64, off: I64,
    sigma: float, ppm: bool, reach: float, out: F64, matched: I64,
) -> None:  # fmt: skip
    """Sets (B,) share of the intensity in matched peaks and (B,) number of those, of B PSMs."""
    for b in range(off.size - 1):
        f, g, a, o = fragment_off[b], fragment_off[b + 1], off[b], off[b + 1]
        _, of_peak = pairs(fragment_mz[f:g], weight[f:g], mz[a:o], intensity[a:o], sigma, ppm, reach)
        top = 0.0
        for i in range(a, o):
            top = max(top, intensity[i])
        total, part, count = 0.0, 0.0, 0
        for i in range(a, o):
            share = intensity[i] / top if top > 0.0 else 0.0
            total += share
            if of_peak[i - a] >= 0:
                part += share
                count += 1
        out[b] = part / total if total > 0.0 else 0.0
        matched[b] = count


@jit
def matched_by_row(
    ions: F64, weight: F64, mz: F64, intensity: F64, sigma: float, ppm: bool, reach: float, out: NDArray[np.bool_]
) -> None:
    """Sets (C, P) which peaks of one spectrum each of C candidates, (C, F), matches."""
    for row in range(len(ions)):
        _, of_peak = pairs(ions[row], weight[row], mz, intensity, sigma, ppm, reach)
        for i in range(mz.size):
            out[row, i] = of_peak[i] >= 0
