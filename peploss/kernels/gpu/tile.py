"""Pairs of peaks, a tile of them at a time: what ``peploss.kernels.cpu._add_up`` does for one pair after the other."""

import triton
import triton.language as tl

from peploss.kernels.gpu.sums import DEPTH_32, DEPTH_64, EDGE, MIN_RATIO, SQRT_2PI, bin_by_bin, series

PAIR_REACH = tl.constexpr(72.0)  # d^2 / (s^2 + t^2) beyond which a pair's overlap is below 2.4e-16


@triton.jit
def extent(high, width, live):
    """Lowest and highest place of a tile of peaks, with room for the rounding of ``high``, and the largest width."""
    slack = 1e-6 * tl.abs(high)
    low = tl.min(tl.where(live, high - slack, float("inf")), 0)
    top = tl.max(tl.where(live, high + slack, float("-inf")), 0)
    return low, top, tl.max(tl.where(live, width, 0.0), 0)


@triton.jit
def within_reach(low, top, widest, other_low, other_top, other_widest):
    """Whether some pair of two tiles may overlap. Of a tile without peaks, none does."""
    reach = tl.sqrt((widest * widest + other_widest * other_widest) * PAIR_REACH) * 1.001
    return (other_low - top <= reach) & (low - other_top <= reach)


@triton.jit
def pair_tile(
    high, low, s, live,  # (R,) the rows' places in two parts, widths, and whether there is a peak
    other_high, other_low, phase, bin_, weight, t, other_live,  # (C,)
    n_bins,
    GRID: tl.constexpr, GRAD: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """(R,) ``sum_j w_j K_ij``, its derivative by the row's place and by its width; lengths in bins.

    A place is ``high + low``: in float32 that is 48 bits, and the distance of two near peaks loses nothing.
    ``phase`` is the place from the centre of the bin ``bin_`` that it lies in.
    """
    d = (high[:, None] - other_high[None, :]) + (low[:, None] - other_low[None, :])
    s, t = s[:, None] + d * 0.0, t[None, :] + d * 0.0
    ratio = t / s
    inverse = 1.0 / (s * tl.sqrt(1.0 + ratio * ratio))  # of sqrt(s^2 + t^2); squares might underflow
    z = d * inverse
    near = live[:, None] & other_live[None, :] & (z * z <= PAIR_REACH)
    of, by_m, by_s = tl.sum(d * 0.0, 1), tl.sum(d * 0.0, 1), tl.sum(d * 0.0, 1)
    if tl.max(tl.max(near.to(tl.int32), 1), 0) > 0:
        d, z = tl.where(near, d, 0.0), tl.where(near, z, 0.0)
        overlap = tl.where(near, tl.exp(-0.5 * z * z) * weight[None, :], 0.0)
        rho = s * (t * inverse)
        pull = (t * inverse) * (t * inverse)
        if GRID:
            g = phase[None, :] + d * pull
            # Near an end of the grid the two parts make a short length, with all its digits.
            from_low = other_high[None, :] + (other_low[None, :] + d * pull)
            from_high = (n_bins.to(REAL) - other_high[None, :]) - (other_low[None, :] + d * pull)
            inside = (rho >= MIN_RATIO) & (from_low > rho * EDGE) & (from_high > rho * EDGE)
            narrowest = tl.min(tl.min(tl.where(near & inside, rho, 1e9), 1), 0)
            if tl.float32 == REAL:
                terms = (1.0 / narrowest * DEPTH_32).to(tl.int32)
            else:
                terms = (1.0 / narrowest * DEPTH_64).to(tl.int32)
            value, by_c, by_r = series(g, tl.maximum(rho, MIN_RATIO), terms)
            cut = near & ~inside
            if tl.max(tl.max(cut.to(tl.int32), 1), 0) > 0:
                summed, summed_c, summed_r = bin_by_bin(g, bin_[None, :], rho, from_low, from_high, cut, n_bins)
                value = tl.where(inside, value, summed)
                by_c = tl.where(inside, by_c, summed_c)
                by_r = tl.where(inside, by_r, summed_r)
        else:
            value, by_c, by_r = rho * SQRT_2PI, d * 0.0, d * 0.0 + SQRT_2PI
        of = tl.sum(overlap * value, 1)
        if GRAD:
            slope = value * z * inverse
            by_m = tl.sum(overlap * (by_c * pull - slope), 1)
            by_s = tl.sum(overlap * (s * inverse * z * (slope - 2.0 * pull * by_c) + by_r * pull * t * inverse), 1)
    return of, by_m, by_s
