"""Deep supervision against torch's own cross-entropy, one step at a time."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import SettingsError
from peploss.losses.supervision import DeepSupervisionLoss, iteration_weights, step_cross_entropy


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """T=4 steps of logits over 6 tokens, two sequences of 5 and 3 tokens."""
    g = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 2, 5, 6, generator=g, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(0, 6, (2, 5), generator=g)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()
    return logits, targets, mask


@given(st.sampled_from(["uniform", "linear", "exponential"]), st.integers(1, 3000))
def test_weights_sum_to_one_and_never_fall(kind: str, steps: int) -> None:
    weights = iteration_weights(kind, steps)
    assert len(weights) == steps
    assert math.fsum(weights) == pytest.approx(1.0, rel=1e-12)
    assert weights == sorted(weights)


def test_weights_are_in_the_ratios_they_are_named_for() -> None:
    assert iteration_weights("uniform", 4) == [0.25] * 4
    assert iteration_weights("linear", 4) == [0.1, 0.2, 0.3, 0.4]
    exponential = iteration_weights("exponential", 4)
    for t in range(3):
        assert exponential[t + 1] / exponential[t] == pytest.approx(math.exp(0.5))
    with pytest.raises(SettingsError, match="exponential, not 'cubic'"):
        iteration_weights("cubic", 2)
    with pytest.raises(SettingsError, match="at least one"):
        iteration_weights("linear", 0)


@pytest.mark.parametrize("reduction", ["mean", "none", "sum"])
def test_one_step_and_one_token_are_enough(batch, reduction: str) -> None:
    logits, targets, _ = batch
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[0, 2] = True
    found = step_cross_entropy(logits[:1], targets, mask, reduction=reduction)
    want = F.cross_entropy(logits[0, 0, 2:3], targets[0, 2:3])
    assert found.shape == ((1, 2) if reduction == "none" else (1,))
    assert found.flatten()[0].item() == pytest.approx(want.item(), rel=1e-12)
    assert found.sum().item() == pytest.approx(want.item(), rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("kind", ["uniform", "linear", "exponential"])
def test_is_the_weighted_sum_of_torch_cross_entropies(batch, kind: str, smoothing: float) -> None:
    logits, targets, mask = batch
    loss, metrics = DeepSupervisionLoss(kind, smoothing)(logits, targets, mask)
    steps = [F.cross_entropy(step[mask], targets[mask], label_smoothing=smoothing) for step in logits]
    expected = sum(w * s for w, s in zip(iteration_weights(kind, 4), steps, strict=True))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    assert list(metrics) == ["ce_step_0", "ce_step_1", "ce_step_2", "ce_step_3", "ce_final"]
    for t, step in enumerate(steps):
        assert metrics[f"ce_step_{t}"].item() == pytest.approx(step.item(), rel=1e-12)
    assert metrics["ce_final"].item() == pytest.approx(steps[-1].item(), rel=1e-12)
    assert not any(value.requires_grad for value in metrics.values())


def test_reductions(batch) -> None:
    logits, targets, mask = batch
    none, _ = DeepSupervisionLoss(reduction="none")(logits, targets, mask)
    total, _ = DeepSupervisionLoss(reduction="sum")(logits, targets, mask)
    mean, _ = DeepSupervisionLoss()(logits, targets, mask)
    assert none.shape == (2,)
    assert total.item() == pytest.approx(none.sum().item())
    # The mean is over tokens: the longer sequence weighs more.
    assert mean.item() == pytest.approx(((none * mask.sum(1)).sum() / mask.sum()).item())
    assert mean.item() != pytest.approx(none.mean().item(), rel=1e-3)


def test_padding_gets_no_gradient_whatever_it_holds(batch) -> None:
    logits, targets, mask = batch
    with torch.no_grad():
        spoiled = logits.clone()
        spoiled[:, ~mask] = torch.nan
        wild = torch.where(mask, targets, -1)
    spoiled.requires_grad_()
    loss, _ = DeepSupervisionLoss()(spoiled, wild, mask)
    expected, _ = DeepSupervisionLoss()(logits, targets, mask)
    assert loss.item() == expected.item()
    loss.backward()
    assert (spoiled.grad[:, ~mask] == 0).all()
    assert (spoiled.grad[:, mask] != 0).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_batch_of_padding_alone_costs_nothing(batch, reduction: str) -> None:
    logits, targets, mask = batch
    loss, metrics = DeepSupervisionLoss(reduction=reduction)(logits, targets, torch.zeros_like(mask))
    loss.sum().backward()
    assert (loss == 0).all()
    assert (logits.grad == 0).all()
    assert all((value == 0).all() for value in metrics.values())


def test_minus_100_is_ignored_as_torch_ignores_it(batch) -> None:
    logits, targets, mask = batch
    ignored = targets.clone()
    ignored[0, 1] = -100
    expected = F.cross_entropy(logits[0][mask], ignored[mask])
    assert step_cross_entropy(logits, ignored, mask)[0].item() == pytest.approx(expected.item())


def test_any_negative_target_is_masked_and_any_integer_type_will_do(batch) -> None:
    logits, targets, mask = batch
    ignored = targets.clone()
    ignored[0, 1] = -100
    expected = step_cross_entropy(logits, ignored, mask)
    ignored[0, 1] = -1
    for dtype in (torch.int64, torch.int32, torch.int16):
        assert torch.equal(step_cross_entropy(logits, ignored.to(dtype), mask), expected)
    with pytest.raises(ValueError, match="must be integers"):
        step_cross_entropy(logits, ignored.double(), mask)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_gradcheck(batch, reduction: str) -> None:
    logits, targets, mask = batch
    loss = DeepSupervisionLoss("linear", 0.1, reduction=reduction)
    assert torch.autograd.gradcheck(lambda x: loss(x, targets, mask)[0], logits, fast_mode=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_summed_in_float32(batch, dtype: torch.dtype) -> None:
    logits, targets, mask = batch
    half = logits.detach().to(dtype).requires_grad_()
    with torch.autocast("cpu", dtype=dtype):
        loss, metrics = DeepSupervisionLoss()(half, targets, mask)
    assert loss.dtype == metrics["ce_final"].dtype == torch.float32
    expected, _ = DeepSupervisionLoss()(half.double(), targets, mask)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    loss.backward()
    assert half.grad.dtype == dtype


def test_shapes_and_settings_are_refused_in_words(batch) -> None:
    logits, targets, mask = batch
    with pytest.raises(ValueError, match=r"unsqueeze\(0\)"):
        DeepSupervisionLoss()(logits[0], targets, mask)
    with pytest.raises(ValueError, match="targets must have shape"):
        DeepSupervisionLoss()(logits, targets[:, :4], mask)
    with pytest.raises(ValueError, match="target_mask must have shape"):
        DeepSupervisionLoss()(logits, targets, mask[:1])
    for beyond in (-0.01, 1.01):
        with pytest.raises(SettingsError, match="label_smoothing"):
            DeepSupervisionLoss(label_smoothing=beyond)
    with pytest.raises(SettingsError, match="not None"):
        DeepSupervisionLoss(label_smoothing=None)
    with pytest.raises(SettingsError, match="iteration_weights"):
        DeepSupervisionLoss("cubic")
    with pytest.raises(SettingsError, match="reduction"):
        DeepSupervisionLoss(reduction="max")
