"""Which peaks of a spectrum are rendered, in ascending order, and by what power of two they are scaled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import merge_two, sort_by
from peploss.kernels.jit import jit, jit_inline
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_INFINITE = int(np.array(math.inf).view(np.int64))  # bits of infinity; those of NaN are larger still
_NO_SIGN = 0x7FFFFFFFFFFFFFFF
_LEAST_EXPONENT = -1021  # 2^1022 times the smallest number there is has a square, and 2^-1022 an inverse


@jit_inline
def width(sigma: F64, i: int, n: int) -> float:
    """Width of peak i of n; one number may stand for all."""
    return sigma[i] if sigma.size == n else sigma[0]


@jit
def _ordinary(mz: F64, weight: F64, end: float) -> tuple[bool, int, int, float]:
    """Whether all m/z lie from 0 to below ``end`` and all intensities are finite, peaks at infinity left out.

    Returns also how many are at infinity, how often m/z falls, and the scale of the intensities. Floats that are not
    negative are in the order of their bits, and loops over whole numbers vectorise.
    """
    places, heights = mz.view(np.int64), weight.view(np.int64)
    low, high, top, far = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for i in range(mz.size):
        padding = np.int64(places[i] == _INFINITE)
        low = min(low, places[i])
        high = max(high, places[i] * (1 - padding))
        top = max(top, (heights[i] & _NO_SIGN) * (1 - padding))
        far += padding
    falls = 0
    for i in range(1, mz.size):
        falls += mz[i] < mz[i - 1]
    largest = np.empty(2, np.int64)
    largest[0], largest[1] = high, top
    value = largest.view(np.float64)
    ordinary = low >= 0 and top < _INFINITE and high < _INFINITE and value[0] < end
    return bool(ordinary), int(far), falls, _scale_of(value[1])


@jit
def _scale_of(top: float) -> float:
    """The power of two just above the highest intensity: dividing by it rounds nothing."""
    if top == 0.0:
        return 1.0
    _, exponent = math.frexp(top)
    return math.ldexp(1.0, max(exponent, _LEAST_EXPONENT) - 1)


@jit
def rendered(mz: F64, weight: F64, sigma: F64, h: float, n_bins: int, keep: I64) -> tuple[int, float]:
    """Fills ``keep`` with the peaks that are rendered, ascending in m/z.

    Returns their number, -1 where a value makes no sense, and the scale of the intensities, a power of two.
    """
    # A peak that is wider than bins reaches one wherever it lies between the ends.
    if sigma.size == 1 and 0.0 < sigma[0] < math.inf and RENDER_REACH * sigma[0] > 0.5001 * h:
        ordinary, far, falls, top = _ordinary(mz, weight, h * n_bins if h > 0.0 else math.inf)
        if ordinary:
            n = 0
            for i in range(mz.size):
                keep[n] = i
                n += int(mz[i] < math.inf)
            if falls == 1 and far == 0:
                merge_two(mz, keep)
            elif falls > 0:
                sort_by(mz, keep, n)
            return n, top
    n, highest, last, ascending = 0, 0.0, -math.inf, True
    for i in range(mz.size):
        if math.isinf(mz[i]):
            continue
        s = width(sigma, i, mz.size)
        # Invalid width or infinite intensity: return NaN, not a plausible number.
        if math.isnan(mz[i]) or not math.isfinite(weight[i]) or not 0.0 < s < math.inf:
            return -1, 1.0
        if h > 0.0:
            nearest = min(max(np.floor(mz[i] / h), 0.0), n_bins - 1.0)
            if abs(mz[i] - (nearest + 0.5) * h) > RENDER_REACH * s:
                continue
        keep[n] = i
        n += 1
        highest = max(highest, abs(weight[i]))
        ascending = ascending and mz[i] >= last
        last = mz[i]
    if not ascending:
        sort_by(mz, keep, n)
    return n, _scale_of(highest)


@jit
def one_width(sigma: F64, keep: I64, n: int, all_peaks: int, s: float) -> bool:
    """Whether all kept peaks have the width s."""
    if sigma.size != all_peaks:
        return n == 0 or sigma[0] == s
    same = True
    for i in range(n):
        same = same and sigma[keep[i]] == s
    return same


@jit
def gather(mz: F64, weight: F64, sigma: F64, keep: I64, n: int, top: float, rows: int) -> F64:
    """(rows, n): the kept peaks' m/z, scaled intensity, and sigma, and room for what comes of them.

    An array of its own for each spectrum: its rows are contiguous, without which no loop over them vectorises.
    """
    out = np.empty((rows, n))
    for i in range(n):
        k = keep[i]
        out[0, i], out[1, i], out[2, i] = mz[k], weight[k] / top, width(sigma, k, mz.size)
    return out


@jit
def offsets_fit(offsets: I64, n: int) -> bool:
    """Whether offsets rise from 0 to n; the kernels read wherever they point."""
    falls = 0
    for b in range(offsets.size - 1):
        falls += offsets[b + 1] < offsets[b]
    return falls == 0 and offsets.size > 0 and offsets[0] == 0 and offsets[-1] == n


@jit
def longest(offsets: I64, start: int, stop: int) -> int:
    """The most peaks that one of spectra start to stop has."""
    n = 0
    for b in range(start, stop):
        n = max(n, offsets[b + 1] - offsets[b])
    return n
