"""Reasons are there and true: what is said of a spectrum, a PSM or a failed index is so, wherever it is said."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from peploss.cli import main
from peploss.dataset.index.build import build_set
from peploss.dataset.index.report import IndexReport, describe
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.errors import SourceError
from peploss.spectra.readers import open_spectra
from peploss.spectra.record import NEGATIVE, NO_CHARGE, NO_PRECURSOR
from tests.spectra.conftest import mzml_file, mzml_spectrum

PEAKS = "200.1 1\n300.2 2\n"


def block(title: str, *lines: str, peaks: str = PEAKS) -> str:
    return "\n".join(["BEGIN IONS", f"TITLE={title}", *lines, peaks + "END IONS\n"])


def written(folder: Path, *blocks: str, name: str = "run.mgf") -> Path:
    path = folder / name
    path.write_text("".join(blocks), encoding="utf-8")
    return path


def why_not(folder: Path, *blocks: str, table: str = "") -> tuple[SourceError, IndexReport]:
    """What an index of these says that makes no set."""
    tables = []
    if table:
        (folder / "t.tsv").write_text(table, encoding="utf-8")
        tables = [read_psms(folder / "t.tsv")]
    report = IndexReport()
    with pytest.raises(SourceError) as told:
        build_set([written(folder, *blocks)], tables, folder / "set.parquet", workers=1, report=report)
    return told.value, report


def test_no_peptide_is_said_only_where_there_is_none(tmp_path: Path) -> None:
    error, _ = why_not(tmp_path, block("a"), block("b"))
    assert error.problem == "None of the 2 spectra that can be used has a peptide."
    assert "Give a table of PSMs" in (error.remedy or "")


def test_a_spectrum_that_cannot_be_used_has_its_peptide_all_the_same(tmp_path: Path) -> None:
    error, report = why_not(tmp_path, block("a", "SEQ=PEPTIDEK", peaks=""), block("b", "SEQ=PEPTIDEK", "CHARGE=2-"))
    assert "peptide" not in error.problem
    assert error.problem.startswith("Of 2 spectra 2 cannot be used, most often (1 times): The spectrum has no peaks.")
    assert [x.reason for x in report.unusable] == ["The spectrum has no peaks.", NEGATIVE]


def test_a_peptide_that_is_none_is_no_failure_to_join(tmp_path: Path) -> None:
    error, report = why_not(tmp_path, block("a", "SEQ=PEPT1DEK"))
    assert error.problem.startswith("No PSM can be used. Most often (1 times): Its peptide cannot be used: ")
    assert "--join" not in str(error)
    assert [(x.table, x.spectrum, x.peptide) for x in report.not_joined] == [("run.mgf", "spectrum 1", "PEPT1DEK")]


def test_a_spectrum_without_peaks_is_no_failure_to_join(tmp_path: Path) -> None:
    error, report = why_not(tmp_path, block("a", peaks=""), table="title\tpeptide\na\tPEPTIDEK\n")
    assert error.problem == (
        "No PSM can be used. Most often (1 times): Its spectrum cannot be used: The spectrum has no peaks."
    )
    assert [x.reason for x in report.unusable] == ["The spectrum has no peaks."]


def test_survey_scans_alone_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ms1.mzML"
    path.write_bytes(mzml_file([mzml_spectrum(1, level=1, precursor=None), mzml_spectrum(2, level=1)]))
    with pytest.raises(SourceError, match="only survey scans"):
        build_set([path], [], tmp_path / "set.parquet", workers=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CHARGE=2.7", "CHARGE holds no charge: '2.7'."), ("CHARGE=two", "CHARGE holds no charge: 'two'."),
        ("CHARGE=1000", "CHARGE holds no charge: '1000'."),
        ("CHARGE=2+ and 3+", "CHARGE leaves the charge open: 2 or 3."),
        ("PEPMASS=1e400", "PEPMASS is not a number: '1e400'."),
        ("PEPMASS=-5", "A precursor m/z of -5 is not plausible and was left out."),
        ("RTINSECONDS=PT12S", "RTINSECONDS is not a number: 'PT12S'."),
        ("SCANS=first", "No scan number could be read from 'first'."),
        ("SEQ=PEPTIDEK\nSEQ=ELVISK", "SEQ is there more than once; the first was taken."),
    ],
)  # fmt: skip
def test_what_is_given_and_no_number_is_not_said_to_be_missing(line: str, said: str) -> None:
    with open_spectra(io.BytesIO(block("a", line).encode()), "a.mgf") as file:
        notes = file.read(0).notes
    assert said in notes
    assert not any("not given" in note for note in notes)


@pytest.mark.parametrize(
    "line", ["CHARGE=", "CHARGE=0", "CHARGE=0+", "CHARGE=n/a", "PEPMASS=0", "RTINSECONDS=", "SCANS="]
)
def test_what_says_nothing_gets_no_note_of_its_own(line: str) -> None:
    with open_spectra(io.BytesIO(block("a", line).encode()), "a.mgf") as file:
        assert set(file.read(0).notes) == {NO_CHARGE, NO_PRECURSOR}


TABLE = (
    "title\tpeptide\tcharge\na\tPEPTIDEK\t2\nb\tELVISK\t2\nc\tPEPT1DEK\t2\nd\t\t2\nnowhere\tELVISK\t2\ne\tELVISK\ttwo\n"
)
LOST = [block("a"), block("b", peaks=""), block("c"), block("d"), block("e"), block("f", peaks="100 -1\n")]
WHY = {
    ("t.tsv", "3"): "Its spectrum cannot be used: The spectrum has no peaks.",
    ("t.tsv", "4"): "Its peptide cannot be used: at character 5",
    ("t.tsv", "5"): "There is no peptide.",
    ("t.tsv", "6"): "There is no fragment spectrum with title 'nowhere' in run.mgf.",
    ("t.tsv", "7"): "A charge is a whole number from 1 to 50, not 'two'.",
    ("run.mgf", "2"): "The spectrum has no peaks.",
    ("run.mgf", "6"): "Every intensity must be finite and not negative",
}


@pytest.mark.parametrize("made", [True, False])
def test_every_reason_is_in_the_list_of_what_was_left_out(tmp_path: Path, made: bool) -> None:
    """Where no set can be made, too: there it is wanted most."""
    source, table, lost = written(tmp_path, *LOST), tmp_path / "t.tsv", tmp_path / "lost.tsv"
    table.write_text(TABLE if made else TABLE.replace("a\tPEPTIDEK", "x\tPEPTIDEK"), encoding="utf-8")
    arguments = ["index", source, table, "-o", tmp_path / "set.parquet", "--left-out", lost, "--workers", "1"]
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert (tmp_path / "set.parquet").exists() == made
    with lost.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = {(Path(row["table"]).name, row["line"]): row["reason"] for row in rows}
    assert len(rows) == len(WHY) + (not made)
    assert set(WHY) <= set(found)
    for key, reason in WHY.items():
        assert found[key].startswith(reason)
        assert not made or reason.rstrip(".")[:30] in done.output


def test_the_set_keeps_the_reasons_for_the_page(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(TABLE, encoding="utf-8")
    out = tmp_path / "set.parquet"
    build_set([written(tmp_path, *LOST)], [read_psms(tmp_path / "t.tsv")], out, workers=1)
    with ParquetStore(out) as store:
        report = store.about["report"]
    assert {r["reason"][:20] for r in report["reasons"]} == {w[:20] for (t, _), w in WHY.items() if t == "t.tsv"}
    assert [(r["spectra"], r["first"]["line"]) for r in report["unusable"]] == [(1, 2), (1, 6)]


def test_a_failed_index_leaves_what_a_resume_needs_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "sets" / "set.parquet"
    source = written(tmp_path, block("a"))
    with pytest.raises(SourceError) as told:
        build_set([source], [], out, workers=1)
    assert "kept in set.parquet.parts; the next run into the same file goes on" in str(told.value)
    assert [p.name for p in out.parent.iterdir()] == ["set.parquet.parts"]
    (tmp_path / "t.tsv").write_text("title\tpeptide\na\tPEPTIDEK\n", encoding="utf-8")
    report = build_set([source], [read_psms(tmp_path / "t.tsv")], out, workers=1)
    assert (report.n_parts_kept, report.n_psms) == (1, 1)
    assert [p.name for p in out.parent.iterdir()] == ["set.parquet"]


def test_an_index_that_read_nothing_leaves_nothing_and_promises_nothing(tmp_path: Path) -> None:
    good, bad = written(tmp_path, block("a")), written(tmp_path, "no spectra", name="b.mgf")
    with pytest.raises(SourceError) as told:
        build_set([good, bad], [], tmp_path / "new" / "sets" / "set.parquet", workers=1)
    assert "goes on" not in str(told.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.mgf", "run.mgf"]


def test_what_is_to_be_known_of_a_whole_file_is_told_after_a_resume_too(tmp_path: Path) -> None:
    """A file that is cut short, and text that no spectrum holds."""
    source = written(tmp_path, block("a", "SEQ=PEPTIDEK"), "stray words\n", block("b"), block("c")[:-12])
    (tmp_path / "t.tsv").write_text("title\tpeptide\nnowhere\tPEPTIDEK\n", encoding="utf-8")
    out = tmp_path / "set.parquet"
    with pytest.raises(SourceError):
        build_set([source], [read_psms(tmp_path / "t.tsv")], out, workers=1)
    report = build_set([source], [], out, workers=1)
    assert report.n_parts_kept == 1
    said = [line for line in describe(report, out) if line.startswith("run.mgf: ")]
    assert "run.mgf: Text between two spectra, before line 8, was ignored." in said
    assert "run.mgf: The file is cut short: it ends inside its last spectrum." in said
    with ParquetStore(out) as store:
        assert [note["times"] for note in store.about["report"]["file_notes"]] == [1, 1]


def library(path: Path, *comments: str) -> Path:
    """Entries of AMMK, 1 from each comment."""
    peaks = "Num peaks: 1\n138.0 1\n\n"
    path.write_text("".join(f"Name: AMMK/2\nComment: {c}\n{peaks}" for c in comments), encoding="utf-8")
    return path


MODS = [
    "Mods=2/1,M,Oxidation", "Mods=Oxidation", "Mods=1/4,M,Oxidation", "Mods=1/9,M,Oxidation",
    "Mods=0 ModString=AM(O)MK//Oxidation@M2/2", "Mods=0",
]  # fmt: skip


def test_a_library_entry_whose_peptide_cannot_be_read_is_a_row_of_what_is_left_out(tmp_path: Path) -> None:
    path, out = library(tmp_path / "a.msp", *MODS), tmp_path / "set.parquet"
    report = build_set([path], [], out, workers=1)
    assert (report.n_psms, report.n_spectra, report.n_without) == (1, 6, 0)
    assert [(row.table, row.line, row.spectrum) for row in report.not_joined] == [
        ("a.msp", line, "AMMK/2") for line in range(1, 6)
    ]
    for row, mods in zip(report.not_joined, MODS, strict=False):
        assert row.reason.startswith(f"Its peptide cannot be used: {mods.partition(' ')[0]}")
    assert not report.notes_without
    assert any("not in the set (a.msp, line 1, AMMK/2): Its peptide" in line for line in describe(report, out))


def test_an_entry_that_cannot_be_read_counts_only_where_no_table_speaks_of_it(tmp_path: Path) -> None:
    path, out = library(tmp_path / "a.msp", *MODS[:3]), tmp_path / "set.parquet"
    (tmp_path / "t.tsv").write_text("index\tpeptide\n1\tAMMK\n", encoding="utf-8")
    report = build_set([path], [read_psms(tmp_path / "t.tsv")], out, workers=1)
    assert report.n_psms == 1
    assert [row.line for row in report.not_joined] == [1, 3]
    with ParquetStore(out) as store:
        assert store.row(0, ["notes"])["notes"].startswith("Mods=Oxidation cannot be read")


def test_a_library_as_a_table_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    table = read_psms(library(tmp_path / "a.msp", *MODS))
    assert ([r.line for r in table.refused], [p.line for p in table.psms]) == ([1, 2, 3, 4, 5], [6])
    assert all(r.reason.startswith(m.partition(" ")[0]) for r, m in zip(table.refused, MODS, strict=False))
    with pytest.raises(SourceError, match=r"no PSM in this table\. Line 1: Mods=2/1,M,Oxidation cannot be read"):
        read_psms(library(tmp_path / "b.msp", *MODS[:2]))
    with pytest.raises(SourceError, match=r"No PSM can be used\. Most often"):
        build_set([tmp_path / "b.msp"], [], tmp_path / "b.parquet", workers=1)


def test_a_survey_scan_is_not_said_to_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "run.mzML"
    path.write_bytes(mzml_file([mzml_spectrum(1, level=1, precursor=None), mzml_spectrum(2)]))
    (tmp_path / "t.tsv").write_text("scan\tpeptide\n1\tPEPTIDEK\n2\tPEPTIDEK\n", encoding="utf-8")
    report = build_set([path], [read_psms(tmp_path / "t.tsv")], tmp_path / "set.parquet", workers=1)
    assert [x.reason for x in report.not_joined] == ["There is no fragment spectrum with scan 1 in run.mzML."]


def test_what_joined_is_what_is_said(tmp_path: Path) -> None:
    """A native id in a file without native ids is a title, and a scan in it a scan."""
    name = "controllerType=0 controllerNumber=1 scan=5"
    (tmp_path / "t.tsv").write_text(f"native id\tpeptide\n{name}\tPEPTIDEK\n", encoding="utf-8")
    for at, (title, kind) in enumerate([(name, "title"), ("run.5.5.2", "scan")]):
        out = tmp_path / f"{at}.parquet"
        report = build_set([written(tmp_path, block(title))], [read_psms(tmp_path / "t.tsv")], out, workers=1)
        assert [j[2] for j in report.joined] == [kind]
