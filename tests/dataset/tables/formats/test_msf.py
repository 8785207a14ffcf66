"""Proteome Discoverer's databases: targets, decoys, modifications of residues and of both ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.fuzz.table_seeds import write_msf
from peploss.dataset.index.keys import keys_of
from peploss.dataset.tables import read_psms
from peploss.errors import LimitError, SourceError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_msf(tmp_path / "x.msf")


def changed(path: Path, *lines: str) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        for line in lines:
            database.execute(line)
    return path


def test_psms_with_their_modifications_and_scores(path: Path) -> None:
    table = read_psms(path)
    assert (table.format, table.refused) == ("proteome_discoverer", [])
    assert [(p.peptide, p.charge, p.rank, p.score, p.label) for p in table.psms] == [
        ("AC[UNIMOD:4]M[UNIMOD:35]K", 2, 1, 30.5, "target"),
        ("[UNIMOD:1]-PEPTIDEK", 3, 2, 12.0, "target"),
        ("AC[UNIMOD:4]M[UNIMOD:35]K", 2, 1, 30.5, "decoy"),
        ("[UNIMOD:1]-PEPTIDEK", 3, 2, 12.0, "decoy"),
    ]
    first = table.psms[0]
    assert (keys_of(first)["scan"], first.run, first.rt, first.precursor_mz, first.protein) == (
        17, "run1", 10.5, 300.1, "P1 a protein",
    )  # fmt: skip


def test_targets_keep_their_own_terminal_modifications(path: Path) -> None:
    """psm-utils 1.5 gives them those of the decoys, and those of the targets to the decoys."""
    psms = read_psms(changed(path, "DELETE FROM PeptidesTerminalModifications_decoy")).psms
    assert [p.peptide for p in psms if "PEPTIDEK" in p.peptide] == ["[UNIMOD:1]-PEPTIDEK", "PEPTIDEK"]


def test_a_c_terminus_and_a_modification_that_unimod_does_not_have(path: Path) -> None:
    changed(path, "UPDATE AminoAcidModifications SET PositionType = 2, UnimodAccession = NULL, DeltaMass = -0.984016 "
                  "WHERE AminoAcidModificationID = 3")  # fmt: skip
    assert read_psms(path).psms[1].peptide == "PEPTIDEK-[-0.984016]"


def test_a_psm_without_a_score_or_protein_is_kept(path: Path) -> None:
    psms = read_psms(changed(path, "DELETE FROM PeptideScores", "DELETE FROM PeptidesProteins")).psms
    assert [(p.score, p.protein) for p in psms[:2]] == [(None, ""), (None, "")]
    assert psms[2].score == 30.5


def test_a_psm_that_cannot_be_read_costs_itself(path: Path) -> None:
    changed(path, "UPDATE Peptides SET Sequence = 'PEP TIDE' WHERE PeptideID = 1",
            "UPDATE PeptidesAminoAcidModifications_decoy SET Position = 40")  # fmt: skip
    table = read_psms(path)
    assert [p.line for p in table.psms] == [2, 4]
    assert [(r.line, r.reason) for r in table.refused] == [
        (1, "Letters of residues were expected, not 'PEP TIDE'."),
        (3, "UNIMOD:4 stands at position 41 of ACMK, which has 4 residues."),
    ]


@pytest.mark.parametrize("table", ["Peptides", "MassPeaks", "ProteinAnnotations", "PeptideScores_decoy"])
def test_a_view_without_end_is_no_table(path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        columns = ", ".join(f"x AS {row[1]}" for row in database.execute(f"PRAGMA table_info({table})"))
    endless = f"WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT {columns} FROM r"
    changed(path, f"DROP TABLE {table}", f"CREATE VIEW {table} AS {endless}")
    with pytest.raises(SourceError, match=f"no table {table}, but a view.*as text"):
        read_psms(path)


def test_rows_that_multiply_are_held(path: Path) -> None:
    """A thousand PSMs of one spectrum that is there a thousand times are a million."""
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) "
    changed(path, *(f"INSERT INTO {t} {many} SELECT {t}.* FROM {t}, n" for t in ("Peptides", "SpectrumHeaders")))
    with pytest.raises(LimitError, match="At most 100,000 entries"):
        read_psms(path)
