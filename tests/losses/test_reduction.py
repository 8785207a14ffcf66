"""Reductions, the mean over known samples above all."""

from __future__ import annotations

import pytest
import torch

from peploss.errors import SettingsError
from peploss.losses.reduction import check_reduction, reduce


def test_each_reduction() -> None:
    values = torch.tensor([1.0, 2.0, 0.0])
    known = torch.tensor([True, True, False])
    assert reduce(values, "none", known) is values
    assert reduce(values, "sum", known).item() == 3.0
    assert reduce(values, "mean", known).item() == 1.5
    assert reduce(values, "mean").item() == 1.0


def test_the_mean_over_nothing_is_zero_without_gradient() -> None:
    values = torch.zeros(2, requires_grad=True)
    mean = reduce(values, "mean", torch.zeros(2, dtype=torch.bool))
    assert mean.item() == 0.0
    assert reduce(torch.zeros(0), "mean").item() == 0.0


def test_the_mean_is_over_the_known_alone() -> None:
    values, known = torch.tensor([5.0, 0.0, 0.0]), torch.tensor([True, False, False])
    assert reduce(values, "mean", known).item() == 5.0
    assert reduce(values[:1], "mean").item() == 5.0
    assert reduce(values, "sum", known).item() == 5.0


def test_another_reduction_is_refused() -> None:
    with pytest.raises(SettingsError, match="mean, sum or none, not 'max'"):
        check_reduction("max")
