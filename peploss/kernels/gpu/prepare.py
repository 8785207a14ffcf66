"""Prepares each peak once for all its pairs: place and width in bins, scaled intensity.

Both sides of a spectrum go into one buffer, the first side's peaks before the second's, each ascending in m/z.
"""

import triton
import triton.language as tl

RENDER_REACH = tl.constexpr(6.0)  # as in peploss.kernels.naive
FIELDS = tl.constexpr(5)  # place in two parts, phase, scaled intensity, width
TOPS = tl.constexpr(6)  # highest intensity, widest and narrowest peak, of either side

# Not compiled anew where one of them is 1 or divides by 16.
SIZES = ["n", "m", "h_bits", "n_bins", "a_step", "b_step", "n_sigmas", "n_widths", "sides", "tiles", "step"]


@triton.jit
def span(offsets, b, n):
    """Where spectrum b starts and how many peaks it has; within n whatever the offsets are."""
    start = tl.minimum(tl.maximum(tl.load(offsets + b), 0), n)
    stop = tl.minimum(tl.maximum(tl.load(offsets + b + 1), start), n)
    return start, (stop - start).to(tl.int32)


@triton.jit
def broken(offsets, b, batch, n):
    """Whether the offsets around spectrum b do not rise from 0 to n."""
    start, stop = tl.load(offsets + b), tl.load(offsets + b + 1)
    first, last = tl.load(offsets), tl.load(offsets + batch)
    return (stop < start) | (start < 0) | (stop > n) | (first != 0) | (last != n)


@triton.jit
def width_of_bins(h_bits):
    """A float64 from its bits: as a number, Triton would pass it in float32."""
    return h_bits.to(tl.int64).to(tl.float64, bitcast=True)


@triton.jit
def is_rendered(place, width, n_bins):
    """Whether a bin centre lies within reach; place and width in bins, float64."""
    nearest = tl.minimum(tl.maximum(tl.floor(place), 0.0), n_bins.to(tl.float64) - 1.0)
    return tl.abs(place - (nearest + 0.5)) <= width * RENDER_REACH


@triton.jit
def split_place(place, live, REAL: tl.constexpr):
    """A place in float64 as two of the working precision, its phase and its bin; all but the first 0 if not live."""
    high = place.to(REAL)
    within = tl.where(live, place, 0.0)
    low = (within - tl.where(live, high, 0.0).to(tl.float64)).to(REAL)
    bin_ = tl.floor(within)
    return high, low, (within - bin_ - 0.5).to(REAL), bin_


@triton.jit
def read_peaks(mz, weight, sigma, step, at, there, h, n_bins, GRID: tl.constexpr):
    """m/z, intensity and width in bins; which peaks are rendered, and which make no sense.

    ``step`` is 0 where one sigma is that of all peaks.
    """
    m = tl.load(mz + at, mask=there, other=float("inf"))
    w = tl.load(weight + at, mask=there, other=0.0)
    s = tl.load(sigma + at * step, mask=there, other=1.0)
    real = there & (tl.abs(m) != float("inf"))
    # Invalid width or infinite intensity: return NaN, not a plausible number.
    wrong = real & ((m != m) | ~(tl.abs(w) < float("inf")) | ~((s > 0.0) & (s < float("inf"))))
    live = real & ~wrong
    place, w, s = _key(m) / h, tl.where(live, w, 0.0), tl.where(live, s, h) / h
    if GRID:
        live = live & is_rendered(place, s, n_bins)
    return place, w, s, live, wrong


@triton.jit
def _key(m):
    """What peaks are sorted by: their m/z, and what is no number comes last."""
    return tl.where(m == m, m, float("inf"))


