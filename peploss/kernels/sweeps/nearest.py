"""Losses that match each peak to the nearest peak on the other side, in one merge of the two.

With ``w_j`` an observed intensity over their sum, ``v_i`` a predicted one, ``d`` the distance to the nearest peak of
the other side and ``g = exp(-d^2 / 2 sigma^2)``, sigma that of the observed peak of the pair::

    min_distance   sum_j w_j H(d_j),  H(d) = d^2 / 2 up to delta, delta (d - delta / 2) beyond
    coverage       sum_j w_j (1 - g_j)
    f1             (sum_j w_j (1 - g_j) + sum_i v_i (1 - g_i)) / 2
    masked         angle of cos = sum_i g_i v_i u_i / sqrt(sum_i v_i^2 sum_i g_i u_i^2),  u_i the nearest one's w

A share has ``dw_j / dI_k = (1[j = k] - w_j) / sum I``, so a sum ``L = sum_j w_j f_j`` has
``dL / dI_k = (f_k - L) / sum I``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit
from peploss.kernels.sweeps.gather import INVALID, gather, longest, taken

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

MIN_DISTANCE, COVERAGE, F1, MASKED = 0, 1, 2, 3

FLAT = 1e-12  # how near to 1 a cosine must be for a chord to take the place of arccos; as in ``baselines.angle``
CHORD = math.acos(1.0 - FLAT) / FLAT


@jit
def _nearest(query: F64, target: F64) -> I64:
    """(n,) the nearest target of each query, both ascending; of two equally near the lower. No target: all 0."""
    out = np.zeros(query.size, np.int64)
    m = target.size
    right = 0  # the first target above the query
    for i in range(query.size):
        while right < m and target[right] <= query[i]:
            right += 1
        if right == m or (right > 0 and query[i] - target[right - 1] <= target[right] - query[i]):
            out[i] = max(right - 1, 0)
        else:
            out[i] = right
    return out


@jit
def _angle(cos: float) -> tuple[float, float]:
    """``2 arccos(cos) / pi`` for a cosine in [0, 1], and its slope; near 1 the chord of ``baselines.angle``."""
    rest = 1.0 - cos
    if rest > FLAT:
        return math.acos(cos) * 2 / math.pi, -2 / math.pi / math.sqrt(1.0 - cos * cos)
    return CHORD * max(rest, 0.0) * 2 / math.pi, -CHORD * 2 / math.pi


@jit
def _unmatched(
    query: F64, share: F64, target: F64, at: I64, sigma: F64, sigma_of_query: bool,
    by_query: F64, by_share: F64, by_target: F64, by_sigma: F64, factor: float,
) -> float:  # fmt: skip
    """``sum share (1 - g)`` over the queries, exactly 0 where every g is 1; adds ``factor`` times its derivatives.

    ``by_share`` gets those of the sum with its shares as free numbers.
    """
    total = 0.0
    for i in range(query.size):
        j = at[i]
        k = i if sigma_of_query else j
        s = sigma[k]
        d = query[i] - target[j]
        z = d / s
        g = math.exp(-0.5 * z * z)
        total += share[i] * (1.0 - g)
        slope = -factor * share[i] * g * z / s
        by_query[i] -= slope
        by_target[j] += slope
        by_sigma[k] += slope * z
        by_share[i] += factor * (1.0 - g)
    return min(total, 1.0)  # shares sum to 1 but for rounding


@jit
def nearest_range(
    kind: int, start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    delta: float, grad_a: bool, grad_b: bool, values: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """The loss of spectra start to stop, a predicted and b observed; where asked, derivatives by each side's m/z,
    intensity and sigma, (3, N) and (3, M), zeroed, of no columns where not asked for."""
    ka, kb = np.empty(longest(aoff, start, stop), np.int64), np.empty(longest(boff, start, stop), np.int64)
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        n, top_a = gather(am[a0:a1], aw[a0:a1], ka)
        m, top_b = gather(bm[b0:b1], bw[b0:b1], kb)
        if n == INVALID or m == INVALID:
            values[b] = math.nan
            if grad_a:
                a_out[:, a0:a1] = math.nan
            if grad_b:
                b_out[:, b0:b1] = math.nan
            continue
        if m == 0 or (n == 0 and kind != MIN_DISTANCE):
            values[b] = 0.0 if kind == MIN_DISTANCE else 1.0
            continue
        p, v = taken(am[a0:a1], ka, n, 1.0), taken(aw[a0:a1], ka, n, top_a)
        o, w = taken(bm[b0:b1], kb, m, 1.0), taken(bw[b0:b1], kb, m, top_b)
        sigma = taken(bsig[b0:b1], kb, m, 1.0)
        sum_v, sum_w = v.sum(), w.sum()
        ga, gb = np.zeros((3, n)), np.zeros((3, m))
        if kind == MIN_DISTANCE:
            loss = 0.0
            if n == 0:  # the way to m/z 0, without a gradient
                for j in range(m):
                    d = abs(o[j])
                    loss += w[j] / sum_w * (0.5 * d * d if d <= delta else delta * (d - 0.5 * delta))
                values[b] = loss
                continue
            at = _nearest(o, p)
            for j in range(m):
                d = o[j] - p[at[j]]
                size = abs(d)
                cost = 0.5 * d * d if size <= delta else delta * (size - 0.5 * delta)
                slope = w[j] / sum_w * (d if size <= delta else math.copysign(delta, d))
                loss += w[j] / sum_w * cost
                gb[0, j] += slope
                ga[0, at[j]] -= slope
                gb[1, j] = cost
            for j in range(m):
                gb[1, j] = (gb[1, j] - loss) / (sum_w * top_b)
        elif kind == MASKED:
            at = _nearest(p, o)
            dot, pp, oo = 0.0, 0.0, 0.0
            match = np.empty(n)
            for i in range(n):
                z = (p[i] - o[at[i]]) / sigma[at[i]]
                match[i] = math.exp(-0.5 * z * z)
                u = w[at[i]]
                dot += match[i] * v[i] * u
                pp += v[i] * v[i]
                oo += match[i] * u * u
            norm = pp * oo
            if norm <= 0.0:
                values[b] = 1.0
                continue
            cos = dot / math.sqrt(norm)
            loss, slope = _angle(min(cos, 1.0))
            for i in range(n):
                j = at[i]
                u, g, s = w[j], match[i], sigma[j]
                z = (p[i] - o[j]) / s
                by_g = slope * (v[i] * u / math.sqrt(norm) - 0.5 * cos * u * u / oo)
                ga[0, i] -= by_g * g * z / s
                gb[0, j] += by_g * g * z / s
                gb[2, j] += by_g * g * z * z / s
                ga[1, i] += slope * (g * u / math.sqrt(norm) - cos * v[i] / pp) / top_a
                gb[1, j] += slope * g * (v[i] / math.sqrt(norm) - cos * u / oo) / top_b
        else:
            share = w / sum_w
            half = 1.0 if kind == COVERAGE else 0.5
            loss = _unmatched(o, share, p, _nearest(o, p), sigma, True, gb[0], gb[1], ga[0], gb[2], half)
            for j in range(m):
                gb[1, j] = (gb[1, j] - half * loss) / (sum_w * top_b)
            if kind == F1:
                other = v / sum_v
                extra = _unmatched(p, other, o, _nearest(p, o), sigma, False, ga[0], ga[1], gb[0], gb[2], half)
                for i in range(n):
                    ga[1, i] = (ga[1, i] - half * extra) / (sum_v * top_a)
                loss = 0.5 * (loss + extra)
        values[b] = loss
        if grad_a:
            for i in range(n):
                for row in range(3):
                    a_out[row, a0 + ka[i]] = ga[row, i]
        if grad_b:
            for j in range(m):
                for row in range(3):
                    b_out[row, b0 + kb[j]] = gb[row, j]
