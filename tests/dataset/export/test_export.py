"""What is taken away of a set: fragment tables, libraries, predicted spectra."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from peploss.analysis.one_psm.explanation import explain
from peploss.cli import main
from peploss.dataset.export.chosen import chosen, chosen_ids
from peploss.dataset.export.fragment_table import SCHEMA, write_fragments
from peploss.dataset.export.libraries import write_library
from peploss.errors import SettingsError, SourceError
from peploss.intensities.from_file import FromFile
from peploss.intensities.prediction import Prediction
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder

SETTINGS = LossSettings(intensities="MS2PIP HCD2019")


@pytest.fixture(scope="module")
def a_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "set.parquet"
    source = str(samples_folder() / "hcd_qe_openms_qc.mgf")
    done = CliRunner().invoke(main, ["index", source, "-o", str(out), "--workers", "1"])
    assert done.exit_code == 0, done.output
    return out


def test_a_filter_chooses_by_the_columns_of_the_set(a_set: Path) -> None:
    every, some = chosen_ids(a_set), chosen_ids(a_set, "charge = 3", limit=5)
    assert len(every) > 100
    assert 0 < len(some) <= 5
    assert set(some) < set(every)
    assert all(one.peptide is not None for one in chosen(a_set, some, SETTINGS))
    with pytest.raises(SettingsError, match="loss"):
        chosen_ids(a_set, "loss > 0.9")  # of results, which are not given


def test_a_fragment_table_holds_what_explain_says(a_set: Path, tmp_path: Path) -> None:
    ids = chosen_ids(a_set, limit=3)
    assert write_fragments(a_set, ids, tmp_path / "f.parquet", SETTINGS) == (3, [])
    table = pq.read_table(tmp_path / "f.parquet")
    assert table.schema.equals(SCHEMA)
    for one in chosen(a_set, ids, SETTINGS):
        assert one.spectrum is not None
        assert one.peptide is not None
        told = explain(one.spectrum, one.peptide, SETTINGS)
        rows = table.filter(np.array(table["id"]) == one.id).to_pydict()
        assert rows["mzpaf"] == list(told.fragments.plain_label)
        assert rows["mz"] == told.fragments.mz.tolist()
        assert sum(e is not None for e in rows["error_ppm"]) == told.n_matched
        assert sum(rows["share_of_cosine"]) == pytest.approx(told.cosine)


def test_a_fragment_table_is_a_file_of_predictions(a_set: Path, tmp_path: Path) -> None:
    ids = chosen_ids(a_set, limit=3)
    write_fragments(a_set, ids, tmp_path / "f.parquet", SETTINGS)
    again = SETTINGS.replace(intensities=f"file:{tmp_path / 'f.parquet'}")
    for one in chosen(a_set, ids, SETTINGS):
        assert one.spectrum is not None
        assert one.peptide is not None
        assert explain(one.spectrum, one.peptide, again).loss == pytest.approx(
            explain(one.spectrum, one.peptide, SETTINGS).loss, abs=1e-6
        )


def test_csv_says_the_same_as_parquet(a_set: Path, tmp_path: Path) -> None:
    ids = chosen_ids(a_set, limit=2)
    for name in ("f.csv", "f.parquet"):
        write_fragments(a_set, ids, tmp_path / name, LossSettings())
    with (tmp_path / "f.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(tmp_path / "f.parquet").to_pylist()
    assert [row["mzpaf"] for row in rows] == [row["mzpaf"] for row in table]
    assert [float(row["mz"]) for row in rows] == [row["mz"] for row in table]
    with pytest.raises(SourceError, match=r"ends with \.parquet or \.csv"):
        write_fragments(a_set, ids, tmp_path / "f.xlsx", LossSettings())


def test_the_library_is_read_back(a_set: Path, tmp_path: Path) -> None:
    ids = chosen_ids(a_set, limit=4)
    assert write_library(a_set, ids, tmp_path / "out.mzlib.txt", LossSettings()) == (4, [])
    library = FromFile(tmp_path / "out.mzlib.txt")
    assert library.problems == []
    for one in chosen(a_set, ids, LossSettings()):
        assert one.spectrum is not None
        assert one.peptide is not None
        told = explain(one.spectrum, one.peptide)
        (found,) = library.predict([one.peptide], [told.charge or 0])
        assert isinstance(found, Prediction)
        assert len(found.intensities) == told.n_matched


def test_predicted_spectra_are_read_back_and_fit_exactly(a_set: Path, tmp_path: Path) -> None:
    ids = chosen_ids(a_set, limit=4)
    write_library(a_set, ids, tmp_path / "predicted.mgf", SETTINGS)
    with open_spectra(tmp_path / "predicted.mgf") as spectra:
        assert len(spectra) == 4
        for index in range(4):
            spectrum = spectra.read(index)
            assert explain(spectrum, str(spectrum.peptide), SETTINGS).loss == pytest.approx(0.0, abs=1e-9)


def test_the_command_writes_by_the_name_of_its_file(a_set: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["fragments", str(a_set), "-o", str(tmp_path / "x.csv"), "--limit", "2", "--json"])
    assert done.exit_code == 0, done.output
    assert '"n_psms": 2' in done.stdout
    done = CliRunner().invoke(main, ["fragments", str(a_set), "-o", str(tmp_path / "x.doc")])
    assert (done.exit_code, "-o must end with .parquet, .csv" in done.output) == (2, True)


def test_figures_in_bulk(a_set: Path, tmp_path: Path) -> None:
    for kind, head in (("svg", b"<svg"), ("png", b"\x89PNG")):
        arguments = [
            "figure",
            str(a_set),
            "-o",
            str(tmp_path),
            "--where",
            "charge = 3",
            "--limit",
            "3",
            "--format",
            kind,
        ]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        files = sorted(tmp_path.glob(f"*.{kind}"))
        assert len(files) == 3
        assert all(file.read_bytes().startswith(head) for file in files)
