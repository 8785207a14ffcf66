"""Adds up pairs of peaks for many rows at once, as ``kernels.cpu.pairs._add_up`` does for one.

Columns are sorted, so that a row's neighbours are a stretch of them: two searches find its ends, and only what lies
between is looked at.
"""

import triton
import triton.language as tl

from peploss.kernels.gpu.gaussian_sum import EDGE, SQRT_2PI, bin_by_bin, least_ratio, series

PAIR_REACH = tl.constexpr(72.0)  # d^2 / (s^2 + t^2) beyond which a pair's overlap is below 2.4e-16


@triton.jit
def window(keys, count, low, high):
    """(R,) numbers of the first of ``count`` ascending keys that is at least ``low``, and that is above ``high``.

    Both by bisection and side by side: one waits for memory no longer than the other.
    """
    first = tl.zeros_like(low).to(tl.int32)
    first_end = first + count
    past, past_end = first, first_end
    left = count
    while left > 0:
        middle, other = (first + first_end) >> 1, (past + past_end) >> 1
        open_, other_open = first < first_end, past < past_end
        before = tl.load(keys + middle, mask=open_, other=0.0) < low
        within = tl.load(keys + other, mask=other_open, other=0.0) <= high
        first, first_end = tl.where(open_ & before, middle + 1, first), tl.where(open_ & ~before, middle, first_end)
        past, past_end = tl.where(other_open & within, other + 1, past), tl.where(other_open & ~within, other, past_end)
        left = left >> 1
    return first, past


@triton.jit
def reach_of(width, widest):
    """How far a peak's overlap with the widest of others is felt, a little more than needed."""
    ratio = widest / width
    return width * tl.sqrt((1.0 + ratio * ratio) * PAIR_REACH) * 1.001


@triton.jit
def pair(
    high, low, s,  # (R,) the rows' places in two parts, and widths
    other_high, other_low, phase, bin_, weight, t,  # (R,) each row's neighbour
    there,  # (R,) whether it has one
    terms,  # of the series
    n_bins,
    GRID: tl.constexpr, GRAD: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """(R,) ``w_j K_ij``, its derivative by the row's place and by its width; lengths in bins.

    ``K = exp(-z^2 / 2) L(c, rho)``, ``z = d / sqrt(v)``, ``v = s^2 + t^2``, ``c = m_j + d pull``, ``pull = t^2 / v``,
    ``rho = s t / sqrt(v)``; derivatives as derived in ``kernels.cpu.pairs._add_up``.

    A place is ``high + low``: in float32 that is 48 bits, and the distance of two near peaks loses nothing.
    ``phase`` is the neighbour's place from the centre of the bin ``bin_`` that it lies in.
    """
    d = (high - other_high) + (low - other_low)
    ratio = t / s
    inverse = 1.0 / (s * tl.sqrt(1.0 + ratio * ratio))  # of sqrt(s^2 + t^2); squares might underflow
    z = d * inverse
    near = there & (z * z <= PAIR_REACH)
    d, z = tl.where(near, d, 0.0), tl.where(near, z, 0.0)
    overlap = tl.where(near, tl.exp(-0.5 * z * z) * weight, 0.0)
    rho = s * (t * inverse)
    pull = (t * inverse) * (t * inverse)
    if GRID:
        g = phase + d * pull
        # Near an end of the grid the two parts make a short length, with all its digits; float32 holds 17 million bins.
        from_low = other_high + (other_low + d * pull)
        end = n_bins.to(REAL)
        over = (n_bins - end.to(tl.int32)).to(REAL)
        from_high = (end - other_high) + (over - (other_low + d * pull))
        least = least_ratio(rho)
        inside = (rho >= least) & (from_low > rho * EDGE) & (from_high > rho * EDGE)
        value, by_c, by_r = series(g, tl.maximum(rho, least), terms)
        cut = near & ~inside
        if tl.max(cut.to(tl.int32), 0) > 0:
            summed, summed_c, summed_r = bin_by_bin(g, bin_, rho, from_low, from_high, cut, n_bins)
            value = tl.where(inside, value, summed)
            by_c = tl.where(inside, by_c, summed_c)
            by_r = tl.where(inside, by_r, summed_r)
    else:
        value, by_c, by_r = rho * SQRT_2PI, d * 0.0, d * 0.0 + SQRT_2PI
    of = overlap * value
    if GRAD:
        slope = value * z * inverse
        by_m = overlap * (by_c * pull - slope)
        by_s = overlap * (s * inverse * z * (slope - 2.0 * pull * by_c) + by_r * pull * t * inverse)
    else:
        by_m, by_s = of, of
    return of, by_m, by_s
