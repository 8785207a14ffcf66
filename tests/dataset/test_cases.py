"""Small inputs made after public reports, each with its right answer: a wrong one is never silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.index.build import build_set
from peploss.dataset.index.report import IndexReport
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import PsmTable
from peploss.errors import SourceError

CASES = Path(__file__).resolve().parents[1] / "data" / "cases"
FIRST, SECOND, THIRD = 1222.5111, 927.4549, 1004.4420  # scans 100 to 102 of run1.mgf


def index(out: Path, spectra: str, table: str) -> tuple[IndexReport, list[dict], PsmTable]:
    read = read_psms(CASES / table)
    report = build_set([CASES / spectra], [read], out / "set.parquet", workers=1)
    with ParquetStore(out / "set.parquet") as store:
        return report, list(store.rows(range(store.n_rows))), read


@pytest.mark.parametrize(
    ("table", "masses"),
    [
        ("msfragger.tsv", [FIRST]), ("comet.pin", [FIRST]), ("comet.txt", [FIRST]), ("tide.txt", [FIRST]),
        ("static_summary.pep.xml", [FIRST]), ("pfind.tsv", [FIRST]), ("fragpipe21.tsv", [FIRST, SECOND]),
        ("philosopher_old.tsv", [FIRST, SECOND]), ("msgf.tsv", [FIRST]), ("pd.txt", [THIRD]),
        ("instanovo.csv", [SECOND]), ("latin1.tsv", [SECOND]), ("crux_two_files.txt", [FIRST]),
        ("merged.idXML", [FIRST]),
    ],
)  # fmt: skip
def test_masses_of_what_run1_was_joined_to(tmp_path: Path, table: str, masses: list[float]) -> None:
    _, rows, _ = index(tmp_path, "run1.mgf", table)
    assert [row["mass"] for row in rows] == pytest.approx(masses, abs=0.002)
    scans = {FIRST: 100, SECOND: 101, THIRD: 102}
    assert [row["scan"] for row in rows] == [scans[m] for m in masses]
    assert all(row["mass_difference"] is None or abs(row["mass_difference"]) < 0.02 for row in rows)


def test_a_static_modification_is_named_with_its_counts(tmp_path: Path) -> None:
    _, _, table = index(tmp_path, "run1.mgf", "comet.pin")
    assert table.notes == [
        "By the masses in the column 'CalcMass' the peptides leave out fixed modifications. They were added: "
        "Carbamidomethyl on C (1 in 1 PSMs)."
    ]


def test_tmt_is_found_by_maxquant_s_masses(tmp_path: Path) -> None:
    _, rows, table = index(tmp_path, "runtmt.mgf", "maxquant_tmt.txt")
    assert [row["mass_difference"] for row in rows] == pytest.approx([0.0] * 3, abs=0.005)
    assert "TMT6plex on K" in table.notes[0]
    assert "TMT6plex on N-term" in table.notes[0]
    assert "Carbamidomethyl on C" in table.notes[0]


def test_msmsscans_tells_its_empty_rows(tmp_path: Path) -> None:
    report, rows, _ = index(tmp_path, "run1.mgf", "msmsscans.txt")
    assert [row["sequence"] for row in rows] == ["ACDEMFGHIK"]
    assert [(x.line, x.reason) for x in report.not_joined] == [(2, "There is no peptide.")]
    assert rows[0]["mass_difference"] == pytest.approx(1237.4958 - rows[0]["mass"], abs=0.001)


def test_a_site_of_a_cross_link_is_refused_as_such() -> None:
    with pytest.raises(SourceError, match="position of a residue"):
        read_psms(CASES / "mm_xl.tsv")


@pytest.mark.parametrize("table", ["crux_two_files.txt", "merged.idXML"])
def test_a_psm_of_another_run_is_left_out_and_told(tmp_path: Path, table: str) -> None:
    report, rows, _ = index(tmp_path, "run1.mgf", table)
    assert [row["sequence"] for row in rows] == ["ACDEMFGHIK"]
    (lost,) = report.not_joined
    assert lost.peptide.startswith("ELVISLIVESK")
    assert "No spectrum file matches its run" in lost.reason


def test_diann_counts_spectra_with_fragments(tmp_path: Path) -> None:
    _, rows, _ = index(tmp_path, "dia.mzML", "diann_report.tsv")
    assert [(row["scan"], row["precursor_mz"], row["joined_by"]) for row in rows] == [(6, 464.7, "ms2 count")]


def test_peaks_scans_are_joined_as_scans(tmp_path: Path) -> None:
    _, rows, _ = index(tmp_path, "peaksrun.mgf", "peaks.csv")
    assert [(row["scan"], row["joined_by"], row["mass_difference"]) for row in rows] == [
        (101, "scan", pytest.approx(0, abs=0.01))
    ]


def test_an_index_that_lists_too_few_loses_no_spectrum(tmp_path: Path) -> None:
    report, _, _ = index(tmp_path, "index_short.mzML", "index_short.tsv")
    assert report.n_spectra == 3


def test_a_letter_in_latin1_is_read(tmp_path: Path) -> None:
    _, rows, table = index(tmp_path, "run1.mgf", "latin1.tsv")
    assert rows[0]["protein"] == "müll"
    assert any("not in UTF-8" in note for note in table.notes)
