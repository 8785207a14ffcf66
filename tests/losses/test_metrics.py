from __future__ import annotations

import pytest
import torch

import peploss
from peploss.errors import ArgumentError


def test_metrics_of_a_loss_become_the_same_numbers() -> None:
    targets, mask = peploss.Vocabulary().encode(["PEPTIDE"])
    peaks = torch.tensor([[148.06, 263.09]]), torch.ones(1, 2), torch.ones(1, 2).bool()
    logits = torch.randn(2, *targets.shape, 24, generator=torch.Generator().manual_seed(0))
    _, metrics = peploss.CombinedLoss(precursor_weight=0.1)(logits, targets, mask, *peaks, torch.tensor([799.36]))
    numbers = peploss.dict_of_floats(metrics)
    assert list(numbers) == list(metrics)
    assert all(type(value) is float for value in numbers.values())
    assert all(numbers[name] == float(value) for name, value in metrics.items())
    assert peploss.dict_of_floats({}) == {}


def test_more_than_one_number_is_refused_by_name() -> None:
    with pytest.raises(ArgumentError, match=r"The metric ppm_error has the shape \(3,\)"):
        peploss.dict_of_floats({"total_loss": torch.tensor(1.0), "ppm_error": torch.zeros(3)})
