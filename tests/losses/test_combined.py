"""CombinedLoss: the sum of its parts, and what each does to masks, padding, special tokens and empty sides."""

from __future__ import annotations

import inspect
import math

import pytest
import torch

from peploss.losses.combined import CombinedLoss
from peploss.losses.precursor import PrecursorMassLoss
from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.losses.supervision import DeepSupervisionLoss
from peploss.peptides.vocabulary import Vocabulary
from tests.losses.combined_batch import batch, wide

MASSES = dict(zip(Vocabulary().tokens, Vocabulary().masses, strict=True))
KEYS = {
    *("ce_step_0", "ce_step_1", "ce_final", "spectrum_loss", "total_loss"),
    *("ppm_error", "mass_error_da", "predicted_peptide_mass"),
}
EXTRA_KEYS = {"precursor_loss", "precursor_known", "special_token_probability"}


def test_constructor_and_call_are_those_training_code_uses() -> None:
    names = list(inspect.signature(CombinedLoss).parameters)
    assert names[:12] == [
        *("ce_weight", "spectrum_weight", "precursor_weight", "iteration_weights", "label_smoothing"),
        *("bin_size", "max_mz", "sigma", "ion_type_names", "ms2pip_model", "precursor_use_log", "precursor_scale"),
    ]
    assert list(inspect.signature(CombinedLoss.forward).parameters)[1:-1] == [
        *("all_logits", "targets", "target_mask", "observed_masses", "observed_intensities", "peak_mask"),
        "precursor_mass",
    ]
    total, metrics = CombinedLoss(precursor_weight=0.08)(*batch())
    assert total.shape == ()
    assert set(metrics) == KEYS | EXTRA_KEYS
    assert all(m.shape == () and not m.requires_grad and torch.isfinite(m) for m in metrics.values())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_is_the_weighted_sum_of_its_parts(reduction: str) -> None:
    x = batch()
    loss = wide(
        ce_weight=0.7, spectrum_weight=0.3, precursor_weight=5.0, iteration_weights="linear", reduction=reduction
    )
    total, metrics = loss(*x)
    probs = x.logits[-1].softmax(-1)
    ce, ce_metrics = DeepSupervisionLoss("linear", reduction=reduction)(*x[:3])
    spectrum = SpectrumMatchingLoss(1.0, sigma=2.0, reduction=reduction)(probs, *x[3:6], x.mask)
    precursor, precursor_metrics = PrecursorMassLoss(reduction=reduction)(probs, x.precursor, x.mask)
    expected = 0.7 * ce + 0.3 * spectrum + 5.0 * precursor
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=0)
    assert total.shape == ((3,) if reduction == "none" else ())
    torch.testing.assert_close(metrics["total_loss"], total.detach())
    torch.testing.assert_close(metrics["spectrum_loss"], spectrum.detach())
    torch.testing.assert_close(metrics["precursor_loss"], precursor.detach())
    for name, value in (ce_metrics | precursor_metrics).items():
        torch.testing.assert_close(metrics[name], value)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradcheck_to_the_logits(reduction: str) -> None:
    x = batch(sharpness=3.0)
    loss = wide(spectrum_weight=1.0, precursor_weight=1.0, precursor_scale=1000.0, reduction=reduction)
    assert torch.autograd.gradcheck(lambda y: loss(y, *x[1:])[0], x.logits, fast_mode=True)


@pytest.mark.parametrize(
    ("weight", "keys"),
    [
        ("ce_weight", {"ce_step_0", "ce_step_1", "ce_final"}),
        ("spectrum_weight", {"spectrum_loss"}),
        (
            "precursor_weight",
            {"precursor_loss", "ppm_error", "mass_error_da", "predicted_peptide_mass", "precursor_known"},
        ),
    ],
)
def test_a_weight_of_zero_skips_the_part_and_keeps_its_keys(weight: str, keys: set[str]) -> None:
    x = batch()
    total, metrics = CombinedLoss(**{"precursor_weight": 0.08, weight: 0.0})(*x)
    assert set(metrics) == KEYS | EXTRA_KEYS
    assert {name for name, value in metrics.items() if value.isnan()} == keys
    total.backward()
    assert torch.isfinite(x.logits.grad).all()


