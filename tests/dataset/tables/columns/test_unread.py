"""Cells that should hold a number: percentages are read, and what cannot be read is counted and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.dataset.tables.columns.plain import read_plain
from peploss.dataset.tables.psm import PsmTable


def table(folder: Path, column: str, *cells: str) -> PsmTable:
    """PSMs with one column more; by rows it says what it says by columns."""
    path = folder / "t.tsv"
    rows = [f"{i}\tPEPTIDEK\t{cell}" for i, cell in enumerate(cells, start=1)]
    path.write_text("\n".join([f"scan\tpeptide\t{column}", *rows]) + "\n", encoding="utf-8")
    found = read_psms(path)
    by_rows = read_plain(path, {}, found.format, by_rows=True)
    assert [n for n in found.notes if "holds no number" in n] == [n for n in by_rows.notes if "holds no number" in n]
    for one, other in zip(found.psms, by_rows.psms, strict=True):
        assert (one.score, one.q_value, one.rt, one.rank) == (other.score, other.q_value, other.rt, other.rank)
    return found


@pytest.mark.parametrize(
    ("column", "cell", "q"),
    [
        ("q-value", "1%", 0.01), ("q-value", "0,5 %", 0.005), ("q-value", "0.01", 0.01), ("FDR", "5e-1%", 0.005),
        ("Q-Value (%)", "2.5", 0.025), ("Q-Value [%]", "2.5%", 0.025), ("FDR (%)", "0", 0.0),
    ],
)  # fmt: skip
def test_percentages(tmp_path: Path, column: str, cell: str, q: float) -> None:
    found = table(tmp_path, column, cell)
    assert found.psms[0].q_value == pytest.approx(q)
    assert found.notes == []


def test_a_score_in_percent_is_a_share(tmp_path: Path) -> None:
    assert table(tmp_path, "score", "95%", "0.2").psms[0].score == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("column", "cell", "lacks"),
    [
        ("score", "good", "no score"), ("q-value", "<0.01", "no q-value"), ("RT", "12.5 min", "no retention time"),
        ("rank", "1st", "no rank"), ("precursor m/z", "~464.7", "no precursor m/z of the table"),
        ("CalcMass", "927 Da", "no mass to compare with"), ("Q-Value (%)", "n.d.", "no q-value"),
        ("score", "1.2.3", "no score"), ("score", "nan", "no score"),
    ],
)  # fmt: skip
def test_words_are_counted_and_told(tmp_path: Path, column: str, cell: str, lacks: str) -> None:
    found = table(tmp_path, column, cell, "1", "", cell)
    assert len(found.psms) == 4
    assert [n for n in found.notes if "holds no number" in n] == [
        f"The column {column!r} holds no number in 2 of 3 rows, such as {cell!r}: these PSMs have {lacks}."
    ]


@pytest.mark.parametrize("cell", ["", "-", "NA", "n/a", "NaN", "null", "#N/A"])
def test_a_word_for_nothing_is_nothing(tmp_path: Path, cell: str) -> None:
    found = table(tmp_path, "q-value", cell, "0.5")
    assert found.psms[0].q_value is None
    assert found.notes == []


@pytest.mark.parametrize(
    ("column", "cell", "label"),
    [
        ("Decoy?", "True", "decoy"), ("Decoy?", "False", "target"), ("is_decoy", "1", "decoy"),
        ("Target/Decoy", "decoy", "decoy"), ("Label", "-1", "decoy"), ("Reverse", "+", "decoy"),
    ],
)  # fmt: skip
def test_decoys_under_every_name(tmp_path: Path, column: str, cell: str, label: str) -> None:
    assert table(tmp_path, column, cell).psms[0].label == label


def test_a_column_of_decoys_counts_before_one_of_labels(tmp_path: Path) -> None:
    """pFind's Label says which isotopes a peptide has."""
    path = tmp_path / "t.tsv"
    path.write_text("scan\tpeptide\tLabel\tTarget/Decoy\n1\tPEPTIDEK\t1|0|\tdecoy\n", encoding="utf-8")
    assert read_psms(path).psms[0].label == "decoy"


def test_a_number_of_proteins_is_no_protein(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("scan\tpeptide\t# Proteins\tProtein Accessions\n1\tPEPTIDEK\t3\tP12345\n", encoding="utf-8")
    assert read_psms(path).psms[0].protein == "P12345"
