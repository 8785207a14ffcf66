"""Nothing given is dropped: each row, peptide and number is in the set, or the report says why it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.index.build import OWN, build_set
from peploss.dataset.index.report import IndexReport, describe
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms


def mgf(path: Path, *spectra: tuple[str, str]) -> Path:
    """Spectra of these titles and peptides, ``""`` for none."""
    path.write_text(
        "".join(
            f"BEGIN IONS\nTITLE={title}\nPEPMASS=464.7347\nCHARGE=2+\n{f'SEQ={peptide}' if peptide else '# none'}\n"
            "200.1 1\n300.2 2\nEND IONS\n"
            for title, peptide in spectra
        ),
        encoding="utf-8",
    )
    return path


def index(folder: Path, files: list[Path], text: str, name: str = "t.csv") -> tuple[IndexReport, list[dict], list[str]]:
    """The report, the rows of the set, and what is said."""
    (folder / name).write_text(text, encoding="utf-8")
    table, out = read_psms(folder / name), folder / "set.parquet"
    report = build_set(files, [table], out, workers=1)
    with ParquetStore(out) as store:
        return report, list(store.rows(range(store.n_rows))), [*table.notes, *describe(report, out)]


def titles(rows: list[dict]) -> list[str]:
    return [row["title"] for row in rows]


def test_annotations_beside_a_table_of_another_file_count_and_are_told(tmp_path: Path) -> None:
    files = [mgf(tmp_path / "a.mgf", ("a0", ""), ("a1", "")), mgf(tmp_path / "b.mgf", ("b0", "ELVISK"), ("b1", ""))]
    report, rows, said = index(tmp_path, files, "title,peptide\na0,PEPTIDEK\n")
    assert [(r["file"], r["peptide"], r["joined_by"]) for r in rows] == [
        ("a.mgf", "PEPTIDEK", "title"), ("b.mgf", "ELVISK", "annotation")
    ]  # fmt: skip
    assert report.joined[1:] == [(OWN, "b.mgf", "annotation", 1)]
    assert report.n_without == 2
    assert f"{OWN} to b.mgf: 1 joined by annotation." in said


def test_a_spectrum_s_own_peptide_that_a_table_replaces_is_counted(tmp_path: Path) -> None:
    file = mgf(tmp_path / "a.mgf", ("a0", "ELVISK"), ("a1", "PEPTIDEK"), ("a2", "SAMPLER"), ("a3", "PEPT1DEK"))
    text = "title,peptide\na0,PEPTIDEK\na1,PEPTIDEK/2\na3,PEPTIDEK\n"
    report, rows, said = index(tmp_path, [file], text)
    assert [r["peptide"] for r in rows] == ["PEPTIDEK", "PEPTIDEK", "SAMPLER", "PEPTIDEK"]
    assert report.n_replaced == 2
    assert any(line.startswith("2 spectra name another peptide than the table") for line in said)


def test_a_text_for_a_score_is_a_null_that_is_told(tmp_path: Path) -> None:
    file = mgf(tmp_path / "a.mgf", ("a0", ""), ("a1", ""))
    _, rows, said = index(tmp_path, [file], "title,peptide,score\na0,PEPTIDEK,good\na1,PEPTIDEK,5\n")
    assert [r["engine_score"] for r in rows] == [None, 5.0]
    assert "The column 'score' holds no number in 1 of 2 rows, such as 'good': these PSMs have no score." in said


QUOTES = {
    "never closed": ('a0,PEPTIDEK,"x\na1,PEPTIDEK,y\na2,PEPTIDEK,z\n', ["a1", "a2"], [2]),
    "closed by another one": ('a0,PEPTIDEK,"x\na1,PEPTIDEK,y\na2,PEPTIDEK,"z\na3,PEPTIDEK,q\n', ["a1", "a3"], [2, 4]),
    "before the title": ('"a0,PEPTIDEK,x\na1,PEPTIDEK,y\n', ["a1"], [2]),
    "at the last line": ('a0,PEPTIDEK,x\na1,PEPTIDEK,"y\n', ["a0"], [3]),
    "a cell of two lines": ('a0,PEPTIDEK,"x\ny"\na1,PEPTIDEK,z\n', ["a0", "a1"], []),
    "a cell of two lines with a comma": ('a0,PEPTIDEK,"x,\ny, z"\na1,PEPTIDEK,z\n', ["a0", "a1"], []),
}


@pytest.mark.parametrize("case", QUOTES)
def test_an_open_quote_costs_its_own_row_and_no_other(tmp_path: Path, case: str) -> None:
    text, used, lost = QUOTES[case]
    file = mgf(tmp_path / "a.mgf", *((f"a{i}", "") for i in range(4)))
    report, rows, _ = index(tmp_path, [file], "title,peptide,protein\n" + text)
    assert titles(rows) == used
    assert [x.line for x in report.not_joined] == lost
    assert all("A quote is opened in this line and not closed" in x.reason for x in report.not_joined)


def test_quotes_between_tabs_swallow_no_rows(tmp_path: Path) -> None:
    text = 'title\tpeptide\tprotein\na0\tPEPTIDEK\t5"-NT\na1\tPEPTIDEK\ty\na2\tPEPTIDEK\t3"-NT\n'
    file = mgf(tmp_path / "a.mgf", *((f"a{i}", "") for i in range(3)))
    _, rows, _ = index(tmp_path, [file], text, "t.tsv")
    assert [(r["title"], r["protein"]) for r in rows] == [("a0", '5"-NT'), ("a1", "y"), ("a2", '3"-NT')]


def test_a_charge_that_is_none_is_refused_with_its_bounds(tmp_path: Path) -> None:
    text = "title,peptide,charge\na0,PEPTIDEK,2.7\na1,PEPTIDEK,-3\na2,PEPTIDEK,2.0\na3,PEPTIDEK,+2\n"
    file = mgf(tmp_path / "a.mgf", *((f"a{i}", "") for i in range(4)))
    report, rows, said = index(tmp_path, [file], text)
    assert [(r["title"], r["charge"]) for r in rows] == [("a2", 2), ("a3", 2)]
    assert [x.reason[-7:] for x in report.not_joined] == [" '2.7'.", "t '-3'."]
    assert "2 not in the set (t.csv, line 2): A charge is a whole number from 1 to 50, not …." in said


def test_two_charges_of_one_psm_are_told(tmp_path: Path) -> None:
    file = mgf(tmp_path / "a.mgf", ("a0", ""), ("a1", ""))
    _, rows, _ = index(tmp_path, [file], "title,peptide,charge\na0,PEPTIDEK/3,2\na1,PEPTIDEK/2,2\n")
    assert [r["charge"] for r in rows] == [3, 2]
    assert [r["notes"] for r in rows] == [
        "The peptide says charge 3, and its table 2; the peptide's was taken.", None
    ]  # fmt: skip


def test_a_row_of_more_cells_than_columns_is_refused(tmp_path: Path) -> None:
    """A decimal comma without quotes moves what stands behind it one column on."""
    text = "title,peptide,score,charge\na0,PEPTIDEK,1,5,2\na1,PEPTIDEK,1.5,2,\na2,PEPTIDEK,1.5\n"
    file = mgf(tmp_path / "a.mgf", *((f"a{i}", "") for i in range(3)))
    report, rows, _ = index(tmp_path, [file], text)
    assert titles(rows) == ["a1", "a2"]
    assert [(x.line, x.reason) for x in report.not_joined] == [(2, "The line has 5 cells and the table 4 columns.")]


def test_further_proteins_are_no_further_columns(tmp_path: Path) -> None:
    text = "SpecId\tLabel\tScanNr\tPeptide\tProteins\na_7_2_1\t1\t7\tK.PEPTIDEK.R\tP1\tP2\tP3\n"
    file = mgf(tmp_path / "a.mgf", ("a.7.7.2", ""))
    _, rows, _ = index(tmp_path, [file], text, "t.pin")
    assert [r["protein"] for r in rows] == ["P1;P2;P3"]


def test_rows_add_up(tmp_path: Path) -> None:
    """Rows given are rows in the set and rows told, whatever is wrong with them."""
    bad = ["a1,PEPT1DEK,2", "a2,,2", ",PEPTIDEK,2", "zz,PEPTIDEK,2", "a3,PEPTIDEK,x", 'a4,PEPTIDEK,"2', "a5,A,2,3"]
    file = mgf(tmp_path / "a.mgf", *((f"a{i}", "") for i in range(6)))
    report, rows, _ = index(tmp_path, [file], "\n".join(["title,peptide,charge", *bad, "a0,PEPTIDEK,2"]) + "\n")
    assert (len(rows), sorted(x.line for x in report.not_joined)) == (1, list(range(2, 9)))
