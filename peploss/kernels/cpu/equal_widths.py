"""Sums over pairs of peaks where every peak has one width: the common case, in loops that vectorise.

With one width s the closed form of ``pairs`` becomes symmetric: ``v = 2 s^2``, ``r = s / sqrt(2)``,
``c = (m_i + m_j) / 2``, ``d = m_i - m_j``, and ``K = E L(c)`` with ``E = exp(-d^2 / 2v)``. So each pair is computed
once and counted for both of its peaks::

    by m_i:  dK/dm_i = E [L_c / 2 - L d / v]          by m_j: the same with d turned round
    by s_i:  dK/ds_i = E [L s d^2 / v^2 - L_c s d / v + L_r s / (2 sqrt(v))]          (s_j held still), likewise

Pairs are gathered in blocks, their sums computed in one loop over the block, and added to their peaks in ascending
order. ``cross`` meets the pairs of a spectrum with itself in the order of ``norm`` and computes them by the same
operations, so that the cosine of a spectrum with itself is 1 to the last bit.

Error bounds: ``decay`` 3e-14 relative; the series as in ``gaussian_sum``. The naive form of ``norm`` and ``cross`` is
``peploss.kernels.naive.product``.
"""

from __future__ import annotations

import math

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
from peploss.kernels.jit import jit, jit_inline

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PAIR_REACH = 72.0  # d^2 / v beyond which exp(-d^2 / 2v) < 2.4e-16
BLOCK = 512  # pairs at a time: all that is known of them stays in the nearest cache
FEW = 4  # terms of the series that are written out; there are no more from sigma = 0.4 bins on
ROWS = 8  # of the scratch: d, c, K, E L_c / 2, K d / v, by sigma, and two for the longer series

_E = [1 / math.factorial(k) for k in range(12)]
E2, E3, E4, E5, E6, E7, E8, E9, E10 = _E[2:11]


@jit_inline
def decay(y: float) -> float:
    """``exp(-y)`` for y from 0 to 36, to 3e-14 relative and exactly 1 at 0; unlike libm's it vectorises.

    ``exp(-y / 256)`` by its Taylor series to the tenth power (the next term is below 1e-17), squared eight times, which
    makes 256 of its rounding errors.
    """
    z = -y * 0.00390625
    p = E6 + z * (E7 + z * (E8 + z * (E9 + z * E10)))
    p = 1.0 + z * (1.0 + z * (E2 + z * (E3 + z * (E4 + z * (E5 + z * p)))))
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    return p * p


