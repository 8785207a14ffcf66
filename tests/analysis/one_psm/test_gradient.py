from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

from peploss.analysis.one_psm.gradient import REACH, loss_and_gradient, reach
from peploss.settings import LossSettings


def explain_slope(pred, obs, options):
    seen = [np.ones(side[0].size, dtype=bool) for side in (pred, obs)]
    return loss_and_gradient(pred, obs, *seen, options)


def dense_slope(pred, obs, options, render):
    """(F,) derivative of 1 - cosine by each fragment's m/z, from the derivative of each rendered peak."""
    p, o = render(*pred, options), render(*obs, options)
    pp, oo = p @ p, o @ o
    if pp == 0 or oo == 0:
        return np.zeros(pred[0].size)
    x = (np.arange(p.size) + 0.5) * options.bin_width
    cosine = p @ o / np.sqrt(pp * oo)
    slopes = []
    for m, a in zip(*pred, strict=True):
        one = render(np.array([m]), np.array([a]), options)
        s, grows = options.sigma_in_th(m), (0.0 if options.sigma_unit == "Da" else options.sigma * 1e-6)
        by_m = one * ((x - m) / s**2 + (x - m) ** 2 / s**3 * grows)
        slopes.append(-(by_m @ o / np.sqrt(pp * oo) - cosine * (by_m @ p) / pp))
    return np.array(slopes)


def test_slope_is_that_of_the_dense_loss(near_sides, any_settings, render, dense) -> None:
    @settings(max_examples=60)
    @given(near_sides, any_settings)
    def check(sides, options) -> None:
        pred, obs = sides
        loss, gradient = explain_slope(pred, obs, options)
        assert_allclose(loss, 1 - dense(pred, obs, options), atol=1e-10)
        expected = dense_slope(pred, obs, options, render)
        assert_allclose(gradient.by_mz, expected, rtol=1e-6, atol=1e-9 / options.bin_width)

    check()


def test_slope_points_away_from_the_peak() -> None:
    _, gradient = explain_slope((np.array([100.0]), np.ones(1)), (np.array([100.05]), np.ones(1)), LossSettings())
    assert gradient.by_mz[0] < 0  # the loss falls as the fragment moves up, to its peak


def test_works_where_gradients_are_switched_off() -> None:
    one = (np.array([100.0]), np.ones(1))
    with torch.no_grad():
        _, gradient = explain_slope(one, (np.array([100.05]), np.ones(1)), LossSettings())
    assert gradient.by_mz[0] < 0


def test_reach_is_where_one_percent_of_the_strongest_pull_is_left() -> None:
    def pull(x):
        return x * np.exp(-x * x / 4)

    assert pull(REACH) == pytest.approx(0.01 * pull(np.linspace(0, 10, 100_001)).max(), rel=1e-8)
    assert round(REACH, 2) == 5.05
    assert reach(1 - 1e-12) == pytest.approx(math.sqrt(2), abs=1e-4)


@pytest.mark.parametrize(
    ("fragment", "peaks", "dead"),
    [
        (100.0, [100.0 + 5.04 * 0.05], False),
        (100.0, [100.0 - 5.06 * 0.05], True),
        (100.0, [90.0, 100.2, 110.0], False),
        (100.0, [90.0, 110.0], True),
        (100.0, [], True),
    ],
)
def test_out_of_reach(fragment: float, peaks: list[float], dead: bool) -> None:
    pred, obs = (np.array([fragment]), np.ones(1)), (np.array(peaks), np.ones(len(peaks)))
    assert explain_slope(pred, obs, LossSettings())[1].out_of_reach.tolist() == [dead]


def test_reach_in_ppm_grows_with_mz() -> None:
    options = LossSettings(sigma=20.0, sigma_unit="ppm")
    pred, obs = (np.array([200.0, 1000.0]), np.ones(2)), (np.array([200.05, 1000.05]), np.ones(2))
    assert explain_slope(pred, obs, options)[1].out_of_reach.tolist() == [True, False]


def test_what_is_not_rendered_does_not_pull_and_is_not_out_of_reach() -> None:
    pred, obs = (np.array([100.0, 200.0]), np.ones(2)), (np.array([100.0, 200.0]), np.ones(2))
    _, gradient = loss_and_gradient(pred, obs, np.array([True, False]), np.array([True, True]), LossSettings())
    assert gradient.out_of_reach.tolist() == [False, False]
    _, gradient = loss_and_gradient(pred, obs, np.array([True, True]), np.array([False, True]), LossSettings())
    assert gradient.out_of_reach.tolist() == [True, False]


def test_empty_sides_cost_one_and_pull_nothing() -> None:
    empty, one = (np.zeros(0), np.zeros(0)), (np.array([100.0]), np.ones(1))
    for pred, obs in ((empty, one), (one, empty), (empty, empty)):
        loss, gradient = explain_slope(pred, obs, LossSettings())
        assert loss == 1.0
        assert_array_equal(gradient.by_mz, np.zeros(pred[0].size))
        assert_array_equal(gradient.continuum_by_mz, np.zeros(pred[0].size))
        assert gradient.out_of_reach.all()


def test_a_fragment_no_peak_pulls_has_a_slope_of_the_grid_only() -> None:
    pred, obs = (np.array([100.03, 500.02]), np.ones(2)), (np.array([100.05]), np.ones(1))
    _, coarse = explain_slope(pred, obs, LossSettings())
    assert coarse.out_of_reach.tolist() == [False, True]
    assert abs(coarse.by_mz[1]) > 0.1  # its norm changes with its place in the bin
    assert coarse.continuum_by_mz[1] == 0.0
    _, fine = explain_slope(pred, obs, LossSettings(sigma=0.2))
    assert abs(fine.by_mz[1]) < 1e-6


def test_slope_without_a_grid_is_that_on_fine_bins(near_sides) -> None:
    @settings(max_examples=40)
    @given(near_sides)
    def check(sides) -> None:
        sides = tuple((m[m < 119], a[m < 119]) for m, a in sides)
        for options in (LossSettings(max_mz=120.0), LossSettings(max_mz=120.0, sigma=800.0, sigma_unit="ppm")):
            _, fine = explain_slope(*sides, options.replace(bin_width=0.005))
            assert_allclose(explain_slope(*sides, options)[1].continuum_by_mz, fine.by_mz, rtol=1e-4, atol=1e-4)

    check()


def test_what_is_beyond_the_grid_has_no_slope_at_all() -> None:
    pred, obs = (np.array([100.03, 300.0]), np.ones(2)), (np.array([100.05, 300.02]), np.ones(2))
    _, gradient = loss_and_gradient(
        pred, obs, np.array([True, False]), np.array([True, False]), LossSettings(max_mz=200.0)
    )
    assert gradient.by_mz[0] != 0
    assert gradient.continuum_by_mz[0] != 0
    assert (gradient.by_mz[1], gradient.continuum_by_mz[1]) == (0.0, 0.0)