@triton.jit
def _ranks(mz, start, count, own, at, C: tl.constexpr):
    """How many peaks come before each of ``own``, which are numbered ``at``.

    Peaks run along the lanes and what they are compared with along the other axis, so that each lane counts alone.
    """
    rank = at * 0
    for j in range(0, count, C):
        to = j + tl.arange(0, C)
        # What lies past the last peak is infinite and of a higher number: it comes before none.
        key = _key(tl.load(mz + start + to, mask=to < count, other=float("inf")))[:, None]
        before = (key < own[None, :]) | ((key == own[None, :]) & (to[:, None] < at[None, :]))
        rank += tl.sum(before.to(tl.int32), 0)
    return rank


@triton.jit
def _prepare_side(
    mz, weight, sigma, step, start, count, out_at, side, bad, h, n_bins, peaks, bins, order, tops, total,
    R: tl.constexpr, C: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    tops_of, widest = tl.zeros((R,), tl.float64), tl.zeros((R,), tl.float64)
    narrowest, flags = tl.full((R,), float("inf"), tl.float64), tl.zeros((R,), tl.int32)
    for i in range(0, count, R):
        at = i + tl.arange(0, R)
        there = at < count
        place, w, s, live, wrong = read_peaks(mz, weight, sigma, step, start + at, there, h, n_bins, GRID)
        tops_of = tl.maximum(tops_of, tl.where(live, tl.abs(w), 0.0))
        widest = tl.maximum(widest, tl.where(live, s, 0.0))
        narrowest = tl.minimum(narrowest, tl.where(live, s, float("inf")))
        before = tl.load(mz + start + at - 1, mask=there & (at > 0), other=-float("inf"))
        falls = there & (_key(before) > _key(tl.load(mz + start + at, mask=there, other=float("inf"))))
        flags = flags | tl.where(wrong, 1, 0) | tl.where(falls, 2, 0)
    top = tl.max(tops_of, 0)
    top = tl.where(top > 0.0, top, 1.0)
    nonsense, unsorted = tl.max(flags & 1, 0) > 0, tl.max(flags & 2, 0) > 0
    tl.store(tops + side, tl.where(bad | nonsense, float("nan"), top))
    tl.store(tops + 2 + side, tl.max(widest, 0))
    narrow = tl.min(narrowest, 0)
    tl.store(tops + 4 + side, tl.where(narrow < float("inf"), narrow, 1.0))
    for i in range(0, count, R):
        at = i + tl.arange(0, R)
        there = at < count
        place, w, s, live, _ = read_peaks(mz, weight, sigma, step, start + at, there, h, n_bins, GRID)
        rank = at
        if unsorted:
            own = _key(tl.load(mz + start + at, mask=there, other=float("inf")))
            rank = _ranks(mz, start, count, own, at, C)
        high, low, phase, bin_ = split_place(place, live, REAL)
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
    a_step, b_step,  # from one peak's sigma to the next one's, 0 or 1
    n, m, h_bits, n_bins,
    peaks,  # (FIELDS, N + M)
    places,  # (2, N + M) int32: what number in its spectrum a peak has as it came, and on a grid its bin
    tops,  # (B, TOPS) float64, the highest intensity NaN where something makes no sense
    R: tl.constexpr, C: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """One program for each side of each spectrum; peaks out of order are sorted by how many come before each."""
    b, side = tl.program_id(0).to(tl.int64), tl.program_id(1)
    h = width_of_bins(h_bits)
    a_start, a_count = span(a_offsets, b, n)
    b_start, b_count = span(b_offsets, b, m)
    batch = tl.num_programs(0)
    bad = broken(a_offsets, b, batch, n) | broken(b_offsets, b, batch, m)
    total = n.to(tl.int64) + m
    if side == 0:
        _prepare_side(
            a_mz, a_weight, a_sigma, a_step, a_start, a_count, a_start + b_start, 0, bad, h, n_bins,
            peaks, places + total, places, tops + TOPS * b, total, R, C, GRID, REAL,
        )  # fmt: skip
    else:
        _prepare_side(
            b_mz, b_weight, b_sigma, b_step, b_start, b_count, a_start + a_count + b_start, 1, bad, h, n_bins,
            peaks, places + total, places, tops + TOPS * b, total, R, C, GRID, REAL,
        )  # fmt: skip
