"""A logged sample is computed again exactly, and each number against an independent form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from peploss import CombinedLoss, LossSettings, Vocabulary
from peploss.errors import SettingsError, SourceError
from peploss.training.descent.objective import Objective
from peploss.training.logged_run import LoggedRun
from peploss.training.one_sample import Refinement, refinement
from peploss.training.sample_log import SampleLog
from peploss.training.synthetic import Difficulty, SyntheticBatch, synthetic_batch

VOCABULARY = Vocabulary()
IDS = ["a", "b", "c"]


def drawn() -> tuple[SyntheticBatch, torch.Tensor, CombinedLoss]:
    generator = torch.Generator().manual_seed(3)
    batch = synthetic_batch(3, Difficulty(clean_share=0, noise_peaks=2, mass_error_ppm=5), generator=generator)
    logits = torch.randn(3, *batch.targets.shape, len(VOCABULARY), generator=generator)
    logits += 6 * torch.nn.functional.one_hot(batch.targets, len(VOCABULARY))
    loss = CombinedLoss(
        spectrum_weight=0.3, precursor_weight=0.2, iteration_weights="linear", sigma=0.4, reduction="none"
    )
    return batch, logits, loss


@pytest.fixture
def run(tmp_path: Path) -> LoggedRun:
    batch, logits, loss = drawn()
    peaks = batch.observed_masses, batch.observed_intensities, batch.peak_mask
    _, metrics = loss(logits, batch.targets, batch.target_mask, *peaks, batch.precursor_mass)
    with SampleLog(tmp_path, full_logits=True, loss=loss) as log:
        for step in (0, 5):
            log.add(
                step, IDS, logits, batch.targets, batch.target_mask, metrics, peaks=peaks,
                precursor_mass=batch.precursor_mass, charges=[2, 3, 2],
            )  # fmt: skip
    return LoggedRun(tmp_path)


def again(run: LoggedRun, name: str) -> Refinement:
    assert run.objective is not None
    return refinement(run.sample(5, name), run.spectrum(name), run.objective, run.vocabulary)


@pytest.mark.parametrize("name", IDS)
def test_every_part_is_what_was_trained(run: LoggedRun, name: str) -> None:
    found, logged = again(run, name), run.sample(5, name).numbers
    assert found.total[-1] == pytest.approx(logged["total_loss"], abs=1e-6)
    assert found.spectrum[-1] == pytest.approx(logged["spectrum_loss"], abs=1e-6)
    assert found.precursor[-1] == pytest.approx(logged["precursor_loss"], abs=1e-6)
    np.testing.assert_allclose(found.ce, [logged[f"ce_step_{t}"] for t in range(3)], atol=1e-6)
    np.testing.assert_allclose(found.ce_weight, [1 / 6, 2 / 6, 3 / 6])
    parts = (found.ce * found.ce_weight).sum() + 0.3 * found.spectrum[-1] + 0.2 * found.precursor[-1]
    assert found.total[-1] == pytest.approx(parts, abs=1e-6)
    assert abs(found.ppm[-1]) == pytest.approx(logged["ppm_error"], rel=1e-4)


def test_the_gradient_is_that_of_the_whole_loss(run: LoggedRun) -> None:
    batch, logits, loss = drawn()
    free = logits.clone().requires_grad_()
    peaks = batch.observed_masses, batch.observed_intensities, batch.peak_mask
    loss.spectrum_weight = loss.precursor_weight = 0.0
    loss(free, batch.targets, batch.target_mask, *peaks, batch.precursor_mass)[0].sum().backward()
    assert free.grad is not None
    keep = batch.target_mask[1]
    np.testing.assert_allclose(again(run, "b").gradient["ce"], free.grad[:, 1][:, keep].norm(dim=-1), rtol=1e-5)


def test_fragments_are_named_and_drift_from_the_right_peptide(run: LoggedRun) -> None:
    found = again(run, "a")
    n = int(found.residue.sum())
    assert found.fragment == [f"b{i}" for i in range(1, n)] + [f"y{i}" for i in range(n - 1, 0, -1)]
    masses = np.array([VOCABULARY.masses[i] or 0.0 for i in found.target])[found.residue]
    np.testing.assert_allclose(found.right[0], masses[0] + 1.007276466621, atol=1e-9)
    probs = found.probs[-1][found.residue][:, 4:]
    expected = (probs / probs.sum(1, keepdims=True)) @ np.array(VOCABULARY.masses[4:], dtype=float)
    np.testing.assert_allclose(found.drift[-1][: n - 1], np.cumsum(expected - masses)[:-1], atol=1e-6)
    spectrum = run.spectrum("a")
    assert spectrum is not None
    nearest = [min(spectrum.mz - mz, key=abs) for mz in found.right]
    np.testing.assert_allclose(found.observed, nearest)
    np.testing.assert_allclose(found.special[-1], 1 - found.probs[-1][:, 4:].sum(1), atol=1e-9)


def test_edits_are_where_a_step_decodes_another_token(run: LoggedRun) -> None:
    found = again(run, "c")
    assert not found.edits[0].any()
    np.testing.assert_array_equal(found.edits[2], found.decoded[2] != found.decoded[1])


def test_without_a_spectrum_its_part_is_left_out(run: LoggedRun) -> None:
    assert run.objective is not None
    found = refinement(run.sample(0, "a"), None, run.objective, run.vocabulary)
    assert np.isnan(found.spectrum).all()
    assert np.isnan(found.precursor).all()
    assert found.total[-1] == pytest.approx((found.ce * found.ce_weight).sum(), abs=1e-6)


def test_what_cannot_be_computed_says_why(run: LoggedRun, tmp_path: Path) -> None:
    sample = run.sample(0, "a")
    with pytest.raises(SourceError, match="no logits"):
        refinement(sample._replace(logits=None), None, Objective(), run.vocabulary)
    with pytest.raises(SourceError, match="no right answer"):
        refinement(sample._replace(target=np.empty(0, np.int64)), None, Objective(), run.vocabulary)
    broken = sample.logits.copy()  # type: ignore[union-attr]
    broken[0, 0, 0] = np.nan
    with pytest.raises(SourceError, match="not all finite"):
        refinement(sample._replace(logits=broken), None, Objective(), run.vocabulary)
    with pytest.raises(SourceError, match="no sample 'z'"):
        run.sample(0, "z")


def test_spectra_are_kept_once_and_survive_a_restart(run: LoggedRun) -> None:
    batch, logits, loss = drawn()
    assert len(list(run.folder.glob("spectra-*.parquet"))) == 1
    with SampleLog(run.folder, full_logits=True, loss=loss) as log:
        log.add(
            9,
            IDS,
            logits,
            batch.targets,
            batch.target_mask,
            peaks=(batch.observed_masses * 2,) + (batch.peak_mask,) * 2,
        )
    assert len(list(run.folder.glob("spectra-*.parquet"))) == 1
    kept = LoggedRun(run.folder).spectrum("b")
    assert kept is not None
    keep = batch.peak_mask[1]
    np.testing.assert_array_equal(kept.mz, batch.observed_masses[1][keep])
    assert kept.charge == 3
    assert kept.precursor_mz == pytest.approx(float(batch.precursor_mass[1]) / 3 + 1.007276466621)


def test_another_loss_in_the_same_folder_is_refused(run: LoggedRun) -> None:
    with pytest.raises(SourceError, match="other settings of the loss"):
        SampleLog(run.folder, loss=CombinedLoss(bin_size=0.05))
    weighted = CombinedLoss(spectrum_weight=0.05, iteration_weights="linear", sigma=0.1)
    SampleLog(run.folder, loss=weighted).close()  # a curriculum's weights and sigma may differ


@pytest.mark.parametrize(
    "loss",
    [
        CombinedLoss(spectrum_weight=0.3, sigma=60.0, sigma_unit="ppm", reduction="none"),
        CombinedLoss(spectrum_weight=0.3, sigma=0.2, grid=None, reduction="none"),
        CombinedLoss(spectrum_weight=0.3, ion_type_names=["b", "y++", "y-H2O"], reduction="none"),
        CombinedLoss.from_settings(
            LossSettings(
                sigma=80.0, sigma_unit="ppm", ion_types=("a", "y"), ion_weights={"a": 0.3}, sqrt=True, isotopes=1
            ),
            spectrum_weight=0.3, grid=None, reduction="none", precursor_charge=3,
        ),
    ],
    ids=["ppm", "no grid", "ions", "settings"],
)  # fmt: skip
def test_every_kind_of_loss_is_computed_again(tmp_path: Path, loss: CombinedLoss) -> None:
    batch, logits, _ = drawn()
    peaks = batch.observed_masses, batch.observed_intensities, batch.peak_mask
    _, metrics = loss(logits, batch.targets, batch.target_mask, *peaks, batch.precursor_mass)
    with SampleLog(tmp_path, full_logits=True, loss=loss) as log:
        log.add(5, IDS, logits, batch.targets, batch.target_mask, metrics, peaks=peaks)
    run = LoggedRun(tmp_path)
    assert run.objective == Objective.of(loss)
    for name in IDS:
        found, logged = again(run, name), run.sample(5, name).numbers
        assert found.spectrum[-1] == pytest.approx(logged["spectrum_loss"], abs=1e-6)
        assert found.total[-1] == pytest.approx(logged["total_loss"], abs=1e-6)
        assert len(found.fragment) == len(found.right) == found.drift.shape[1]
        assert len(set(found.fragment)) == len(found.fragment)
    width = Objective.of(loss).width(np.array([500.0, 1000.0]))
    assert width[1] / width[0] == pytest.approx(2.0 if loss.spectrum_loss.sigma_unit == "ppm" else 1.0)


def test_predicted_heights_cannot_be_kept() -> None:
    loss = CombinedLoss.from_settings(LossSettings(intensities="MS2PIP HCD2021"))
    with pytest.raises(SettingsError, match="does not keep the predicted heights"):
        Objective.of(loss)
