"""What every pair of peaks wants to know of each: its place and width in bins, its intensity scaled, once a peak.

Both sides of a spectrum go into one buffer, the first side's peaks before the second's.
"""

import triton
import triton.language as tl

RENDER_REACH = tl.constexpr(6.0)  # as in peploss.kernels.reference
FIELDS = tl.constexpr(5)  # place in two parts, phase, scaled intensity, width

SIZES = ["n", "m", "h_bits", "n_bins"]  # not compiled anew where one of them is 1 or divides by 16


@triton.jit
def span(offsets, b, n):
    """Where spectrum b starts and how many peaks it has; within n whatever the offsets are."""
    start = tl.minimum(tl.maximum(tl.load(offsets + b), 0), n)
    stop = tl.minimum(tl.maximum(tl.load(offsets + b + 1), start), n)
    return start, stop - start


@triton.jit
def broken(offsets, b, n):
    """Whether the offsets around spectrum b do not rise from 0 to n."""
    start, stop = tl.load(offsets + b), tl.load(offsets + b + 1)
    first, last = tl.load(offsets), tl.load(offsets + tl.num_programs(0))
    return (stop < start) | (start < 0) | (stop > n) | (first != 0) | (last != n)


@triton.jit
def width_of_bins(h_bits):
    """A float64 from its bits: as a number, Triton would pass it in float32."""
    return h_bits.to(tl.int64).to(tl.float64, bitcast=True)


@triton.jit
def is_rendered(place, width, n_bins):
    """Whether a bin centre lies within reach; place and width in bins, float64."""
    nearest = tl.minimum(tl.maximum(tl.floor(place), 0.0), n_bins - 1.0)
    return tl.abs(place - (nearest + 0.5)) <= width * RENDER_REACH


@triton.jit
def split_place(place, live, REAL: tl.constexpr):
    """A place in float64 as two of the working precision, its phase and its bin."""
    place = tl.where(live, place, 0.0)
    high = place.to(REAL)
    low = (place - high.to(tl.float64)).to(REAL)
    bin_ = tl.floor(place)
    return high, low, (place - bin_ - 0.5).to(REAL), bin_


@triton.jit
def read_peaks(mz, weight, sigma, at, there, h, n_bins, GRID: tl.constexpr):
    """m/z, intensity and width in bins; which peaks are rendered, and which make no sense."""
    m = tl.load(mz + at, mask=there, other=float("inf"))
    w = tl.load(weight + at, mask=there, other=0.0)
    s = tl.load(sigma + at, mask=there, other=1.0)
    real = there & (tl.abs(m) != float("inf"))
    # A width that is none, an infinite intensity: an answer would hide that something has gone wrong.
    wrong = real & ((m != m) | ~(tl.abs(w) < float("inf")) | ~((s > 0.0) & (s < float("inf"))))
    live = real & ~wrong
    m, w, s = tl.where(live, m, 0.0) / h, tl.where(live, w, 0.0), tl.where(live, s, h) / h
    if GRID:
        live = live & is_rendered(m, s, n_bins)
    return m, w, s, live, wrong


@triton.jit
def _prepare_side(
    mz, weight, sigma, start, count, out_at, bad, h, n_bins, peaks, bins, top_out, total,
    BLOCK: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    tops = tl.zeros((BLOCK,), tl.float64)
    wrongs = tl.zeros((BLOCK,), tl.int32)
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        _, w, _, live, wrong = read_peaks(mz, weight, sigma, start + at, at < count, h, n_bins, GRID)
        tops = tl.maximum(tops, tl.where(live, tl.abs(w), 0.0))
        wrongs = wrongs | wrong.to(tl.int32)
    top = tl.max(tops, 0)
    top = tl.where(top > 0.0, top, 1.0)
    for i in range(0, count, BLOCK):
        at = i + tl.arange(0, BLOCK)
        there = at < count
        m, w, s, live, _ = read_peaks(mz, weight, sigma, start + at, there, h, n_bins, GRID)
        high, low, phase, bin_ = split_place(m, live, REAL)
        to = peaks + out_at + at
        tl.store(to, high, mask=there)
        tl.store(to + total, low, mask=there)
        tl.store(to + 2 * total, phase, mask=there)
        tl.store(to + 3 * total, (tl.where(live, w, 0.0) / top).to(REAL), mask=there)
        tl.store(to + 4 * total, tl.where(live, s, 0.0).to(REAL), mask=there)  # no width: no peak
        if GRID:
            tl.store(bins + out_at + at, bin_.to(tl.int32), mask=there)
    tl.store(top_out, tl.where(bad | (tl.max(wrongs, 0) > 0), float("nan"), top))


@triton.jit(do_not_specialize=SIZES)
def prepare_kernel(
    a_mz, a_weight, a_sigma, a_offsets, b_mz, b_weight, b_sigma, b_offsets,  # float64, offsets int64
    n, m, h_bits, n_bins,
    peaks,  # (FIELDS, N + M)
    bins,  # (N + M,) int32
    tops,  # (B, 2) float64: highest intensity of each side, NaN where something makes no sense
    BLOCK: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """One program for each side of each spectrum."""
    b, side = tl.program_id(0).to(tl.int64), tl.program_id(1)
    h = width_of_bins(h_bits)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    bad = broken(a_offsets, b, n) | broken(b_offsets, b, m)
    total = (n + m).to(tl.int64)
    if side == 0:
        _prepare_side(
            a_mz, a_weight, a_sigma, a_start, a_count, a_start + b_start, bad, h, n_bins,
            peaks, bins, tops + 2 * b, total, BLOCK, GRID, REAL,
        )  # fmt: skip
    else:
        _prepare_side(
            b_mz, b_weight, b_sigma, b_start, b_count, a_start + a_count + b_start, bad, h, n_bins,
            peaks, bins, tops + 2 * b + 1, total, BLOCK, GRID, REAL,
        )  # fmt: skip
