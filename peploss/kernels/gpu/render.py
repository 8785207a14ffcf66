"""Renders on the grid: each bin gathers from the peaks near it, so no two programs write to the same place."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from peploss.kernels.gpu.launch import FUSED, Side, bits, language, on_device_of, readable
from peploss.kernels.gpu.prepare import SIZES, broken, read_peaks, span, split_place, width_of_bins

WINDOW = tl.constexpr(8.5)  # sigma; the amplitude there is 2e-16
BINS, PEAKS = 128, 8  # of a tile


@triton.jit(do_not_specialize=SIZES)
def render_kernel(
    mz, weight, sigma, offsets, step, n, h_bits, n_bins, tiles,
    out,  # (B, n_bins) float64
    K: tl.constexpr, C: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """One program for a tile of bins of a spectrum; bins along the lanes, so that each lane adds up alone."""
    b, tile = tl.program_id(0).to(tl.int64) // tiles, tl.program_id(0) % tiles
    start, count = span(offsets, b, n)
    bad = broken(offsets, b, tl.num_programs(0) // tiles, n)
    h = width_of_bins(h_bits)
    k = tile * K + tl.arange(0, K)
    first = (tile * K).to(tl.float64) + 0.5
    last = first + (K - 1)
    sums, wrongs = tl.zeros((K,), tl.float64), tl.zeros((C,), tl.int32)
    for j in range(0, count, C):
        at = j + tl.arange(0, C)
        place, w, s, live, wrong = read_peaks(mz, weight, sigma, step, start + at, at < count, h, n_bins, True)
        wrongs = wrongs | wrong.to(tl.int32)
        seen = live & (place + s * WINDOW >= first) & (place - s * WINDOW <= last)
        if tl.max(seen.to(tl.int32), 0) > 0:
            _, _, phase, bin_ = split_place(place, seen, REAL)
            d = (k[None, :] - bin_[:, None].to(tl.int32)).to(REAL) - phase[:, None]
            z = d / tl.where(seen, s, 1.0).to(REAL)[:, None]
            near = seen[:, None] & (tl.abs(z) <= WINDOW)
            e = tl.where(near, tl.exp(-0.5 * z * z), 0.0).to(tl.float64)
            sums += tl.sum(e * tl.where(seen, w, 0.0)[:, None], 0)
    nothing = bad | (tl.max(wrongs, 0) > 0)
    tl.store(out + b * n_bins + k, tl.where(nothing, float("nan"), sums), mask=k < n_bins)


def render(side: Side, bin_width: float, n_bins: int, real: torch.dtype = torch.float32) -> Tensor:
    """(B, n_bins) rendered intensity, float64; NaN in a spectrum that holds a value which makes no sense."""
    mz, weight, sigma, offsets = readable(side)
    batch, tiles = offsets.shape[0] - 1, -(-n_bins // BINS)
    out = mz.new_empty((batch, n_bins))
    with on_device_of(mz):
        if batch:
            render_kernel[(batch * tiles,)](  # one axis: another has room for 8 million bins
                mz, weight, sigma, offsets, sigma.stride(0), mz.shape[0], bits(bin_width), n_bins, tiles, out,
                K=BINS, C=PEAKS, REAL=language(real), num_warps=4, **FUSED,
            )  # fmt: skip
    return out
