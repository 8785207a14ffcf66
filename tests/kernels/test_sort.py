"""The run-merging sort against numpy's stable one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peploss.kernels.cpu.sort import ascending, first_at_least, merge_two, sort_by


def check(key: np.ndarray, chosen: np.ndarray) -> None:
    order = np.append(chosen, -7)  # one slot past the end, which must stay as it is
    sort_by(key, order, chosen.size)
    np.testing.assert_array_equal(order[:-1], chosen[np.argsort(key[chosen], kind="stable")])
    assert order[-1] == -7


@given(arrays(np.float64, st.integers(0, 60), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 1e3])))
def test_equals_a_stable_sort(key: np.ndarray) -> None:
    check(key, np.arange(key.size))


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 2000)), st.data())
def test_sorts_the_chosen_only(key: np.ndarray, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, key.size - 1), unique=True).map(sorted))
    check(key, np.array(chosen, dtype=np.int64))


def test_fragments_one_run_up_and_one_run_down() -> None:
    b = np.linspace(50, 900, 20)
    check(np.concatenate([b, 950 - b, b / 2, 475 - b / 2]), np.arange(80))


@pytest.mark.parametrize("n", [1, 2, 3, 50, 101])
def test_two_runs_merge_into_the_stable_order(n: int) -> None:
    rng = np.random.default_rng(n)
    for middle in range(1, n + 1):
        key = np.concatenate([np.sort(rng.integers(0, n, k)) for k in (middle, n - middle)]).astype(float)
        order = np.arange(n)
        merge_two(key, order)
        assert order.tolist() == np.argsort(key, kind="stable").tolist()


@given(arrays(np.float64, st.integers(0, 60), elements=st.floats(allow_nan=False)))
def test_values_in_ascending_order(values: np.ndarray) -> None:
    np.testing.assert_array_equal(ascending(values), np.sort(values))


@given(
    arrays(np.float64, st.integers(0, 60), elements=st.sampled_from([-np.inf, 0.0, 1.0, 1.5, 2.0, np.inf])),
    st.sampled_from([-np.inf, -1.0, 0.0, 1.0, 1.2, 2.0, 3.0, np.inf]),
)
def test_the_first_that_is_not_below(values: np.ndarray, least: float) -> None:
    values.sort()
    assert first_at_least(values, least) == np.searchsorted(values, least)
