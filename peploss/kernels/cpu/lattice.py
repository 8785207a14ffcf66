"""L(c), the sum of a Gaussian over the bins of a grid, for many places c and one width, in loops that vectorise.

The same sums as in ``gaussian_sum``, to the same bounds. A few terms of the series are summed by Clenshaw's recurrence
from one cosine and one sine: with ``t = 2 cos x`` and ``b_k = q_k + t b_(k+1) - b_(k+2)``,
``sum q_n cos(n x) = cos x b_1 - b_2``, and with ``n q_n`` in place of ``q_n`` ``sum n q_n sin(n x) = sin x b_1``. More
terms are summed one by one over all places, by the addition theorem.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.gaussian_sum import (
    EDGE,
    MAX_TERMS,
    MIN_RATIO,
    SQRT_2PI,
    TWO_PI,
    coefficients,
    cos_sin_turns,
    direct,
)
from peploss.kernels.jit import jit_fused

F64 = NDArray[np.float64]

LANES = 8  # numbers that one instruction takes; a loop's last few one by one would cost as much as 30 more
FEW = 4  # terms that are written out; there are no more from sigma = 0.4 bins on


@jit_fused
def lattice(
    c: F64, n: int, r: float, h: float, n_bins: int, coef: F64, terms: int, level: int, inside: bool,
    value: F64, by_c: F64, by_r: F64, work: F64,
) -> None:  # fmt: skip
    """L at n places, with ``level`` 1 its derivative by c, and with ``level`` 2 that by r as well.

    Args:
        r: the width, ``sigma / sqrt(2)`` for two peaks of width sigma.
        coef, terms: of ``series_of``.
        inside: no place is near an end of the grid.
        work: (5, n) scratch.
    All arrays have room for n rounded up to a multiple of ``LANES``: what is behind n is computed and not used.
    """
    if h == 0.0:
        for p in range(n):
            value[p], by_c[p], by_r[p] = r * SQRT_2PI, 0.0, SQRT_2PI
        return
    if r < MIN_RATIO * h:
        for p in range(n):
            value[p], by_c[p], by_r[p] = direct(c[p], r, h, n_bins)
        return
    whole = (n + LANES - 1) // LANES * LANES
    if terms <= FEW:
        _few(c, whole, r, h, coef, level, value, by_c, by_r)
    else:
        _many(c, whole, r, h, coef, terms, level, value, by_c, by_r, work)
    if not inside:
        end = h * n_bins - EDGE * r
        for p in range(n):
            if not EDGE * r < c[p] < end:
                value[p], by_c[p], by_r[p] = direct(c[p], r, h, n_bins)


@jit_fused
def _few(c: F64, n: int, r: float, h: float, coef: F64, level: int, value: F64, by_c: F64, by_r: F64) -> None:
    """At most four terms; coefficients behind the last are 0."""
    per_h, per_r = 1.0 / h, 1.0 / r
    area = r * SQRT_2PI / h
    turn = -area * TWO_PI / h
    bend = -area * TWO_PI * TWO_PI * r / (h * h)
    a0, q1, q2, q3, q4 = area, area * coef[0], area * coef[1], area * coef[2], area * coef[3]
    if level == 0:
        for p in range(n):
            cos1, _ = cos_sin_turns(c[p] * per_h - 0.5)
            t = cos1 + cos1
            b3 = q3 + t * q4
            b2 = q2 + t * b3 - q4
            b1 = q1 + t * b2 - b3
            value[p] = a0 + (cos1 * b1 - b2)
        return
    g1, g2, g3, g4 = turn * coef[0], 2.0 * turn * coef[1], 3.0 * turn * coef[2], 4.0 * turn * coef[3]
    for p in range(n):
        cos1, sin1 = cos_sin_turns(c[p] * per_h - 0.5)
        t = cos1 + cos1
        b3 = q3 + t * q4
        b2 = q2 + t * b3 - q4
        b1 = q1 + t * b2 - b3
        f3 = g3 + t * g4
        f2 = g2 + t * f3 - g4
        f1 = g1 + t * f2 - f3
        value[p] = a0 + (cos1 * b1 - b2)
        by_c[p] = sin1 * f1
    if level == 2:
        w1, w2, w3, w4 = bend * coef[0], 4.0 * bend * coef[1], 9.0 * bend * coef[2], 16.0 * bend * coef[3]
        for p in range(n):
            cos1, _ = cos_sin_turns(c[p] * per_h - 0.5)
            t = cos1 + cos1
            b3 = w3 + t * w4
            b2 = w2 + t * b3 - w4
            b1 = w1 + t * b2 - b3
            by_r[p] = value[p] * per_r + (cos1 * b1 - b2)


@jit_fused
def _many(
    c: F64, n: int, r: float, h: float, coef: F64, terms: int, level: int, value: F64, by_c: F64, by_r: F64, work: F64
) -> None:
    """Any number of terms."""
    cos1, sin1, cos_n, sin_n, bends = work[0], work[1], work[2], work[3], work[4]
    area = r * SQRT_2PI / h
    for p in range(n):
        cos1[p], sin1[p] = cos_sin_turns(c[p] / h - 0.5)
        cos_n[p], sin_n[p] = cos1[p], sin1[p]
        value[p], by_c[p], bends[p] = 1.0, 0.0, 0.0
    for term in range(terms):
        k = term + 1.0
        f = coef[term]
        for p in range(n):
            value[p] += f * cos_n[p]
        if level > 0:
            for p in range(n):
                by_c[p] += k * f * sin_n[p]
        if level == 2:
            for p in range(n):
                bends[p] += k * k * f * cos_n[p]
        for p in range(n):
            next_cos = cos_n[p] * cos1[p] - sin_n[p] * sin1[p]
            sin_n[p] = sin_n[p] * cos1[p] + cos_n[p] * sin1[p]
            cos_n[p] = next_cos
    turn = -area * TWO_PI / h
    bend = -area * TWO_PI * TWO_PI * r / (h * h)
    for p in range(n):
        value[p] = area * value[p]
        by_c[p] = turn * by_c[p]
    if level == 2:
        for p in range(n):
            by_r[p] = value[p] / r + bend * bends[p]


@jit_fused
def series_of(r: float, h: float, coef: F64) -> int:
    """Fills the coefficients of the series for one width, zeros behind them, and returns how many there are."""
    coef[:MAX_TERMS] = 0.0
    return coefficients(r / h, coef) if h > 0.0 and r >= MIN_RATIO * h else 0


__all__ = ["FEW", "LANES", "MAX_TERMS", "lattice", "series_of"]
