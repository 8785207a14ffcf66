"""The cosine as a ``torch.library`` custom op: autograd, fake kernels and all that follows from them.

One forward computes the cosine and, where asked, its derivative by every input at once (each pair of peaks is
visited anyway); the backward only scales them by the upstream gradient of their spectrum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from peploss.kernels.threads import split

Derivatives = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


@torch.library.custom_op("peploss::cosine", mutates_args=(), device_types="cpu")
def cosine_op(
    a_mz: Tensor,  # (N,) float64
    a_intensity: Tensor,  # (N,)
    a_sigma: Tensor,  # (N,) in Th
    a_offsets: Tensor,  # (B + 1,) int64
    b_mz: Tensor,  # (M,)
    b_intensity: Tensor,  # (M,)
    b_sigma: Tensor,  # (M,)
    b_offsets: Tensor,  # (B + 1,)
    bin_width: float,  # 0 for the continuum
    n_bins: int,
    grad_a: bool,
    grad_b: bool,
) -> Derivatives:
    """Cosines (B,) and their derivatives by a's m/z, intensity, sigma (N,) and b's (M,); (0,) where not asked for."""
    from peploss.kernels import cpu

    am, aw, asig, aoff = _arrays(a_mz, a_intensity, a_sigma, a_offsets)
    bm, bw, bsig, boff = _arrays(b_mz, b_intensity, b_sigma, b_offsets)
    cos = np.empty(len(aoff) - 1)
    ga = np.zeros((3, len(am) if grad_a else 0))
    gb = np.zeros((3, len(bm) if grad_b else 0))

    def run(start: int, stop: int) -> None:
        cpu.cosine_range(
            start, stop, am, aw, asig, aoff, bm, bw, bsig, boff, bin_width, n_bins, grad_a, grad_b,
            cos, ga[0], ga[1], ga[2], gb[0], gb[1], gb[2],
        )  # fmt: skip

    split(run, aoff + boff)
    # Rows of one array, but an op's outputs must not share memory.
    return torch.from_numpy(cos), *(torch.from_numpy(g).clone() for g in (*ga, *gb))


def _arrays(*tensors: Tensor) -> list[Any]:
    return [np.ascontiguousarray(t.detach().numpy()) for t in tensors]


@cosine_op.register_fake
def _(
    a_mz, a_intensity, a_sigma, a_offsets, b_mz, b_intensity, b_sigma, b_offsets, bin_width, n_bins, grad_a, grad_b
) -> Derivatives:  # type: ignore[no-untyped-def]  # fmt: skip
    def like(peaks: Tensor, wanted: bool) -> Tensor:
        return peaks.new_empty(peaks.shape[0] if wanted else 0, dtype=torch.float64)

    cos = a_mz.new_empty(a_offsets.shape[0] - 1, dtype=torch.float64)
    return cos, *(like(a_mz, grad_a) for _ in range(3)), *(like(b_mz, grad_b) for _ in range(3))


@torch.library.custom_op("peploss::scale_by_spectrum", mutates_args=(), device_types="cpu")
def scale_op(upstream: Tensor, offsets: Tensor, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Three (N,) rows of derivatives, each value times the upstream gradient (B,) of its spectrum."""
    per_peak = torch.repeat_interleave(upstream, offsets.diff(), output_size=x.shape[0])
    return x * per_peak, y * per_peak, z * per_peak


@scale_op.register_fake
def _(upstream, offsets, x, y, z) -> tuple[Tensor, Tensor, Tensor]:  # type: ignore[no-untyped-def]
    return torch.empty_like(x), torch.empty_like(y), torch.empty_like(z)


def _no_second_derivative(ctx: Any, *grads: Tensor) -> None:
    raise RuntimeError(
        "The spectrum cosine has no second derivative: its fast kernels give first derivatives only. "
        "Use backend='reference', which is plain torch, to differentiate twice."
    )


scale_op.register_autograd(_no_second_derivative)


def _save(ctx: Any, inputs: tuple[Any, ...], output: Derivatives) -> None:
    ctx.grad_a, ctx.grad_b = inputs[10], inputs[11]
    ctx.save_for_backward(inputs[3], inputs[7], *output[1:])


def _backward(ctx: Any, upstream: Tensor, *of_derivatives: Tensor | None) -> tuple[Tensor | None, ...]:
    a_offsets, b_offsets, *derivatives = ctx.saved_tensors
    a: tuple[Tensor | None, ...] = (None,) * 3
    b: tuple[Tensor | None, ...] = (None,) * 3
    if ctx.grad_a:
        a = scale_op(upstream, a_offsets, *derivatives[:3])
    if ctx.grad_b:
        b = scale_op(upstream, b_offsets, *derivatives[3:])
    return *a, None, *b, None, None, None, None, None


cosine_op.register_autograd(_backward, setup_context=_save)
