"""Makes the cosine a differentiable operation of torch.

One forward computes the cosine and, where asked, its derivative by every input at once (each pair of peaks is
visited anyway); the backward only scales them by the upstream gradient of their spectrum.

It exists twice over the same two functions: as a ``torch.library`` custom op, which compilers, exporters and fake
tensors can see through, and as an ``autograd.Function`` for eager code and ``torch.func``, where dispatching a custom
op costs several times what the kernel itself takes for one spectrum. What ``torch.func`` needs besides (a rule for
``vmap``, the derivative along a tangent) stands in ``transforms``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from peploss.errors import ArgumentError, BackendError
from peploss.kernels.threads import split
from peploss.kernels.transforms import along_tangents, one_batch, spectrum_of, wrapped

SECOND_DERIVATIVE = (
    "The spectrum cosine has no second derivative: its fast kernels give first derivatives only. "
    "Use backend='reference', which is plain torch, to differentiate twice."
)


def _forward(
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
) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines (B,), derivatives by a's m/z, intensity, sigma (3, N) and by b's (3, M); no columns where not asked."""
    from peploss.kernels.cpu import pairs

    a = arrays(a_mz, a_intensity, a_sigma, a_offsets)
    b = arrays(b_mz, b_intensity, b_sigma, b_offsets)
    cos = np.empty(len(a[3]) - 1)
    a_out = np.zeros((3, len(a[0]) if grad_a else 0))
    b_out = np.zeros((3, len(b[0]) if grad_b else 0))

    def run(start: int, stop: int) -> None:
        pairs.cosine_range(start, stop, *a, *b, bin_width, n_bins, grad_a, grad_b, cos, a_out, b_out)

    split(run, a[3] + b[3])
    return torch.from_numpy(cos), torch.from_numpy(a_out), torch.from_numpy(b_out)