def test_a_skipped_spectrum_part_is_never_called(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = CombinedLoss(spectrum_weight=0.0)
    monkeypatch.setattr(loss.spectrum_loss, "of_residues", None)  # calling it would raise
    loss(*batch())
    loss.spectrum_weight = 0.1  # as a curriculum does
    with pytest.raises(TypeError):
        loss(*batch())


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_all_weights_zero_can_still_be_differentiated(reduction: str) -> None:
    x = batch()
    total, metrics = CombinedLoss(0.0, 0.0, 0.0, reduction=reduction)(*x)
    assert (total == 0).all()
    assert total.shape == metrics["ce_final"].shape == ((3,) if reduction == "none" else ())
    total.sum().backward()
    assert (x.logits.grad == 0).all()


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_probability_on_special_tokens_and_types_of_metrics_do_not_hang_on_the_weights(reduction: str) -> None:
    x = batch(dtype=torch.float32)
    _, full = CombinedLoss(precursor_weight=0.08, reduction=reduction)(*x)
    _, stage_one = CombinedLoss(spectrum_weight=0.0, precursor_weight=0.0, reduction=reduction)(*x)
    assert torch.equal(stage_one["special_token_probability"], full["special_token_probability"])
    assert stage_one["special_token_probability"].isfinite().all()
    double = {"ppm_error", "mass_error_da", "predicted_peptide_mass", "precursor_known", "special_token_probability"}
    for metrics in (full, stage_one):
        assert {name for name, value in metrics.items() if value.dtype == torch.float64} == double


@pytest.mark.parametrize("spoil", [math.inf, math.nan])
def test_a_diverged_model_does_not_look_fine(spoil: float) -> None:
    x = batch()
    with torch.no_grad():
        x.logits[-1, 1, 2, 7] = spoil
    total, metrics = CombinedLoss(ce_weight=0.0, precursor_weight=0.08, reduction="none")(*x)
    for value in (total, *(metrics[k] for k in ("spectrum_loss", "precursor_loss", "ppm_error"))):
        assert value.isnan().tolist() == [False, True, False]


def test_negative_targets_are_masked_and_int32_will_do() -> None:
    x = batch()
    loss = CombinedLoss(precursor_weight=0.08)
    want = loss(*x)
    padded = torch.where(x.mask, x.targets, -1).int()
    torch.testing.assert_close(loss(x.logits, padded, torch.ones_like(x.mask), *x[3:]), want)
    with pytest.raises(ValueError, match="must be integers"):
        CombinedLoss(ce_weight=0.0)(x.logits, x.targets.float(), *x[2:])


def test_without_precursor_mass_that_part_is_left_out() -> None:
    x = batch()
    total, metrics = CombinedLoss(precursor_weight=0.08)(*x[:-1])
    other, _ = CombinedLoss(precursor_weight=0.0)(*x)
    assert total.item() == other.item()
    assert metrics["ppm_error"].isnan()


def test_padding_changes_nothing_and_may_hold_anything() -> None:
    x = batch()
    loss = wide(reduction="none")
    plain, _ = loss(*x)
    (expected,) = torch.autograd.grad(plain.sum(), x.logits)
    extra = torch.full((2, 3, 4, 24), torch.nan, dtype=torch.float64)
    with torch.no_grad():
        spoiled = torch.where(x.mask[None, :, :, None], x.logits, torch.nan)
    logits = torch.cat([spoiled, extra], 2).requires_grad_()
    targets = torch.cat([x.targets, torch.full((3, 4), -100)], 1)
    mask = torch.cat([x.mask, torch.zeros(3, 4, dtype=torch.bool)], 1)
    mz = torch.cat([torch.where(x.peak_mask, x.mz, torch.nan), torch.full((3, 2), 150.0).double()], 1)
    peak_mask = torch.cat([x.peak_mask, torch.zeros(3, 2, dtype=torch.bool)], 1)
    intensity = torch.cat([x.intensity, torch.full((3, 2), 9.0).double()], 1)
    padded, _ = loss(logits, targets, mask, mz, intensity, peak_mask, x.precursor)
    torch.testing.assert_close(padded, plain, rtol=1e-12, atol=0)
    (gradient,) = torch.autograd.grad(padded.sum(), logits)
    assert (gradient[:, ~mask] == 0).all()
    torch.testing.assert_close(gradient[:, :, : x.mask.shape[1]], expected, rtol=1e-9, atol=1e-15)


def test_each_sample_is_what_it_is_alone() -> None:
    x = batch()
    loss = wide(reduction="none")
    together, _ = loss(*x)
    for b in range(3):
        n = int(x.mask[b].sum())
        one = slice(b, b + 1)
        alone, _ = loss(x.logits[:, one, :n], x.targets[one, :n], x.mask[one, :n], *(y[one] for y in x[3:]))
        assert alone.item() == pytest.approx(together[b].item(), rel=1e-12)


def test_residues_are_where_the_targets_have_them() -> None:
    """A decoder without SOS: the first token is a residue, and must not be taken for one that is none."""
    x = batch()
    loss = CombinedLoss(ce_weight=0.0, precursor_weight=0.08)
    full, metrics = loss(*x)
    cut, cut_metrics = loss(x.logits[:, :, 1:], x.targets[:, 1:], x.mask[:, 1:], *x[3:])
    assert cut.item() == pytest.approx(full.item(), rel=1e-12)
    assert cut_metrics["predicted_peptide_mass"].item() == pytest.approx(metrics["predicted_peptide_mass"].item())


def test_an_unknown_target_still_is_a_residue() -> None:
    x = batch(sharpness=40.0)
    targets = x.targets.clone()
    targets[0, 3] = Vocabulary().tokens.index("<UNK>")
    _, metrics = CombinedLoss(precursor_weight=0.08, reduction="none")(x.logits, targets, *x[2:])
    assert metrics["mass_error_da"][0].item() < 1e-3
    lower = {token.lower() if "<" in token else token: mass for token, mass in MASSES.items()}
    _, same = CombinedLoss(precursor_weight=0.08, reduction="none", vocabulary=lower)(x.logits, targets, *x[2:])
    assert torch.equal(same["mass_error_da"], metrics["mass_error_da"])


def test_probability_on_special_tokens_is_reported_and_shrinks_no_mass() -> None:
    x = batch(sharpness=40.0)
    logits = x.logits.detach().clone()
    logits[..., 0] = logits.amax(-1)  # as likely as the best: half of everything on <PAD>
    loss = CombinedLoss(precursor_weight=0.08, reduction="none")
    _, sure = loss(*x)
    _, unsure = loss(logits, *x[1:])
    assert sure["special_token_probability"].max().item() < 1e-9
    assert unsure["special_token_probability"].tolist() == pytest.approx([0.5] * 3, abs=1e-6)
    torch.testing.assert_close(unsure["predicted_peptide_mass"], sure["predicted_peptide_mass"], rtol=1e-9, atol=0)


def test_a_perfect_prediction_costs_almost_nothing() -> None:
    x = batch(sharpness=60.0)
    flat = torch.ones_like(x.intensity)
    total, metrics = CombinedLoss(precursor_weight=0.08)(*x[:4], flat, *x[5:])
    assert metrics["spectrum_loss"].item() < 1e-9
    assert metrics["ppm_error"].item() < 0.1
    assert total.item() < 1e-6


def test_another_vocabulary() -> None:
    masses = {"<PAD>": 0.0, "<SOS>": 0.0, "<EOS>": 0.0, "G": 57.02146, "A": 71.03711, "M(ox)": 147.0354}
    vocabulary = Vocabulary.from_masses(masses)
    targets, mask = vocabulary.encode([["G", "M(ox)", "A"]])
    logits = 60 * torch.nn.functional.one_hot(targets, 6)[None].double()
    x = batch()
    loss = CombinedLoss(precursor_weight=0.08, vocabulary=masses)
    _, metrics = loss(logits, targets, mask, *(y[:1] for y in x[3:]))
    assert metrics["predicted_peptide_mass"].item() == pytest.approx(275.09397 + 18.010565, abs=1e-4)
    with pytest.raises(ValueError, match="V = 6"):
        loss(*x)


def test_empty_spectra_and_sequences_cost_a_constant() -> None:
    x = batch()
    total, metrics = CombinedLoss(ce_weight=0.0, precursor_weight=0.0)(*x[:5], torch.zeros_like(x.peak_mask))
    total.backward()
    assert metrics["spectrum_loss"].item() == 1.0
    assert (x.logits.grad == 0).all()
    x = batch()
    loss = CombinedLoss(spectrum_weight=0.15, precursor_weight=0.08, reduction="none")
    total, metrics = loss(x.logits, x.targets, torch.zeros_like(x.mask), *x[3:])
    total.sum().backward()
    assert total.tolist() == pytest.approx([0.15] * 3)  # no fragment either: the spectrum part is 1
    assert (x.logits.grad == 0).all()
    assert metrics["precursor_known"].tolist() == [0.0] * 3


def test_a_training_step_lowers_the_loss() -> None:
    x = batch(sharpness=2.0)
    logits = x.logits.detach().float().requires_grad_()
    loss = wide()
    optimizer = torch.optim.Adam([logits], lr=0.1)
    totals = []
    for _ in range(30):
        optimizer.zero_grad()
        total, metrics = loss(logits, *x[1:])
        total.backward()
        optimizer.step()
        totals.append(metrics["total_loss"].item())
    assert totals[-1] < 0.5 * totals[0]
    assert math.isfinite(totals[-1])
