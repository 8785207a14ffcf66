"""The variance study, against numpy on data whose answer is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from peploss import CURRICULUM_V2, LossSettings, Peaks, spectrum_loss
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.variance.study import study, variance_share
from peploss.analysis.variance.study_samples import StudySamples, samples_of_curriculum, samples_of_set
from peploss.errors import ArgumentError, SourceError
from peploss.peptides.soft import soft_fragments

SETTINGS = LossSettings()
TWO = ["min_distance_loss"]


def made(loss: np.ndarray, gradient: np.ndarray | None = None) -> StudySamples:
    n, width = loss.shape
    names = ("spectrum_loss", "min_distance_loss")[:width]
    zero = np.zeros((n, width, 20)) if gradient is None else gradient
    groups = np.where(np.arange(n) % 2 == 0, "a", "b")
    return StudySamples(names, loss, zero, {"kind": groups}, 0.9, "made")


def test_batches_of_independent_samples_vary_as_one_over_the_root_of_their_size() -> None:
    rng = np.random.default_rng(1)
    loss = np.stack([rng.normal(1.0, 0.1, 20_000), rng.normal(5.0, 2.0, 20_000)], axis=1)
    found = study(made(loss), batch_size=25, n_batches=2000, n_bootstrap=200)
    new, old = found.calm
    assert new.variation == pytest.approx(0.1 / 5, rel=0.05)
    assert new.variation_low < 0.1 / 5 < new.variation_high
    assert old.against == pytest.approx(4.0, rel=0.08)
    assert old.against_low < 4.0 < old.against_high
    assert (new.mean, new.sd) == (pytest.approx(1.0, abs=0.01), pytest.approx(0.02, rel=0.05))
    assert "the spectrum loss is calmer than min-distance" in found.verdict()[0]


def test_against_is_reported_as_well_as_for() -> None:
    rng = np.random.default_rng(2)
    loss = np.stack([rng.normal(1.0, 0.5, 500), rng.normal(5.0, 0.1, 500)], axis=1)
    assert "is less calm than min-distance" in study(made(loss), n_bootstrap=100).verdict()[0]
    same = np.repeat(rng.normal(0.9, 0.05, (500, 1)), 2, axis=1)
    told = study(made(same), n_bootstrap=100).verdict()
    assert "neither calmer nor less calm" in told[0]
    assert "near its upper end" in told[-1]


def test_signal_to_noise_of_a_known_gradient() -> None:
    rng = np.random.default_rng(3)
    gradient = np.zeros((20_000, 1, 20))
    gradient[:, 0, :4] = rng.normal(0.0, 1.0, (20_000, 4))
    gradient[:, 0, 0] += 0.5
    found = study(made(np.ones((20_000, 1)), gradient), batch_size=16, n_batches=2000, n_bootstrap=100).calm[0]
    assert found.signal == pytest.approx(0.5 / np.sqrt(4 / 16), rel=0.05)
    assert found.signal_low < 1.0 < found.signal_high


def test_share_of_variance_between_groups() -> None:
    rng = np.random.default_rng(4)
    groups = np.repeat(["a", "b"], 5000)
    values = rng.normal(0, 1, 10_000) + np.where(groups == "a", 0.0, 2.0)
    assert variance_share(values, groups) == pytest.approx(1 / 2, abs=0.02)  # 1 between, 1 within
    assert variance_share(rng.normal(0, 1, 10_000), groups) < 0.002
    assert np.isnan(variance_share(values, np.full(10_000, "a")))
    assert np.isnan(variance_share(np.ones(10), np.repeat(["a", "b"], 5)))


def test_one_seed_one_answer() -> None:
    samples = samples_of_curriculum(64, CURRICULUM_V2[6].difficulty, SETTINGS, TWO, seed=5)
    again = samples_of_curriculum(64, CURRICULUM_V2[6].difficulty, SETTINGS, TWO, seed=5)
    np.testing.assert_array_equal(samples.loss, again.loss)
    a, b = (study(x, batch_size=16, n_batches=50, seed=9, n_bootstrap=50).calm for x in (samples, again))
    assert [dataclasses.astuple(x) for x in a] == [dataclasses.astuple(x) for x in b]
    other = study(samples, batch_size=16, n_batches=50, seed=10, n_bootstrap=50).calm
    assert other[0].variation != a[0].variation


def test_clean_synthetic_spectra_cost_nothing_and_noisy_ones_do() -> None:
    samples = samples_of_curriculum(100, CURRICULUM_V2[5].difficulty, SETTINGS, TWO)
    clean = samples.classes["clean or noisy"] == "clean"
    assert 40 < clean.sum() < 80
    assert samples.loss[clean].max() < 1e-9
    assert samples.loss[~clean, 0].min() > 1e-5


def test_losses_and_gradients_of_a_set_are_those_of_torch() -> None:
    psms = sample_psms(["hcd_qe_openms_qc.mgf"])[:6]
    samples = samples_of_set(psms, SETTINGS, TWO, certainty=0.99)
    psm = psms[2]
    masses = torch.tensor(psm.peptide.residue_masses.copy())
    masses[0] += psm.peptide.n_term_mass
    masses[-1] += psm.peptide.c_term_mass
    mz, valid = soft_fragments(masses[None], torch.ones(1, len(masses), dtype=torch.bool))
    pred = Peaks.from_padded(mz, torch.ones_like(mz), valid)
    obs = Peaks.from_arrays(psm.spectrum.mz, psm.spectrum.intensity)
    assert samples.loss[2, 0] == pytest.approx(float(spectrum_loss(pred, obs)), abs=1e-12)
    # A bias that is the same for every letter changes no probability.
    np.testing.assert_allclose(samples.gradient.sum(axis=-1), 0.0, atol=1e-9)
    assert np.abs(samples.gradient).max() > 0
    certain = samples_of_set(psms, SETTINGS, TWO, certainty=1.0)
    assert np.abs(certain.gradient).max() == 0  # a certain model has no gradient


def test_what_degenerate_sets_cannot_tell() -> None:
    psms = sample_psms(["hcd_qe_openms_qc.mgf"])
    one = study(samples_of_set(psms[:1], SETTINGS, TWO), n_batches=4, n_bootstrap=5)
    assert "One spectrum makes every batch alike" in one.cannot_tell()[0]
    assert one.verdict() == []
    few = study(samples_of_set(psms[:5], SETTINGS, TWO), batch_size=64, n_batches=4, n_bootstrap=5)
    assert "Batches of 64 of 5 spectra" in few.cannot_tell()[0]
    assert any("All spectra are of one file" in line for line in few.cannot_tell())
    with pytest.raises(SourceError, match="No spectrum of this set has a peak left"):
        samples_of_set(psms[:2], LossSettings(min_peak_mz=5000), TWO)
    with pytest.raises(ArgumentError, match="certainty"):
        samples_of_set(psms[:2], SETTINGS, TWO, certainty=0.0)
    with pytest.raises(ArgumentError, match="batch_size"):
        study(samples_of_set(psms[:2], SETTINGS, TWO), batch_size=0)
