"""The cosine of two peak lists whose peaks are paired one to one, the largest products first.

With ``d = m_i - o_j`` or ``m_i + shift - o_j``, ``v = s_i^2 + s_j^2`` and ``g = exp(-d^2 / 2v)``::

    cos = sum over pairs taken of g a_i b_j / sqrt(sum a^2 sum b^2)

A pair is taken where neither peak has been: in order of ``g a_i b_j``, highest first. Between two changes of the
pairing the cosine is smooth.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit
from peploss.kernels.sweeps.gather import INVALID, gather, longest, only_rendered, taken

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PAIR_REACH = 72.0  # d^2 / v beyond which g < 2.4e-16


@jit
def _pairs(
    p: F64, s: F64, o: F64, t: F64, reach: float, shift: float, fill: bool, first: I64, second: I64, gap: F64
) -> int:
    """Number of pairs nearer than the reach once the predicted ones are shifted; with ``fill``, writes them."""
    found, low = 0, 0
    for i in range(p.size):
        x = p[i] + shift
        while low < o.size and o[low] < x - reach:
            low += 1
        for j in range(low, o.size):
            d = x - o[j]
            if d < -reach:
                break
            if d * d <= PAIR_REACH * (s[i] * s[i] + t[j] * t[j]):
                if fill:
                    first[found], second[found], gap[found] = i, j, d
                found += 1
    return found


@jit
def greedy_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    shift: F64, grad_a: bool, grad_b: bool, values: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """``1 - cos`` of spectra start to stop; derivatives where asked, as ``nearest_range`` has them.

    ``shift`` is (B,) in Th: predicted peaks may match where they are or moved by it; 0 where they may not.
    """
    ka, kb = np.empty(longest(aoff, start, stop), np.int64), np.empty(longest(boff, start, stop), np.int64)
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        n, top_a = gather(am[a0:a1], aw[a0:a1], ka)
        m, top_b = gather(bm[b0:b1], bw[b0:b1], kb)
        if n >= 0 and m >= 0:
            n = only_rendered(am[a0:a1], asig[a0:a1], ka, n, 0.0, 0)
            m = only_rendered(bm[b0:b1], bsig[b0:b1], kb, m, 0.0, 0)
        if n == INVALID or m == INVALID or not math.isfinite(shift[b]):
            values[b] = math.nan
            if grad_a:
                a_out[:, a0:a1] = math.nan
            if grad_b:
                b_out[:, b0:b1] = math.nan
            continue
        values[b] = 1.0
        if n == 0 or m == 0:
            continue
        p, v, s = taken(am[a0:a1], ka, n, 1.0), taken(aw[a0:a1], ka, n, top_a), taken(asig[a0:a1], ka, n, 1.0)
        o, w, t = taken(bm[b0:b1], kb, m, 1.0), taken(bw[b0:b1], kb, m, top_b), taken(bsig[b0:b1], kb, m, 1.0)
        reach = math.sqrt(PAIR_REACH * (s.max() ** 2 + t.max() ** 2))
        none, nothing = np.empty(0, np.int64), np.empty(0)
        here = _pairs(p, s, o, t, reach, 0.0, False, none, none, nothing)
        there = _pairs(p, s, o, t, reach, shift[b], False, none, none, nothing) if shift[b] != 0.0 else 0
        first, second = np.empty(here + there, np.int64), np.empty(here + there, np.int64)
        gap, key, order = np.empty(here + there), np.empty(here + there), np.arange(here + there)
        _pairs(p, s, o, t, reach, 0.0, True, first, second, gap)
        if there:
            _pairs(p, s, o, t, reach, shift[b], True, first[here:], second[here:], gap[here:])
        for k in range(here + there):
            i, j = first[k], second[k]
            x = gap[k] * gap[k] / (s[i] * s[i] + t[j] * t[j])
            key[k] = -v[i] * w[j] * math.exp(-0.5 * x)
        sort_by(key, order, here + there)
        free_p, free_o = np.ones(n, np.bool_), np.ones(m, np.bool_)
        ga, gb = np.zeros((3, n)), np.zeros((3, m))
        dot, aa, bb = 0.0, 0.0, 0.0  # all three in one order: equal spectra then cost exactly 0
        for place in range(order.size):
            k = order[place]
            i, j = first[k], second[k]
            if not (free_p[i] and free_o[j]):
                continue
            free_p[i], free_o[j] = False, False
            value = -key[k]
            dot += value
            aa += v[i] * v[i]
            bb += w[j] * w[j]
            inv = 1.0 / (s[i] * s[i] + t[j] * t[j])
            d = gap[k]
            ga[0, i] -= value * d * inv
            gb[0, j] += value * d * inv
            ga[1, i] += value / v[i]
            gb[1, j] += value / w[j]
            ga[2, i] += value * d * d * inv * inv * s[i]
            gb[2, j] += value * d * d * inv * inv * t[j]
        for i in range(n):
            aa += v[i] * v[i] if free_p[i] else 0.0
        for j in range(m):
            bb += w[j] * w[j] if free_o[j] else 0.0
        norm = math.sqrt(aa * bb)
        cos = dot / norm
        values[b] = max(1.0 - cos, 0.0)
        if grad_a:
            for i in range(n):
                at = a0 + ka[i]
                a_out[0, at], a_out[2, at] = -ga[0, i] / norm, -ga[2, i] / norm
                a_out[1, at] = -(ga[1, i] / norm - cos * v[i] / aa) / top_a
        if grad_b:
            for j in range(m):
                at = b0 + kb[j]
                b_out[0, at], b_out[2, at] = -gb[0, j] / norm, -gb[2, j] / norm
                b_out[1, at] = -(gb[1, j] / norm - cos * w[j] / bb) / top_b
