"""Makes the cosine a differentiable operation of torch.

One forward computes the cosine and, where asked, its derivative by every input at once (each pair of peaks is
visited anyway); the backward only scales them by the upstream gradient of their spectrum.

It exists as a ``torch.library`` custom op, which compilers, exporters and fake tensors can see through, and as an
``autograd.Function`` for ``torch.func`` and for eager code, where dispatching a custom op costs several times what the
kernel itself takes for one spectrum. That for eager code on the CPU stands in ``eager``. What ``torch.func`` needs
besides (a rule for ``vmap``, the derivative along a tangent) stands in ``transforms``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.errors import ArgumentError, BackendError
from peploss.kernels.threads import split
from peploss.kernels.transforms import along_tangents, one_batch, spectrum_of, traced, transformed, wrapped

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
    level_a: int,
    level_b: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines (B,), and derivatives by a's peaks (R, N) and by b's (R, M).

    A level is 0 for no derivatives (no columns), 1 for rows of m/z and intensity, 2 for a row of sigma as well.
    """
    a = arrays(a_mz, a_intensity, a_sigma, a_offsets, one_width=True)
    b = arrays(b_mz, b_intensity, b_sigma, b_offsets, one_width=True)
    cos, a_out, b_out = computed(a, b, bin_width, n_bins, level_a, level_b, np.empty(0))
    return torch.from_numpy(cos), torch.from_numpy(a_out), torch.from_numpy(b_out)


Arrays = tuple[Any, Any, Any, Any]


def computed(
    a: Arrays, b: Arrays, bin_width: float, n_bins: int, level_a: int, level_b: int, norms: Any
) -> tuple[Any, Any, Any]:
    """The same from arrays to arrays, on all threads; ``norms`` of b's spectra (B,), or none, where they are known."""
    from peploss.kernels.cpu import pairs

    if len(a[3]) != len(b[3]):  # the kernel would read past the end
        raise ArgumentError(f"Both sides must be as many spectra; they are {len(a[3]) - 1} and {len(b[3]) - 1}.")
    cos = np.empty(len(a[3]) - 1)
    a_out = np.empty((rows(level_a), len(a[0]) if level_a else 0))
    b_out = np.empty((rows(level_b), len(b[0]) if level_b else 0))

    def run(start: int, stop: int) -> None:
        pairs.cosine_range(start, stop, *a, *b, bin_width, n_bins, level_a, level_b, norms, cos, a_out, b_out)

    split(run, a[3], b[3])
    return cos, a_out, b_out


def rows(level: int) -> int:
    """How many rows of derivatives a level has."""
    return 3 if level == 2 else 2


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
    level_a: int,
    level_b: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """The same in Triton, which computes all rows at once: levels are 0 or 2."""
    from peploss.kernels.gpu import launch

    a = check(a_mz, a_intensity, a_sigma, a_offsets)
    b = check(b_mz, b_intensity, b_sigma, b_offsets)
    cos, by_a, by_b = launch.cosine(a, b, bin_width, n_bins, level_a > 0, level_b > 0)
    return cos, by_a if level_a else by_a[:2], by_b if level_b else by_b[:2]


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
    from peploss.kernels.cpu.rendered import offsets_fit

    if not offsets_fit(numpy_of(offsets), n):
        raise ArgumentError(f"Offsets must rise from 0 to the number of peaks, {n}; they are {offsets.tolist()}.")


def arrays(
    mz: Tensor, intensity: Tensor, sigma: Tensor | NDArray[np.float64], offsets: Tensor, *, one_width: bool = False
) -> Arrays:
    """One side as contiguous arrays; with ``one_width`` a number that was expanded to all peaks stays one number.

    Args:
        sigma: (N,) tensor; or an array, also of one number for all peaks, that is taken as it is.
    Raises:
        ArgumentError: the offsets do not run from 0 to the number of peaks; the kernels would read past the end.
    """
    from peploss.kernels.cpu.rendered import offsets_fit

    m, a, ends = numpy_of(mz), numpy_of(intensity), numpy_of(offsets)
    n, of_sigma = m.size, len(sigma)
    if isinstance(sigma, Tensor):
        expanded = one_width and sigma.ndim == 1 and of_sigma > 0 and sigma.stride(0) == 0
        s = numpy_of(sigma[:1] if expanded else sigma)
    else:
        s, of_sigma = sigma, n if of_sigma == 1 else of_sigma
    if not (a.size == n and of_sigma == n and offsets_fit(ends, n)):
        raise ArgumentError(
            f"Offsets must rise from 0 to the number of peaks, {n}; they are {ends}. "
            f"m/z, intensity and sigma must be equally long; they are {n}, {len(a)} and {of_sigma}."
        )
    return m, a, s, ends


def numpy_of(x: Tensor) -> Any:
    """The values as a contiguous array, of the same memory where that is contiguous."""
    # For a single spectrum every spared call into torch or numpy counts.
    if x.requires_grad:
        x = x.detach()
    return x.numpy() if x.is_contiguous() else x.contiguous().numpy()


