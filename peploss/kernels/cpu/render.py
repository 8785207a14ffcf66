"""Gaussian rendering of one spectrum on the bins near its peaks, in numba: ``S[k] = sum_i a_i exp(-z_ik^2 / 2)``.

``z_ik = (x_k - m_i) / s_i``. Stretches of bins that windows of peaks cover are found first, then filled.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]

WINDOW = 8.5  # sigma; the amplitude there is 2e-16
FRESH = 32  # bins between two fresh exponentials: the recurrence's rounding grows with the square of its length


@jit
def _windows(mz: F64, sigma: F64, h: float, n_bins: int) -> NDArray[np.int64]:
    """(P, 2) first and last bin of each peak; first > last for a peak that is not rendered."""
    out = np.empty((mz.size, 2), np.int64)
    for i in range(mz.size):
        m, reach = mz[i], WINDOW * sigma[i]
        nearest = min(max(np.floor(m / h), 0.0), n_bins - 1.0)
        if not abs(m - (nearest + 0.5) * h) <= RENDER_REACH * sigma[i]:
            out[i, 0], out[i, 1] = 1, 0
            continue
        out[i, 0] = int(max(0.0, np.ceil((m - reach) / h - 0.5)))
        out[i, 1] = int(min(n_bins - 1.0, np.floor((m + reach) / h - 0.5)))
    return out


@jit
def render_nonzero(
    mz: F64, intensity: F64, sigma: F64, h: float, n_bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Bins (K,) near the peaks and the rendered intensity there."""
    windows = _windows(mz, sigma, h, n_bins)
    firsts, order = windows[:, 0].astype(np.float64), np.arange(mz.size)
    sort_by(firsts, order, mz.size)
    stretches = np.empty((mz.size, 2), np.int64)  # windows that touch, joined
    count = 0
    for i in order:
        first, last = windows[i]
        if first > last:
            continue
        if count and first <= stretches[count - 1, 1] + 1:
            stretches[count - 1, 1] = max(stretches[count - 1, 1], last)
        else:
            stretches[count, 0], stretches[count, 1] = first, last
            count += 1
    total = 0
    for c in range(count):
        total += stretches[c, 1] - stretches[c, 0] + 1
    bins, values = np.empty(total, np.int64), np.zeros(total)
    starts = np.empty(count, np.int64)  # where each stretch begins in the output
    at = 0
    for c in range(count):
        starts[c] = at
        for k in range(stretches[c, 0], stretches[c, 1] + 1):
            bins[at] = k
            at += 1
    c = 0
    for i in order:
        first, last = windows[i]
        if first > last:
            continue
        while first > stretches[c, 1]:
            c += 1
        _add_peak(mz[i], intensity[i], sigma[i], h, first, last, values, starts[c] - stretches[c, 0])
    return bins, values


@jit
def _add_peak(m: float, a: float, s: float, h: float, first: int, last: int, values: F64, shift: int) -> None:
    """Adds one peak to its bins, two exponentials for ``FRESH`` bins.

    ``g_{k+1} / g_k = exp(-step (z_k + step / 2))`` with ``step = h / s``, and from one bin to the next that ratio
    shrinks by ``exp(-step^2)``.
    """
    step = h / s
    shrink = math.exp(-step * step)
    k = first
    while k <= last:
        z = ((k + 0.5) * h - m) / s
        g = a * math.exp(-0.5 * z * z)
        ratio = math.exp(-step * (z + 0.5 * step))
        stop = min(last + 1, k + FRESH)
        while k < stop:
            values[k + shift] += g
            g *= ratio
            ratio *= shrink
            k += 1
