"""Spectronaut's names of columns are known; a report of precursors alone says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.errors import SourceError

SPECTRONAUT = {
    "R.FileName": "run1", "PG.ProteinAccessions": "P1;P2", "PEP.StrippedSequence": "ACDMK",
    "EG.ModifiedPeptide": "_AC[Carbamidomethyl (C)]DM[Oxidation (M)]K_", "EG.PrecursorId": "_ACDMK_.2",
    "FG.Charge": "2", "FG.PrecMz": "327.6265", "EG.ApexRT": "1.6", "EG.Qvalue": "0.001", "EG.Cscore": "12.5",
    "EG.IsDecoy": "False",
}  # fmt: skip


def report(folder: Path, row: dict[str, str]) -> Path:
    path = folder / "report.tsv"
    path.write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n", encoding="utf-8")
    return path


def test_with_a_column_of_scans_it_is_read_without_options(tmp_path: Path) -> None:
    (psm,) = read_psms(report(tmp_path, SPECTRONAUT | {"scan": "17"})).psms
    assert psm.peptide.partition("/")[0] == "AC[Carbamidomethyl]DM[Oxidation]K"
    assert (psm.run, psm.charge, psm.precursor_mz, psm.rt) == ("run1", 2, 327.6265, 1.6)
    assert (psm.q_value, psm.score, psm.label, psm.protein) == (0.001, 12.5, "target", "P1;P2")
    assert psm.keys["scan"] == 17


@pytest.mark.parametrize("peptide", ["EG.ModifiedPeptide", "EG.ModifiedSequence", "EG.PrecursorId"])
def test_either_column_of_peptides(tmp_path: Path, peptide: str) -> None:
    row = {peptide: "_PEPTIDEK_" + (".2" if "Id" in peptide else ""), "FG.Charge": "2", "scan": "17"}
    (psm,) = read_psms(report(tmp_path, row)).psms
    assert psm.peptide.partition("/")[0] == "PEPTIDEK"


DIANN = {"Run": "run1", "Precursor.Id": "PEPTIDEK2", "Modified.Sequence": "PEPTIDEK", "Precursor.Charge": "2"}


@pytest.mark.parametrize("row", [SPECTRONAUT, DIANN], ids=["spectronaut", "diann"])
def test_without_a_spectrum_it_says_that_none_is_named(tmp_path: Path, row: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="does not say in which spectrum each was found") as told:
        read_psms(report(tmp_path, row))
    assert "--column scan=NAME" in str(told.value)
