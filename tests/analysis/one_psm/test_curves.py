from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

from peploss.analysis.one_psm.curves import render_curves
from peploss.settings import LossSettings


def test_curves_and_contributions_are_the_dense_ones(near_sides, any_settings, dense, render) -> None:
    @settings(max_examples=60)
    @given(near_sides, any_settings)
    def check(sides, options) -> None:
        # Curves end at 2e-16 of a peak; of one off the grid only its foot of 1.5e-8 or more may be there.
        curves = render_curves(*sides, options)
        both = []
        for curve, side in zip((curves.predicted, curves.observed), sides, strict=True):
            expected = render(*side, options)
            both.append(expected)
            full = np.zeros(expected.size)
            full[curve.bins] = curve.values
            assert_allclose(full, expected / max(expected.max(), 1e-300), atol=1e-7)
            assert (np.diff(curve.bins) > 0).all()
        p, o = both
        norm = np.sqrt((p @ p) * (o @ o))
        assert_allclose(curves.contribution.sum(), dense(*sides, options), atol=1e-7)
        assert (curves.contribution > 0).all()
        if norm > 0:
            expected = p * o / norm
            assert_allclose(curves.contribution, expected[curves.shared_bins], atol=1e-7)
            assert expected.sum() - expected[curves.shared_bins].sum() < 1e-7
        assert_array_equal(curves.shared_mz, (curves.shared_bins + 0.5) * options.bin_width)

    check()


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_display_does_not_depend_on_scale(scale: float) -> None:
    pred = np.array([100.0, 200.0]), np.ones(2)
    obs = np.array([100.02, 250.0]), np.array([1.0, 2.0])
    plain, other = (render_curves(pred, (obs[0], obs[1] * k), LossSettings()) for k in (1.0, scale))
    assert_allclose(other.observed.values, plain.observed.values, rtol=1e-12)
    assert_allclose(other.contribution, plain.contribution, rtol=1e-12)
    assert other.observed.values.max() == other.predicted.values.max() == 1.0


def test_nothing_is_rendered_of_nothing() -> None:
    empty, silent = (np.zeros(0), np.zeros(0)), (np.array([100.0]), np.zeros(1))
    for side in (empty, silent, (np.array([5000.0]), np.ones(1))):
        curves = render_curves(side, side, LossSettings())
        assert curves.predicted.bins.size == curves.shared_bins.size == curves.contribution.size == 0
