"""Launches the kernels: from tensors to tensors, without asking the device for anything, so that it never waits."""

from __future__ import annotations

import contextlib
import struct
from typing import NamedTuple

import torch
import triton.language as tl
from torch import Tensor

from peploss.kernels.gpu.cosine import cosine_kernel, gradient_kernel, rows_kernel
from peploss.kernels.gpu.prepare import FIELDS, prepare_kernel

Side = tuple[Tensor, Tensor, Tensor, Tensor]
"""m/z (N,), intensity (N,), sigma (N,) in Th, all float64, and offsets (B + 1,), int64."""

ROWS, COLUMNS, BLOCK = 32, 64, 128  # peaks that a program takes at once, compares them with, and adds up
FUSED = {"enable_fp_fusion": True}  # multiply and add at once; said, as Triton's default is about to change
BUSY = 2048  # programs that keep a large card busy; a small batch is split to reach it
TILES = 16  # at most so many programs share a spectrum


class Prepared(NamedTuple):
    """Both sides of a batch, ready for any pair of peaks."""

    a: Side
    b: Side
    bin_width: float
    n_bins: int
    peaks: Tensor
    bins: Tensor
    order: Tensor
    tops: Tensor
    lives: Tensor

    @property
    def batch(self) -> int:
        return self.a[3].shape[0] - 1

    @property
    def sizes(self) -> tuple[int, int]:
        return self.a[0].shape[0], self.b[0].shape[0]

    @property
    def shared(self) -> int:
        """How many programs share a spectrum. No result depends on it."""
        tiles = -(-max(self.sizes) // ROWS)
        return max(1, min(TILES, tiles, BUSY // max(self.batch, 1)))


def bits(x: float) -> int:
    """A float64 as an integer: as a number Triton would pass it in float32."""
    return int(struct.unpack("<q", struct.pack("<d", x))[0])


def on_device_of(x: Tensor) -> contextlib.AbstractContextManager[object]:
    """Triton launches on the current device, which need not be that of the tensors."""
    return torch.cuda.device(x.device) if x.is_cuda else contextlib.nullcontext()


def language(real: torch.dtype) -> tl.dtype:
    """Triton's name of the working precision."""
    return {torch.float32: tl.float32, torch.float64: tl.float64}[real]


def prepare(a: Side, b: Side, bin_width: float, n_bins: int, real: torch.dtype) -> Prepared:
    """Places in bins, scaled intensities: what ``prepare_kernel`` writes."""
    a, b = (tuple(x.detach().contiguous() for x in side) for side in (a, b))  # type: ignore[assignment]
    n, m, batch = a[0].shape[0], b[0].shape[0], a[3].shape[0] - 1
    peaks = a[0].new_empty((FIELDS.value, n + m), dtype=real)
    bins = a[0].new_empty(n + m if n_bins else 0, dtype=torch.int32)
    order = a[0].new_empty(n + m, dtype=torch.int32)
    tops, lives = a[0].new_empty((batch, 4)), a[0].new_empty((batch, 2), dtype=torch.int32)
    if batch:
        prepare_kernel[(batch, 2)](
            *a, *b, n, m, bits(bin_width or 1.0), n_bins, peaks, bins, order, tops, lives,
            R=ROWS, C=COLUMNS, GRID=n_bins > 0, REAL=language(real), num_warps=4, **FUSED,
        )  # fmt: skip
    return Prepared(a, b, bin_width or 1.0, n_bins, peaks, bins, order, tops, lives)


def values(p: Prepared, product: bool) -> tuple[Tensor, Tensor]:
    """(B,) cosines, or inner products, and the (B, 3) factors of their derivatives."""
    n, m = p.sizes
    rows = p.peaks.new_empty((2, n + m))
    cos, factors = p.tops.new_empty(p.batch), p.tops.new_empty((p.batch, 3))
    if p.batch:
        rows_kernel[(p.batch, 2, p.shared)](
            p.a[3], p.b[3], n, m, p.n_bins, p.peaks, p.bins, p.tops, p.lives, rows,
            R=ROWS, GRID=p.n_bins > 0, REAL=language(p.peaks.dtype), num_warps=1, **FUSED,
        )  # fmt: skip
        cosine_kernel[(p.batch,)](
            p.a[3], p.b[3], n, m, p.peaks, rows, p.tops, cos, factors, BLOCK=BLOCK, PRODUCT=product,
            num_warps=1, **FUSED,
        )  # fmt: skip
    return cos, factors


def gradient(p: Prepared, factors: Tensor, side: int, product: bool) -> Tensor:
    """(3, N) derivatives by m/z, intensity and sigma of one side, float64."""
    n, m = p.sizes
    out = p.tops.new_empty((3, p.sizes[side]))
    if p.batch:
        gradient_kernel[(p.batch, p.shared)](
            p.a[3], p.b[3], n, m, bits(p.bin_width), p.n_bins,
            p.peaks, p.bins, p.order, p.tops, p.lives, factors, out,
            SIDE=side, R=ROWS, GRID=p.n_bins > 0, PRODUCT=product, REAL=language(p.peaks.dtype), num_warps=1, **FUSED,
        )  # fmt: skip
    return out


def cosine(
    a: Side, b: Side, bin_width: float, n_bins: int, grad_a: bool, grad_b: bool, real: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines (B,) and, where asked, their derivatives (3, N) and (3, M); no columns where not. See ``ops._forward``.

    Args:
        real: the precision of what a pair of peaks adds, float32 or float64. Places are float64 until the distance
            to a bin or a peak is taken, and sums over peaks are float64.
    """
    with on_device_of(a[0]):
        p = prepare(a, b, bin_width, n_bins, real)
        cos, factors = values(p, product=False)
        none = cos.new_empty((3, 0))
        by_a = gradient(p, factors, 0, product=False) if grad_a else none
        by_b = gradient(p, factors, 1, product=False) if grad_b else none.clone()
    return cos, by_a, by_b


def product(
    a: Side, b: Side, bin_width: float, n_bins: int, real: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Inner products (B,) and their derivatives by the first side's m/z and intensity, (N,) each."""
    with on_device_of(a[0]):
        p = prepare(a, b, bin_width, n_bins, real)
        value, factors = values(p, product=True)
        by = gradient(p, factors, 0, product=True)
    return value, by[0], by[1]
