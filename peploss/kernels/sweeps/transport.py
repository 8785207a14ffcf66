"""The Wasserstein-1 distance of two peak lists, in closed form on their merged order.

With F the running share of intensity of a side and ``t_k`` all peaks of both in order, ``D_k = F_p - F_q`` after
``t_k``::

    W = sum_k |D_k| (t_{k+1} - t_k)
    dW/dt_k = |D_{k-1}| - |D_k|
    dW/dshare_k = +- sum_{l >= k} sign(D_l) (t_{l+1} - t_l)        + for a predicted peak, - for an observed one
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit
from peploss.kernels.sweeps.gather import INVALID, gather, longest, taken

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def transport_range(
    start: int, stop: int, am: F64, aw: F64, aoff: I64, bm: F64, bw: F64, boff: I64,
    grad_a: bool, grad_b: bool, values: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """Distances of spectra start to stop in Th; derivatives by m/z and intensity where asked, row 2 stays 0.

    Nothing observed costs 0; where nothing is predicted all intensity is moved to m/z 0. Neither has a gradient.
    """
    ka, kb = np.empty(longest(aoff, start, stop), np.int64), np.empty(longest(boff, start, stop), np.int64)
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        n, top_a = gather(am[a0:a1], aw[a0:a1], ka)
        m, top_b = gather(bm[b0:b1], bw[b0:b1], kb)
        values[b] = 0.0
        if n == INVALID or m == INVALID:
            values[b] = math.nan
            if grad_a:
                a_out[:, a0:a1] = math.nan
            if grad_b:
                b_out[:, b0:b1] = math.nan
            continue
        if m == 0:
            continue
        o, w = taken(bm[b0:b1], kb, m, 1.0), taken(bw[b0:b1], kb, m, top_b)
        sum_w = w.sum()
        if n == 0:
            for j in range(m):
                values[b] += w[j] / sum_w * abs(o[j])
            continue
        p, v = taken(am[a0:a1], ka, n, 1.0), taken(aw[a0:a1], ka, n, top_a)
        sum_v = v.sum()
        total = n + m
        place, ahead = np.empty(total), np.empty(total)  # t_k, D_k
        source = np.empty(total, np.int64)  # a predicted peak's number, or -1 - an observed one's
        i, j, share_p, share_o = 0, 0, 0.0, 0.0  # two sums: equal spectra then cost exactly 0
        for k in range(total):
            if j >= m or (i < n and p[i] <= o[j]):
                place[k], source[k] = p[i], i
                share_p += v[i] / sum_v
                i += 1
            else:
                place[k], source[k] = o[j], -1 - j
                share_o += w[j] / sum_w
                j += 1
            ahead[k] = share_p - share_o
        ahead[total - 1] = 0.0  # all of both; what is left is rounding
        loss = 0.0
        for k in range(total - 1):
            loss += abs(ahead[k]) * (place[k + 1] - place[k])
        values[b] = loss
        if not (grad_a or grad_b):
            continue
        by_share, mean_p, mean_o = 0.0, 0.0, 0.0
        for k in range(total - 1, -1, -1):
            if k < total - 1 and ahead[k] != 0.0:
                by_share += math.copysign(place[k + 1] - place[k], ahead[k])
            before = abs(ahead[k - 1]) if k > 0 else 0.0
            slope = before - abs(ahead[k])
            if source[k] >= 0:
                mean_p += v[source[k]] / sum_v * by_share
                if grad_a:
                    at = a0 + ka[source[k]]
                    a_out[0, at], a_out[1, at] = slope, by_share
            else:
                mean_o += w[-1 - source[k]] / sum_w * by_share
                if grad_b:
                    at = b0 + kb[-1 - source[k]]
                    b_out[0, at], b_out[1, at] = slope, -by_share
        if grad_a:
            for at in range(n):
                a_out[1, a0 + ka[at]] = (a_out[1, a0 + ka[at]] - mean_p) / (sum_v * top_a)
        if grad_b:
            for at in range(m):
                b_out[1, b0 + kb[at]] = (b_out[1, b0 + kb[at]] + mean_o) / (sum_w * top_b)