def _forward_triton(
    a_mz: Tensor,
    a_intensity: Tensor,
    a_sigma: Tensor,
    a_offsets: Tensor,
    b_mz: Tensor,
    b_intensity: Tensor,
    b_sigma: Tensor,
    b_offsets: Tensor,
    bin_width: float,
    n_bins: int,
    grad_a: bool,
    grad_b: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """The same in Triton."""
    from peploss.kernels.gpu import launch

    a = check(a_mz, a_intensity, a_sigma, a_offsets)
    b = check(b_mz, b_intensity, b_sigma, b_offsets)
    return launch.cosine(a, b, bin_width, n_bins, grad_a, grad_b)


def check(mz: Tensor, intensity: Tensor, sigma: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Check one side and return it unchanged.

    Raises:
        ArgumentError: shapes or devices do not fit, or, where offsets are on the CPU, they do not run from 0 to the
            number of peaks. On a GPU they are not checked, which would stall it; wrong offsets give NaN.
    """
    if not mz.shape == intensity.shape == sigma.shape or mz.ndim != 1 or offsets.ndim != 1 or len(offsets) == 0:
        raise ArgumentError(
            f"m/z, intensity and sigma must be one-dimensional and equally long, and offsets one-dimensional; they are "
            f"{tuple(mz.shape)}, {tuple(intensity.shape)}, {tuple(sigma.shape)} and {tuple(offsets.shape)}."
        )
    if len({x.device for x in (mz, intensity, sigma, offsets)}) > 1:
        raise ArgumentError(
            f"m/z, intensity, sigma and offsets must be on one device, not on {mz.device}, {intensity.device}, "
            f"{sigma.device} and {offsets.device}."
        )
    if offsets.is_cpu:
        check_offsets(offsets, len(mz))
    return mz, intensity, sigma, offsets


def check_offsets(offsets: Tensor, n: int) -> None:
    """Check that offsets on the CPU run from 0 to the number of peaks.

    Raises:
        ArgumentError: they do not.
    """
    from peploss.kernels.cpu import pairs

    if not pairs.offsets_fit(_array(offsets), n):
        raise ArgumentError(f"Offsets must rise from 0 to the number of peaks, {n}; they are {offsets.tolist()}.")


def arrays(mz: Tensor, intensity: Tensor, sigma: Tensor, offsets: Tensor) -> tuple[Any, Any, Any, Any]:
    """One side as contiguous arrays.

    Raises:
        ArgumentError: the offsets do not run from 0 to the number of peaks; the kernels would read past the end.
    """
    from peploss.kernels.cpu import pairs

    m, a, s, ends = _array(mz), _array(intensity), _array(sigma), _array(offsets)
    n = len(m)
    if not (len(a) == len(s) == n and pairs.offsets_fit(ends, n)):
        raise ArgumentError(
            f"Offsets must rise from 0 to the number of peaks, {n}; they are {ends}. "
            f"m/z, intensity and sigma must be equally long; they are {n}, {len(a)} and {len(s)}."
        )
    return m, a, s, ends


def _array(x: Tensor) -> Any:
    # For a single spectrum every spared call into torch or numpy counts.
    array = (x.detach() if x.requires_grad else x).numpy()
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def _scale(
    upstream: Tensor, offsets: Tensor, derivatives: Tensor, by_triton: tuple[bool, bool, bool] | None
) -> tuple[Tensor | None, ...]:
    """Rows of (3, N) derivatives, each column times the upstream gradient (B,) of its spectrum.

    ``by_triton`` says which rows are wanted of Triton's kernel; None leaves all of them to torch or numba.
    """
    if upstream.shape[0] == 1:
        return (derivatives * upstream).unbind()
    if wrapped(upstream, offsets, derivatives):
        return (derivatives * upstream[spectrum_of(offsets, derivatives.shape[1])]).unbind()
    if not torch.is_grad_enabled() and not _traced((upstream, offsets, derivatives)):
        if by_triton is not None:
            from peploss.kernels.gpu import launch

            return launch.scaled(upstream, offsets, derivatives, by_triton)
        if upstream.is_cpu:
            from peploss.kernels.cpu import pairs

            # Not in torch, whose repeat_interleave wakes the OpenMP threads: they spin on for a millisecond after it,
            # on the cores that the next forward wants.
            scaled = torch.from_numpy(pairs.scale(_array(upstream), _array(offsets), _array(derivatives)))
            return scaled.unbind()
    return (derivatives * torch.repeat_interleave(upstream, offsets.diff(), output_size=derivatives.shape[1])).unbind()


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.grad_a, ctx.grad_b, ctx.triton = inputs[10], inputs[11], False
    ctx.set_materialize_grads(False)
    # Saved as outputs, so that a second derivative reaches this code and is refused instead of being zero.
    ctx.save_for_backward(inputs[3], inputs[7], *output[1:])


def _save_eager(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    _save(ctx, inputs, output)
    ctx.save_for_forward(inputs[3], inputs[7], *output[1:])


def _save_triton(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    _save_eager(ctx, inputs, output)
    ctx.triton = True


def _backward(ctx: Any, upstream: Tensor | None, *of_derivatives: Tensor | None) -> tuple[Tensor | None, ...]:
    if any(g is not None for g in of_derivatives):
        raise RuntimeError(SECOND_DERIVATIVE)
    a_offsets, b_offsets, by_a, by_b = ctx.saved_tensors
    a: tuple[Tensor | None, ...] = (None,) * 3
    b: tuple[Tensor | None, ...] = (None,) * 3
    if upstream is not None and ctx.grad_a:
        a = _scale(upstream, a_offsets, by_a, ctx.needs_input_grad[0:3] if ctx.triton else None)
    if upstream is not None and ctx.grad_b:
        b = _scale(upstream, b_offsets, by_b, ctx.needs_input_grad[4:7] if ctx.triton else None)
    return *a, None, *b, None, None, None, None, None


class CosineFunction(torch.autograd.Function):
    """The operation for eager code."""

    forward = staticmethod(_forward)
    setup_context = staticmethod(_save_eager)
    backward = staticmethod(_backward)
    jvp = staticmethod(along_tangents)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return one_batch(CosineFunction.apply, info.batch_size, in_dims, inputs)


class TritonCosineFunction(torch.autograd.Function):
    """The operation for eager code on a GPU."""

    forward = staticmethod(_forward_triton)
    setup_context = staticmethod(_save_triton)
    backward = staticmethod(_backward)
    jvp = staticmethod(along_tangents)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return one_batch(TritonCosineFunction.apply, info.batch_size, in_dims, inputs)


cosine_op = torch.library.custom_op("peploss::cosine", _forward, mutates_args=(), device_types="cpu")
cosine_op.register_kernel("cuda")(_forward_triton)
cosine_op.register_autograd(_backward, setup_context=_save)


@cosine_op.register_fake
def _(a_mz, a_intensity, a_sigma, a_offsets, b_mz, b_intensity, b_sigma, b_offsets, h, n_bins, grad_a, grad_b):
    cos = a_mz.new_empty(a_offsets.shape[0] - 1, dtype=torch.float64)
    by_a = a_mz.new_empty((3, a_mz.shape[0] if grad_a else 0), dtype=torch.float64)
    by_b = b_mz.new_empty((3, b_mz.shape[0] if grad_b else 0), dtype=torch.float64)
    return cos, by_a, by_b


def cosine(*inputs: Any, triton: bool) -> Tensor:
    """(B,) cosines; arguments as of ``_forward``, differentiable in m/z, intensity and sigma.

    Raises:
        BackendError: ``triton`` on tensors of the CPU is to be traced, which its interpreter cannot be.
    """
    if not _traced(inputs[:8]):
        return (TritonCosineFunction if triton else CosineFunction).apply(*inputs)[0]
    if triton and not inputs[0].is_cuda:
        raise BackendError(
            "Triton's interpreter cannot be compiled, exported or traced.", remedy="Use CUDA tensors, or backend='cpu'."
        )
    return cosine_op(*inputs)[0]


def _traced(tensors: tuple[Any, ...]) -> bool:
    """Whether a compiler, exporter or tracer is at work, or the tensors are fake; these need the custom op."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() > 0:
        return True
    return not all(type(x) in (Tensor, torch.nn.Parameter) and (x.is_cpu or x.is_cuda) for x in tensors)
