from __future__ import annotations

import dataclasses

import pytest
import torch

from peploss.errors import PeptideError, SettingsError
from peploss.intensities import ms2pip
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import DEFAULT_VOCABULARY, Vocabulary
from peploss.settings import LossSettings
from peploss.training.synthetic import NOISE_INTENSITY, NOISE_MIN_MZ, Difficulty, synthetic_batch

HARD = Difficulty(
    max_length=20, clean_share=0.0, noise_peaks=10, dropout=0.1, mass_error_ppm=15, intensity_variation=0.5
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def peptides_of(batch):
    tokens = DEFAULT_VOCABULARY.tokens
    residues = DEFAULT_VOCABULARY.residue_mask(batch.targets)
    return ["".join(tokens[t] for t in row[keep]) for row, keep in zip(batch.targets, residues, strict=True)]


def test_clean_spectra_are_the_theoretical_ones():
    batch = synthetic_batch(16, Difficulty(), generator=seeded())
    for row, sequence in enumerate(peptides_of(batch)):
        peptide = Peptide.parse(sequence)
        assert 7 <= len(peptide) <= 10
        mz = batch.observed_masses[row][batch.peak_mask[row]]
        assert mz.tolist() == sorted(fragments(peptide, LossSettings()).mz.tolist())
        assert batch.precursor_mass[row].item() == pytest.approx(peptide.neutral_mass, abs=1e-9)
        assert set(batch.observed_intensities[row][batch.peak_mask[row]].tolist()) == {1.0}
    assert batch.clean.all()


def test_targets_are_encoded_peptides():
    batch = synthetic_batch(16, Difficulty(), generator=seeded())
    targets, mask = DEFAULT_VOCABULARY.encode(peptides_of(batch))
    length = targets.shape[1]
    assert torch.equal(batch.targets[:, :length], targets)
    assert torch.equal(batch.target_mask[:, :length], mask)
    assert not batch.target_mask[:, length:].any()
    assert len({len(p) for p in peptides_of(batch)}) > 1


@pytest.mark.parametrize(
    "difficulty", [Difficulty(), HARD, Difficulty(min_length=1, max_length=1), Difficulty(noise_peaks=3)]
)
def test_shapes_and_padding(difficulty):
    for seed in range(3):
        batch = synthetic_batch(5, difficulty, generator=seeded(seed))
        peaks = 2 * (difficulty.max_length - 1) + difficulty.noise_peaks
        assert batch.targets.shape == batch.target_mask.shape == (5, difficulty.max_length + 2)
        assert batch.observed_masses.shape == batch.observed_intensities.shape == batch.peak_mask.shape == (5, peaks)
        assert batch.precursor_mass.shape == batch.clean.shape == (5,)
        assert (batch.observed_masses[~batch.peak_mask] == 0).all()
        assert (batch.observed_intensities[~batch.peak_mask] == 0).all()
        assert (batch.observed_masses[batch.peak_mask] > 0).all()
        assert batch.observed_masses.dtype == batch.precursor_mass.dtype == torch.float64
        for row in range(5):
            real = batch.observed_masses[row][batch.peak_mask[row]]
            assert (real.diff() >= 0).all()
            assert batch.peak_mask[row, : len(real)].all()  # padding is to the right


def test_one_seed_one_batch():
    for one, other in zip(
        synthetic_batch(8, HARD, generator=seeded(3)), synthetic_batch(8, HARD, generator=seeded(3)), strict=True
    ):
        assert torch.equal(one, other)
    assert not torch.equal(
        synthetic_batch(8, HARD, generator=seeded(3)).targets, synthetic_batch(8, HARD, generator=seeded(4)).targets
    )


def test_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    synthetic_batch(4, HARD, generator=seeded())
    assert torch.equal(before, torch.random.get_rng_state())


def test_same_peptides_at_every_difficulty_of_the_same_lengths():
    easy = dataclasses.replace(Difficulty(), max_length=20)
    assert torch.equal(
        synthetic_batch(8, easy, generator=seeded()).targets, synthetic_batch(8, HARD, generator=seeded()).targets
    )


def test_mixing_clean_and_noisy():
    batch = synthetic_batch(4000, dataclasses.replace(HARD, clean_share=0.3), generator=seeded())
    assert batch.clean.double().mean().item() == pytest.approx(0.3, abs=0.03)
    counts = batch.peak_mask.sum(1)
    lengths = DEFAULT_VOCABULARY.residue_mask(batch.targets).sum(1)
    assert torch.equal(counts[batch.clean], 2 * (lengths[batch.clean] - 1))
    exact = synthetic_batch(4000, Difficulty(max_length=20), generator=seeded())
    assert torch.equal(batch.precursor_mass[batch.clean], exact.precursor_mass[batch.clean])


def test_noise_peaks():
    batch = synthetic_batch(200, Difficulty(clean_share=0, noise_peaks=4), generator=seeded())
    low, high = NOISE_INTENSITY
    is_noise = batch.peak_mask & (batch.observed_intensities != 1)
    assert (is_noise.sum(1) == 4).all()
    assert batch.observed_intensities[is_noise].min() >= low
    assert batch.observed_intensities[is_noise].max() <= high
    assert batch.observed_masses[is_noise].min() >= NOISE_MIN_MZ
    assert (batch.observed_masses <= batch.precursor_mass[:, None] + 1.01).all()


def test_dropout():
    batch = synthetic_batch(2000, Difficulty(clean_share=0, dropout=0.25), generator=seeded())
    full = synthetic_batch(2000, Difficulty(), generator=seeded())
    assert batch.peak_mask.sum().item() / full.peak_mask.sum().item() == pytest.approx(0.75, abs=0.01)
    assert not synthetic_batch(5, Difficulty(clean_share=0, dropout=1), generator=seeded()).peak_mask.any()


def test_mass_error():
    batch = synthetic_batch(2000, Difficulty(clean_share=0, mass_error_ppm=10), generator=seeded())
    exact = synthetic_batch(2000, Difficulty(), generator=seeded())
    ppm = (batch.observed_masses / exact.observed_masses - 1)[exact.peak_mask] * 1e6
    ppm = ppm[ppm.abs() < 60]  # close fragments may change places
    assert ppm.std().item() == pytest.approx(10, abs=0.5)
    assert ppm.mean().item() == pytest.approx(0, abs=0.3)
    precursor_ppm = (batch.precursor_mass / exact.precursor_mass - 1) * 1e6
    assert precursor_ppm.std().item() == pytest.approx(10, abs=1)


def test_intensity_variation():
    batch = synthetic_batch(2000, Difficulty(clean_share=0, intensity_variation=0.4), generator=seeded())
    logarithm = batch.observed_intensities[batch.peak_mask].log()
    assert logarithm.std().item() == pytest.approx(0.4, abs=0.02)
    assert logarithm.mean().item() == pytest.approx(0, abs=0.02)


def test_other_ions_and_vocabularies():
    vocabulary = {"G": 57.02146, "stop": 0.0, "m": 147.0354}
    difficulty = Difficulty(min_length=4, max_length=4)
    batch = synthetic_batch(6, difficulty, generator=seeded(), vocabulary=vocabulary, ion_names=["b", "y", "b++"])
    assert batch.targets.shape == (6, 4)
    assert set(batch.targets.unique().tolist()) == {0, 2}
    assert batch.target_mask.all()
    assert batch.peak_mask.sum(1).tolist() == [9] * 6
    with pytest.raises(SettingsError, match="padding"):
        synthetic_batch(2, Difficulty(), generator=seeded(), vocabulary=Vocabulary.from_masses(vocabulary))


def test_empty_batch():
    batch = synthetic_batch(0, HARD, generator=seeded())
    assert batch.targets.shape == (0, 22)
    assert batch.observed_masses.shape == (0, 48)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_length": 0},
        {"min_length": 11},
        {"clean_share": 1.1},
        {"dropout": -0.1},
        {"noise_peaks": -1},
        {"mass_error_ppm": float("nan")},
        {"intensity_variation": float("inf")},
    ],
)
def test_bad_difficulties(wrong):
    with pytest.raises(SettingsError):
        Difficulty(**wrong)


