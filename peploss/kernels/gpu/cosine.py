"""Inner products and cosines from prepared peaks, and their derivatives: three kernels, one thing written by each.

Every number is summed up by one program in a fixed order, so no result depends on how many programs run when, and a
spectrum against itself goes through the same instructions three times: its cosine is 1 to the last bit.
"""

import triton
import triton.language as tl

from peploss.kernels.gpu.pair import first_from, pair, reach_of
from peploss.kernels.gpu.prepare import SIZES, span, width_of_bins


@triton.jit
def _rows_against(
    peaks, bins, total, row_at, row_there, first, count, widest, n_bins,
    R: tl.constexpr, GRID: tl.constexpr, GRAD: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """(R,) what each row's peak has in common with ``count`` peaks from ``first`` on, and its derivatives."""
    high = tl.load(peaks + row_at, mask=row_there, other=0.0)
    low = tl.load(peaks + total + row_at, mask=row_there, other=0.0)
    width = tl.load(peaks + 4 * total + row_at, mask=row_there, other=0.0)
    live = width > 0.0
    width = tl.where(live, width, 1.0)
    reach = reach_of(width, widest.to(REAL)) + 1e-6 * tl.abs(high)  # with room for the rounding of ``high``
    j = first_from(peaks + first, count, high - reach, False)
    past = tl.where(live, first_from(peaks + first, count, high + reach, True), j)
    of, by_m, by_s = tl.zeros((R,), REAL), tl.zeros((R,), REAL), tl.zeros((R,), REAL)
    for _ in range(0, tl.max(past - j, 0)):
        there = j < past
        to = peaks + first + j
        o_width = tl.load(to + 4 * total, mask=there, other=1.0)
        o_bin = j
        if GRID:
            o_bin = tl.load(bins + first + j, mask=there, other=0)
        x, y, z = pair(
            high, low, width,
            tl.load(to, mask=there, other=0.0), tl.load(to + total, mask=there, other=0.0),
            tl.load(to + 2 * total, mask=there, other=0.0), o_bin, tl.load(to + 3 * total, mask=there, other=0.0),
            o_width, there, n_bins, GRID, GRAD, REAL,
        )  # fmt: skip
        of += x
        by_m += y
        by_s += z
        j += 1
    return of, by_m, by_s


@triton.jit(do_not_specialize=SIZES)
def rows_kernel(
    a_offsets, b_offsets, n, m, n_bins,
    peaks, bins, tops, lives,  # as prepared
    rows,  # (2, N + M): against its own side; of the first side, against the other
    R: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """``sum_j w_j K_ij`` of every peak. A program takes every so many tiles of one side of one spectrum."""
    b, side = tl.program_id(0).to(tl.int64), tl.program_id(1)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    total = (n + m).to(tl.int64)
    own, own_count = a_start + b_start + side * a_count, tl.where(side == 0, a_count, b_count)
    other = a_start + b_start + a_count
    for i in range(tl.program_id(2) * R, own_count, tl.num_programs(2) * R):
        at = i + tl.arange(0, R)
        there = at < own_count
        for which in range(0, 2 - side):
            against = tl.maximum(which, side)  # which side's peaks
            first = tl.where(which == 0, own, other)
            of, _by_m, _by_s = _rows_against(
                peaks, bins, total, own + at, there, first, tl.load(lives + 2 * b + against),
                tl.load(tops + 4 * b + 2 + against), n_bins, R, GRID, False, REAL,
            )  # fmt: skip
            tl.store(rows + which * total + own + at, of, mask=there)


@triton.jit
def _weighted(rows, weights, count, BLOCK: tl.constexpr):
    """Sum over peaks of intensity times what the row holds, in float64, in an order that only ``count`` decides."""
    sums = tl.zeros((BLOCK,), tl.float64)
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        x = tl.load(rows + at, mask=at < count, other=0.0).to(tl.float64)
        sums += x * tl.load(weights + at, mask=at < count, other=0.0).to(tl.float64)
    return tl.sum(sums, 0)


@triton.jit(do_not_specialize=SIZES)
def cosine_kernel(
    a_offsets, b_offsets, n, m, peaks, rows, tops,
    cos,  # (B,) float64: cosines; with PRODUCT inner products
    factors,  # (B, 3) float64: what divides the product's derivatives, and shares of each side's own norm
    BLOCK: tl.constexpr, PRODUCT: tl.constexpr,
):  # fmt: skip
    """Adds the rows up, one spectrum a program."""
    b = tl.program_id(0).to(tl.int64)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    total = (n + m).to(tl.int64)
    start, other = a_start + b_start, a_start + b_start + a_count
    top_a, top_b = tl.load(tops + 4 * b), tl.load(tops + 4 * b + 1)
    bad = (top_a != top_a) | (top_b != top_b)
    ao = _weighted(rows + total + start, peaks + 3 * total + start, a_count, BLOCK)
    if PRODUCT:
        tl.store(cos + b, tl.where(bad, float("nan"), ao * top_a * top_b))
        tl.store(factors + 3 * b, tl.where(bad, float("nan"), 1.0 / (top_a * top_b)))
        tl.store(factors + 3 * b + 1, 0.0)
        tl.store(factors + 3 * b + 2, 0.0)
    else:
        aa = _weighted(rows + start, peaks + 3 * total + start, a_count, BLOCK)
        oo = _weighted(rows + other, peaks + 3 * total + other, b_count, BLOCK)
        norm = tl.sqrt(aa * oo)
        some = norm > 0.0
        cosine = tl.where(some, tl.minimum(ao / tl.where(some, norm, 1.0), 1.0), 0.0)
        tl.store(cos + b, tl.where(bad, float("nan"), cosine))
        # Nothing to compare has no gradient: everything divided by infinity.
        tl.store(factors + 3 * b, tl.where(bad, float("nan"), tl.where(some, norm, float("inf"))))
        tl.store(factors + 3 * b + 1, tl.where(some, cosine / tl.where(some, aa, 1.0), 0.0))
        tl.store(factors + 3 * b + 2, tl.where(some, cosine / tl.where(some, oo, 1.0), 0.0))


@triton.jit(do_not_specialize=SIZES)
def gradient_kernel(
    a_offsets, b_offsets, n, m, h_bits, n_bins, peaks, bins, order, tops, lives, factors,
    out,  # (3, N) or, of the second side, (3, M) float64: derivatives by m/z, intensity and sigma
    SIDE: tl.constexpr, R: tl.constexpr, GRID: tl.constexpr, PRODUCT: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """Quotient rule: d cos = d ab / sqrt(aa bb) - cos / (2 aa) d aa, and d aa counts each pair from both ends."""
    b = tl.program_id(0).to(tl.int64)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    total = (n + m).to(tl.int64)
    if SIDE == 0:
        start, count, columns, own = a_start, a_count, n, a_start + b_start
        other = own + a_count
    else:
        start, count, columns, own = b_start, b_count, m, a_start + b_start + a_count
        other = a_start + b_start
    norm, share = tl.load(factors + 3 * b), tl.load(factors + 3 * b + 1 + SIDE)
    top, h = tl.load(tops + 4 * b + SIDE), width_of_bins(h_bits)
    for i in range(tl.program_id(1) * R, count, tl.num_programs(1) * R):
        at = i + tl.arange(0, R)
        there = at < count
        weight = tl.load(peaks + 3 * total + own + at, mask=there, other=0.0).to(tl.float64)
        x, y, z = _rows_against(
            peaks, bins, total, own + at, there, other, tl.load(lives + 2 * b + 1 - SIDE),
            tl.load(tops + 4 * b + 3 - SIDE), n_bins, R, GRID, True, REAL,
        )  # fmt: skip
        of, by_m, by_s = x.to(tl.float64) / norm, y.to(tl.float64) / norm, z.to(tl.float64) / norm
        if not PRODUCT:
            x, y, z = _rows_against(
                peaks, bins, total, own + at, there, own, tl.load(lives + 2 * b + SIDE),
                tl.load(tops + 4 * b + 2 + SIDE), n_bins, R, GRID, True, REAL,
            )  # fmt: skip
            of -= share * x.to(tl.float64)
            by_m -= share * y.to(tl.float64)
            by_s -= share * z.to(tl.float64)
        to = out + start + tl.load(order + own + at, mask=there, other=0)
        tl.store(to, weight * by_m / h, mask=there)
        tl.store(to + columns.to(tl.int64), of / top, mask=there)
        tl.store(to + 2 * columns.to(tl.int64), weight * by_s / h, mask=there)
