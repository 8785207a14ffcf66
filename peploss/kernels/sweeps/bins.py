"""Losses of rendered spectra, on the bins near their peaks only.

A peak is a Gaussian of area proportional to its intensity (``entropy``, ``cross_entropy``) or of height equal to it
(``pearson``), rendered within ``REACH`` sigma. The bins that any peak reaches, of either side, stand one after the
other in one array: every peak's bins are consecutive there. Within a peak, ``exp(-z^2 / 2)`` follows from bin to bin
by two multiplications, as the ratio of neighbours is itself a geometric series.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit
from peploss.kernels.sweeps.curves import cross_entropy, entropy, pearson
from peploss.kernels.sweeps.gather import INVALID, gather, longest, only_rendered, taken

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

ENTROPY, WEIGHTED_ENTROPY, CROSS_ENTROPY, PEARSON = 0, 1, 2, 3

REACH = 8.5  # sigma, beyond which a peak is left out (amplitude there 2e-16)
STRIDE = 32  # bins after which a Gaussian is computed anew: rounding grows with the square of the way
WEIGHTED_BELOW = 3.0  # nats; spectra of lower entropy have their weak peaks raised


@jit
def _windows(mz: F64, sigma: F64, h: float, n_bins: int, low: I64, count: I64) -> None:
    """First bin within reach of each peak, and how many; made to rise with m/z where widths grow faster than it."""
    n = mz.size
    for i in range(n):
        low[i] = np.int64(min(max(math.ceil((mz[i] - REACH * sigma[i]) / h - 0.5), 0.0), n_bins - 1.0))
        high = np.int64(min(max(math.floor((mz[i] + REACH * sigma[i]) / h - 0.5), 0.0), n_bins - 1.0))
        count[i] = max(high - low[i] + 1, 1)
    for i in range(n - 2, -1, -1):
        if low[i] > low[i + 1]:
            count[i] += low[i] - low[i + 1]
            low[i] = low[i + 1]


@jit
def _places(low_a: I64, count_a: I64, low_b: I64, count_b: I64, at_a: I64, at_b: I64) -> int:
    """Where each window begins in the array of all bins that are reached, and how long that array is."""
    i, j = 0, 0
    first, end, base, used = 0, -1, 0, 0
    while i < low_a.size or j < low_b.size:
        of_a = j >= low_b.size or (i < low_a.size and low_a[i] <= low_b[j])
        low, count = (low_a[i], count_a[i]) if of_a else (low_b[j], count_b[j])
        if low > end:
            first, end, base = low, low - 1, used
        end = max(end, low + count - 1)
        used = base + end - first + 1
        if of_a:
            at_a[i] = base + low - first
            i += 1
        else:
            at_b[j] = base + low - first
            j += 1
    return used


@jit
def _render(mz: F64, height: F64, sigma: F64, h: float, low: I64, count: I64, at: I64, curve: F64) -> None:
    """Adds every peak to the curve."""
    eta, q = 0.0, 1.0
    for i in range(mz.size):
        if h / sigma[i] != eta:  # in Da all widths are one
            eta = h / sigma[i]
            q = math.exp(-eta * eta)
        z = ((low[i] + 0.5) * h - mz[i]) / sigma[i]
        for start in range(0, count[i], STRIDE):
            u = z + eta * start
            g, ratio = height[i] * math.exp(-0.5 * u * u), math.exp(-eta * (u + 0.5 * eta))
            for k in range(at[i] + start, at[i] + min(start + STRIDE, count[i])):
                curve[k] += g
                g *= ratio
                ratio *= q


@jit
def _chain(mz: F64, height: F64, sigma: F64, h: float, low: I64, count: I64, at: I64, by_curve: F64, out: F64) -> None:
    """Rows of ``out``: derivatives by m/z, height and sigma, from those by the bins.

    With ``z = (x - m) / s`` and ``g = exp(-z^2 / 2)``: ``dg/dm = g z / s`` and ``dg/ds = g z^2 / s``.
    """
    eta, q = 0.0, 1.0
    for i in range(mz.size):
        if h / sigma[i] != eta:  # in Da all widths are one
            eta = h / sigma[i]
            q = math.exp(-eta * eta)
        z = ((low[i] + 0.5) * h - mz[i]) / sigma[i]
        total, first, second = 0.0, 0.0, 0.0
        for start in range(0, count[i], STRIDE):
            u = z + eta * start
            g, ratio = math.exp(-0.5 * u * u), math.exp(-eta * (u + 0.5 * eta))
            for k in range(at[i] + start, at[i] + min(start + STRIDE, count[i])):
                c = by_curve[k] * g
                total += c
                first += c * u
                second += c * u * u
                u += eta
                g *= ratio
                ratio *= q
        out[0, i] = height[i] * first / sigma[i]
        out[1, i] = total
        out[2, i] = height[i] * second / sigma[i]


@jit
def _entropy_of(share: F64) -> float:
    total = 0.0
    for p in share:
        total -= p * math.log(p)
    return total


@jit
def _raised(weight: F64) -> tuple[F64, float]:
    """Intensities to the power ``(1 + S) / 4`` where their entropy S is below 3 nats, else as they are; the power."""
    share = weight / weight.sum()
    own = _entropy_of(share)
    if own >= WEIGHTED_BELOW:
        return share, 1.0
    power = 0.25 + 0.25 * own
    return share**power, power


@jit
def _of(values: F64, every: I64, keep: I64, n: int) -> F64:
    """(n,) those of ``values`` whose peaks, in ``every``, are also in ``keep``, which is some of them in order."""
    out = np.empty(n)
    at = 0
    for i in range(n):
        while every[at] != keep[i]:
            at += 1
        out[i] = values[at]
    return out


@jit
def _by_raised(weight: F64, raised: F64, power: float, every: I64, top: float, by: F64) -> None:
    """Turns derivatives by raised intensities ``q = p^t``, in place, into those by the intensities before.

    ``dq_i/dp_i = t q_i / p_i`` with t held; ``dt/dp_j = -(log p_j + 1) / 4``; ``p`` are shares of the intensities.
    """
    total = weight.sum()
    by_raised = np.empty(weight.size)
    for i in range(weight.size):
        by_raised[i] = by[every[i]] * top
    if power < 1.0:
        by_power = 0.0
        for i in range(weight.size):
            by_power += by_raised[i] * raised[i] * math.log(weight[i] / total)
        for i in range(weight.size):
            p = weight[i] / total
            by_raised[i] = by_raised[i] * power * raised[i] / p - 0.25 * by_power * (math.log(p) + 1.0)
    mean = 0.0
    for i in range(weight.size):
        mean += by_raised[i] * weight[i] / total
    for i in range(weight.size):
        by[every[i]] = (by_raised[i] - mean) / (total * top)


@jit
def bins_range(
    kind: int, start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    h: float, n_bins: int, floor: float, grad_a: bool, grad_b: bool, values: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """The loss of spectra start to stop, and derivatives where asked, as ``nearest_range`` has them."""
    most_a, most_b = longest(aoff, start, stop), longest(boff, start, stop)
    ka, kb = np.empty(most_a, np.int64), np.empty(most_b, np.int64)
    grad = grad_a or grad_b
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        n, top_a = gather(am[a0:a1], aw[a0:a1], ka)
        m, top_b = gather(bm[b0:b1], bw[b0:b1], kb)
        all_a, all_b = ka[: max(n, 0)].copy(), kb[: max(m, 0)].copy()
        if n >= 0 and m >= 0:
            n = only_rendered(am[a0:a1], asig[a0:a1], ka, n, h, n_bins)
            m = only_rendered(bm[b0:b1], bsig[b0:b1], kb, m, h, n_bins)
        if n == INVALID or m == INVALID:
            values[b] = math.nan
            if grad_a:
                a_out[:, a0:a1] = math.nan
            if grad_b:
                b_out[:, b0:b1] = math.nan
            continue
        if m == 0 or (n == 0 and kind != CROSS_ENTROPY):
            values[b] = 0.0 if kind == CROSS_ENTROPY else 1.0
            continue
        p, v, s = taken(am[a0:a1], ka, n, 1.0), taken(aw[a0:a1], ka, n, top_a), taken(asig[a0:a1], ka, n, 1.0)
        o, w, t = taken(bm[b0:b1], kb, m, 1.0), taken(bw[b0:b1], kb, m, top_b), taken(bsig[b0:b1], kb, m, 1.0)
        if kind == WEIGHTED_ENTROPY:  # by the entropy of all peaks, rendered or not
            raised_a, power_a = _raised(taken(aw[a0:a1], all_a, all_a.size, top_a))
            raised_b, power_b = _raised(taken(bw[b0:b1], all_b, all_b.size, top_b))
            v, w = _of(raised_a, all_a, ka, n), _of(raised_b, all_b, kb, m)
        height_a, height_b = (v, w) if kind == PEARSON else (v / s, w / t)
        low_a, count_a, at_a = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
        low_b, count_b, at_b = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
        _windows(p, s, h, n_bins, low_a, count_a)
        _windows(o, t, h, n_bins, low_b, count_b)
        size = _places(low_a, count_a, low_b, count_b, at_a, at_b)
        x, y, by_x, by_y = np.zeros(size), np.zeros(size), np.empty(size), np.empty(size)
        _render(p, height_a, s, h, low_a, count_a, at_a, x)
        _render(o, height_b, t, h, low_b, count_b, at_b, y)
        if kind == CROSS_ENTROPY:
            values[b] = cross_entropy(x, y, n_bins, floor, grad, by_x, by_y)
        elif kind == PEARSON:
            values[b] = pearson(x, y, n_bins, grad, by_x, by_y)
        else:
            values[b] = entropy(x, y, grad, by_x, by_y)
        for side in range(2):
            if not (grad_a if side == 0 else grad_b):
                continue
            mz, height, sigma = (p, height_a, s) if side == 0 else (o, height_b, t)
            low, count, at = (low_a, count_a, at_a) if side == 0 else (low_b, count_b, at_b)
            keep, first, top = (ka, a0, top_a) if side == 0 else (kb, b0, top_b)
            out = a_out if side == 0 else b_out
            rows = np.empty((3, mz.size))
            _chain(mz, height, sigma, h, low, count, at, by_x if side == 0 else by_y, rows)
            if kind != PEARSON:  # the height is an area over the width
                for i in range(mz.size):
                    rows[2, i] -= rows[1, i] * height[i] / sigma[i]
                    rows[1, i] /= sigma[i]
            for i in range(mz.size):
                where = first + keep[i]
                out[0, where], out[1, where], out[2, where] = rows[0, i], rows[1, i] / top, rows[2, i]
            if kind == WEIGHTED_ENTROPY:
                every = all_a if side == 0 else all_b
                stop_at = a1 if side == 0 else b1
                weight = taken((aw if side == 0 else bw)[first:stop_at], every, every.size, top)
                raised, power = (raised_a, power_a) if side == 0 else (raised_b, power_b)
                _by_raised(weight, raised, power, every, top, out[1, first:stop_at])
