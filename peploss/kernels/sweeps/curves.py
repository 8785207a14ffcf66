"""Losses of two rendered spectra from their bins, with derivatives by each bin.

With ``x = X / sum X`` and ``y = Y / sum Y`` the two curves as shares, predicted and observed, over n bins::

    entropy        sum_k [x log(2x / (x + y)) + y log(2y / (x + y))] / (2 ln 2)
    cross_entropy  sum_k q log(q / p),  p = (1 - e) x + e / n,  q = (1 - e) y + e / n
    pearson        1 - cov(X, Y) / sqrt(cov(X, X) cov(Y, Y)),  cov(X, Y) = sum_k X Y - sum X sum Y / n

Where a loss depends on ``x`` alone, ``dL/dX_k = (l_k - sum_j l_j x_j) / sum X`` with ``l = dL/dx``.

Bins that no peak is near hold 0 on both sides. They add nothing to the first two, and to the third only their number.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit
from peploss.kernels.sweeps.logarithm import log_in_place

F64 = NDArray[np.float64]

LN2 = math.log(2.0)


@jit
def entropy(x: F64, y: F64, grad: bool, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,), in bits; 1 and no derivative where a side is empty. Without ``grad`` the arrays of
    derivatives hold no answer afterwards."""
    sum_x, sum_y = x.sum(), y.sum()
    if not (sum_x > 0.0 and sum_y > 0.0):
        by_x[:] = 0.0
        by_y[:] = 0.0
        return 1.0
    inv_x, inv_y = 1.0 / sum_x, 1.0 / sum_y
    for k in range(x.size):
        a, b = x[k] * inv_x, y[k] * inv_y
        both = a + b if a + b > 0.0 else 1.0
        by_x[k] = 2.0 * a / both if a > 0.0 else 1.0
        by_y[k] = 2.0 * b / both if b > 0.0 else 1.0
    log_in_place(by_x)
    log_in_place(by_y)
    of_x, of_y = 0.0, 0.0
    for k in range(x.size):
        of_x += x[k] * by_x[k]
        of_y += y[k] * by_y[k]
    of_x *= inv_x
    of_y *= inv_y
    half = 0.5 / LN2
    if grad:
        for k in range(x.size):
            by_x[k] = half * inv_x * (by_x[k] - of_x)
            by_y[k] = half * inv_y * (by_y[k] - of_y)
    return min(max(half * (of_x + of_y), 0.0), 1.0)


@jit
def cross_entropy(x: F64, y: F64, n_bins: int, floor: float, grad: bool, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,) on a grid of n bins, in nats. An empty curve is the floor alone, without derivative.
    Without ``grad`` the arrays of derivatives hold no answer afterwards."""
    sum_x, sum_y = x.sum(), y.sum()
    inv_x = 1.0 / sum_x if sum_x > 0.0 else 0.0
    inv_y = 1.0 / sum_y if sum_y > 0.0 else 0.0
    if inv_x == 0.0 or inv_y == 0.0:
        by_x[:] = 0.0
        by_y[:] = 0.0
    if inv_y == 0.0:
        return 0.0
    low, rest = floor / n_bins, 1.0 - floor
    if inv_x == 0.0:  # an even share in every bin, those that no peak reaches included
        loss = (n_bins - x.size) * low * math.log(low * n_bins)
        for k in range(x.size):
            q = rest * inv_y * y[k] + low
            loss += q * math.log(q * n_bins)
        return max(loss, 0.0)
    for k in range(x.size):
        by_y[k] = (rest * inv_y * y[k] + low) / (rest * inv_x * x[k] + low)  # q / p
        by_x[k] = -rest * by_y[k]
    log_in_place(by_y)
    loss, of_x, of_y = 0.0, 0.0, 0.0
    for k in range(x.size):
        loss += (rest * inv_y * y[k] + low) * by_y[k]
    if grad:
        for k in range(x.size):
            by_y[k] *= rest
            of_x += by_x[k] * x[k] * inv_x
            of_y += by_y[k] * y[k] * inv_y
        for k in range(x.size):
            by_x[k] = inv_x * (by_x[k] - of_x)
            by_y[k] = inv_y * (by_y[k] - of_y)
    return max(loss, 0.0)


@jit
def pearson(x: F64, y: F64, n_bins: int, grad: bool, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,) on a grid of n bins; 1 and no derivative where a side does not vary. Without ``grad``
    the arrays of derivatives are left as they are."""
    mean_x, mean_y = x.sum() / n_bins, y.sum() / n_bins
    xx, yy, xy = 0.0, 0.0, 0.0
    for k in range(x.size):
        xx += x[k] * x[k]
        yy += y[k] * y[k]
        xy += x[k] * y[k]
    xx -= n_bins * mean_x * mean_x
    yy -= n_bins * mean_y * mean_y
    xy -= n_bins * mean_x * mean_y
    if not (xx > 0.0 and yy > 0.0):
        by_x[:] = 0.0
        by_y[:] = 0.0
        return 1.0
    norm = math.sqrt(xx) * math.sqrt(yy)
    if xx == yy:
        norm = xx  # equal curves are exactly 0 apart
    r = xy / norm
    if grad:
        for k in range(x.size):
            dx, dy = x[k] - mean_x, y[k] - mean_y
            by_x[k] = -dy / norm + r * dx / xx
            by_y[k] = -dx / norm + r * dy / yy
    return min(max(1.0 - r, 0.0), 2.0)
