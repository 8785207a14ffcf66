from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from peploss.analysis.one_psm import grid_effects
from peploss.analysis.one_psm.grid_effects import (
    PHASES,
    PhaseSpread,
    continuum,
    guard,
    in_range,
    is_rendered,
    phase_spread,
    sigma_per_bin,
)
from peploss.settings import LossSettings

PAIR = ((np.array([100.0, 500.0]), np.ones(2)), (np.array([100.02, 500.01]), np.array([1.0, 3.0])))


def test_phases_are_the_dense_loss_on_the_shifted_grid(near_sides, any_settings, dense) -> None:
    @settings(max_examples=25)
    @given(near_sides, any_settings.filter(lambda s: s.sigma_unit == "Da"))
    def check(sides, options) -> None:
        spread = phase_spread(*sides, options)
        assert spread.shift.shape == spread.loss.shape == (PHASES,)
        assert spread.shift[-1] == pytest.approx(options.bin_width * (1 - 1 / PHASES))
        inside = [tuple(x[in_range(side[0], options)] for x in side) for side in sides]
        for k in (0, 7, 31):
            expected = 1 - dense(*inside, options, spread.shift[k])
            assert_allclose(spread.loss[k], expected, atol=1e-9)
        assert spread.low <= spread.mean <= spread.high
        assert spread.low <= spread.loss[0] <= spread.high

    check()


def test_phases_from_one_walk_are_those_of_each_grid(near_sides, any_settings, dense, monkeypatch) -> None:
    @settings(max_examples=50)
    @given(near_sides, any_settings.filter(lambda s: s.sigma_unit == "Da"))
    def check(sides, options) -> None:
        monkeypatch.setattr(grid_effects, "_MANY", 10**9)
        each = phase_spread(*sides, options)
        monkeypatch.setattr(grid_effects, "_MANY", -1)
        once = phase_spread(*sides, options)
        assert_allclose(once.loss, each.loss, atol=1e-9)
        assert_allclose(once.shift, each.shift, rtol=0)

    check()


def test_phases_of_many_peaks_are_those_of_each_grid(monkeypatch) -> None:
    dice = np.random.default_rng(1)
    obs = dice.uniform(1, 2100, 6000), dice.gamma(1, 1, 6000)
    pred = np.concatenate([obs[0][:30] + 0.01, [0.01, 1999.99]]), np.ones(32)
    for options in (LossSettings(), LossSettings(sigma=0.004), LossSettings(sigma=1.0), LossSettings(bin_width=1.0)):
        once = phase_spread(pred, obs, options)
        with monkeypatch.context() as patch:
            patch.setattr(grid_effects, "_MANY", 10**9)
            assert_allclose(once.loss, phase_spread(pred, obs, options).loss, atol=1e-9)


def test_phase_spread_in_ppm_is_the_dense_one_to_its_promise(dense) -> None:
    options = LossSettings(sigma=200.0, sigma_unit="ppm", max_mz=600)
    spread = phase_spread(*PAIR, options)
    assert_allclose(spread.loss, [1 - dense(*PAIR, options, s) for s in spread.shift], atol=1e-4)


def test_default_settings_alias_and_wide_ones_do_not() -> None:
    narrow, wide = phase_spread(*PAIR, LossSettings()), phase_spread(*PAIR, LossSettings(sigma=0.2))
    assert narrow.high - narrow.low > 0.005
    assert wide.high - wide.low < 1e-9
    assert narrow.std > 1e5 * wide.std


def test_lone_shift_costs_what_the_design_says() -> None:
    """A shift of 0.02 at sigma 0.05 and h 0.1 costs 0.012 to 0.075, and 1 - exp(-0.04) in the continuum."""
    pred, obs = (np.array([100.0]), np.ones(1)), (np.array([100.02]), np.ones(1))
    spread = phase_spread(pred, obs, LossSettings())
    assert spread.low == pytest.approx(0.012, abs=1e-3)
    assert spread.high == pytest.approx(0.075, abs=1e-3)
    assert continuum(pred, obs, LossSettings())[0] == pytest.approx(1 - np.exp(-0.04), abs=1e-12)


