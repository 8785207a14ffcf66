from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peploss.analysis.one_psm.matching import Matches, match
from peploss.settings import LossSettings


def pair(fragment_mz, peak_mz, weight=None, intensity=None, **settings) -> Matches:
    f, p = np.array(fragment_mz, dtype=float), np.array(peak_mz, dtype=float)
    w = np.ones_like(f) if weight is None else np.array(weight, dtype=float)
    i = np.ones_like(p) if intensity is None else np.array(intensity, dtype=float)
    return match(f, w, p, i, LossSettings(**settings))


def brute_force(f, w, p, i, settings) -> set[tuple[int, int]]:
    """Mutual nearest by looking at every pair, nearness being (distance, -height, m/z, index)."""
    peaks = [k for k in range(len(p)) if i[k] > 0]
    fragments = [k for k in range(len(f)) if w[k] > 0]
    best_peak = {a: min(peaks, key=lambda k: (abs(p[k] - f[a]), -i[k], p[k], k)) for a in fragments if peaks}
    best_fragment = {b: min(fragments, key=lambda k: (abs(p[b] - f[k]), -w[k], f[k], k)) for b in peaks if fragments}
    return {
        (a, b)
        for a, b in best_peak.items()
        if best_fragment[b] == a and abs(p[b] - f[a]) <= 3 * settings.sigma_in_th(p[b])
    }


# Binary fractions, so that equal distances are equal in floating point too.
mzs = st.lists(st.integers(6400, 6500).map(lambda k: k / 64), max_size=12)
heights = st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.0]), min_size=12, max_size=12)


@given(mzs, mzs, heights, heights, st.sampled_from([LossSettings(), LossSettings(sigma=300.0, sigma_unit="ppm")]))
def test_is_mutual_nearest_within_three_sigma(f, p, w, i, settings) -> None:
    f, p = np.array(f, dtype=float), np.array(p, dtype=float)
    w, i = np.array(w[: f.size]), np.array(i[: p.size])
    found = match(f, w, p, i, settings)
    assert set(zip(found.fragment.tolist(), found.peak.tolist(), strict=True)) == brute_force(f, w, p, i, settings)
    assert len(set(found.fragment)) == len(set(found.peak)) == len(found)
    assert (np.diff(p[found.peak]) >= 0).all()
    assert_array_equal(np.flatnonzero(found.peak_of_fragment >= 0), np.sort(found.fragment))
    assert_array_equal(found.fragment_of_peak[found.peak], found.fragment)
    assert_array_equal(found.peak_of_fragment[found.fragment], found.peak)


def test_error_is_observed_minus_predicted() -> None:
    found = pair([500.0], [500.01])
    assert_allclose(found.error_da, 0.01, rtol=1e-9)
    assert_allclose(found.error_ppm, 20.0, rtol=1e-9)


def test_a_nearer_fragment_takes_the_peak() -> None:
    found = pair([100.0, 100.06], [100.05])
    assert (found.fragment.tolist(), found.peak.tolist()) == ([1], [0])


@pytest.mark.parametrize(("distance", "matches"), [(0.375, 1), (0.390625, 0)])
def test_three_sigma_is_inclusive(distance: float, matches: int) -> None:
    assert len(pair([100.0], [100.0 + distance], sigma=0.125)) == matches


@pytest.mark.parametrize(("mz", "matches"), [(200.0, 0), (1000.0, 1)])
def test_ppm_width_is_taken_at_the_observed_peak(mz: float, matches: int) -> None:
    assert len(pair([mz], [mz + 0.02], sigma=10.0, sigma_unit="ppm")) == matches


def test_ppm_width_is_that_of_the_peak_and_not_of_the_fragment() -> None:
    # 3 sigma is 30 at the peak at 100, 24 at the fragment at 80.
    assert len(pair([80.0], [105.0], sigma=1e5, sigma_unit="ppm")) == 1
    assert len(pair([105.0], [80.0], sigma=1e5, sigma_unit="ppm")) == 0


def test_ties_go_to_the_more_intense_then_the_lower() -> None:
    assert pair([100.0], [99.875, 100.125], intensity=[1, 2]).peak.tolist() == [1]
    assert pair([100.0], [99.875, 100.125]).peak.tolist() == [0]
    assert pair([100.0], [100.0, 100.0], intensity=[1, 2]).peak.tolist() == [1]
    assert pair([100.0, 100.0], [100.0]).fragment.tolist() == [0]


def test_what_has_no_height_is_not_matched() -> None:
    assert len(pair([100.0], [100.0], weight=[0])) == 0
    found = pair([100.0], [100.0, 100.01], intensity=[0, 1])
    assert found.peak.tolist() == [1]


def test_nothing_matches_nothing() -> None:
    found = pair([], [])
    assert len(found) == 0
    assert found.error_ppm.dtype == np.float64
    assert pair([100.0], []).peak_of_fragment.tolist() == [-1]
    assert pair([], [100.0]).fragment_of_peak.tolist() == [-1]
