"""What every pair of peaks wants to know of each: its place and width in bins, its intensity scaled, once a peak.

Both sides of a spectrum go into one buffer, the first side's peaks before the second's, each sorted.
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
def _ranks(mz, weight, sigma, start, count, own, at, h, n_bins, C: tl.constexpr, GRID: tl.constexpr):
    """How many peaks come before each of ``own``, places numbered ``at``; what is not rendered comes last."""
    rank = at * 0
    for j in range(0, count, C):
        to = j + tl.arange(0, C)
        there = to < count
        place, _, _, live, _ = read_peaks(mz, weight, sigma, start + to, there, h, n_bins, GRID)
        place = tl.where(live, place, float("inf"))
        less = place[None, :] < own[:, None]
        tied = (place[None, :] == own[:, None]) & (to[None, :] < at[:, None])
        rank += tl.sum(((less | tied) & there[None, :]).to(tl.int32), 1)
    return rank


@triton.jit
def _prepare_side(
    mz, weight, sigma, start, count, out_at, side, bad, h, n_bins, peaks, bins, order, tops, lives, total,
    R: tl.constexpr, C: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    tops_of, widest = tl.zeros((C,), tl.float64), tl.zeros((C,), tl.float64)
    wrongs, lives_of = tl.zeros((C,), tl.int32), tl.zeros((C,), tl.int32)
    for i in range(0, count, C):
        at = i + tl.arange(0, C)
        _, w, s, live, wrong = read_peaks(mz, weight, sigma, start + at, at < count, h, n_bins, GRID)
        tops_of = tl.maximum(tops_of, tl.where(live, tl.abs(w), 0.0))
        widest = tl.maximum(widest, tl.where(live, s, 0.0))
        wrongs = wrongs | wrong.to(tl.int32)
        lives_of += live.to(tl.int32)
    top = tl.max(tops_of, 0)
    top = tl.where(top > 0.0, top, 1.0)
    tl.store(tops + side, tl.where(bad | (tl.max(wrongs, 0) > 0), float("nan"), top))
    tl.store(tops + 2 + side, tl.max(widest, 0))
    tl.store(lives + side, tl.sum(lives_of, 0))
    for i in range(0, count, R):
        at = i + tl.arange(0, R)
        there = at < count
        m, w, s, live, _ = read_peaks(mz, weight, sigma, start + at, there, h, n_bins, GRID)
        rank = _ranks(mz, weight, sigma, start, count, tl.where(live, m, float("inf")), at, h, n_bins, C, GRID)
        high, low, phase, bin_ = split_place(m, live, REAL)
        to = out_at + rank
        tl.store(peaks + to, high, mask=there)
        tl.store(peaks + total + to, low, mask=there)
        tl.store(peaks + 2 * total + to, phase, mask=there)
        tl.store(peaks + 3 * total + to, (tl.where(live, w, 0.0) / top).to(REAL), mask=there)
        tl.store(peaks + 4 * total + to, tl.where(live, s, 0.0).to(REAL), mask=there)  # no width: no peak
        tl.store(order + to, at, mask=there)
        if GRID:
            tl.store(bins + to, bin_.to(tl.int32), mask=there)


@triton.jit(do_not_specialize=SIZES)
def prepare_kernel(
    a_mz, a_weight, a_sigma, a_offsets, b_mz, b_weight, b_sigma, b_offsets,  # float64, offsets int64
    n, m, h_bits, n_bins,
    peaks,  # (FIELDS, N + M)
    bins,  # (N + M,) int32
    order,  # (N + M,) int32: what number in its spectrum a peak has as it came
    tops,  # (B, 4) float64: highest intensity of each side, NaN where something makes no sense, and widest peak
    lives,  # (B, 2) int32: how many peaks of each side are rendered
    R: tl.constexpr, C: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """One program for each side of each spectrum; peaks are sorted by how many come before each."""
    b, side = tl.program_id(0).to(tl.int64), tl.program_id(1)
    h = width_of_bins(h_bits)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    bad = broken(a_offsets, b, n) | broken(b_offsets, b, m)
    total = (n + m).to(tl.int64)
    if side == 0:
        _prepare_side(
            a_mz, a_weight, a_sigma, a_start, a_count, a_start + b_start, 0, bad, h, n_bins,
            peaks, bins, order, tops + 4 * b, lives + 2 * b, total, R, C, GRID, REAL,
        )  # fmt: skip
    else:
        _prepare_side(
            b_mz, b_weight, b_sigma, b_start, b_count, a_start + a_count + b_start, 1, bad, h, n_bins,
            peaks, bins, order, tops + 4 * b, lives + 2 * b, total, R, C, GRID, REAL,
        )  # fmt: skip
