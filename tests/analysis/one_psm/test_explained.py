"""Explained intensity is one number: of one PSM, of many at once, and of many candidates of one spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from peploss.analysis.one_psm.explained import explained_by_row, explained_share, matched_by_candidate, on_grid
from peploss.analysis.one_psm.matching import match
from peploss.settings import LossSettings


def test_rows_and_candidates_are_each_as_one_alone(near_sides, any_settings) -> None:
    @settings(deadline=None, max_examples=60)
    @given(near_sides, near_sides, any_settings)
    def check(first, second, options) -> None:
        sides = [first, second, first]
        ragged = [
            (
                np.concatenate([s[k][0] for s in sides]),
                np.concatenate([s[k][1] for s in sides]),
                np.cumsum([0, *(s[k][0].size for s in sides)]),
            )
            for k in (0, 1)
        ]
        shares, counts = explained_by_row(*ragged, options)
        for (pred, obs), share, count in zip(sides, shares, counts, strict=True):
            found = match(*on_grid(pred, options), *on_grid(obs, options), options)
            assert count == len(found)
            alone = explained_share(on_grid(obs, options)[1], found.fragment_of_peak >= 0)
            assert share == pytest.approx(alone, abs=1e-12)
            of_candidate = matched_by_candidate(pred[0][None], pred[1][None], on_grid(obs, options), options)[0]
            np.testing.assert_array_equal(of_candidate, found.fragment_of_peak >= 0)

    check()


def test_a_peak_off_the_grid_is_neither_explained_nor_missed() -> None:
    obs = np.array([100.0, 200.0, 5000.0]), np.array([1.0, 3.0, 1e6])
    pred = np.array([100.0, np.inf, 5000.0]), np.ones(3)
    share, count = explained_by_row((*pred, np.array([0, 3])), (*obs, np.array([0, 3])), LossSettings())
    assert (share.tolist(), count.tolist()) == ([0.25], [1])


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_a_share_does_not_depend_on_scale(scale: float) -> None:
    intensity = np.array([1.0, 2.0, 5.0]) * scale
    assert explained_share(intensity, np.array([True, False, True])) == pytest.approx(0.75)
    assert explained_share(np.zeros(3), np.array([True, False, True])) == 0.0
    assert explained_share(np.empty(0), np.empty(0, dtype=bool)) == 0.0
