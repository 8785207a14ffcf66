"""The precursor loss: three formulas, signed ppm, isotopes, and the mass of soft peptides."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pyteomics import mass

from peploss.constants import ISOTOPE_SPACING, PROTON, RESIDUE_MASSES, WATER
from peploss.errors import ArgumentError, PeptideError, SettingsError, SpectrumError
from peploss.losses.precursor import PrecursorMassLoss, precursor_error, precursor_loss
from peploss.peptides.vocabulary import Vocabulary

PEPTIDES = ["PEPTIDE", "GAS", "WYKR"]
MASSES = [mass.calculate_mass(sequence=p) for p in PEPTIDES]


def soft(sharpness: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    targets, mask = Vocabulary().encode(PEPTIDES)
    g = torch.Generator().manual_seed(0)
    logits = sharpness * torch.nn.functional.one_hot(targets, 24).double()
    return logits + 0.3 * torch.randn(logits.shape, generator=g, dtype=torch.float64), mask


def hard() -> tuple[torch.Tensor, torch.Tensor]:
    targets, mask = Vocabulary().encode(PEPTIDES)
    return torch.nn.functional.one_hot(targets, 24).double(), mask


@pytest.mark.parametrize(
    ("relative", "log", "expected"),
    [
        (True, True, math.log1p(2000 / 100_000)),
        (True, False, 2000.0),
        (False, True, 2.0),
        (False, False, 2.0),
    ],
)
def test_the_formulas_of_the_original(relative: bool, log: bool, expected: float) -> None:
    predicted, observed = torch.tensor([1002.0]).double(), torch.tensor([1000.0]).double()
    for sign in (1, -1):
        loss = precursor_loss(1000 + sign * (predicted - 1000), observed, use_relative=relative, use_log=log)
        assert loss.item() == pytest.approx(expected, rel=1e-12)
    scaled = precursor_loss(predicted, observed, 10.0, use_relative=relative, use_log=log)
    wanted = (math.log1p(2000 / 10) if log else 10.0) if relative else 2.0
    assert scaled.item() == pytest.approx(wanted)


def test_ten_ppm_cost_a_ten_thousandth_and_agreement_nothing() -> None:
    observed = torch.tensor([1500.0, 1500.0], dtype=torch.float64)
    predicted = torch.tensor([1500.015, 1500.0], dtype=torch.float64, requires_grad=True)
    loss = precursor_loss(predicted, observed)
    loss.sum().backward()
    assert loss[0].item() == pytest.approx(1e-4, rel=1e-3)
    assert loss[1].item() == 0.0
    assert predicted.grad[1].item() == 0.0


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("log", [True, False])
def test_gradcheck(relative: bool, log: bool) -> None:
    predicted = torch.tensor([900.0, 1003.0], dtype=torch.float64, requires_grad=True)
    observed = torch.tensor([1000.0, 1000.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda p, o: precursor_loss(p, o, 5e4, use_relative=relative, use_log=log), (predicted, observed)
    )


@pytest.mark.parametrize("unknown", [0.0, -5.0, math.nan, math.inf])
def test_a_mass_not_known_costs_nothing_and_spoils_no_mean(unknown: float) -> None:
    logits, mask = soft()
    logits.requires_grad_()
    observed = torch.tensor([MASSES[0], unknown, MASSES[2]], dtype=torch.float64)
    loss, metrics = PrecursorMassLoss()(logits.softmax(-1), observed, mask)
    each, per_sample = PrecursorMassLoss(reduction="none")(logits.softmax(-1), observed, mask)
    assert each[1].item() == 0.0
    assert loss.item() == pytest.approx(each[[0, 2]].mean().item())
    assert metrics["precursor_known"].item() == pytest.approx(2 / 3)
    assert metrics["ppm_error"].item() == pytest.approx(per_sample["ppm_error"][[0, 2]].mean().item())
    assert per_sample["ppm_error"].isnan().tolist() == [False, True, False]
    loss.backward()
    assert (logits.grad[1] == 0).all()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[0] != 0).any()


def test_no_mass_known_at_all() -> None:
    probs, mask = hard()
    loss, metrics = PrecursorMassLoss()(probs, torch.zeros(3), mask)
    assert loss.item() == 0.0
    assert metrics["ppm_error"].isnan()
    assert metrics["predicted_peptide_mass"].item() == pytest.approx(np.mean(MASSES))


def test_the_mass_of_a_hard_peptide_is_that_of_pyteomics() -> None:
    probs, mask = hard()
    observed = torch.tensor(MASSES, dtype=torch.float64) + torch.tensor([0.01, 0.0, -0.02], dtype=torch.float64)
    loss, metrics = PrecursorMassLoss(reduction="none")(probs, observed, mask)
    np.testing.assert_allclose(metrics["predicted_peptide_mass"], MASSES, rtol=1e-9)
    np.testing.assert_allclose(metrics["mass_error_da"], [0.01, 0, 0.02], atol=1e-6)
    np.testing.assert_allclose(metrics["ppm_error"], metrics["mass_error_da"] / observed * 1e6, rtol=1e-9)
    np.testing.assert_allclose(loss, torch.log1p(metrics["ppm_error"] / 1e5), rtol=1e-9)
    assert not any(m.requires_grad for m in metrics.values())


def test_padding_and_special_tokens_change_no_mass() -> None:
    probs, mask = hard()
    wider = torch.nn.functional.pad(probs, (0, 0, 0, 4), value=1 / 24)
    wider_mask = torch.nn.functional.pad(mask, (0, 4))
    unsure = 0.6 * probs
    unsure[..., 0] += 0.4  # two fifths of everything on <PAD>
    observed = torch.tensor(MASSES)
    for other, other_mask in ((wider, wider_mask), (unsure, mask)):
        _, metrics = PrecursorMassLoss(reduction="none")(other, observed, other_mask)
        np.testing.assert_allclose(metrics["predicted_peptide_mass"], MASSES, rtol=1e-9)


def test_without_a_mask_the_ends_are_sos_and_eos() -> None:
    targets, _ = Vocabulary().encode(["GAS"])
    probs = torch.nn.functional.one_hot(targets, 24).double()
    _, metrics = PrecursorMassLoss()(probs, torch.tensor([200.0]))
    assert metrics["predicted_peptide_mass"].item() == pytest.approx(mass.calculate_mass(sequence="GAS"))


def test_another_vocabulary() -> None:
    vocabulary = {"<pad>": 0.0, "G": 57.0, "X": 100.0}
    probs = torch.tensor([[[0.0, 0.5, 0.5]] * 3], dtype=torch.float64)
    loss = PrecursorMassLoss(vocabulary=vocabulary)
    _, metrics = loss(probs, torch.tensor([100.0]))
    assert metrics["predicted_peptide_mass"].item() == pytest.approx(3 * 78.5 + WATER)  # no SOS, no EOS to trim


def test_a_vocabulary_without_sos_and_eos_keeps_its_ends() -> None:
    vocabulary = Vocabulary.from_masses({"<PAD>": 0.0, **RESIDUE_MASSES})
    targets, mask = vocabulary.encode(["PEPTIDE", "GAS"])
    probs = torch.nn.functional.one_hot(targets, len(vocabulary)).double()
    loss = PrecursorMassLoss(vocabulary=vocabulary, reduction="none")
    observed = torch.tensor([799.36, 233.10], dtype=torch.float64)
    for masks in ({"sequence_mask": mask}, {"residue_mask": mask}):
        _, metrics = loss(probs, observed, **masks)
        np.testing.assert_allclose(metrics["predicted_peptide_mass"], observed, atol=0.005)
    with pytest.raises(ArgumentError, match="not both"):
        loss(probs, observed, mask, residue_mask=mask)


def test_nan_probabilities_are_seen() -> None:
    probs, mask = hard()
    probs[1, 1] = torch.nan
    loss, metrics = PrecursorMassLoss(reduction="none")(probs, torch.tensor(MASSES), mask)
    assert loss.isnan().tolist() == metrics["ppm_error"].isnan().tolist() == [False, True, False]


def test_compiles_with_dynamic_shapes() -> None:
    torch._dynamo.reset()
    loss = PrecursorMassLoss()
    logits, mask = soft()
    observed = torch.tensor(MASSES, dtype=torch.float64)
    compiled = torch.compile(loss, dynamic=True, fullgraph=True, backend="aot_eager")
    for rows in (3, 2):
        arguments = (logits[:rows].softmax(-1), observed[:rows], mask[:rows])
        torch.testing.assert_close(compiled(*arguments), loss(*arguments), rtol=1e-9, atol=1e-14)


def test_gradcheck_to_the_logits() -> None:
    logits, mask = soft()
    logits.requires_grad_()
    observed = torch.tensor(MASSES, dtype=torch.float64)
    loss = PrecursorMassLoss(loss_scale=1000.0, reduction="none")
    assert torch.autograd.gradcheck(lambda x: loss(x.softmax(-1), observed, mask)[0], logits)


def test_shapes_and_settings_are_refused_in_words() -> None:
    probs, mask = hard()
    with pytest.raises(ValueError, match="one each per sample"):
        PrecursorMassLoss()(probs, torch.ones(2), mask)
    with pytest.raises(SettingsError, match="positive and finite, not 0"):
        PrecursorMassLoss(loss_scale=0)
    with pytest.raises(SettingsError, match="positive and finite, not '1'"):
        PrecursorMassLoss(loss_scale="1")
    with pytest.raises(SettingsError, match="reduction"):
        PrecursorMassLoss(reduction="max")


@given(
    st.floats(300, 5000),
    st.integers(1, 6),
    st.integers(-1, 3),
    st.floats(-20, 20),
)
def test_precursor_error_finds_the_isotope_and_the_ppm(neutral: float, charge: int, isotope: int, ppm: float) -> None:
    observed = neutral + isotope * ISOTOPE_SPACING
    observed /= 1 - ppm * 1e-6  # ppm of the observed mass
    error = precursor_error(neutral, observed / charge + PROTON, charge)
    assert error.isotope == isotope
    assert error.isotope_ppm == pytest.approx(ppm, abs=1e-5)
    total = (observed - neutral) / observed * 1e6
    assert error.ppm == pytest.approx(total, abs=1e-5)
    assert error.loss == pytest.approx(math.log1p(abs(total) / 1e5), abs=1e-9)


def test_precursor_error_agrees_with_the_tensor_loss() -> None:
    error = precursor_error(999.0, 1000.0 / 2 + PROTON, 2, scale=5000.0)
    loss = precursor_loss(torch.tensor([999.0]).double(), torch.tensor([1000.0]).double(), 5000.0)
    assert error.loss == pytest.approx(loss.item(), rel=1e-9)
    assert error.ppm == pytest.approx(1000.0)  # the measured mass is the heavier: positive
    assert all(type(x) in (int, float) for x in error)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.0, 500.0, 2), PeptideError, "positive and finite"),
        ((1000.0, -1.0, 2), SpectrumError, "precursor m/z must be"),
        ((1000.0, math.nan, 2), SpectrumError, "precursor m/z must be"),
        ((1000.0, 500.0, 0), SpectrumError, "at least 1, not 0"),
        ((1000.0, 1.0, 2), SpectrumError, "lighter than the proton"),
    ],
)
def test_precursor_error_refuses_in_words(arguments, error, message: str) -> None:
    with pytest.raises(error, match=message):
        precursor_error(*arguments)
    with pytest.raises(SettingsError, match="scale"):
        precursor_error(1000.0, 500.0, 2, scale=0.0)
