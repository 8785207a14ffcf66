"""Sorts numbers, quickly where they are nearly in order as peaks are, and finds places among sorted ones.

Numpy's own functions for this compile for seconds each, and an app that starts for the first time waits for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit


@jit
def sort_by(key: NDArray[np.float64], order: NDArray[np.int64], n: int) -> None:
    """Sorts ``order[:n]`` by ``key[order]``, stable, by merging the runs that are already there.

    Observed peaks come as one ascending run, fragments as an ascending or a descending one for each ion type, charge
    and loss: a merge or two, where a general sort starts anew.
    """
    ends = np.empty(n + 1, np.int64)
    runs, i = 0, 0
    while i < n:
        start = i
        i += 1
        if i < n and key[order[i]] < key[order[start]]:
            while i < n and key[order[i]] < key[order[i - 1]]:  # strictly: turning a tie round would not be stable
                i += 1
            for k in range((i - start) // 2):
                order[start + k], order[i - 1 - k] = order[i - 1 - k], order[start + k]
        else:
            while i < n and key[order[i]] >= key[order[i - 1]]:
                i += 1
        ends[runs] = i
        runs += 1
    if runs <= 1:
        return
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
        for at in range(n):  # a slice assignment would compile its error message, too, for eight seconds
            order[at] = other[at]
        runs = merged


@jit
def ascending(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values, none NaN, in ascending order."""
    order = np.arange(values.size)
    sort_by(values, order, values.size)
    out = np.empty(values.size)
    for at in range(values.size):
        out[at] = values[order[at]]
    return out


@jit
def first_at_least(values: NDArray[np.float64], least: float) -> int:
    """Place of the first of the ascending values that is not below ``least``; their number where all are."""
    low, high = 0, values.size
    while low < high:
        middle = (low + high) // 2
        if values[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def merge_two(key: NDArray[np.float64], order: NDArray[np.int64]) -> None:
    """Fills ``order`` with the stable order of keys that are two ascending runs, as b and y ions are.

    Which side a step takes is arithmetic, not a branch: a processor guesses every second such branch wrong.
    """
    n = key.size
    middle = 1
    while middle < n and key[middle] >= key[middle - 1]:
        middle += 1
    left, right, at = 0, middle, 0
    while left < middle and right < n:
        take_right = int(key[right] < key[left])
        order[at] = left + take_right * (right - left)
        left += 1 - take_right
        right += take_right
        at += 1
    while left < middle:
        order[at] = left
        left += 1
        at += 1
    while right < n:
        order[at] = right
        right += 1
        at += 1