def scaled(
    upstream: Tensor,
    offsets: Tensor,
    derivatives: Tensor,
    wanted: tuple[bool, bool, bool],
    sign: float = 1.0,
    triton: bool = False,
) -> tuple[Tensor | None, ...]:
    """Rows of derivatives (R, N), each column times the upstream gradient (B,) of its spectrum; R of the three inputs.

    Rows behind the last that is wanted may be left out. ``sign`` multiplies them all.
    """
    plain = not torch.is_grad_enabled() and not traced((upstream, offsets, derivatives))
    if plain and upstream.is_cpu and not triton:
        from peploss.kernels.cpu.derivatives import scale

        # Not in torch, whose repeat_interleave wakes the OpenMP threads: they spin on for a millisecond after it,
        # on the cores that the next forward wants.
        rows_wanted = numpy_of(derivatives)[: 3 if wanted[2] else 2 if wanted[1] else int(wanted[0])]
        return torch.from_numpy(scale(numpy_of(upstream), numpy_of(offsets), rows_wanted, sign)).unbind()
    if sign != 1.0:
        upstream = upstream * sign
    if upstream.shape[0] == 1:
        return (derivatives * upstream).unbind()
    if wrapped(upstream, offsets, derivatives):
        return (derivatives * upstream[spectrum_of(offsets, derivatives.shape[1])]).unbind()
    if plain and triton:
        from peploss.kernels.gpu import launch

        return launch.scaled(upstream, offsets, derivatives, wanted)
    return (derivatives * torch.repeat_interleave(upstream, offsets.diff(), output_size=derivatives.shape[1])).unbind()


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.level_a, ctx.level_b, ctx.triton = inputs[10], inputs[11], False
    ctx.set_materialize_grads(False)
    # Saved as outputs, so that a second derivative reaches this code and is refused instead of being zero.
    ctx.save_for_backward(inputs[3], inputs[7], *output[1:])


def _save_transformed(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    _save(ctx, inputs, output)
    ctx.save_for_forward(inputs[3], inputs[7], *output[1:])


def _save_transformed_triton(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    _save_transformed(ctx, inputs, output)
    ctx.triton = True


def _backward(ctx: Any, upstream: Tensor | None, *of_derivatives: Tensor | None) -> tuple[Tensor | None, ...]:
    if any(g is not None for g in of_derivatives):
        raise RuntimeError(SECOND_DERIVATIVE)
    a_offsets, b_offsets, by_a, by_b = ctx.saved_tensors
    a: tuple[Tensor | None, ...] = ()
    b: tuple[Tensor | None, ...] = ()
    wanted_a, wanted_b = ctx.needs_input_grad[0:3], ctx.needs_input_grad[4:7]
    if upstream is not None and ctx.level_a and any(wanted_a):
        a = scaled(upstream, a_offsets, by_a, wanted_a, triton=ctx.triton)
    if upstream is not None and ctx.level_b and any(wanted_b):
        b = scaled(upstream, b_offsets, by_b, wanted_b, triton=ctx.triton)
    none = (None, None, None)
    return *(*a, *none)[:3], None, *(*b, *none)[:3], None, None, None, None, None


class TritonCosineFunction(torch.autograd.Function):
    """The operation for eager code on a GPU, in the form of ``EagerCosine``."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> tuple[Tensor, Tensor, Tensor]:
        output = _forward_triton(*inputs)
        _save(ctx, inputs, output)
        ctx.triton = True
        return output

    backward = staticmethod(_backward)


class TransformedCosine(torch.autograd.Function):
    """The operation for ``torch.func`` and for forward-mode derivatives."""

    forward = staticmethod(_forward)
    setup_context = staticmethod(_save_transformed)
    backward = staticmethod(_backward)
    jvp = staticmethod(along_tangents)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return one_batch(TransformedCosine.apply, info.batch_size, in_dims, inputs)


class TransformedTritonCosine(torch.autograd.Function):
    """The same on a GPU."""

    forward = staticmethod(_forward_triton)
    setup_context = staticmethod(_save_transformed_triton)
    backward = staticmethod(_backward)
    jvp = staticmethod(along_tangents)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> Any:
        return one_batch(TransformedTritonCosine.apply, info.batch_size, in_dims, inputs)


cosine_op = torch.library.custom_op("peploss::cosine", _forward, mutates_args=(), device_types="cpu")
cosine_op.register_kernel("cuda")(_forward_triton)
cosine_op.register_autograd(_backward, setup_context=_save)


@cosine_op.register_fake
def _(a_mz, a_intensity, a_sigma, a_offsets, b_mz, b_intensity, b_sigma, b_offsets, h, n_bins, level_a, level_b):
    cos = a_mz.new_empty(a_offsets.shape[0] - 1, dtype=torch.float64)
    by_a = a_mz.new_empty((rows(level_a), a_mz.shape[0] if level_a else 0), dtype=torch.float64)
    by_b = b_mz.new_empty((rows(level_b), b_mz.shape[0] if level_b else 0), dtype=torch.float64)
    return cos, by_a, by_b


def cosine(*inputs: Any, triton: bool) -> Tensor:
    """(B,) cosines; arguments as of ``_forward``, differentiable in m/z, intensity and sigma. Not for ``eager``.

    Raises:
        BackendError: ``triton`` on tensors of the CPU is to be traced, which its interpreter cannot be.
    """
    if not traced(inputs[:8]):
        if transformed() or not triton:
            return (TransformedTritonCosine if triton else TransformedCosine).apply(*inputs)[0]
        return TritonCosineFunction.apply(*inputs)[0]
    if triton and not inputs[0].is_cuda:
        raise BackendError(
            "Triton's interpreter cannot be compiled, exported or traced.", remedy="Use CUDA tensors, or backend='cpu'."
        )
    return cosine_op(*inputs)[0]
