"""Launches the Triton kernels on tensors, without reading values back, so that the device never waits."""

from __future__ import annotations

import contextlib
import struct
from typing import NamedTuple

import torch
import triton.language as tl
from torch import Tensor

from peploss.kernels.gpu.cosine import finish_kernel, pairs_kernel, scale_kernel
from peploss.kernels.gpu.prepare import FIELDS, TOPS, prepare_kernel

Side = tuple[Tensor, Tensor, Tensor, Tensor]
"""m/z (N,), intensity (N,), sigma (N,) in Th, all float64, and offsets (B + 1,), int64."""

ROWS = 32  # peaks that a program of one warp takes at once
SORTED, KEYS, BLOCK = 128, 16, 128  # peaks that are prepared at once, that those are compared with, and added up
FUSED = {"enable_fp_fusion": True}  # multiply and add at once; said, as Triton's default is about to change
BUSY = 2048  # programs that keep a large card busy; a small batch is split to reach it
TILES = 64  # at most so many programs share a side of a spectrum


class Prepared(NamedTuple):
    """Both sides of a batch, ready for any pair of peaks."""

    a: Side
    b: Side
    bin_width: float
    n_bins: int
    peaks: Tensor
    places: Tensor
    tops: Tensor

    @property
    def batch(self) -> int:
        return self.a[3].shape[0] - 1

    @property
    def sizes(self) -> tuple[int, int]:
        return self.a[0].shape[0], self.b[0].shape[0]

    @property
    def shared(self) -> int:
        """How many programs share a side of a spectrum: twice the tiles of one of average size, as long as they keep
        the card busy. No result depends on it.
        """
        tiles = -(-2 * max(self.sizes) // (ROWS * max(self.batch, 1)))
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
    a, b = readable(a), readable(b)
    n, m, batch = a[0].shape[0], b[0].shape[0], a[3].shape[0] - 1
    peaks = a[0].new_empty((FIELDS.value, n + m), dtype=real)
    places = a[0].new_empty((2 if n_bins else 1, n + m), dtype=torch.int32)
    tops = a[0].new_empty((batch, TOPS.value))
    if batch:
        prepare_kernel[(batch, 2)](
            *a, *b, a[2].stride(0), b[2].stride(0), n, m, bits(bin_width or 1.0), n_bins, peaks, places, tops,
            R=SORTED, C=KEYS, GRID=n_bins > 0, REAL=language(real), num_warps=4, **FUSED,
        )  # fmt: skip
    return Prepared(a, b, bin_width or 1.0, n_bins, peaks, places, tops)


def readable(side: Side) -> Side:
    """A side as kernels address it; a sigma that is expanded stays one number."""
    mz, weight, sigma, offsets = (x.detach() for x in side)
    sigma = sigma if sigma.stride(0) in (0, 1) else sigma.contiguous()
    return mz.contiguous(), weight.contiguous(), sigma, offsets.contiguous()


def results(p: Prepared, grad_a: bool, grad_b: bool, product: bool) -> tuple[Tensor, Tensor, Tensor]:
    """(B,) cosines or inner products and, of the sides that are wanted, (3, N) and (3, M) derivatives, float64."""
    n, m = p.sizes
    grad, sides = grad_a or grad_b, grad_a + 2 * grad_b
    sums = p.peaks.new_empty((6 if grad else 2, n + m))
    cos = p.tops.new_empty(p.batch)
    by_a, by_b = p.tops.new_empty((3, n if grad_a else 0)), p.tops.new_empty((3, m if grad_b else 0))
    if p.batch:
        pairs_kernel[(p.batch, 1 if product else 2, p.shared)](
            p.a[3], p.b[3], n, m, p.n_bins, p.peaks, p.places, p.tops, sides, sums,
            R=ROWS, GRID=p.n_bins > 0, GRAD=grad, PRODUCT=product, REAL=language(p.peaks.dtype), num_warps=1, **FUSED,
        )  # fmt: skip
        finish_kernel[(p.batch,)](
            p.a[3], p.b[3], n, m, bits(p.bin_width), p.peaks, p.places, p.tops, sides, sums, cos, by_a, by_b,
            BLOCK=BLOCK, GRAD=grad, PRODUCT=product, num_warps=1, **FUSED,
        )  # fmt: skip
    return cos, by_a, by_b


def cosine(
    a: Side, b: Side, bin_width: float, n_bins: int, grad_a: bool, grad_b: bool, real: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines (B,) and, where asked, their derivatives (3, N) and (3, M); no columns where not.

    See ``autograd._forward``.

    Args:
        real: the precision of what a pair of peaks adds, float32 or float64. Places are float64 until the distance
            to a bin or a peak is taken, and sums over peaks are float64.
    """
    with on_device_of(a[0]):
        return results(prepare(a, b, bin_width, n_bins, real), grad_a, grad_b, product=False)


def product(
    a: Side, b: Side, bin_width: float, n_bins: int, real: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Inner products (B,) and their derivatives by the first side's m/z and intensity, (N,) each."""
    with on_device_of(a[0]):
        value, by, _ = results(prepare(a, b, bin_width, n_bins, real), True, False, product=True)
    return value, by[0], by[1]


def scaled(
    upstream: Tensor, offsets: Tensor, derivatives: Tensor, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor | None, ...]:
    """Rows of (3, N) derivatives, each column times the upstream gradient (B,) of its spectrum; None where unwanted.

    One launch, where torch takes four.
    """
    n, batch = derivatives.shape[1], offsets.shape[0] - 1
    out = derivatives.new_empty((3, n))
    if batch:
        with on_device_of(derivatives):
            scale_kernel[(batch,)](
                upstream, offsets.contiguous(), derivatives, n, upstream.stride(0), out,
                BY_MZ=wanted[0], BY_WEIGHT=wanted[1], BY_SIGMA=wanted[2], BLOCK=BLOCK, num_warps=1,
            )  # fmt: skip
    return tuple(row if is_wanted else None for row, is_wanted in zip(out.unbind(), wanted, strict=True))
