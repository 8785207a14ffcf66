"""The sweeps as one differentiable operation of torch.

One forward computes the loss and, where asked, its derivative by every input at once; the backward only scales them by
the upstream gradient of their spectrum. As the cosine, it exists twice over one function: as a ``torch.library`` custom
op for compilers, exporters and fake tensors, and as a plain ``autograd.Function`` for eager code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from peploss.kernels.autograd import arrays
from peploss.kernels.autograd import traced as traced
from peploss.kernels.peaks import Peaks
from peploss.kernels.threads import split

Kind = Literal[
    "min_distance", "coverage", "f1", "masked", "entropy", "weighted_entropy", "cross_entropy", "pearson",
    "transport", "greedy",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SECOND_DERIVATIVE = (
    "This loss has no second derivative: its fast pass gives first derivatives only. Use backend='reference', which is "
    "plain torch, to differentiate twice."
)


def sweep(
    kind: Kind,
    pred: Peaks,
    obs: Peaks,
    sigmas: tuple[Tensor, Tensor] | None = None,
    *,
    bin_width: float = 0.0,
    n_bins: int = 0,
    parameter: float = 0.0,
    shift: Tensor | None = None,
) -> Tensor:
    """One loss of every spectrum, in float64 on the CPU; tensors elsewhere travel there and back.

    Args:
        kind: which; the formula stands in the module of its pass.
        pred, obs: B spectra each, float64 (``peploss.kernels.arguments.wide``).
        sigmas: (N,) and (M,) widths in Th, for the kinds that have any.
        bin_width, n_bins: of the grid, for the kinds of ``bins``.
        parameter: delta in Th of ``min_distance``, the floor of ``cross_entropy``.
        shift: (B,) in Th, of ``greedy``; no gradient reaches it.
    Returns:
        (B,) float64, differentiable in m/z, intensity and widths. NaN where a NaN or an infinite intensity went in.
    Raises:
        ArgumentError: offsets do not fit the peaks.
    """
    grad = torch.is_grad_enabled()
    widths = sigmas or (pred.mz.detach(), obs.mz.detach())
    extra = pred.mz.new_zeros(0) if shift is None else shift.detach().to(pred.mz)
    inputs = (pred.mz, pred.intensity, widths[0], pred.offsets, obs.mz, obs.intensity, widths[1], obs.offsets, extra)
    device = pred.mz.device
    at = device if device.type in ("cpu", "meta") else torch.device("cpu")
    placed = [x.to(at) for x in inputs]
    grad_pred = grad and any(x.requires_grad for x in inputs[:3])
    grad_obs = grad and any(x.requires_grad for x in inputs[4:7])
    rest = (kind, float(bin_width), int(n_bins), float(parameter), grad_pred, grad_obs)
    out = sweep_op(*placed, *rest) if traced(tuple(placed)) else SweepFunction.apply(*placed, *rest)
    return out[0].to(device)


def _forward(
    a_mz: Tensor,  # (N,) float64
    a_intensity: Tensor,  # (N,)
    a_sigma: Tensor,  # (N,) in Th
    a_offsets: Tensor,  # (B + 1,) int64
    b_mz: Tensor,  # (M,)
    b_intensity: Tensor,  # (M,)
    b_sigma: Tensor,  # (M,)
    b_offsets: Tensor,  # (B + 1,)
    shift: Tensor,  # (B,) or (0,)
    kind: str,
    bin_width: float,
    n_bins: int,
    parameter: float,
    grad_a: bool,
    grad_b: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Losses (B,), derivatives by a's m/z, intensity, sigma (3, N) and by b's (3, M); no columns where not asked."""
    a = arrays(a_mz, a_intensity, a_sigma, a_offsets)
    b = arrays(b_mz, b_intensity, b_sigma, b_offsets)
    values = np.empty(len(a[3]) - 1)
    run: Callable[[int, int], None]
    out = (np.zeros((3, len(a[0]) if grad_a else 0)), np.zeros((3, len(b[0]) if grad_b else 0)))
    asked: tuple[Any, ...] = (grad_a, grad_b, values, *out)

    if kind == "transport":
        from peploss.kernels.sweeps import transport

        def run(start: int, stop: int) -> None:
            transport.transport_range(start, stop, a[0], a[1], a[3], b[0], b[1], b[3], *asked)
    elif kind == "greedy":
        from peploss.kernels.sweeps import greedy

        moves = shift.numpy() if len(shift) else np.zeros(len(values))

        def run(start: int, stop: int) -> None:
            greedy.greedy_range(start, stop, *a, *b, moves, *asked)
    elif kind in ("min_distance", "coverage", "f1", "masked"):
        from peploss.kernels.sweeps import nearest

        number = ("min_distance", "coverage", "f1", "masked").index(kind)

        def run(start: int, stop: int) -> None:
            nearest.nearest_range(number, start, stop, *a, *b, parameter, *asked)
    else:
        from peploss.kernels.sweeps import bins

        which = ("entropy", "weighted_entropy", "cross_entropy", "pearson").index(kind)

        def run(start: int, stop: int) -> None:
            bins.bins_range(which, start, stop, *a, *b, bin_width, n_bins, parameter, *asked)

    split(run, a[3], b[3])
    return torch.from_numpy(values), torch.from_numpy(out[0]), torch.from_numpy(out[1])


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.grad_a, ctx.grad_b = inputs[13], inputs[14]
    ctx.set_materialize_grads(False)
    # Saved as outputs, so that a second derivative reaches this code and is refused instead of being zero.
    ctx.save_for_backward(inputs[3], inputs[7], *output[1:])