def test_predicted_heights_are_those_of_the_model(monkeypatch):
    from peploss.intensities import heights as of_heights
    from peploss.intensities.prediction import Ion, Prediction

    class Model:
        name = "model"

        def predict(self, peptides, charges):
            assert set(charges) == {3}
            return [
                Prediction({Ion("y", n): float(n) for n in range(1, len(p))} | {Ion("b", 2): 0.5}, "m")
                for p in peptides
            ]

    monkeypatch.setattr(of_heights, "intensity_source", lambda name: Model())
    difficulty = Difficulty(min_length=5, max_length=8)
    plain = synthetic_batch(6, difficulty, generator=seeded())
    batch = synthetic_batch(6, difficulty, generator=seeded(), intensities="MS2PIP HCD2019", precursor_charge=3)
    assert torch.equal(batch.targets, plain.targets)
    for row, sequence in enumerate(peptides_of(batch)):
        keep = batch.peak_mask[row]
        n = len(sequence)
        hard = fragments(Peptide.parse(sequence), LossSettings())
        wanted = {
            round(mz, 6): (ordinal if kind == "y" else 0.5) / (n - 1)
            for mz, kind, ordinal in zip(hard.mz, hard.ion_type, hard.ordinal, strict=True)
            if kind == "y" or ordinal == 2
        }
        pairs = zip(
            batch.observed_masses[row][keep].tolist(), batch.observed_intensities[row][keep].tolist(), strict=True
        )
        assert {round(mz, 6): height for mz, height in pairs} == {
            mz: pytest.approx(height) for mz, height in wanted.items()
        }


def test_a_peptide_that_cannot_be_predicted_is_named(monkeypatch):
    from peploss.intensities import heights as of_heights

    class Nothing:
        name = "nothing"

        def predict(self, peptides, charges):
            return ["It knows nothing."] * len(peptides)

    monkeypatch.setattr(of_heights, "intensity_source", lambda name: Nothing())
    with pytest.raises(PeptideError, match=r"MS2PIP HCD2019 has no intensities for [A-Z]+\. It knows nothing\."):
        synthetic_batch(2, Difficulty(), generator=seeded(), intensities="MS2PIP HCD2019")


@pytest.mark.skipif(ms2pip.version() is None, reason="MS2PIP is not installed")
def test_ms2pip_runs_on_drawn_peptides(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    batch = synthetic_batch(4, Difficulty(), generator=seeded(), intensities="MS2PIP HCD2019")
    assert batch.observed_intensities.amax(1).tolist() == [1.0] * 4
    assert (batch.observed_intensities[batch.peak_mask] > 0).all()
    assert batch.observed_intensities[0][batch.peak_mask[0]].unique().numel() > 5
