"""What ``torch.func`` and tracers ask of the cosine: many batches as one, and the derivative along a tangent."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def wrapped(*tensors: Any) -> bool:
    """Whether a transform of ``torch.func`` holds one of these: its values cannot be read outside the rules below."""
    return any(torch._C._functorch.is_functorch_wrapped_tensor(x) for x in tensors)


def transformed() -> bool:
    """Whether tangents may come, or gradients by what does not say so: then every derivative is computed."""
    return torch._C._are_functorch_transforms_active() or torch.autograd.forward_ad._current_level >= 0


def spectrum_of(offsets: Tensor, n: int) -> Tensor:
    """(n,) which spectrum each peak belongs to."""
    return torch.bucketize(torch.arange(n, device=offsets.device), offsets[1:], right=True)


def one_batch(
    apply: Callable[..., Any], size: int, in_dims: tuple[int | None, ...], inputs: tuple[Any, ...]
) -> tuple[tuple[Tensor, Tensor, Tensor], tuple[int, int | None, int | None]]:
    """The rule of ``vmap``: S batches of B spectra are one batch of S B spectra.

    Args:
        apply: the operation, with arguments as of ``peploss.kernels.autograd``.
        size: S.
        in_dims: where the S batches lie in each input; None for what they share.
    Returns:
        Cosines (S, B) and derivatives (S, R, N), (S, R, M), and where S lies in each; derivatives that are not asked
        for have no columns and no S.
    """

    def side(first: int) -> tuple[list[Tensor], int]:
        rows = [
            x.expand(size, *x.shape) if dim is None else x.movedim(dim, 0)
            for x, dim in zip(inputs[first : first + 4], in_dims[first : first + 4], strict=True)
        ]
        n = rows[0].shape[1]
        before = n * torch.arange(size, device=rows[3].device)
        ends = torch.cat([(rows[3][:, :-1] + before[:, None]).reshape(-1), rows[3].new_full((1,), size * n)])
        return [*(x.reshape(-1) for x in rows[:3]), ends], n

    a, n = side(0)
    b, m = side(4)
    cos, by_a, by_b = apply(*a, *b, *inputs[8:])

    def apart(derivatives: Tensor, asked: int, columns: int) -> tuple[Tensor, int | None]:
        return (derivatives.reshape(-1, size, columns).movedim(1, 0), 0) if asked else (derivatives, None)

    (by_a, dim_a), (by_b, dim_b) = apart(by_a, inputs[10], n), apart(by_b, inputs[11], m)
    return (cos.reshape(size, -1), by_a, by_b), (0, dim_a, dim_b)


def along_tangents(ctx: Any, *tangents: Any) -> tuple[Tensor, Tensor, Tensor]:
    """How the cosines (B,) change along tangents of m/z, intensity and sigma of both sides (``jvp``).

    ``d cos_b = sum over peaks i of b, over x of m/z, intensity, sigma: (d cos_b / d x_i) dx_i``. The derivatives
    themselves have no derivative here: theirs are NaN, since a zero would be taken for one.
    """
    a_offsets, b_offsets, by_a, by_b = ctx.saved_tensors
    cos = by_a.new_zeros(a_offsets.shape[0] - 1)
    for offsets, derivatives, along in ((a_offsets, by_a, tangents[0:3]), (b_offsets, by_b, tangents[4:7])):
        own = spectrum_of(offsets, derivatives.shape[-1])
        for row, tangent in zip(derivatives.unbind(-2), along, strict=False):  # no row: nothing is known to move
            if tangent is not None:
                cos = cos.index_add(0, own, row * tangent)
    return cos, torch.full_like(by_a, math.nan), torch.full_like(by_b, math.nan)


def traced(tensors: tuple[Any, ...]) -> bool:
    """Whether a compiler, exporter or tracer is at work, or the tensors are fake; these need the custom op."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() > 0:
        return True
    return not all(type(x) in (Tensor, torch.nn.Parameter) and (x.is_cpu or x.is_cuda) for x in tensors)