def test_continuum_is_what_narrow_bins_come_to(near_sides, any_settings, dense) -> None:
    @settings(max_examples=25)
    @given(near_sides, any_settings)
    def check(sides, options) -> None:
        sides = tuple((m[m < 119], a[m < 119]) for m, a in sides)  # the ends of the grid are no part of the promise
        # In ppm the narrowest peak is three times narrower than the middle one.
        fine = options.replace(bin_width=min(options.bin_width, options.sigma_in_th(20.0) / 2), max_mz=150.0)
        assert_allclose(continuum(*sides, options)[0], 1 - dense(*sides, fine), atol=1e-5)

    check()


def test_continuum_leaves_out_what_is_off_the_grid() -> None:
    options = LossSettings(max_mz=200, sigma=0.2)
    pred = np.array([100.05, 300.0]), np.ones(2)
    obs = np.array([100.05, 400.0]), np.ones(2)
    assert continuum(pred, obs, options)[0] == pytest.approx(0.0, abs=1e-12)


def test_in_range_and_rendered_differ_between_the_bins() -> None:
    options = LossSettings(max_mz=200, sigma=0.001)
    mz = np.array([0.043, 0.045, 100.0, 100.05, 199.95, 199.955, 199.957, 300.0])
    assert in_range(mz, options).tolist() == [False, True, True, True, True, True, False, False]
    assert is_rendered(mz, options).tolist() == [False, True, False, True, True, True, False, False]
    ppm = LossSettings(max_mz=200, sigma=10.0, sigma_unit="ppm")
    assert is_rendered(np.array([100.044, 100.0437, 199.961, 199.963]), ppm).tolist() == [True, False, True, False]


def test_empty_sides() -> None:
    empty = np.zeros(0), np.zeros(0)
    for pred, obs in ((empty, empty), (empty, PAIR[1]), (PAIR[0], empty)):
        assert continuum(pred, obs, LossSettings())[0] == 1.0
        spread = phase_spread(pred, obs, LossSettings())
        assert (spread.loss == 1.0).all()
        assert spread.std == 0.0


@pytest.mark.parametrize(
    ("options", "mz", "expected"),
    [
        (LossSettings(), [100.0], (0.5, 0.5)),
        (LossSettings(sigma=100.0, sigma_unit="ppm"), [100.0, 1000.0], (0.1, 1.0)),
        (LossSettings(sigma=100.0, sigma_unit="ppm"), [], (2.0, 2.0)),
    ],
)
def test_sigma_per_bin(options: LossSettings, mz: list[float], expected: tuple[float, float]) -> None:
    assert sigma_per_bin(np.array(mz), options) == pytest.approx(expected)


def test_guard_speaks_below_one_bin_only() -> None:
    spread = phase_spread(*PAIR, LossSettings())
    assert guard((1.0, 1.0), spread, 0, 0) is None
    said = guard((0.5, 0.5), spread, 0, 0)
    assert said is not None
    assert "0.5 bins" in said
    assert f"between {spread.low:.3f} and {spread.high:.3f}" in said
    assert "not seen" not in said
    said = guard((0.01, 0.02), spread, 1, 20)
    assert said is not None
    assert "0.01 to 0.02 bins" in said
    assert "1 fragment and 20 observed peaks fall between bins" in said
    assert "1 fragment falls between bins and is not seen" in (guard((0.01, 0.02), spread, 1, 0) or "")


def test_guard_says_nothing_of_a_spread_that_does_not_show() -> None:
    still = PhaseSpread(np.zeros(2), np.array([1.0, 0.9999]))
    assert guard((0.5, 0.5), still, 0, 0) is None
    said = guard((0.5, 0.5), still, 0, 3) or ""
    assert "3 observed peaks fall between bins" in said
    assert "moves" not in said


def test_a_spread_in_plain_arithmetic() -> None:
    spread = PhaseSpread(shift=np.arange(4) / 40, loss=np.array([0.2, 0.0, 0.0, 1.0]))
    assert (spread.low, spread.high) == (0.0, 1.0)
    assert spread.mean == pytest.approx(0.3)  # their median is 0.1
    assert spread.std == pytest.approx(np.sqrt((0.01 + 2 * 0.09 + 0.49) / 4))
