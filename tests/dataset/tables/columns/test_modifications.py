"""A column that carries modifications is read beside its sequence, or named: none is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.dataset.tables.columns.plain import read_plain
from peploss.dataset.tables.psm import PsmTable
from peploss.errors import SourceError
from peploss.peptides.peptide import Peptide

TRUE = Peptide.parse("PEC[Carbamidomethyl]TM[Oxidation]DEK")


def table(folder: Path, header: str, *rows: str, **asked: dict[str, str]) -> PsmTable:
    """A table of lines whose cells stand between bars; by rows it says what it says by columns."""
    path = folder / "t.tsv"
    path.write_text("\n".join(line.replace("|", "\t") for line in (header, *rows)) + "\n", encoding="utf-8")
    found = read_psms(path, **asked)
    by_rows = read_plain(path, asked.get("columns", {}), found.format, by_rows=True)
    assert [p.peptide for p in found.psms] == [p.peptide for p in by_rows.psms]
    assert found.refused == by_rows.refused
    return found


def is_true(peptide: str) -> bool:
    masses = Peptide.parse(peptide).residue_masses
    return len(masses) == len(TRUE) and masses.tolist() == pytest.approx(TRUE.residue_masses.tolist(), abs=1e-2)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("scan|peptide|modification_info", "1|PECTMDEK|3C(57.02146), 5M(15.9949)"),
        ("scan|sequence|modifications", "1|PECTMDEK|3_S_57.021464,5_V_15.994900"),
        ("Scan_No|Sequence|Modification", "1|PECTMDEK|3,Carbamidomethyl[C];5,Oxidation[M];"),
        ("First Scan|Annotated Sequence|Modifications", "1|[K].PEcTmDEK.[R]|C3(Carbamidomethyl); M5(Oxidation)"),
        ("scan|sequence|mods|mod_sites", "1|PECTMDEK|Carbamidomethyl@C;Oxidation@M|3;5"),
        ("Spectrum ID|Sequence|Modifications", "1|PECTMDEK|Carbamidomethyl:3;Oxidation:5"),
        ("Scan|Sequence|Modifications", "1|PECTMDEK|Carbamidomethyl(C)@3; Oxidation(M)@5"),
        ("Scan|Peptide Sequence|Variable Modifications", "1|PECTMDEK|C3: Carbamidomethyl (+57.02), M5: Oxidation"),
        ("scan|peptide|PTMs", "1|PEC[+57.02]TMDEK|5M(15.9949)"),
        ("scan|peptide|variable mods|fixed mods", "1|PECTMDEK|5M(15.9949)|3C(57.0215)"),
        ("scan|peptide|fixed mods|variable mods", "1|PECTMDEK|Carbamidomethyl:3|Oxidation:5"),
        ("scan|peptide|modifications|Mods", "1|PECTMDEK|5M(15.9949),3C(57.0215)|Oxidation:5;Carbamidomethyl:3"),
    ],
)
def test_every_way_to_write_them_is_the_same_peptide(tmp_path: Path, header: str, cells: str) -> None:
    (psm,) = table(tmp_path, header, cells).psms
    assert is_true(psm.peptide), psm.peptide


def test_fixed_and_variable_ones_in_columns_of_their_own_are_told(tmp_path: Path) -> None:
    found = table(
        tmp_path, "scan|peptide|variable mods|fixed mods", "1|PECTMDEK|5M(15.9949)|3C(57.0215)", "2|PEPTIDEK||"
    )
    assert found.notes == [
        "The column 'variable mods' was read as modifications.",
        "Modifications were read from 'fixed mods', too.",
    ]
    assert found.psms[1].peptide == "PEPTIDEK"


@pytest.mark.parametrize(
    ("header", "cells", "named"),
    [
        ("scan|peptide|Assigned Modifications|Observed Modifications", "1|PEPTIDEK||Mod1: Phospho", "Observed"),
        ("scan|peptide|Observed Modifications", "1|PEPTIDEK|Mod1: Phospho (Theoretical: 79.9663)", "Observed"),
        ("scan|peptide|Glycans", "1|PENGTK|HexNAc(2)Hex(5)", "Glycans"),
        ("Scan|Peptide|Mod|GlycanComposition", "1|PENGTK||H(5)N(2)", "GlycanComposition"),
        ("scan|peptide|my mods", "1|PEPTIDEK|phosphorylated somewhere", "my mods"),
        ("scan|peptide|modifications|Labile PTM", "1|PEPTIDEK||sulfation", "Labile PTM"),
    ],
)
def test_what_is_not_understood_is_named_with_the_way_out(tmp_path: Path, header: str, cells: str, named: str) -> None:
    with pytest.raises(SourceError, match=named) as told:
        table(tmp_path, header, cells)
    assert f"ignore={named}" in str(told.value)
    column = next(c for c in header.split("|") if c.startswith(named))
    (psm,) = table(tmp_path, header, cells, columns={"ignore": column}).psms
    assert psm.peptide == cells.split("|")[1]


def test_what_stands_beside_something_that_is_read_is_told(tmp_path: Path) -> None:
    found = table(tmp_path, "scan|peptide|modifications|Fixed Mods", "1|PECTMDEK|5M(15.9949)|CAM everywhere")
    assert found.psms[0].peptide == "PECTM[+15.9949]DEK"
    assert found.notes == [
        "The column 'Fixed Mods' looks like modifications and was not read beside the others, such as 'CAM everywhere'."
    ]


@pytest.mark.parametrize(
    "cell", ["3C(57.0215), 9M(16)", "4C(57.0215)", "3|C|57", "Carbamidomethyl:12", "C7(Oxidation)"]
)
def test_a_list_that_does_not_fit_its_sequence_costs_its_row_with_the_reason(tmp_path: Path, cell: str) -> None:
    found = table(tmp_path, "scan,peptide,modifications".replace(",", "|"), "1|PEPTIDEK|")
    assert len(found.psms) == 1
    path = tmp_path / "u.tsv"
    path.write_text(f"scan\tpeptide\tmodifications\n1\tPECTMDEK\t{cell}\n2\tPEPTIDEK\t\n", encoding="utf-8")
    read = read_psms(path)
    assert [p.peptide for p in read.psms] == ["PEPTIDEK"]
    assert [r.line for r in read.refused] == [2]
    assert len(read.refused[0].reason) > 20


def test_who_names_the_column_decides(tmp_path: Path) -> None:
    header, cells = "scan|peptide|one mods|other mods", "1|PECTMDEK|5M(15.9949)|3C(57.0215)"
    found = table(tmp_path, header, cells, columns={"modifications": "other mods"})
    assert found.psms[0].peptide == "PEC[+57.0215]TMDEK"


@pytest.mark.parametrize(
    ("header", "blank", "last"),
    [
        ("scan|peptide|modifications", "PEPTIDEK|", "PECTMDEK|3C(57.0215), 5M(15.9949)"),
        ("scan|peptide|variable mods", "PEPTIDEK|", "PECTMDEK|3C(57.0215), 5M(15.9949)"),
        ("scan|peptide|modifications|fixed mods", "PEMK|3M(15.9949)|", "PECTMDEK|5M(15.9949)|3C(57.0215)"),
    ],
)
def test_what_is_said_in_the_last_of_many_rows_counts(tmp_path: Path, header: str, blank: str, last: str) -> None:
    found = table(tmp_path, header, *(f"{i}|{blank}" for i in range(1, 2500)), f"2500|{last}")
    assert is_true(found.psms[-1].peptide)


def test_what_is_not_understood_in_the_last_of_many_rows_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Observed Modifications"):
        table(
            tmp_path,
            "scan|peptide|Observed Modifications",
            *(f"{i}|PEPTIDEK|" for i in range(1, 2500)),
            "2500|PEPTIDEK|Mod1: Phospho",
        )
