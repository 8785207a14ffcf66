"""Where the bins of a grid show one by one: which peaks they see, ends that cut a sum off, bins wider than peaks.

numba caches what it compiled by the time stamp of the caller's file only: after a change here or in cpu_series.py,
touch cpu_landscape.py too.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.gaussian_sum import REACH, SQRT_2PI, direct
from peploss.kernels.jit import jit
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

SMOOTH = 10.0  # r / h above which a sum cut off by an end of the grid is its integral and three corrections


@jit
def in_range(m, s, h, n_bins):
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
def cut_off(c: float, r: float, h: float, n_bins: int) -> float:
    """Sum over the bins of a grid of a Gaussian that one of its ends may cut off."""
    if r < SMOOTH * h:
        return direct(c, r, h, n_bins)[0]
    # Euler-Maclaurin for the midpoint rule; what is left out is below 1e-11 of the whole.
    total = 0.0
    for side in range(2):
        z = ((h * n_bins if side else 0.0) - c) / r
        g = math.exp(-0.5 * z * z) if abs(z) < 38.0 else 0.0
        q = h / r
        first = -z * g
        third = -(z * z * z - 3.0 * z) * g
        fifth = -(z**5 - 10.0 * z**3 + 15.0 * z) * g
        value = 0.5 * SQRT_2PI * math.erf(z / math.sqrt(2.0)) / q
        value += -q / 24.0 * first + 7.0 * q**3 / 5760.0 * third - 31.0 * q**5 / 967680.0 * fifth
        total += value if side else -value
    return total


@jit
def add_bins(c: float, r: float, h: float, e: float, phases: int, both: int, value: F64) -> None:
    """Adds a Gaussian bin by bin at all phases: those of one grid of phases times as many bins."""
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
    # Neighbouring samples of a Gaussian have a ratio that itself shrinks by a constant ratio.
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
