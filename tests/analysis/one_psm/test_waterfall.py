from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from peploss.analysis.one_psm.matching import match
from peploss.analysis.one_psm.waterfall import waterfall
from peploss.settings import LossSettings


def steps_of(pred, obs, options, loss):
    matches = match(*pred, *obs, options)
    return waterfall(loss, *pred, *obs, matches, options), matches


def test_steps_are_the_dense_losses_of_the_partial_spectra(near_sides, any_settings, dense) -> None:
    @settings(max_examples=100)
    @given(near_sides, any_settings)
    def check(sides, options) -> None:
        pred, obs = sides
        loss = 1 - dense(pred, obs, options)
        steps, matches = steps_of(pred, obs, options, loss)
        assert steps[0].start == 0.0
        assert steps[-1].end == loss
        assert all(a.end == b.start for a, b in itertools.pairwise(steps))
        assert_allclose(sum(s.value for s in steps), loss, atol=1e-15)
        f, p = matches.fragment, matches.peak
        moved, at_peaks = (obs[0][p], pred[1][f]), (obs[0][p], obs[1][p])
        levels = [1 - dense(moved, at_peaks, options)]
        levels.append(1 - dense((pred[0][f], pred[1][f]), at_peaks, options))
        levels.append(1 - dense(pred, at_peaks, options))
        if levels[0] < 1:
            assert [s.name for s in steps] == ["intensity", "position", "missing", "unexplained"]
            assert_allclose([s.end for s in steps[:3]], levels, atol=1e-10)
            assert steps[0].value >= 0
        else:
            assert [(s.name, s.value) for s in steps] == [
                ("intensity", 0.0),
                ("position", 0.0),
                ("missing and unexplained", loss),
            ]

    check()


def test_each_kind_of_fault_fills_its_own_bar() -> None:
    options = LossSettings(sigma=0.2)
    pred = np.array([100.05, 200.05]), np.ones(2)

    def bars(obs_mz, obs_intensity, pred=pred):
        obs = np.array(obs_mz), np.array(obs_intensity, dtype=float)
        cosine_of = waterfall_loss(pred, obs, options)
        return {s.name: round(s.value, 12) for s in steps_of(pred, obs, options, cosine_of)[0]}

    def waterfall_loss(pred, obs, options):
        from peploss.analysis.one_psm.gradient import loss_and_gradient

        seen = [np.ones(side[0].size, dtype=bool) for side in (pred, obs)]
        return loss_and_gradient(pred, obs, *seen, options)[0]

    faults = {
        "intensity": bars([100.05, 200.05], [1, 5]),
        "position": bars([100.15, 200.15], [1, 1]),
        "missing": bars([100.05], [1]),
        "unexplained": bars([100.05, 200.05, 300.05], [1, 1, 1]),
    }
    for fault, found in faults.items():
        assert found[fault] > 0.05, fault
        assert all(abs(v) < 1e-12 for name, v in found.items() if name != fault), fault
    assert bars([300.05], [1]) == {"intensity": 0.0, "position": 0.0, "missing and unexplained": 1.0}


def test_bars_can_be_negative() -> None:
    # The second fragment is not the nearest to the peak, yet it fills the peak's other side.
    options = LossSettings(sigma=0.2, bin_width=0.02)
    pred, obs = (np.array([100.3, 99.6]), np.ones(2)), (np.array([100.0]), np.ones(1))
    steps, matches = steps_of(pred, obs, options, 0.5)
    assert matches.fragment.tolist() == [0]
    assert steps[2].name == "missing"
    assert steps[2].value < -0.01


def test_matched_peaks_between_the_bins_are_told_as_one_bar() -> None:
    options = LossSettings(sigma=0.001)  # peaks at 100.0 lie 50 sigma from the nearest bin centre
    side = np.array([100.0]), np.ones(1)
    steps, matches = steps_of(side, side, options, 1.0)
    assert len(matches) == 1
    assert [s.name for s in steps] == ["intensity", "position", "missing and unexplained"]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_scale_of_the_intensities_changes_no_bar(scale: float) -> None:
    options = LossSettings()
    pred = np.array([100.0, 200.0, 300.0]), np.ones(3)
    obs = np.array([100.02, 200.01, 250.0]), np.array([3.0, 1.0, 2.0])
    plain = steps_of(pred, obs, options, 0.5)[0]
    other = steps_of(pred, (obs[0], obs[1] * scale), options, 0.5)[0]
    assert_allclose([s.value for s in other], [s.value for s in plain], rtol=1e-12)
