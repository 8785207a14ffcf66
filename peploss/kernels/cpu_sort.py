"""Sorting peaks whose order is nearly known."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def sort_by(key: NDArray[np.float64], order: NDArray[np.int64], n: int) -> None:
    """Sorts ``order[:n]`` by ``key[order]``, stable, by merging the runs that are already ascending.

    Observed peaks come as one run, fragments as one run for each ion type, charge and loss: a merge or two, where
    a general sort starts anew.
    """
    ends = np.empty(n + 1, np.int64)
    runs = 0
    for i in range(1, n):
        if key[order[i]] < key[order[i - 1]]:
            ends[runs] = i
            runs += 1
    if runs == 0:
        return
    ends[runs] = n
    runs += 1
    other = np.empty(n, np.int64)
    while runs > 1:
        start, merged = 0, 0
        for run in range(0, runs, 2):
            middle = ends[run]
            stop = ends[min(run + 1, runs - 1)]
            left, right = start, middle
            for at in range(start, stop):
                if right >= stop or (left < middle and key[order[left]] <= key[order[right]]):
                    other[at] = order[left]
                    left += 1
                else:
                    other[at] = order[right]
                    right += 1
            ends[merged] = stop
            merged += 1
            start = stop
        order[:n] = other
        runs = merged
