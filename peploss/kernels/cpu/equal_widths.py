"""Sums over pairs of peaks where every peak has one width: the common case, in loops that vectorise.

With one width s the closed form of ``pairs`` becomes symmetric: ``v = 2 s^2``, ``r = s / sqrt(2)``,
``c = (m_i + m_j) / 2``, ``d = m_i - m_j``, and ``K = E L(c)`` with ``E = exp(-d^2 / 2v)``. So each pair is computed
once and counted for both of its peaks::

    by m_i:  dK/dm_i = E [L_c / 2 - L d / v]          by m_j: the same with d turned round
    by s_i:  dK/ds_i = E [L s d^2 / v^2 - L_c s d / v + L_r s / (2 sqrt(v))]          (s_j held still), likewise

Most pairs are a peak and itself, with ``c = m_i`` and ``E = 1``: they are no more than L at every peak. Pairs of
neighbours are gathered in blocks, their sums computed in one loop over the block, and added to their peaks.

Error bounds: ``decay`` 3e-14 relative; L as in ``gaussian_sum``. The naive form of ``norm`` and ``cross`` is
``peploss.kernels.naive.product``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.gaussian_sum import EDGE
from peploss.kernels.cpu.lattice import LANES, lattice
from peploss.kernels.jit import jit_fused, jit_inline

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PAIR_REACH = 72.0  # d^2 / v beyond which exp(-d^2 / 2v) < 2.4e-16
BLOCK = 512  # pairs at a time: all that is known of them stays in the nearest cache
BEHIND = LANES  # places behind the peaks of a side: an infinite m/z ends every search
ROWS = 11  # of the scratch: d, c, K, E L_c / 2, K d / v, by sigma, and five of ``lattice``

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


@jit_fused
def _evaluate(
    work: F64, n: int, s: float, h: float, n_bins: int, coef: F64, terms: int, level: int, inside: bool
) -> None:
    """For n pairs, from rows d and c of the scratch: K, and with ``level`` 1 or 2 what its derivatives are made of."""
    d, c, k, slope, pull, by_s = work[0], work[1], work[2], work[3], work[4], work[5]
    inv_v = 0.5 / (s * s)
    half = 0.5 * inv_v
    lattice(c, n, s * math.sqrt(0.5), h, n_bins, coef, terms, level, inside, k, slope, by_s, work[6:11])
    whole = (n + LANES - 1) // LANES * LANES
    if level == 0:
        for p in range(whole):
            k[p] *= decay(half * d[p] * d[p])
        return
    for p in range(whole):
        e = decay(half * d[p] * d[p])
        k[p] *= e
        slope[p] *= 0.5 * e
        pull[p] = k[p] * d[p] * inv_v
    if level == 2:
        width = 0.5 * math.sqrt(0.5)  # s / (2 sqrt(v))
        for p in range(whole):
            by_s[p] = decay(half * d[p] * d[p]) * by_s[p] * width + s * inv_v * d[p] * pull[p]


@jit_inline
def _inside(mz: F64, n: int, r: float, h: float, n_bins: int) -> bool:
    return h > 0.0 and mz[0] > EDGE * r and mz[n - 1] < h * n_bins - EDGE * r


@jit_fused
def norm(
    m: F64, w: F64, n: int, s: float, h: float, n_bins: int, coef: F64, terms: int, level: int,
    work: F64, first: I64, second: I64, out: F64,
) -> float:  # fmt: skip
    """``sum_ij w_i w_j K_ij`` of n ascending peaks; with ``level`` 1 or 2, rows of ``out`` hold half its derivatives.

    Rows: sum_j w_j K_ij, and by m/z and (level 2) sigma, each still to be multiplied by w_i.
    """
    s_over_v = 0.5 / s
    far = math.sqrt(2.0 * PAIR_REACH) * s
    inside = n > 0 and _inside(m, n, s * math.sqrt(0.5), h, n_bins)
    _themselves(m, w, n, s, h, n_bins, coef, terms, level, inside, work, out)
    at, low = 0, 0
    for i in range(1, n):
        if m[i] - m[i - 1] > far:  # most peaks have no neighbour
            continue
        while m[low] < m[i] - far:
            low += 1
        for j in range(low, i):
            first[at], second[at] = i, j
            work[0, at], work[1, at] = m[i] - m[j], 0.5 * (m[i] + m[j])
            at += 1
            if at == BLOCK:
                _evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
                _count(work, at, s_over_v, first, second, w, level, out)
                at = 0
    if at > 0:
        _evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
        _count(work, at, s_over_v, first, second, w, level, out)
    return _dot(w, out[0], n)


@jit_fused
def _dot(w: F64, x: F64, n: int) -> float:
    """``sum_i w_i x_i`` in four sums, none of which waits for the others."""
    t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
    whole = n // 4 * 4
    for i in range(0, whole, 4):
        t0 += w[i] * x[i]
        t1 += w[i + 1] * x[i + 1]
        t2 += w[i + 2] * x[i + 2]
        t3 += w[i + 3] * x[i + 3]
    for i in range(whole, n):
        t0 += w[i] * x[i]
    return (t0 + t1) + (t2 + t3)


@jit_fused
def _themselves(
    m: F64, w: F64, n: int, s: float, h: float, n_bins: int, coef: F64, terms: int, level: int, inside: bool,
    work: F64, out: F64,
) -> None:  # fmt: skip
    """Sets ``out`` to what every peak has of itself."""
    k, slope, by_s = work[2], work[3], work[5]
    width = 0.5 * math.sqrt(0.5)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        lattice(
            m[start : start + size], size, s * math.sqrt(0.5), h, n_bins, coef, terms, level, inside, k, slope, by_s,
            work[6:11],
        )  # fmt: skip
        value, by_m, by_sigma, weight = out[0], out[1], out[2], w
        for p in range(size):
            value[start + p] = weight[start + p] * k[p]
        if level > 0:
            for p in range(size):
                by_m[start + p] = 0.5 * weight[start + p] * slope[p]
        if level == 2:
            for p in range(size):
                by_sigma[start + p] = width * weight[start + p] * by_s[p]


@jit_fused
def _count(work: F64, n: int, s_over_v: float, first: I64, second: I64, w: F64, level: int, out: F64) -> None:
    """Adds a block of pairs of one spectrum to both of their peaks."""
    d, k, slope, pull, by_s = work[0], work[2], work[3], work[4], work[5]
    for p in range(n):
        i, j = first[p], second[p]
        out[0, i] += w[j] * k[p]
        out[0, j] += w[i] * k[p]
    if level > 0:
        for p in range(n):
            i, j = first[p], second[p]
            out[1, i] += w[j] * (slope[p] - pull[p])
            out[1, j] += w[i] * (slope[p] + pull[p])
    if level == 2:
        for p in range(n):
            i, j = first[p], second[p]
            tilt = 2.0 * s_over_v * d[p] * slope[p]
            out[2, i] += w[j] * (by_s[p] - tilt)
            out[2, j] += w[i] * (by_s[p] + tilt)


@jit_fused
def cross(
    am: F64, aw: F64, na: int, bm: F64, bw: F64, nb: int, s: float, h: float, n_bins: int, coef: F64, terms: int,
    a_level: int, b_level: int, work: F64, first: I64, second: I64, a_out: F64, b_out: F64,
) -> float:  # fmt: skip
    """``sum_ij a_i b_j K_ij`` of two spectra, both ascending; rows of ``a_out`` and ``b_out`` as in ``norm``.

    Steps to the first neighbour are counted by fours, and the next two places are taken down and kept if they are
    neighbours: arithmetic, where a processor would guess every second branch wrong.

    Args:
        bm: has ``BEHIND`` places more than peaks, which are infinite.
    """
    s_over_v = 0.5 / s
    far = math.sqrt(2.0 * PAIR_REACH) * s
    r = s * math.sqrt(0.5)
    inside = na > 0 and nb > 0 and _inside(am, na, r, h, n_bins) and _inside(bm, nb, r, h, n_bins)
    level = max(a_level, b_level)
    a_out[:3, :na] = 0.0
    b_out[:3, :nb] = 0.0
    at, low = 0, 0
    for i in range(na):
        here, least, most = am[i], am[i] - far, am[i] + far
        passed = 4
        while passed == 4:
            passed = int(bm[low] < least) + int(bm[low + 1] < least)
            passed += int(bm[low + 2] < least) + int(bm[low + 3] < least)
            low += passed
        j = low
        for _ in range(2):
            first[at], second[at] = i, j
            work[0, at], work[1, at] = here - bm[j], 0.5 * (here + bm[j])
            near = int(bm[j] <= most)
            at += near
            j += near
        while bm[j] <= most or at >= BLOCK - 2:
            if at >= BLOCK - 2:
                _evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
                _count_sides(work, at, s_over_v, first, second, aw, bw, a_level, b_level, a_out, b_out)
                at = 0
                continue
            first[at], second[at] = i, j
            work[0, at], work[1, at] = here - bm[j], 0.5 * (here + bm[j])
            at += 1
            j += 1
    if at > 0:
        _evaluate(work, at, s, h, n_bins, coef, terms, level, inside)
        _count_sides(work, at, s_over_v, first, second, aw, bw, a_level, b_level, a_out, b_out)
    return _dot(aw, a_out[0], na)


@jit_fused
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


__all__ = ["BEHIND", "BLOCK", "PAIR_REACH", "ROWS", "cross", "decay", "norm"]
