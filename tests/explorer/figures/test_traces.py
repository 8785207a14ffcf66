from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.analysis.one_psm.curves import Curve
from peploss.explorer.figures.traces import MANY_POINTS, POINTS_PER_SIGMA, escape, polyline, sticks


def curve(bins: list[int]) -> Curve:
    return Curve(np.array(bins, dtype=np.int64), np.linspace(0.5, 1, len(bins)))


def drawn(line: dict) -> np.ndarray:
    """x of every point, however it is given."""
    return line["x"] if "x" in line else line["x0"] + line["dx"] * np.arange(line["y"].size)


@given(st.sets(st.integers(5, 400), min_size=1, max_size=60))
def test_every_bin_is_drawn_at_its_centre_and_every_stretch_starts_and_ends_at_zero(bins: set[int]) -> None:
    c = curve(sorted(bins))
    line = polyline(c, 0.1, 0.05)
    x, y = drawn(line), line["y"]
    assert y.dtype == np.float32
    shown = y > 0
    np.testing.assert_allclose(x[shown], (c.bins + 0.5) * 0.1, rtol=1e-6)
    np.testing.assert_allclose(y[shown], c.values, rtol=1e-6)
    if "x" in line:
        pieces = np.split(y, np.flatnonzero(np.isnan(y)))
        for piece in pieces[:-1]:
            inner = piece[~np.isnan(piece)]
            assert inner[0] == 0
            assert inner[-1] == 0
            assert (inner[1:-1] > 0).all()


def test_a_curve_without_zeros_needs_no_x() -> None:
    line = polyline(curve(list(range(100, 200))), 0.1, 0.05)
    assert "x" not in line
    assert line["x0"] == pytest.approx(10.05)
    assert line["dx"] == pytest.approx(0.1)


def test_an_empty_curve_is_an_empty_line() -> None:
    line = polyline(curve([]), 0.1, 0.05)
    assert line["y"].size == 0


def test_fine_bins_keep_their_digits() -> None:
    line = polyline(curve([1_999_990, 1_999_999]), 0.001, 0.0005)
    np.testing.assert_allclose(line["x"][line["y"] > 0], [1999.9905, 1999.9995], rtol=0, atol=1e-9)


def test_a_smooth_curve_of_very_many_bins_is_thinned_without_being_bent() -> None:
    sigma, h = 1.0, 0.001
    bins = np.arange(500_000, 500_000 + 3 * MANY_POINTS)
    values = np.exp(-0.5 * (((bins + 0.5) * h - 530.0) / sigma) ** 2)
    line = polyline(Curve(bins, values), h, sigma)
    x, y = drawn(line), line["y"]
    assert y.size < MANY_POINTS
    inside = y > 0
    assert np.diff(x[inside]).max() <= sigma / POINTS_PER_SIGMA * 1.01
    np.testing.assert_allclose(y[inside], np.exp(-0.5 * ((x[inside] - 530.0) / sigma) ** 2), atol=1e-6)
    # Straight lines between the points stay within a pixel of the curve.
    fine = np.exp(-0.5 * (((bins + 0.5) * h - 530.0) / sigma) ** 2)
    between = np.interp((bins + 0.5) * h, x[inside], y[inside], left=0, right=0)
    assert np.abs(between - fine).max() < 1 / 270


def test_sticks_lift_the_pen_between_peaks() -> None:
    line = sticks(np.array([100.0, 200.0]), np.array([0.5, 1.0]))
    np.testing.assert_array_equal(line["x"], [100, 100, 100, 200, 200, 200])
    np.testing.assert_array_equal(line["y"], np.array([0, 0.5, np.nan, 0, 1, np.nan], dtype=np.float32))


def test_markup_in_text_is_escaped() -> None:
    assert escape("<b>x</b> & y") == "&lt;b&gt;x&lt;/b&gt; &amp; y"
