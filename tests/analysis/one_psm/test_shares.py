from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from peploss.analysis.one_psm.shares import decompose
from peploss.settings import LossSettings


def test_shares_are_the_rows_and_columns_of_the_dense_cosine(near_sides, any_settings, render) -> None:
    @settings(max_examples=60)
    @given(near_sides, any_settings)
    def check(sides, options) -> None:
        pred, obs = sides
        shares = decompose(pred, obs, options)
        for values in (shares.fragment_cosine, shares.peak_cosine, shares.fragment_loss, shares.peak_loss):
            assert np.isfinite(values).all()
        p, o = render(*pred, options), render(*obs, options)
        pp, oo = p @ p, o @ o
        norm = np.sqrt(pp * oo)

        def overlaps(side, other):
            return np.array([render(np.array([m]), np.array([a]), options) @ other for m, a in zip(*side, strict=True)])

        if norm > 0:
            tight = {"rtol": 1e-7, "atol": 1e-11}
            assert_allclose(shares.fragment_cosine, overlaps(pred, o) / norm, **tight)
            assert_allclose(shares.peak_cosine, overlaps(obs, p) / norm, **tight)
            assert_allclose(shares.fragment_loss, overlaps(pred, p) / pp - overlaps(pred, o) / norm, **tight)
            assert_allclose(shares.peak_loss, overlaps(obs, o) / oo - overlaps(obs, p) / norm, **tight)
        else:
            assert not shares.fragment_cosine.any()
            assert not shares.peak_cosine.any()

    check()


def test_shares_sum_to_the_cosine_and_to_the_loss(near_sides, any_settings, dense) -> None:
    @settings(max_examples=100)
    @given(near_sides, any_settings, st.sampled_from([1e-30, 1.0, 1e30, 1e200]))
    def check(sides, options, scale) -> None:
        pred, obs = sides
        cosine = dense(pred, obs, options)
        shares = decompose((pred[0], pred[1] / scale), (obs[0], obs[1] * scale), options)
        # Both are the same double sum, read two ways.
        assert_allclose(shares.fragment_cosine.sum(), shares.peak_cosine.sum(), atol=1e-13, rtol=1e-12)
        assert_allclose(shares.fragment_cosine.sum(), cosine, atol=1e-11)
        if dense(pred, pred, options):
            assert_allclose(shares.fragment_loss.sum(), 1 - cosine, atol=1e-11)
        if dense(obs, obs, options):
            assert_allclose(shares.peak_loss.sum(), 1 - cosine, atol=1e-11)

    check()


def test_one_side_alone_carries_the_whole_loss() -> None:
    lone = np.array([100.0, 200.0]), np.array([1.0, 3.0])
    empty = np.zeros(0), np.zeros(0)
    shares = decompose(lone, empty, LossSettings())
    assert shares.fragment_loss.sum() == pytest.approx(1.0, abs=1e-15)
    assert not shares.fragment_cosine.any()
    assert shares.peak_loss.size == 0
    both_empty = decompose(empty, empty, LossSettings())
    assert both_empty.fragment_loss.size == both_empty.peak_cosine.size == 0