@jit
def evaluate(
    work: F64, n: int, s: float, h: float, n_bins: int, coef: F64, terms: int, level: int, inside: bool
) -> None:
    """For n pairs, from rows d and c of the scratch: K, and with ``level`` 1 or 2 what its derivatives are made of.

    Few terms are summed by Clenshaw's recurrence from one cosine and sine: with ``t = 2 cos`` and
    ``b_k = q_k + t b_(k+1) - b_(k+2)``, ``sum q_n cos(n x) = cos x b_1 - b_2``, and with ``n q_n`` in place of ``q_n``
    ``sum n q_n sin(n x) = sin x b_1``. More terms are summed one by one over the whole block, by the addition theorem.

    Args:
        inside: no pair is felt by an end of the grid.
    """
    d, c, k, slope, pull, by_s = work[0], work[1], work[2], work[3], work[4], work[5]
    inv_v = 1.0 / (s * s + s * s)
    r = s * s * math.sqrt(inv_v)
    half = 0.5 * inv_v
    width = 0.5 * s * math.sqrt(inv_v)
    if h == 0.0:
        area = r * SQRT_2PI
        for p in range(n):
            k[p] = decay(half * d[p] * d[p]) * area
        if level > 0:
            for p in range(n):
                pull[p] = k[p] * d[p] * inv_v
                slope[p] = 0.0
                by_s[p] = s * inv_v * d[p] * pull[p] + k[p] / r * width
        return
    if r < MIN_RATIO * h:
        for p in range(n):
            value, by_c, by_r = direct(c[p], r, h, n_bins)
            e = decay(half * d[p] * d[p])
            k[p], slope[p], by_s[p] = e * value, 0.5 * e * by_c, e * by_r * width
    else:
        area = r * SQRT_2PI / h
        turn = -0.5 * area * TWO_PI / h
        bend = -area * TWO_PI * TWO_PI * r / (h * h) * width
        if terms == 0:
            for p in range(n):
                k[p] = decay(half * d[p] * d[p]) * area
            if level > 0:
                for p in range(n):
                    slope[p] = 0.0
                    by_s[p] = k[p] / r * width
        elif terms <= FEW:
            q1, q2, q3, q4 = coef[0], coef[1], coef[2], coef[3]
            if level == 0:
                for p in range(n):
                    cos1, _ = cos_sin_turns(c[p] / h - 0.5)
                    t = cos1 + cos1
                    b3 = q3 + t * q4
                    b2 = q2 + t * b3 - q4
                    b1 = q1 + t * b2 - b3
                    k[p] = decay(half * d[p] * d[p]) * (area * (1.0 + (cos1 * b1 - b2)))
            else:
                g2, g3, g4 = 2.0 * q2, 3.0 * q3, 4.0 * q4
                for p in range(n):
                    cos1, sin1 = cos_sin_turns(c[p] / h - 0.5)
                    t = cos1 + cos1
                    b3 = q3 + t * q4
                    b2 = q2 + t * b3 - q4
                    b1 = q1 + t * b2 - b3
                    f3 = g3 + t * g4
                    f2 = g2 + t * f3 - g4
                    f1 = q1 + t * f2 - f3
                    e = decay(half * d[p] * d[p])
                    k[p] = e * (area * (1.0 + (cos1 * b1 - b2)))
                    slope[p] = e * (turn * sin1 * f1)
                if level == 2:
                    w2, w3, w4 = 4.0 * q2, 9.0 * q3, 16.0 * q4
                    for p in range(n):
                        cos1, _ = cos_sin_turns(c[p] / h - 0.5)
                        t = cos1 + cos1
                        b3 = w3 + t * w4
                        b2 = w2 + t * b3 - w4
                        b1 = q1 + t * b2 - b3
                        by_s[p] = k[p] / r * width + decay(half * d[p] * d[p]) * bend * (cos1 * b1 - b2)
        else:
            cos_n, sin_n = work[6], work[7]
            for p in range(n):
                cos_n[p], sin_n[p] = cos_sin_turns(c[p] / h - 0.5)
                pull[p], by_s[p] = cos_n[p], sin_n[p]  # of one turn, kept here for the while
                k[p], slope[p] = 1.0, 0.0
            bends = np.zeros(n if level == 2 else 0)
            for term in range(terms):
                f = coef[term]
                g = f * (term + 1.0)
                for p in range(n):
                    k[p] += f * cos_n[p]
                    slope[p] += g * sin_n[p]
                if level == 2:
                    for p in range(n):
                        bends[p] += g * (term + 1.0) * cos_n[p]
                for p in range(n):
                    next_cos = cos_n[p] * pull[p] - sin_n[p] * by_s[p]
                    sin_n[p] = sin_n[p] * pull[p] + cos_n[p] * by_s[p]
                    cos_n[p] = next_cos
            for p in range(n):
                e = decay(half * d[p] * d[p])
                k[p] = e * (area * k[p])
                slope[p] = e * (turn * slope[p])
            if level == 2:
                for p in range(n):
                    by_s[p] = k[p] / r * width + decay(half * d[p] * d[p]) * bend * bends[p]
        if not inside:
            end = h * n_bins - EDGE * r
            for p in range(n):
                if not EDGE * r < c[p] < end:
                    value, by_c, by_r = direct(c[p], r, h, n_bins)
                    e = decay(half * d[p] * d[p])
                    k[p], slope[p], by_s[p] = e * value, 0.5 * e * by_c, e * by_r * width
    if level > 0:
        for p in range(n):
            pull[p] = k[p] * d[p] * inv_v
    if level == 2:
        for p in range(n):
            by_s[p] += s * inv_v * d[p] * pull[p]


@jit_inline
def _inside(mz: F64, n: int, r: float, h: float, n_bins: int) -> bool:
    return h > 0.0 and mz[0] > EDGE * r and mz[n - 1] < h * n_bins - EDGE * r


@jit
def norm(
    m: F64, w: F64, n: int, s: float, h: float, n_bins: int, coef: F64, terms: int, level: int,
    work: F64, first: I64, second: I64, out: F64,
) -> float:  # fmt: skip
    """``sum_ij w_i w_j K_ij`` of n ascending peaks; with ``level`` 1 or 2, rows of ``out`` hold half its derivatives.

    Rows: sum_j w_j K_ij, and by m/z and (level 2) sigma, each still to be multiplied by w_i.
    """
    v = s * s + s * s
    far = math.sqrt(PAIR_REACH * v)
    inside = n > 0 and _inside(m, n, s * math.sqrt(0.5), h, n_bins)
    out[:3, :n] = 0.0
    at, low = 0, 0
    for i in range(n):
        while m[low] < m[i] - far:
            low += 1
        for j in range(low, i + 1):
            first[at], second[at] = i, j
            work[0, at], work[1, at] = m[i] - m[j], 0.5 * (m[i] + m[j])
            at += 1
            if at == BLOCK:
                evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
                _count(work, at, s / v, first, second, w, level, out)
                at = 0
    evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
    _count(work, at, s / v, first, second, w, level, out)
    total = 0.0
    for i in range(n):
        total += w[i] * out[0, i]
    return total


