"""Reduces one loss per sample to mean, sum or none."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

from peploss.errors import SettingsError

Reduction = Literal["mean", "sum", "none"]


def check_reduction(reduction: str) -> Reduction:
    """``reduction`` itself, or SettingsError naming the three there are."""
    if reduction not in get_args(Reduction):
        raise SettingsError(f"reduction must be mean, sum or none, not {reduction!r}.")
    return reduction  # type: ignore[return-value]


def reduce(values: Tensor, reduction: Reduction, known: Tensor | None = None) -> Tensor:
    """Reduce one value per sample.

    Args:
        values: (B,).
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for the values as they are.
        known: (B,) bool, samples the mean is taken over; the others' values must be 0. None: all.
    Returns:
        () or (B,). The mean over no sample is 0, with zero gradient.

    >>> import torch
    >>> reduce(torch.tensor([1.0, 0.0, 3.0]), "mean", torch.tensor([True, False, True])).item()
    2.0
    """
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    if known is None:
        return values.sum() / max(1, values.shape[0])
    return values.sum() / known.sum().clamp(min=1)
