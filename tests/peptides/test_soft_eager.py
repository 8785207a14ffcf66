"""The fused operations of soft peptides against the tensor operations: values, first and second derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from peploss.peptides import soft, soft_eager
from peploss.peptides.vocabulary import Vocabulary

VOCABULARY = Vocabulary()
IONS = ("b", "y", "a++", "y2-H2O")


def _case(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Probabilities (5, 9, V) and a mask with gaps, an empty row, and positions without any residue or with NaN."""
    generator = torch.Generator().manual_seed(3)
    probs = torch.rand(5, 9, len(VOCABULARY), generator=generator, dtype=torch.float64).mul(3).softmax(-1)
    mask = torch.rand(5, 9, generator=generator) < 0.7
    mask[4] = False
    mask[0, :2] = True
    probs[0, 1, VOCABULARY.residue_tensor()] = 0.0
    probs[2, ~mask[2]] = float("nan")
    return probs.to(dtype), mask


def _all(probs: Tensor, mask: Tensor) -> list[Tensor]:
    """Masses, share, m/z, validity, and gradients by the probabilities of a sum that weighs every one."""
    probs = probs.clone().requires_grad_()
    found = soft.expected_residue_masses(probs, residue_mask=mask)
    mz, valid = soft.soft_fragments(found.masses, mask, [*map(_kind, IONS), *soft_kinds()])
    weights = torch.linspace(-1, 1, mz.numel()).reshape(mz.shape).double()
    total = (weights * mz.log1p()).sum() + found.masses.sum() + (found.special_share**2).sum()
    total.backward()
    assert probs.grad is not None
    assert probs.grad.dtype == probs.dtype
    return [found.masses.detach(), found.special_share.detach(), mz.detach(), valid, probs.grad]


def _kind(name: str) -> soft.IonKind:
    return soft.IonKind(*soft.parse_ion_name(name))


def soft_kinds() -> tuple[soft.IonKind, ...]:
    return soft.IonKind("immonium", 1), soft.IonKind("precursor", 2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_one_pass_is_the_tensor_operations(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    probs, mask = _case(dtype)
    fused = _all(probs, mask)
    monkeypatch.setattr(soft_eager, "eager", lambda *_: False)
    for got, want in zip(fused, _all(probs, mask), strict=True):
        tolerance = 1e-12 if want.dtype == torch.float64 else 1e-5 if dtype == torch.float32 else 1e-2
        torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance, equal_nan=True)


def test_first_and_second_derivatives_are_those_of_finite_differences() -> None:
    probs, mask = _case(torch.float64)
    probs, mask = torch.nan_to_num(probs[:3, :4]).clamp(min=0.01).requires_grad_(), mask[:3, :4]

    def masses(probs: Tensor) -> tuple[Tensor, Tensor]:
        found = soft.expected_residue_masses(probs, residue_mask=mask)
        return found.masses, found.special_share

    def fragments(masses: Tensor) -> Tensor:
        return soft.soft_fragments(masses, mask, IONS)[0]

    residues = (100 * torch.rand(3, 4, dtype=torch.float64) + 60).requires_grad_()
    assert torch.autograd.gradcheck(masses, (probs,))
    assert torch.autograd.gradgradcheck(masses, (probs,))
    assert torch.autograd.gradcheck(fragments, (residues,))
    assert torch.autograd.gradgradcheck(lambda x: fragments(x).log1p(), (residues,))


def test_a_loss_larger_than_its_fragment_makes_none() -> None:
    masses = torch.tensor([[5.0, 6.0, 7.0]], dtype=torch.float64, requires_grad=True)
    mz, valid = soft.soft_fragments(masses, torch.ones(1, 3, dtype=torch.bool), ["b-H2O", "y"])
    assert valid.tolist() == [[False, False, False, False, True, True]]
    assert torch.autograd.grad(mz.sum(), masses)[0].tolist() == [[0.0, 1.0, 2.0]]


def test_eager_code_alone_takes_it() -> None:
    probs, mask = _case(torch.float64)
    assert soft_eager.eager(probs, mask)
    assert not soft_eager.eager(probs.to("meta"), mask)
    seen = []
    torch.func.vmap(lambda x: seen.append(soft_eager.eager(x)) or x.sum())(probs)
    assert seen == [False]