@jit
def _count(work: F64, n: int, s_over_v: float, first: I64, second: I64, w: F64, level: int, out: F64) -> None:
    """Adds a block of pairs of one spectrum to both of their peaks."""
    d, k, slope, pull, by_s = work[0], work[2], work[3], work[4], work[5]
    for p in range(n):
        i, j = first[p], second[p]
        out[0, i] += w[j] * k[p]
        if i != j:
            out[0, j] += w[i] * k[p]
    if level > 0:
        for p in range(n):
            i, j = first[p], second[p]
            out[1, i] += w[j] * (slope[p] - pull[p])
            if i != j:
                out[1, j] += w[i] * (slope[p] + pull[p])
    if level == 2:
        for p in range(n):
            i, j = first[p], second[p]
            tilt = 2.0 * s_over_v * d[p] * slope[p]
            out[2, i] += w[j] * (by_s[p] - tilt)
            if i != j:
                out[2, j] += w[i] * (by_s[p] + tilt)


@jit
def cross(
    am: F64, aw: F64, na: int, bm: F64, bw: F64, nb: int, s: float, h: float, n_bins: int, coef: F64, terms: int,
    a_level: int, b_level: int, work: F64, first: I64, second: I64, a_out: F64, b_out: F64,
) -> float:  # fmt: skip
    """``sum_ij a_i b_j K_ij`` of two spectra, both ascending; rows of ``a_out`` and ``b_out`` as in ``norm``."""
    v = s * s + s * s
    far = math.sqrt(PAIR_REACH * v)
    r = s * math.sqrt(0.5)
    inside = na > 0 and nb > 0 and _inside(am, na, r, h, n_bins) and _inside(bm, nb, r, h, n_bins)
    level = max(a_level, b_level)
    a_out[:3, :na] = 0.0
    b_out[:3, :nb] = 0.0
    at, low = 0, 0
    for i in range(na):
        while low < nb and bm[low] < am[i] - far:
            low += 1
        for j in range(low, nb):
            if am[i] < bm[j] - far:  # the same question as in ``norm``, to the last bit
                break
            first[at], second[at] = i, j
            work[0, at], work[1, at] = am[i] - bm[j], 0.5 * (am[i] + bm[j])
            at += 1
            if at == BLOCK:
                evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
                _count_sides(work, at, s / v, first, second, aw, bw, a_level, b_level, a_out, b_out)
                at = 0
    evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
    _count_sides(work, at, s / v, first, second, aw, bw, a_level, b_level, a_out, b_out)
    total = 0.0
    for i in range(na):
        total += aw[i] * a_out[0, i]
    return total


@jit
def _count_sides(
    work: F64, n: int, s_over_v: float, first: I64, second: I64, aw: F64, bw: F64, a_level: int, b_level: int,
    a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """Adds a block of pairs of two spectra to the peaks of each."""
    d, k, slope, pull, by_s = work[0], work[2], work[3], work[4], work[5]
    for p in range(n):
        i, j = first[p], second[p]
        a_out[0, i] += bw[j] * k[p]
        if a_level > 0:
            a_out[1, i] += bw[j] * (slope[p] - pull[p])
        if a_level == 2:
            a_out[2, i] += bw[j] * (by_s[p] - 2.0 * s_over_v * d[p] * slope[p])
        if b_level > 0:
            b_out[0, j] += aw[i] * k[p]
            b_out[1, j] += aw[i] * (slope[p] + pull[p])
        if b_level == 2:
            b_out[2, j] += aw[i] * (by_s[p] + 2.0 * s_over_v * d[p] * slope[p])


@jit
def series_of(s: float, h: float, coef: F64) -> int:
    """Fills the coefficients of the series for one width, zeros behind them, and returns how many there are."""
    coef[:] = 0.0
    r = s * s * math.sqrt(1.0 / (s * s + s * s))
    return coefficients(r / h, coef) if h > 0.0 and r >= MIN_RATIO * h else 0


__all__ = ["BLOCK", "MAX_TERMS", "PAIR_REACH", "ROWS", "cross", "decay", "evaluate", "norm", "series_of"]
