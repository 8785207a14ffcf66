"""Deep supervision: cross-entropy at every refinement step of an iterative decoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from peploss.errors import ArgumentError, SettingsError
from peploss.losses.checks import integer_targets, is_finite_number
from peploss.losses.reduction import Reduction, check_reduction

IterationWeights = Literal["uniform", "linear", "exponential"]


def iteration_weights(kind: IterationWeights, steps: int) -> list[float]:
    """Weight of each of ``steps`` refinement steps; they sum to 1.

    Args:
        kind: ``"uniform"``, ``"linear"`` (1, 2, ..., T) or ``"exponential"`` (exp(t / 2)), then normalised.
        steps: T, at least 1.
    Raises:
        SettingsError: no such kind, or no step.

    >>> iteration_weights("linear", 3)
    [0.16666666666666666, 0.3333333333333333, 0.5]
    >>> iteration_weights("exponential", 5000)[-1]  # the last step's share converges, nothing overflows
    0.3934693402873666
    """
    if steps < 1:
        raise SettingsError(f"There must be at least one refinement step, not {steps}.")
    if kind == "uniform":
        raw = [1.0] * steps
    elif kind == "linear":
        raw = [float(t) for t in range(1, steps + 1)]
    elif kind == "exponential":
        # Counted from the last step, so that the largest power is exp(0).
        raw = [math.exp((t - steps) / 2) for t in range(1, steps + 1)]
    else:
        raise SettingsError(f"iteration_weights must be uniform, linear or exponential, not {kind!r}.")
    total = math.fsum(raw)
    return [w / total for w in raw]


def step_cross_entropy(
    all_logits: Tensor,
    targets: Tensor,
    target_mask: Tensor,
    *,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """Cross-entropy of every refinement step, padding left out.

    Args:
        all_logits: (T, B, L, V) unnormalised scores, any float type; computed in float32 at least.
        targets: (B, L) token index in [0, V), any integer type; anything where masked. A negative one is masked,
            as -100 is in torch.
        target_mask: (B, L) bool (or 0/1), True where a token counts.
        label_smoothing: share of the target spread over all V tokens; [0, 1].
        reduction: ``"mean"`` over all tokens that count in the batch (a long peptide weighs more, as in
            ``torch.nn.functional.cross_entropy``); ``"none"``: per sample, the mean over its own tokens;
            ``"sum"``: the sum of those.
    Returns:
        (T,) for mean and sum, (T, B) for none, in nats, [0, inf). 0 with zero gradient where no token counts,
        whatever the logits there are (NaN included).
    Raises:
        ArgumentError: shapes do not belong together, there is no step, or targets are no integers.

    >>> import torch
    >>> step_cross_entropy(torch.zeros(2, 1, 3, 4), torch.tensor([[0, 1, 9]]), torch.tensor([[1, 1, 0]])).exp()
    tensor([4., 4.])
    """
    if all_logits.ndim != 4 or all_logits.shape[0] < 1:
        raise ArgumentError(
            f"all_logits must have shape (T, B, L, V) with T >= 1, not {tuple(all_logits.shape)}. "
            "For a decoder without refinement pass logits.unsqueeze(0)."
        )
    for name, tensor in (("targets", targets), ("target_mask", target_mask)):
        if tensor.shape != all_logits.shape[1:3]:
            raise ArgumentError(
                f"{name} must have shape (B, L) = {tuple(all_logits.shape[1:3])} as in all_logits, "
                f"not {tuple(tensor.shape)}."
            )
    targets = integer_targets(targets)
    counts = target_mask.to(torch.bool) & (targets >= 0)  # (B, L)
    logits = all_logits if all_logits.dtype == torch.float64 else all_logits.float()
    # Masked before the softmax: a NaN at a padded place would survive a multiplication by 0 afterwards.
    logits = torch.where(counts[None, :, :, None], logits, 0.0)  # (T, B, L, V)
    index = torch.where(counts, targets, 0).expand(logits.shape[0], -1, -1)  # (T, B, L)
    ce = F.cross_entropy(logits.movedim(-1, 1), index, reduction="none", label_smoothing=label_smoothing)
    ce = torch.where(counts, ce, 0.0)  # (T, B, L)
    if reduction == "mean":
        return ce.sum((1, 2)) / counts.sum().clamp(min=1)
    per_sample = ce.sum(2) / counts.sum(1).clamp(min=1)  # (T, B)
    return per_sample if reduction == "none" else per_sample.sum(1)


class DeepSupervisionLoss(nn.Module):
    """``sum_t w_t CE_t``: cross-entropy at each of T refinement steps, weights normalised to sum 1.

    Args:
        iteration_weights: ``"uniform"``, ``"linear"`` (1, 2, ..., T) or ``"exponential"`` (exp(t / 2)).
        label_smoothing: [0, 1].
        reduction: see ``step_cross_entropy``.
    Raises:
        SettingsError: an argument is out of its range.

    >>> import torch
    >>> loss, metrics = DeepSupervisionLoss("linear")(
    ...     torch.randn(3, 2, 7, 24), torch.ones(2, 7, dtype=torch.long), torch.ones(2, 7, dtype=torch.bool))
    >>> sorted(metrics)
    ['ce_final', 'ce_step_0', 'ce_step_1', 'ce_step_2']
    """

    def __init__(
        self,
        iteration_weights: IterationWeights = "linear",
        label_smoothing: float = 0.0,
        *,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        if iteration_weights not in get_args(IterationWeights):
            raise SettingsError(f"iteration_weights must be uniform, linear or exponential, not {iteration_weights!r}.")
        if not (is_finite_number(label_smoothing) and 0.0 <= label_smoothing <= 1.0):
            raise SettingsError(f"label_smoothing must lie in [0, 1], not {label_smoothing!r}.")
        self.iteration_weights: IterationWeights = iteration_weights
        self.label_smoothing = float(label_smoothing)
        self.reduction: Reduction = check_reduction(reduction)

    __call__: Callable[..., tuple[Tensor, dict[str, Tensor]]]

    def forward(self, all_logits: Tensor, targets: Tensor, target_mask: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Weighted cross-entropy and its parts.

        Args:
            all_logits: (T, B, L, V).
            targets: (B, L) token index, any integer type; negative is masked.
            target_mask: (B, L), True where a token counts.
        Returns:
            The loss, () or (B,) for reduction ``"none"``, float32 or float64; and detached metrics of the same
            shape: ``ce_step_0`` ... ``ce_step_{T-1}`` (label smoothing included) and ``ce_final``, the last one.
        Raises:
            ArgumentError: shapes do not belong together.
        """
        steps = step_cross_entropy(
            all_logits, targets, target_mask, label_smoothing=self.label_smoothing, reduction=self.reduction
        )
        weights = iteration_weights(self.iteration_weights, steps.shape[0])
        loss = torch.zeros_like(steps[0])
        for t, weight in enumerate(weights):
            loss = loss + weight * steps[t]
        parts = steps.detach().unbind(0)
        metrics = {f"ce_step_{t}": part for t, part in enumerate(parts)}
        metrics["ce_final"] = parts[-1]
        return loss, metrics

    def extra_repr(self) -> str:
        return (
            f"iteration_weights={self.iteration_weights!r}, label_smoothing={self.label_smoothing}, "
            f"reduction={self.reduction!r}"
        )
