"""Which fragment is which observed peak: mutual nearest within three sigma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.settings import LossSettings

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
    fragments = np.flatnonzero(fragment_weight > 0)
    peaks = np.flatnonzero(peak_intensity > 0)
    peak_of_fragment = np.full(fragment_mz.size, -1, dtype=np.int64)
    fragment_of_peak = np.full(peak_mz.size, -1, dtype=np.int64)
    if fragments.size and peaks.size:
        # Only the first of several at one m/z can be anyone's nearest, so each m/z is looked at once.
        fragments = _one_each(fragments, fragment_mz, fragment_weight)
        peaks = _one_each(peaks, peak_mz, peak_intensity)
        theory, observed = fragment_mz[fragments], peak_mz[peaks]
        to_peak = _nearest(theory, observed, peak_intensity[peaks])
        to_fragment = _nearest(observed, theory, fragment_weight[fragments])
        mutual = to_fragment[to_peak] == np.arange(fragments.size)
        found = observed[to_peak]
        width = settings.sigma if settings.sigma_unit == "Da" else settings.sigma * 1e-6 * found
        close = np.abs(found - theory) <= REACH_OF_A_MATCH * width
        keep = mutual & close
        peak_of_fragment[fragments[keep]] = peaks[to_peak[keep]]
        fragment_of_peak[peaks[to_peak[keep]]] = fragments[keep]
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


def _one_each(index: NDArray[np.int64], mz: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.int64]:
    """Those of ``index`` that come first at their m/z (highest, then listed first), in order of m/z."""
    ordered = index[np.lexsort((index, -height[index], mz[index]))]
    first = np.ones(ordered.size, dtype=bool)
    first[1:] = np.diff(mz[ordered]) > 0
    return ordered[first]


def _nearest(query: NDArray[np.float64], target: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.int64]:
    """(Q,) index of the target nearest to each query; targets ascend, no two alike, at least one."""
    right = np.searchsorted(target, query)
    left = np.maximum(right - 1, 0)
    right = np.minimum(right, target.size - 1)
    distance_left, distance_right = np.abs(query - target[left]), np.abs(target[right] - query)
    take_right = (distance_right < distance_left) | ((distance_right == distance_left) & (height[right] > height[left]))
    return np.where(take_right, right, left)