def _scaled(upstream: Tensor, offsets: Tensor, derivatives: Tensor) -> tuple[Tensor, ...]:
    """Rows of (3, N) derivatives, each column times the upstream gradient (B,) of its spectrum."""
    if not torch.is_grad_enabled() and not traced((upstream, offsets, derivatives)):
        from peploss.kernels.cpu.derivatives import scale

        up, ends, rows = (np.ascontiguousarray(x.numpy()) for x in (upstream, offsets, derivatives))
        return torch.from_numpy(scale(up, ends, rows, 1.0)).unbind()
    return (derivatives * torch.repeat_interleave(upstream, offsets.diff(), output_size=derivatives.shape[1])).unbind()


def _backward(ctx: Any, upstream: Tensor | None, *of_derivatives: Tensor | None) -> tuple[Tensor | None, ...]:
    if any(g is not None for g in of_derivatives):
        raise RuntimeError(SECOND_DERIVATIVE)
    a_offsets, b_offsets, by_a, by_b = ctx.saved_tensors
    none: tuple[Tensor | None, ...] = (None,) * 3
    a = _scaled(upstream, a_offsets, by_a) if upstream is not None and ctx.grad_a else none
    b = _scaled(upstream, b_offsets, by_b) if upstream is not None and ctx.grad_b else none
    return *a, None, *b, *((None,) * 8)


class SweepFunction(torch.autograd.Function):
    """The operation for eager code."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> tuple[Tensor, Tensor, Tensor]:
        output = _forward(*inputs)
        _save(ctx, inputs, output)
        return output

    backward = staticmethod(_backward)


sweep_op = torch.library.custom_op("peploss::sweep", _forward, mutates_args=(), device_types="cpu")
sweep_op.register_autograd(_backward, setup_context=_save)


@sweep_op.register_fake
def _(a_mz, a_intensity, a_sigma, a_offsets, b_mz, b_intensity, b_sigma, b_offsets, shift, kind, h, n, p, ga, gb):
    values = a_mz.new_empty(a_offsets.shape[0] - 1, dtype=torch.float64)
    by_a = a_mz.new_empty((3, a_mz.shape[0] if ga else 0), dtype=torch.float64)
    by_b = b_mz.new_empty((3, b_mz.shape[0] if gb else 0), dtype=torch.float64)
    return values, by_a, by_b
