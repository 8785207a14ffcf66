"""The cosine in eager code on the CPU: from tensors to the compiled kernel and back, by few calls into torch.

For one spectrum those calls cost many times what the kernel takes. So a sigma that is a number stays one, ``1 -
cosine`` is taken here and not by an operation of torch, and a call that needs no gradient makes no node of a graph.
Compilers, ``torch.func`` and other devices take the operations of ``autograd`` instead; the kernel is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels.arguments import SigmaUnit, check_sigma, same_batch, two_numbers, widths
from peploss.kernels.autograd import SECOND_DERIVATIVE, arrays, computed, numpy_of, scaled
from peploss.kernels.peaks import Peaks
from peploss.kernels.prepared import known_norms
from peploss.kernels.transforms import transformed

F64 = NDArray[np.float64]


_PLAIN = (Tensor, torch.nn.Parameter)


def is_eager(*tensors: Tensor) -> bool:
    """Whether these are plain tensors of the CPU, and nobody looks on: no compiler, tracer or transform."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() > 0 or transformed():
        return False
    for x in tensors:  # noqa: SIM110  a generator costs more than the loop
        if type(x) not in _PLAIN or not x.is_cpu:
            return False
    return True


@dataclass(slots=True)
class _Call:
    """What the operation is given besides tensors that may have a gradient.

    Args:
        offsets: of both sides.
        grid: bin width in Th and number of bins.
        levels: which derivatives of each side the caller needs, as for ``autograd.computed``.
        sigma: a width for all peaks; None where the widths are tensors.
        relative: the width is ``sigma`` times a peak's m/z.
        distance: ``1 - cosine`` is asked for.
        norms: of the second side, (B,), where they are known, else of no length.
    """

    offsets: tuple[Tensor, Tensor]
    grid: tuple[float, int]
    levels: tuple[int, int]
    sigma: float | None
    relative: bool
    distance: bool
    norms: F64


def compared(
    pred: Peaks, obs: Peaks, sigma: float | Tensor, unit: SigmaUnit, grid: MzGrid | None, *, distance: bool
) -> Tensor:
    """(B,) cosines, or ``1 - cosine``; both sides float64 on the CPU. Arguments and errors as ``spectrum_cosine``."""
    a_sigma: Tensor | None = None
    b_sigma: Tensor | None = None
    number, relative = None, False
    if isinstance(sigma, Tensor):
        a_sigma, b_sigma = widths(pred, obs, sigma, unit)
    else:
        same_batch(pred, obs)
        check_sigma(sigma, unit)
        relative = unit == "ppm"
        number = float(sigma) * 1e-6 if relative else float(sigma)
    levels = (0, 0)
    if torch.is_grad_enabled():
        levels = _level(pred, a_sigma), _level(obs, b_sigma)
    norms = known_norms(obs, sigma, unit, grid) if levels[1] == 0 else _NONE
    call = _Call((pred.offsets, obs.offsets), two_numbers(grid), levels, number, relative, distance, norms)
    inputs = (pred.mz, pred.intensity, a_sigma, obs.mz, obs.intensity, b_sigma)
    if levels == (0, 0):
        return torch.from_numpy(_run(inputs, call)[0])
    out: tuple[Tensor, ...] = EagerCosine.apply(*inputs, call)
    return out[0]


_NONE = np.empty(0)


def _level(side: Peaks, sigma: Tensor | None) -> int:
    if sigma is not None and sigma.requires_grad:
        return 2
    return int(side.mz.requires_grad or side.intensity.requires_grad)


def _run(inputs: tuple[Any, ...], call: _Call) -> tuple[F64, F64, F64]:
    """Cosines or distances, and the derivatives of the cosine by each side's peaks, (R, N) and (R, M)."""
    a_mz, a_intensity, a_sigma, b_mz, b_intensity, b_sigma = inputs
    level_a, level_b = call.levels
    if call.sigma is not None and not call.relative:
        a_sigma = b_sigma = np.array([call.sigma])
    elif call.sigma is not None:
        a_sigma, b_sigma = _relative(a_mz, call.sigma), _relative(b_mz, call.sigma)
        level_a, level_b = 2 * level_a, 2 * level_b
    a = arrays(a_mz, a_intensity, a_sigma, call.offsets[0], one_width=True)
    b = arrays(b_mz, b_intensity, b_sigma, call.offsets[1], one_width=True)
    cos, by_a, by_b = computed(a, b, *call.grid, level_a, level_b, call.norms)
    if call.distance:
        np.subtract(1.0, cos, out=cos)
    if call.relative:  # a peak that moves becomes wider, too
        for out in (by_a, by_b):
            if out.size:
                out[0] += call.sigma * out[2]
    return cos, by_a, by_b


def _relative(mz: Tensor, sigma: float) -> F64:
    """(N,) widths in Th. Padding lies at infinite m/z, and no width may come of that."""
    m = numpy_of(mz)
    return np.where(np.isinf(m), sigma, sigma * m)


class EagerCosine(torch.autograd.Function):
    """The operation. In this old form torch spends 10 us on a call; ``setup_context`` costs it 90."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, ...]:
        call: _Call = arguments[6]
        value, by_a, by_b = _run(arguments[:6], call)
        ctx.call = call
        ctx.set_materialize_grads(False)
        # Saved as outputs, so that a second derivative reaches this code and is refused instead of being zero.
        if not call.levels[1]:
            asked: tuple[Tensor, ...] = (torch.from_numpy(by_a),)
        elif not call.levels[0]:
            asked = (torch.from_numpy(by_b),)
        else:
            asked = (torch.from_numpy(by_a), torch.from_numpy(by_b))
        ctx.save_for_backward(*asked)
        return torch.from_numpy(value), *asked

    @staticmethod
    def backward(ctx: Any, upstream: Tensor | None, *of_derivatives: Tensor | None) -> tuple[Tensor | None, ...]:
        for g in of_derivatives:
            if g is not None:
                raise RuntimeError(SECOND_DERIVATIVE)
        call, saved, wanted = ctx.call, ctx.saved_tensors, ctx.needs_input_grad
        sign = -1.0 if call.distance else 1.0
        a: tuple[Tensor | None, ...] = ()
        b: tuple[Tensor | None, ...] = ()
        if upstream is not None and call.levels[0]:
            a = scaled(upstream, call.offsets[0], saved[0], wanted[0:3], sign)
        if upstream is not None and call.levels[1]:
            b = scaled(upstream, call.offsets[1], saved[-1], wanted[3:6], sign)
        none = (None, None, None)
        return *(*a, *none)[:3], *(*b, *none)[:3], None
