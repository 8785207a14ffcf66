"""Collects the peaks of one spectrum that count, ascending in m/z."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

INVALID = -1


@jit
def longest(offsets: I64, start: int, stop: int) -> int:
    """Most peaks of a spectrum from start to stop."""
    n = 0
    for b in range(start, stop):
        n = max(n, offsets[b + 1] - offsets[b])
    return n


@jit
def gather(mz: F64, weight: F64, keep: I64) -> tuple[int, float]:
    """Fills ``keep`` with the peaks of finite m/z and positive intensity, ascending in m/z.

    Returns their number, or INVALID where an m/z is NaN or an intensity not finite; and the highest intensity, 1 where
    there is none.
    """
    n, top = 0, 0.0
    for i in range(mz.size):
        if math.isinf(mz[i]):  # padding may hold anything
            continue
        if math.isnan(mz[i]) or not math.isfinite(weight[i]):
            return INVALID, 1.0
        if not weight[i] > 0.0:
            continue
        keep[n] = i
        n += 1
        top = max(top, weight[i])
    sort_by(mz, keep, n)
    return n, top if top > 0.0 else 1.0


@jit
def only_rendered(mz: F64, sigma: F64, keep: I64, n: int, h: float, n_bins: int) -> int:
    """Drops from ``keep[:n]`` the peaks that reach no bin; returns how many are left, INVALID for a width that is none.

    A peak is rendered where a bin centre lies within ``RENDER_REACH`` sigma. ``h = 0`` keeps all.
    """
    left = 0
    for at in range(n):
        i = keep[at]
        if not 0.0 < sigma[i] < math.inf:
            return INVALID
        if h > 0.0:
            nearest = min(max(np.floor(mz[i] / h), 0.0), n_bins - 1.0)
            if abs(mz[i] - (nearest + 0.5) * h) > RENDER_REACH * sigma[i]:
                continue
        keep[left] = i
        left += 1
    return left


@jit
def taken(values: F64, keep: I64, n: int, scale: float) -> F64:
    """(n,) the kept values, divided by ``scale``."""
    out = np.empty(n)
    for at in range(n):
        out[at] = values[keep[at]] / scale
    return out
