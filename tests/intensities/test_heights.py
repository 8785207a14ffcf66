"""Settings, prediction and fragments meet in one place, for the page, the command and the library."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from peploss import LossSettings, Peaks, Peptide, fragments, spectrum_loss
from peploss.analysis.one_psm.explanation import explain
from peploss.errors import SettingsError, SourceError
from peploss.intensities.from_file import COLUMNS
from peploss.intensities.heights import fragments_with_heights
from peploss.intensities.source import intensity_source, names
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("PEPTIDEK/2")


@pytest.fixture
def predicted(tmp_path: Path) -> str:
    """Intensities of PEPTIDEK/2: y3 9, y4 4, and one of an ion that the defaults do not ask for."""
    rows = [(PEPTIDE.sequence, 2, *ion) for ion in (("y", 3, 1, "", 9.0), ("y", 4, 1, "", 4.0), ("y", 4, 2, "", 1.0))]
    path = tmp_path / "predictions.parquet"
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}), path)
    return f"file:{path}"


def test_uniform_is_what_fragments_gives() -> None:
    (found,) = fragments_with_heights([PEPTIDE], LossSettings(), [2])
    assert found.fragments.intensity.tolist() == fragments(PEPTIDE, LossSettings()).intensity.tolist()
    assert (found.source, found.note) == ("uniform", None)


@pytest.mark.parametrize(
    ("changes", "y3", "y4"), [({}, 9, 4), ({"sqrt": True}, 3, 2), ({"sqrt_predicted": True}, 3, 2)]
)
def test_a_file_gives_heights(predicted: str, changes: dict[str, bool], y3: float, y4: float) -> None:
    (found,) = fragments_with_heights([PEPTIDE], LossSettings(intensities=predicted, **changes), [2])
    heights = dict(zip(found.fragments.plain_label, found.fragments.intensity.tolist(), strict=True))
    assert (heights["y3"], heights["y4"], heights["b2"]) == (y3, y4, 0)
    assert found.source == "predictions.parquet"
    assert found.note == "1 predicted ions are not among the ions of the settings."


def test_without_a_prediction_heights_are_uniform_and_it_is_told(predicted: str) -> None:
    settings = LossSettings(intensities=predicted)
    other, no_charge = fragments_with_heights([Peptide.parse("AAAK"), Peptide.parse("AAAK")], settings, [2, None])
    assert set(other.fragments.intensity.tolist()) == {1.0}
    assert other.note == "predictions.parquet has no prediction of AAAK/2. All fragments have the same height."
    assert str(no_charge.note).startswith("The precursor charge is not known")


def test_the_explanation_compares_what_is_predicted(predicted: str) -> None:
    settings = LossSettings(intensities=predicted)
    ions = fragments(PEPTIDE, LossSettings())
    place = {label: i for i, label in enumerate(ions.plain_label)}
    mz = [ions.mz[place["y3"]], ions.mz[place["y4"]]]
    exact = Spectrum(mz=mz, intensity=[90.0, 40.0], precursor_mz=PEPTIDE.mz(), precursor_charge=2)
    assert explain(exact, PEPTIDE, settings).loss == pytest.approx(0.0, abs=1e-9)
    even = Spectrum(mz=mz, intensity=[1.0, 1.0], precursor_mz=PEPTIDE.mz(), precursor_charge=2)
    found = explain(even, PEPTIDE, settings)
    want = spectrum_loss(
        Peaks.from_arrays(mz, [9.0, 4.0]), Peaks.from_arrays(mz, [1.0, 1.0]), sigma=0.05, grid=settings.grid
    ).item()
    assert found.loss == pytest.approx(want, abs=1e-9)
    assert want > 1 - (9 + 4) / math.sqrt(2 * (81 + 16)) - 0.02
    assert found.intensity_source == "predictions.parquet"
    assert sum(step.value for step in found.steps) == pytest.approx(found.loss, abs=1e-9)


def test_settings_travel_with_the_source(predicted: str) -> None:
    settings = LossSettings(intensities=predicted, sqrt_predicted=True)
    assert LossSettings.from_toml(settings.to_toml()) == settings


@pytest.mark.parametrize("name", ["", "prosit", "MS2PIP", 3, None])
def test_an_unknown_source_is_refused(name: object) -> None:
    with pytest.raises(SettingsError, match="intensities must be uniform, MS2PIP with a model, or file:PATH"):
        LossSettings(intensities=name)  # type: ignore[arg-type]


def test_sources_by_name(tmp_path: Path) -> None:
    assert names()[0] == "uniform"
    assert intensity_source("uniform") is None
    with pytest.raises(SettingsError, match="no model 'X'"):
        intensity_source("MS2PIP X")
    with pytest.raises(SourceError, match="no such file"):
        intensity_source(f"file:{tmp_path / 'absent.parquet'}")


def test_a_file_that_changes_is_read_again(predicted: str) -> None:
    path = Path(predicted.removeprefix("file:"))
    first = intensity_source(predicted)
    assert intensity_source(predicted) is first
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    assert intensity_source(predicted) is not first


def test_the_command_takes_the_source(predicted: str, tmp_path: Path) -> None:
    from peploss.cli import main

    mgf = tmp_path / "run.mgf"
    ions = fragments(PEPTIDE, LossSettings())
    peaks = "\n".join(f"{mz:.5f} 100" for mz in sorted(ions.mz))
    mgf.write_text(f"BEGIN IONS\nTITLE=one\nPEPMASS={PEPTIDE.mz():.5f}\nCHARGE=2+\nSEQ=PEPTIDEK\n{peaks}\nEND IONS\n")
    arguments = ["index", str(mgf), "-o", str(tmp_path / "set.parquet")]
    assert CliRunner().invoke(main, arguments, catch_exceptions=False).exit_code == 0
    told = []
    for source in ("uniform", predicted):
        arguments = ["explain", str(tmp_path / "set.parquet"), "one", "--json", "--intensities", source]
        done = CliRunner().invoke(main, arguments, catch_exceptions=False)
        told.append(json.loads(done.stdout)["loss"])
    assert told[0] == pytest.approx(0.0, abs=1e-3)
    assert told[1] > 0.5


def test_a_set_is_scored_with_the_heights_that_the_page_shows(tmp_path: Path) -> None:
    """The command, the page and the explanation of one PSM give the same loss, with predicted heights, too."""
    from peploss.dataset.index.build import build_set
    from peploss.dataset.psm_row import psm_of
    from peploss.dataset.scoring.plan import Plan
    from peploss.dataset.scoring.run import score_set
    from peploss.dataset.store import ParquetStore
    from peploss.dataset.tables import read_psms
    from peploss.spectra.samples import samples_folder

    mgf = samples_folder() / "hcd_qe_openms_qc.mgf"
    build_set([mgf], [read_psms(mgf)], tmp_path / "set.parquet")
    for changes in ({}, {"neutral_losses": ("H2O",), "immonium": True, "isotopes": 1, "sqrt": True}):
        settings = LossSettings(intensities="MS2PIP HCD2019", **changes)  # type: ignore[arg-type]
        score_set(tmp_path / "set.parquet", tmp_path / "scores.parquet", Plan(settings=settings, decoys=True))
        scores = pq.read_table(tmp_path / "scores.parquet").to_pylist()
        assert len(scores) > 100
        with ParquetStore(tmp_path / "set.parquet") as store:
            for row in scores[::7]:
                told = explain(*psm_of(store.row(row["id"])), settings)
                assert row["loss"] == pytest.approx(told.loss, abs=1e-6), row["peptide"]
                assert row["explained"] == pytest.approx(told.explained_intensity, abs=1e-6)
                assert row["heights"] == told.intensity_source
                assert row["decoy_loss"] is not None


def test_a_diagnosis_starts_from_the_loss_with_predicted_heights() -> None:
    from peploss import diagnose, open_spectra
    from peploss.spectra.samples import samples_folder

    spectrum = open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf")["QC1.175"]
    peptide = Peptide.parse(str(spectrum.peptide))
    settings = LossSettings(intensities="MS2PIP HCD2019")
    assert diagnose(spectrum, peptide, settings).loss == pytest.approx(
        explain(spectrum, peptide, settings).loss, abs=1e-6
    )


def test_decoys_have_the_heights_of_their_peptide(predicted: str) -> None:
    from peploss.intensities.heights import shuffled_with_heights

    settings = LossSettings(intensities=predicted)
    ions = shuffled_with_heights(Peptide.parse("EPTIDPEK"), settings, 2, of=PEPTIDE)
    assert {x: y for x, y in zip(ions.plain_label, ions.intensity.tolist(), strict=True) if y} == {"y3": 9, "y4": 4}
    assert ions.mz.tolist() == fragments(Peptide.parse("EPTIDPEK/2"), settings).mz.tolist()


def test_fragments_of_a_charge_that_no_model_predicts_are_told() -> None:
    settings = LossSettings(intensities="MS2PIP HCD2019", max_fragment_charge=2)
    (found,) = fragments_with_heights([Peptide.parse("VGEAAASGELRK")], settings, [2])
    assert "predicts no fragment of a charge above 1: those of charge 2 have no height." in str(found.note)
    assert "MS2PIP HCDch2 predicts charges 1 and 2." in str(found.note)
    (found,) = fragments_with_heights(
        [Peptide.parse("VGEAAASGELRK")], settings.replace(intensities="MS2PIP HCDch2"), [2]
    )
    assert found.note is None
