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

F64 = NDArray[np.float64]

LN2 = math.log(2.0)


@jit
def entropy(x: F64, y: F64, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,), in bits; 1 and no derivative where a side is empty."""
    sum_x, sum_y = x.sum(), y.sum()
    by_x[:] = 0.0
    by_y[:] = 0.0
    if not (sum_x > 0.0 and sum_y > 0.0):
        return 1.0
    inv_x, inv_y = 1.0 / sum_x, 1.0 / sum_y
    of_x, of_y = 0.0, 0.0
    for k in range(x.size):
        a, b = x[k] * inv_x, y[k] * inv_y
        if a > 0.0 and b > 0.0:
            double = 2.0 / (a + b)
            by_x[k], by_y[k] = math.log(a * double), math.log(b * double)
        elif a > 0.0:
            by_x[k] = LN2
        elif b > 0.0:
            by_y[k] = LN2
        of_x += a * by_x[k]
        of_y += b * by_y[k]
    half = 0.5 / LN2
    for k in range(x.size):
        by_x[k] = half * inv_x * (by_x[k] - of_x)
        by_y[k] = half * inv_y * (by_y[k] - of_y)
    return min(max(half * (of_x + of_y), 0.0), 1.0)


@jit
def cross_entropy(x: F64, y: F64, n_bins: int, floor: float, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,) on a grid of n bins, in nats. An empty curve is the floor alone, without derivative."""
    sum_x, sum_y = x.sum(), y.sum()
    inv_x = 1.0 / sum_x if sum_x > 0.0 else 0.0
    inv_y = 1.0 / sum_y if sum_y > 0.0 else 0.0
    by_x[:] = 0.0
    by_y[:] = 0.0
    if inv_y == 0.0:
        return 0.0
    low, rest = floor / n_bins, 1.0 - floor
    if inv_x == 0.0:
        rest_x, base_x = 0.0, 1.0 / n_bins
    else:
        rest_x, base_x = rest, low
    loss, of_x, of_y, bins_q = 0.0, 0.0, 0.0, 0.0
    for k in range(x.size):
        p, q = rest_x * inv_x * x[k] + base_x, rest * inv_y * y[k] + low
        ratio = math.log(q / p)
        loss += q * ratio
        bins_q += q
        by_x[k], by_y[k] = -rest * q / p, rest * ratio
        of_x += by_x[k] * x[k] * inv_x
        of_y += by_y[k] * y[k] * inv_y
    if inv_x == 0.0:  # the other bins hold low against 1 / n
        by_x[:] = 0.0
        by_y[:] = 0.0
        return max(loss + (n_bins - x.size) * low * math.log(low / base_x), 0.0)
    for k in range(x.size):
        by_x[k] = inv_x * (by_x[k] - of_x)
        by_y[k] = inv_y * (by_y[k] - of_y)
    return max(loss, 0.0)


@jit
def pearson(x: F64, y: F64, n_bins: int, by_x: F64, by_y: F64) -> float:
    """The loss of curves (K,) on a grid of n bins; 1 and no derivative where a side does not vary."""
    mean_x, mean_y = x.sum() / n_bins, y.sum() / n_bins
    by_x[:] = 0.0
    by_y[:] = 0.0
    xx, yy, xy = 0.0, 0.0, 0.0
    for k in range(x.size):
        xx += x[k] * x[k]
        yy += y[k] * y[k]
        xy += x[k] * y[k]
    xx -= n_bins * mean_x * mean_x
    yy -= n_bins * mean_y * mean_y
    xy -= n_bins * mean_x * mean_y
    if not (xx > 0.0 and yy > 0.0):
        return 1.0
    norm = math.sqrt(xx) * math.sqrt(yy)
    if xx == yy:
        norm = xx  # equal curves are exactly 0 apart
    r = xy / norm
    for k in range(x.size):
        dx, dy = x[k] - mean_x, y[k] - mean_y
        by_x[k] = -dy / norm + r * dx / xx
        by_y[k] = -dx / norm + r * dy / yy
    return min(max(1.0 - r, 0.0), 2.0)
