"""L(c, r), the sum of a Gaussian over the bins of a grid, and its derivatives: every form against the plain sum."""

from __future__ import annotations

import math

import numpy as np
import pytest

from peploss.kernels.cpu import gaussian_sum as gs

H, N_BINS = 0.1, 4000
END = H * N_BINS


def plain(c: float, r: float, h: float = H, n_bins: int = N_BINS) -> np.ndarray:
    """L and its derivatives by c and r, bin by bin: sums of g, z g / r and z^2 g / r."""
    z = ((np.arange(n_bins) + 0.5) * h - c) / r
    g = np.exp(-0.5 * z * z)
    return np.array([math.fsum(g), math.fsum(z * g) / r, math.fsum(z * z * g) / r])


def scale(r: float, h: float = H) -> np.ndarray:
    """The size of each in the middle of the grid."""
    area = r / h * gs.SQRT_2PI
    return np.array([area, area / r, area / r])


@pytest.mark.parametrize("ratio", [gs.MIN_RATIO, 0.2, 0.36, 0.7, 1.0, 1.4, 5.0])
@pytest.mark.parametrize("phase", [0.0, 0.13, 0.25, 0.5, 0.77, 0.999])
def test_the_series_is_the_sum_over_all_bins(ratio: float, phase: float) -> None:
    coef = np.empty(gs.MAX_TERMS)
    r, c = ratio * H, 200.0 + phase * H
    terms = gs.coefficients(ratio, coef)
    np.testing.assert_allclose(gs.series(c, r, H, coef, terms), plain(c, r), rtol=0, atol=2e-12 * scale(r).max())


@pytest.mark.parametrize("ratio", [21.0, 30.0, 80.0, 400.0])
@pytest.mark.parametrize("end", [0.0, END])
@pytest.mark.parametrize("away", [-3.0, -1.0, -0.4, 0.0, 0.3, 1.7, 4.0, 8.0])  # in widths, from an end to the inside
def test_euler_and_maclaurin_at_either_end(ratio: float, end: float, away: float) -> None:
    """Their corrections are 1e-4 of the sum at r = 20 h: a sign or a coefficient that is wrong shows."""
    r = ratio * H
    c = end + away * r * (1 if end == 0.0 else -1)
    got = np.array(gs.direct(c, r, H, N_BINS))
    np.testing.assert_allclose(got / scale(r), plain(c, r) / scale(r), rtol=0, atol=2e-14)


@pytest.mark.parametrize("ratio", [0.02, 0.1, 0.3, 5.0, 19.9])
@pytest.mark.parametrize("c", [-0.02, 0.0, 0.03, 0.05, 2.0, END - 0.08, END + 0.01])
def test_bin_by_bin_near_an_end(ratio: float, c: float) -> None:
    r = ratio * H
    got = np.array(gs.direct(c, r, H, N_BINS))
    np.testing.assert_allclose(got, plain(c, r), rtol=1e-12, atol=1e-15 * scale(r).max())


def test_where_bins_are_joined_nothing_jumps() -> None:
    for c in (-1.0, 0.0, 0.4, 3.0):
        below, above = (np.array(gs.direct(c, ratio * H, H, N_BINS)) for ratio in (gs.SMOOTH - 1e-9, gs.SMOOTH + 1e-9))
        np.testing.assert_allclose(below / scale(2.0), above / scale(2.0), rtol=0, atol=1e-9)


def test_terms_stop_where_the_next_is_nothing() -> None:
    coef = np.full(gs.MAX_TERMS, np.nan)
    for ratio in (gs.MIN_RATIO, 0.36, 0.7, 1.3, 1.4):
        n = gs.coefficients(ratio, coef)
        want = 2 * np.exp(-2 * (np.pi * np.arange(1, n + 2) * ratio) ** 2)
        np.testing.assert_allclose(coef[:n], want[:n], rtol=1e-14)
        assert want[n] < 1e-16
        assert n == 0 or want[n - 1] >= 1e-16
    assert gs.coefficients(1.4, coef) == 0


@pytest.mark.parametrize("turn", [0.0, 0.1, 0.249, 0.25, 0.49, 0.5, 0.51, 0.9, 12345.6, -3.3])
def test_turns(turn: float) -> None:
    exact = math.remainder(turn, 1.0)
    got = gs.cos_sin_turns(turn)
    assert got == pytest.approx((math.cos(2 * math.pi * exact), math.sin(2 * math.pi * exact)), abs=1e-15)


@pytest.mark.parametrize("one_width", [True, False])
@pytest.mark.parametrize("ratio", [0.1, 0.5, 30.0])
@pytest.mark.parametrize("grad", [True, False])
def test_peaks_against_themselves(one_width: bool, ratio: float, grad: bool) -> None:
    mz = np.array([0.02, 0.5, 100.03, 200.0, END - 0.04])
    sigma = ratio * H * math.sqrt(2) * (np.ones(5) if one_width else np.array([1.0, 1.2, 0.9, 1.0, 1.1]))
    out = np.full((3, 5), np.nan)
    gs.own(mz, sigma, H, N_BINS, grad, *out, np.empty((4, 5)))
    for i in range(5):
        r = sigma[i] / math.sqrt(2)
        want = plain(mz[i], r)
        rows = 3 if grad else 1
        np.testing.assert_allclose(out[:rows, i], want[:rows], rtol=1e-11, atol=1e-12 * scale(r).max())


def test_peaks_against_themselves_in_the_continuum() -> None:
    sigma, out = np.array([0.1, 0.3]), np.full((3, 2), np.nan)
    gs.own(np.array([5.0, 6.0]), sigma, 0.0, 0, True, *out, np.empty((4, 2)))
    r = sigma / math.sqrt(2)
    np.testing.assert_allclose(out, [r * gs.SQRT_2PI, [0, 0], [gs.SQRT_2PI] * 2], rtol=1e-15)
