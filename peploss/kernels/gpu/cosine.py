"""Triton kernels from prepared peaks to inner products, cosines and their derivatives.

One program sums up each number in a fixed order, so no result depends on scheduling. A spectrum against itself goes
through the same instructions three times, so its cosine is 1 to the last bit.
"""

import triton
import triton.language as tl

from peploss.kernels.gpu.gaussian_sum import terms_for
from peploss.kernels.gpu.pairs import pair, reach_of, window
from peploss.kernels.gpu.prepare import SIZES, TOPS, span, width_of_bins

HIGHEST = tl.constexpr(1.7976931348623157e308)  # float64 there is


@triton.jit
def _rows_against(
    peaks, bins, total, row_at, row_there, narrow, first, count, other_wide, other_narrow, n_bins,
    R: tl.constexpr, GRID: tl.constexpr, GRAD: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """(R,) what each row's peak has in common with ``count`` peaks from ``first`` on, and its derivatives."""
    high = tl.load(peaks + row_at, mask=row_there, other=0.0)
    low = tl.load(peaks + total + row_at, mask=row_there, other=0.0)
    width = tl.load(peaks + 4 * total + row_at, mask=row_there, other=0.0)
    live = width > 0.0
    high, width = tl.where(live, high, 0.0), tl.where(live, width, 1.0)
    reach = reach_of(width, other_wide.to(REAL)) + 1e-6 * tl.abs(high)  # with room for the rounding of ``high``
    terms = terms_for(narrow.to(REAL), other_narrow.to(REAL))
    j, past = window(peaks + first, count, high - reach, high + reach)
    past = tl.where(live, past, j)
    of, by_m, by_s = tl.zeros((R,), REAL), tl.zeros((R,), REAL), tl.zeros((R,), REAL)
    for _ in range(0, tl.max(past - j, 0)):
        there = j < past
        to = peaks + first + j
        o_width = tl.load(to + 4 * total, mask=there, other=0.0)
        there = there & (o_width > 0.0)
        o_bin = j
        if GRID:
            o_bin = tl.load(bins + first + j, mask=there, other=0)
        x, y, z = pair(
            high, low, width,
            tl.load(to, mask=there, other=0.0), tl.load(to + total, mask=there, other=0.0),
            tl.load(to + 2 * total, mask=there, other=0.0), o_bin, tl.load(to + 3 * total, mask=there, other=0.0),
            tl.where(there, o_width, 1.0), there, terms, n_bins, GRID, GRAD, REAL,
        )  # fmt: skip
        of += x
        by_m += y
        by_s += z
        j += 1
    return of, by_m, by_s


@triton.jit(do_not_specialize=SIZES)
def pairs_kernel(
    a_offsets, b_offsets, n, m, n_bins,
    peaks, places, tops,  # as prepared
    sides,  # which sides' derivatives are wanted: 1, 2 or both
    sums,  # (2, N + M), with GRAD (6, N + M): each peak against its own side and against the other
    R: tl.constexpr, GRID: tl.constexpr, GRAD: tl.constexpr, PRODUCT: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """``sum_j w_j K_ij`` of every peak with, where GRAD, its derivatives by the peak's place and width.

    A program takes every so many tiles of one side of one spectrum. Which of both sides it is compared with is a loop
    over the same instructions: a compiler that rounds one of them in its own way does so in all.
    """
    b, side = tl.program_id(0).to(tl.int64), tl.program_id(1)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    total = n.to(tl.int64) + m
    a_first = a_start + b_start
    own = a_first + side * a_count
    own_count = tl.where(side == 0, a_count, b_count)
    narrow = tl.load(tops + TOPS * b + 4 + side)
    # The second side against the first only matters to its own derivatives.
    end = tl.where((side == 0) | (sides >= 2), 2, 1)
    begin = 1 if PRODUCT else 0
    for i in range(tl.program_id(2) * R, own_count, tl.num_programs(2) * R):
        at = i + tl.arange(0, R)
        there = at < own_count
        for which in range(begin, end):
            against = side ^ which
            of, by_m, by_s = _rows_against(
                peaks, places + total, total, own + at, there, narrow,
                a_first + against * a_count, tl.where(against == 0, a_count, b_count),
                tl.load(tops + TOPS * b + 2 + against), tl.load(tops + TOPS * b + 4 + against),
                n_bins, R, GRID, GRAD, REAL,
            )  # fmt: skip
            to = sums + own + at
            if GRAD:
                tl.store(to + 3 * which * total, of, mask=there)
                if ((sides >> side) & 1) > 0:
                    tl.store(to + (3 * which + 1) * total, by_m, mask=there)
                    tl.store(to + (3 * which + 2) * total, by_s, mask=there)
            else:
                tl.store(to + which * total, of, mask=there)


@triton.jit
def _weighted(rows, weights, count, BLOCK: tl.constexpr):
    """Sum over peaks of intensity times what the row holds, in float64, in an order that only ``count`` decides."""
    sums = tl.zeros((BLOCK,), tl.float64)
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        x = tl.load(rows + at, mask=at < count, other=0.0).to(tl.float64)
        sums += x * tl.load(weights + at, mask=at < count, other=0.0).to(tl.float64)
    return tl.sum(sums, 0)


@triton.jit
def _chain(
    sums, weights, order, start, own, count, total, columns, of_product, share, top, h, out,
    BLOCK: tl.constexpr, PRODUCT: tl.constexpr,
):  # fmt: skip
    """Quotient rule: d cos = d ab / sqrt(aa bb) - cos / (2 aa) d aa; the 2 cancels, as d aa has each pair from one end.

    Places and widths are in bins, so their derivatives are by ``1 / h`` in Th.
    """
    per_top = tl.minimum(1.0 / top, HIGHEST)  # zero stays zero, however small the intensities are
    per_h = 1.0 / h
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        there = at < count
        x = sums + own + at
        of = tl.load(x + 3 * total, mask=there, other=0.0).to(tl.float64) * of_product
        by_m = tl.load(x + 4 * total, mask=there, other=0.0).to(tl.float64) * of_product
        by_s = tl.load(x + 5 * total, mask=there, other=0.0).to(tl.float64) * of_product
        if not PRODUCT:
            of -= share * tl.load(x, mask=there, other=0.0).to(tl.float64)
            by_m -= share * tl.load(x + total, mask=there, other=0.0).to(tl.float64)
            by_s -= share * tl.load(x + 2 * total, mask=there, other=0.0).to(tl.float64)
        weight = tl.load(weights + own + at, mask=there, other=0.0).to(tl.float64) * per_h
        to = out + start + tl.load(order + own + at, mask=there, other=0)
        tl.store(to, weight * by_m, mask=there)
        tl.store(to + columns, of * per_top, mask=there)
        tl.store(to + 2 * columns, weight * by_s, mask=there)


@triton.jit(do_not_specialize=SIZES)
def finish_kernel(
    a_offsets, b_offsets, n, m, h_bits, peaks, places, tops, sides, sums,  # as of ``pairs_kernel``
    cos,  # (B,) float64: cosines; with PRODUCT inner products
    by_a, by_b,  # (3, N) and (3, M) float64: derivatives by m/z, intensity and sigma, of the sides that are wanted
    BLOCK: tl.constexpr, GRAD: tl.constexpr, PRODUCT: tl.constexpr,
):  # fmt: skip
    """Adds up what ``pairs_kernel`` found, one spectrum a program, and puts derivatives where the peaks came from."""
    b = tl.program_id(0).to(tl.int64)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    total, n_wide, m_wide = n.to(tl.int64) + m, n.to(tl.int64), m.to(tl.int64)
    own, other = a_start + b_start, a_start + b_start + a_count
    weights = peaks + 3 * total
    top_a, top_b = tl.load(tops + TOPS * b), tl.load(tops + TOPS * b + 1)
    bad = (top_a != top_a) | (top_b != top_b)
    STRIDE: tl.constexpr = 3 if GRAD else 1
    ao = _weighted(sums + STRIDE * total + own, weights + own, a_count, BLOCK)
    of_product, share_a, share_b = ao * 0.0, ao * 0.0, ao * 0.0
    if PRODUCT:
        value = ao * top_a * top_b
        of_product = top_a * top_b
    else:
        aa = _weighted(sums + own, weights + own, a_count, BLOCK)
        oo = _weighted(sums + other, weights + other, b_count, BLOCK)
        norm = tl.sqrt(aa * oo)
        some = norm > 0.0
        of_product = tl.where(some, 1.0 / tl.where(some, norm, 1.0), 0.0)
        value = tl.where(some, tl.minimum(ao / tl.where(some, norm, 1.0), 1.0), 0.0)
        share_a = tl.where(some, value / tl.where(some, aa, 1.0), 0.0)
        share_b = tl.where(some, value / tl.where(some, oo, 1.0), 0.0)
    tl.store(cos + b, tl.where(bad, float("nan"), value))
    if GRAD:
        h = width_of_bins(h_bits)
        of_product = tl.where(bad, float("nan"), of_product)
        if (sides & 1) > 0:
            _chain(
                sums, weights, places, a_start, own, a_count, total, n_wide, of_product, share_a, top_a, h, by_a,
                BLOCK, PRODUCT,
            )  # fmt: skip
        if (sides & 2) > 0:
            _chain(
                sums, weights, places, b_start, other, b_count, total, m_wide, of_product, share_b, top_b, h, by_b,
                BLOCK, PRODUCT,
            )  # fmt: skip


@triton.jit(do_not_specialize=SIZES)
def scale_kernel(
    upstream,  # (B,) float64, ``step`` apart
    offsets, derivatives, n, step,
    out,  # (3, N): each column of (3, N) derivatives times the upstream gradient of its spectrum
    BY_MZ: tl.constexpr, BY_WEIGHT: tl.constexpr, BY_SIGMA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One program for a spectrum; only the rows that are wanted are written."""
    b = tl.program_id(0).to(tl.int64)
    start, count = span(offsets, b, n)
    columns = n.to(tl.int64)
    by = tl.load(upstream + b * step)
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        there = at < count
        for row in tl.static_range(3):
            if BY_MZ if row == 0 else (BY_WEIGHT if row == 1 else BY_SIGMA):
                x = tl.load(derivatives + row * columns + start + at, mask=there, other=0.0)
                tl.store(out + row * columns + start + at, x * by, mask=there)
