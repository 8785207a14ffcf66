"""Tokens of peptides, treatments of soft peptides, starts of descents, curricula from TOML and what they cost."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from peploss import LossSettings, Peptide, Vocabulary, fragments
from peploss.errors import SettingsError
from peploss.spectra.spectrum import Spectrum
from peploss.training.by_hand.peptide_tokens import peptide_tokens, with_tokens_of
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide
from peploss.training.by_hand.treatments import ABSOLUTE, PADDED, RIGHT, treatments, with_padding
from peploss.training.curriculum import CURRICULUM_V2, CurriculumV2
from peploss.training.curriculum_file import curriculum_of_toml, curriculum_toml
from peploss.training.descent.starts import peptide_start, synthetic_starts
from peploss.training.expected_parts import expected_parts


def peaks_of(text: str) -> tuple[np.ndarray, np.ndarray]:
    ions = fragments(Peptide.parse(text), LossSettings())
    order = np.argsort(ions.mz)
    return ions.mz[order], ions.intensity[order]


@pytest.mark.parametrize(
    "text", ["PEPTIDE", "[Acetyl]-M[Oxidation]GK", "AC[Carbamidomethyl]DK-[Amidated]", "<[Carbamidomethyl]@C>ACK"]
)
def test_the_tokens_of_a_peptide_weigh_what_it_weighs(text: str) -> None:
    peptide = Peptide.parse(text)
    tokens = peptide_tokens(peptide)
    assert sum(mass for _, mass in tokens.values()) + 18.0105647 == pytest.approx(peptide.neutral_mass, abs=1e-4)
    vocabulary = with_tokens_of([peptide])
    assert vocabulary.tokens[:24] == Vocabulary().tokens
    assert all(vocabulary.masses[vocabulary.id(token)] == mass for token, mass in tokens.values())


def test_without_doubt_all_treatments_agree_and_cost_nothing() -> None:
    mz, intensity = peaks_of("PEPTIDEK")
    probs = with_padding(soft_peptide("PEPTIDEK"), 0, 1.0)
    found = treatments(probs, 8, mz, intensity, LossSettings())
    assert all(t.loss == pytest.approx(0, abs=1e-4) for t in found.values())


def test_each_error_does_what_it_is_said_to_do() -> None:
    mz, intensity = peaks_of("PEPTIDEK")
    right = Peptide.parse("PEPTIDEK").neutral_mass
    leaking = soft_peptide("PEPTIDEK", Doubt(leak=0.1))
    found = treatments(leaking, 8, mz, intensity, LossSettings())
    assert found[RIGHT].mass == pytest.approx(right, abs=1e-3)
    assert found[RIGHT].loss < 1e-4
    assert found[ABSOLUTE].mass == pytest.approx(right - 0.1 * (right - 18.0105647), abs=1e-3)
    assert found[ABSOLUTE].loss > 0.9
    padded = treatments(with_padding(soft_peptide("PEPTIDEK"), 3, 0.9), 8, mz, intensity, LossSettings())
    mean = np.mean([m for m in Vocabulary().masses if m])
    assert padded[PADDED].mass == pytest.approx(right + 3 * 0.1 * mean, abs=1e-2)
    assert len(padded[PADDED].mz) == len(padded[RIGHT].mz) + 6
    assert padded[RIGHT].loss < 1e-4 < padded[PADDED].loss


def test_a_start_is_wrong_where_it_was_asked_to_be() -> None:
    mz, intensity = peaks_of("PEPTIDEPEK")
    start = peptide_start(Peptide.parse("PEPTIDEPEK"), Spectrum(mz=mz, intensity=intensity), correct=0.9, swapped=0.3)
    wrong = start.probs.argmax(-1) != start.targets
    assert int(wrong.sum()) == 3
    many = synthetic_starts(5, correct=0.5)
    assert many.observed.batch == 5
    assert bool((many.probs.argmax(-1) == many.targets)[many.mask].all())
    torch.testing.assert_close(many.probs.sum(-1), torch.ones(many.targets.shape, dtype=torch.float64))
    with pytest.raises(SettingsError, match="swapped"):
        synthetic_starts(1, correct=0.5, swapped=2)


def test_a_curriculum_comes_back_from_toml() -> None:
    linear = CurriculumV2(ramp="linear", steps_per_stage=7, stages=CURRICULUM_V2[3:6])
    back = curriculum_of_toml(curriculum_toml(linear))
    assert [dataclasses.replace(s, number=0) for s in back.stages] == [
        dataclasses.replace(s, number=0) for s in linear.stages
    ]
    assert (back.ramp, back.steps_per_stage) == ("linear", 7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[stage", "no TOML"),
        ("ramp = 'step'", r"at least one \[\[stage\]\]"),
        ("pace = 3\n[[stage]]", "no setting 'pace'"),
        ("[[stage]]\n[[stage]]\nweight = 1", "stage 2: There is no setting 'weight'"),
        ("[[stage]]\nnoise_peaks = 1.5", "stage 1: noise_peaks must be a whole number, not 1.5"),
        ("[[stage]]\nspectrum_weight = -1", "stage 1: spectrum_weight"),
        ("[[stage]]\nspectrum_weight = 'much'", "spectrum_weight must be a number"),
        ("[[stage]]\nmax_length = 3", "stage 1: Peptide lengths"),
        ("steps_per_stage = 1.5\n[[stage]]", "whole number"),
        ("ramp = 'soft'\n[[stage]]", "ramp must be"),
    ],
)
def test_a_curriculum_that_makes_no_sense_is_told(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        curriculum_of_toml(text)


def test_a_better_model_costs_less_at_every_stage() -> None:
    poor, good = (expected_parts(CURRICULUM_V2[:2], accuracy=a, confidence=0.99, samples=16) for a in (0.5, 1.0))
    assert (good.ce < poor.ce).all()
    assert (good.precursor < poor.precursor).all()
    np.testing.assert_allclose(good.ce, -np.log(0.99), rtol=1e-4)
    assert good.share[0] == 0  # weights of the first stage are 0
    assert 0 < good.share[1] < 1
