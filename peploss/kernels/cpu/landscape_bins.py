"""Where the bins of a grid show one by one: which peaks they see, and bins wider than peaks.

Shifts of the grid by 0, 1, ... of ``phases`` parts of a bin are, together, the bins of a ``phases`` times finer grid.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.gaussian_sum import REACH
from peploss.kernels.jit import jit
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]


@jit
def in_range(m: float, s: float, h: float, n_bins: int) -> bool:
    """Whether the first or the last bin centre, or one between them, may lie within reach of a peak."""
    return m + RENDER_REACH * s >= 0.5 * h and m - RENDER_REACH * s <= (n_bins - 0.5) * h


@jit
def mask(m: float, s: float, h: float, n_bins: int, phases: int) -> int:
    """Bit p says whether the peak is rendered on the grid moved up by p / phases of a bin."""
    if not in_range(m, s, h, n_bins):
        return 0
    bits = 0
    for p in range(phases):
        at = m - p * h / phases
        nearest = min(max(np.floor(at / h), 0.0), n_bins - 1.0)
        if abs(at - (nearest + 0.5) * h) <= RENDER_REACH * s:
            bits |= 1 << p
    return bits


@jit
def masks(mz: F64, sigma: F64, widths: F64, n_bins: I64, phases: int, out: U32) -> None:
    """Fills (H, P) masks, where bins are so wide that sums over bins are taken."""
    for k in range(widths.size):
        h = widths[k]
        for i in range(mz.size):
            if sigma[i] < 0.3 * h:
                out[k, i] = mask(mz[i], sigma[i], h, n_bins[k], phases)
            else:
                out[k, i] = 0xFFFFFFFF  # not asked for


@jit
def add_bins(c: float, r: float, h: float, e: float, phases: int, both: int, value: F64) -> None:
    """Adds ``e exp(-(x - c)^2 / 2r^2)`` over bins x to ``value[p]``, for every phase p of ``both``.

    The bins of all phases ascend as those of one fine grid. Neighbouring samples g_k of a Gaussian have the ratio
    ``g_{k+1} / g_k = exp(-step (z_k + step / 2))`` with ``step = fine / r``, and that ratio itself shrinks by
    ``exp(-step^2)`` from one bin to the next: three exponentials for a peak instead of one for each bin.
    """
    fine = h / phases
    at = np.ceil((c - REACH * r - 0.5 * h) / fine)
    last = np.floor((c + REACH * r - 0.5 * h) / fine)
    if last < at:
        return
    z = (0.5 * h + at * fine - c) / r
    p = int(at) % phases
    if phases == 1:
        while at <= last:
            value[0] += e * math.exp(-0.5 * z * z)
            z += h / r
            at += 1.0
        return
    step = fine / r
    g = e * math.exp(-0.5 * z * z)
    ratio = math.exp(-step * (z + 0.5 * step))
    shrink = math.exp(-step * step)
    while at <= last:
        if both >> p & 1:
            value[p] += g
        g *= ratio
        ratio *= shrink
        at += 1.0
        p += 1
        if p == phases:
            p = 0
