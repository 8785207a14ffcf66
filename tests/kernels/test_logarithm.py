"""The logarithm of many numbers at a time against numpy's, and where it is exact."""

from __future__ import annotations

import numpy as np

from peploss.kernels.sweeps.logarithm import log_in_place


def log(*values: float) -> list[float]:
    x = np.array(values)
    log_in_place(x)
    return x.tolist()


def test_it_is_numpys_logarithm() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([np.exp(rng.uniform(-708, 709, 20_000)), rng.uniform(0.5, 2, 20_000), 1 + 1e-9 * rng.random(99)])
    want = np.log(x)
    log_in_place(x)
    assert np.all(np.abs(x - want) <= 2e-16 * (1 + np.abs(want)))


def test_one_is_exactly_zero() -> None:
    assert log(1.0) == [0.0]


def test_what_is_too_small_is_finite() -> None:
    for got in log(0.0, 5e-324, 1e-310):
        assert -746 <= got <= -708


def test_an_empty_array() -> None:
    assert log() == []
