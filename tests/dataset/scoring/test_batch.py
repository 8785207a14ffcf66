"""Scores equal the dense reference, for all settings, row by row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import torch

from peploss.analysis.one_psm.explanation import explain
from peploss.analysis.tuning.psm_set import Psm
from peploss.dataset.scoring.batch import score_batch
from peploss.dataset.scoring.causes import psm_of
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import ParquetStore
from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.losses.baselines import BASELINES
from peploss.losses.precursor import precursor_error
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.decoys import decoys
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum

SETTINGS = [
    LossSettings(),
    LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01, max_mz=600),  # the dense one is slow
    LossSettings(sigma=0.02, bin_width=0.2),
    LossSettings(ion_types=("a", "b", "c", "y", "z", "z+1"), max_fragment_charge=3, neutral_losses=("H2O", "NH3")),
    LossSettings(immonium=True, precursor=True, isotopes=1, ion_weights={"y": 2.0, "b2": 0.3, "immonium": 0.1, "a": 0}),
    LossSettings(ion_types=(), immonium=True),
    LossSettings(top_n=20, sqrt=True),
    LossSettings(remove_precursor=True, precursor_tolerance=3.0, relative_threshold=0.05),
    LossSettings(min_peak_mz=300, max_peak_mz=900, top_n=5),
]


@pytest.fixture(scope="module")
def batch(sample_set: Path) -> pa.RecordBatch:
    with ParquetStore(sample_set) as store:
        return store.group(0).take(pa.array([*range(0, 244, 45), 40]))


def dense(spectrum: Spectrum, peptide: Peptide, settings: LossSettings) -> float:
    """The loss on the dense grid."""
    ions = fragments(peptide, settings, peptide.charge)
    seen = preprocess(spectrum, settings)
    sides = Peaks.from_arrays(ions.mz, ions.intensity), Peaks.from_arrays(seen.mz, seen.intensity)
    return float(spectrum_loss_at(*sides, settings, backend="reference")[0])


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: str(s.to_dict())[:60])
def test_every_setting_as_the_dense_reference(batch: pa.RecordBatch, settings: LossSettings) -> None:
    scored = score_batch(batch, Plan(settings=settings)).to_pylist()
    for row, out in zip(batch.to_pylist(), scored, strict=True):
        spectrum, peptide = psm_of(row)
        assert out["loss"] == pytest.approx(dense(spectrum, peptide, settings), abs=1e-9)
        expected = precursor_error(peptide.neutral_mass, row["precursor_mz"], row["charge"])
        assert (out["ppm"], out["isotope"]) == (pytest.approx(expected.ppm, abs=1e-6), expected.isotope)
        assert out["isotope_ppm"] == pytest.approx(expected.isotope_ppm, abs=1e-6)
        assert out["precursor_loss"] == pytest.approx(expected.loss, abs=1e-12)
        whole = explain(spectrum, peptide, settings)
        assert out["explained_peaks"] == whole.n_matched
        assert out["explained"] == pytest.approx(whole.explained_intensity, abs=1e-12)
        assert {k: out[k] for k in ("id", "peptide", "file", "label")} == {
            k: row[k] for k in ("id", "peptide", "file", "label")
        }


def test_a_row_depends_on_no_other_row(batch: pa.RecordBatch) -> None:
    plan = Plan(decoys=True, losses=tuple(BASELINES))
    whole = score_batch(batch, plan)
    parts = [score_batch(batch.slice(i, n), plan) for i, n in ((0, 1), (1, 3), (4, batch.num_rows - 4))]
    joined = pa.Table.from_batches([p.select(plan.scores.names) for p in parts]).to_pydict()
    for name in ("loss", "decoy_loss", "explained", "ppm"):
        assert joined[name] == whole.column(name).to_pylist()  # to the last bit
    for name in BASELINES:
        assert joined[name] == pytest.approx(whole.column(name).to_pylist(), abs=1e-12)


def test_an_empty_batch(batch: pa.RecordBatch) -> None:
    plan = Plan(decoys=True, losses=("min_distance_loss",))
    assert score_batch(batch.slice(0, 0), plan).schema.names == plan.schema.names


def test_baselines_are_those_of_the_library(batch: pa.RecordBatch) -> None:
    settings = LossSettings(top_n=50)
    scored = score_batch(batch, Plan(settings=settings, losses=tuple(BASELINES))).to_pylist()
    for row, out in zip(batch.to_pylist(), scored, strict=True):
        spectrum, peptide = psm_of(row)
        ions, seen = fragments(peptide, settings, peptide.charge), preprocess(spectrum, settings)
        sides = Peaks.from_arrays(ions.mz, ions.intensity), Peaks.from_arrays(seen.mz, seen.intensity)
        for name, baseline in BASELINES.items():
            want = float(baseline(*sides, settings, shift=Psm(spectrum, peptide).shift)[0])
            assert out[name] == pytest.approx(want, abs=1e-9)


def test_decoys_are_shuffled_peptides(batch: pa.RecordBatch) -> None:
    settings = LossSettings()
    scored = score_batch(batch, Plan(decoys=True, seed=3)).to_pylist()
    assert scored == score_batch(batch, Plan(decoys=True, seed=3)).to_pylist()
    other = score_batch(batch, Plan(decoys=True, seed=4)).column("decoy_loss").to_pylist()
    assert other != [s["decoy_loss"] for s in scored]
    for row, out in zip(batch.to_pylist(), scored, strict=True):
        spectrum, peptide = psm_of(row)
        (decoy,) = decoys(peptide, 1, seed=3)
        assert out["decoy_loss"] == pytest.approx(dense(spectrum, decoy, settings), abs=1e-9)


def test_the_decoy_of_a_psm_is_the_first_of_its_causes(batch: pa.RecordBatch) -> None:
    from peploss.analysis.causes.counterfactuals.what_if import counterfactuals

    few = batch.slice(0, 3)
    psms = [psm_of(row) for row in few.to_pylist()]
    scored = score_batch(few, Plan(decoys=True, seed=2)).column("decoy_loss").to_pylist()
    for loss, base in zip(scored, counterfactuals(psms, LossSettings(), seed=2), strict=True):
        assert min(abs(loss - other) for other in base.decoys) < 1e-9


def change(batch: pa.RecordBatch, **columns: pa.Array) -> pa.RecordBatch:
    for name, values in columns.items():
        batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), values)
    return batch


def test_what_is_not_known_is_null(batch: pa.RecordBatch) -> None:
    two = batch.slice(0, 2)
    none = {n: pa.array([None, 2], pa.int16()) for n in ("charge", "spectrum_charge")}
    first, second = score_batch(change(two, **none), Plan()).to_pylist()
    assert first["ppm"] is first["precursor_loss"] is first["isotope"] is None
    assert first["loss"] == second["loss"] or first["loss"] <= 1
    assert first["problem"] is None
    first, second = score_batch(change(two, **none), Plan(settings=LossSettings(precursor=True))).to_pylist()
    assert first["loss"] is first["explained"] is None
    assert first["problem"] == "the precursor ion was asked for and no charge is known"
    assert second["loss"] is not None


def test_no_other_order_no_decoy(batch: pa.RecordBatch) -> None:
    glycines = pa.array([[57.02146] * 5], pa.list_(pa.float64()))
    (row,) = score_batch(change(batch.slice(0, 1), residue_masses=glycines), Plan(decoys=True)).to_pylist()
    assert row["decoy_loss"] is None
    assert row["loss"] is not None


def test_causes_come_through_the_same_function(batch: pa.RecordBatch) -> None:
    from peploss.analysis.causes.diagnosis import diagnose

    few = batch.slice(0, 3)
    for row, out in zip(few.to_pylist(), score_batch(few, Plan(causes=True)).to_pylist(), strict=True):
        found = diagnose(*psm_of(row), LossSettings())
        assert (out["cause"], out["cause_text"]) == (found.cause, found.text)
        assert out["cause_confidence"] == found.confidence


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(SettingsError, match="spectral_angle"):
        Plan(losses=("cosine",))


def test_torch_is_left_as_it_was(batch: pa.RecordBatch) -> None:
    before = torch.get_num_threads()
    score_batch(batch, Plan())
    assert torch.get_num_threads() == before
