"""The masses that a table states are held against its peptides: added by name, or marked, never silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.constants import PROTON
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import PsmTable
from peploss.peptides.modifications.fixed import with_fixed
from peploss.peptides.peptide import Peptide

BARE = ["ACDEMFGHIK", "PEPTIDER", "CCSAMPLEK", "ELVISLIVESR", "KCAK", "MNPQSTVWYR", "GGCR", "AAAAAK"]


def table(tmp_path: Path, column: str, rows: list[tuple[str, float]]) -> PsmTable:
    lines = [f"scan\tpeptide\tcharge\t{column}", *(f"{i}\t{p}\t2\t{m:.5f}" for i, (p, m) in enumerate(rows, 1))]
    path = tmp_path / "t.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_psms(path)


def masses(fixed: dict[str, str]) -> list[tuple[str, float]]:
    return [(p, Peptide.parse(with_fixed(p, fixed)).neutral_mass) for p in BARE]


FIXED = [
    {"C": "Carbamidomethyl"}, {"C": "Methylthio"}, {"K": "TMT6plex", "N-term": "TMT6plex"},
    {"C": "Carbamidomethyl", "K": "TMTpro", "N-term": "TMTpro"}, {"K": "iTRAQ4plex", "N-term": "iTRAQ4plex"},
    {"K": "Label:13C(6)15N(2)", "R": "Label:13C(6)15N(4)"}, {"R": "Label:13C(6)15N(4)"},
    {"C": "Carbamidomethyl", "K": "Dimethyl", "N-term": "Dimethyl"}, {"K": "TMT6plex"},
]  # fmt: skip


@pytest.mark.parametrize("fixed", FIXED, ids=str)
def test_fixed_modifications_are_added_by_name(tmp_path: Path, fixed: dict[str, str]) -> None:
    found = table(tmp_path, "calc_neutral_pep_mass", masses(fixed))
    assert [p.peptide for p in found.psms] == [with_fixed(p, fixed) for p in BARE]
    assert all(abs(p.mass_difference or 0) < 0.001 for p in found.psms)
    (note,) = found.notes
    assert all(f"{name} on {site}" in note for site, name in fixed.items())


COLUMNS = [
    ("CalcMass", 0.0, 1), ("CalcMass", PROTON, 1), ("calc_mh", PROTON, 1), ("calc_neutral_pep_mass", 0.0, 1),
    ("peptide mass", 0.0, 1), ("Peptide_MH", PROTON, 1), ("Mass", 0.0, 1), ("Calculated m/z", PROTON, 2),
    ("calculatedMassToCharge", PROTON, 2), ("calc_mass_to_charge", PROTON, 2), ("Theo. MH+ [Da]", PROTON, 1),
    ("Calculated Peptide Mass", 0.0, 1), ("Theoretical Mass", 0.0, 1),
]  # fmt: skip


@pytest.mark.parametrize(("column", "more", "charge"), COLUMNS)
def test_masses_under_every_name(tmp_path: Path, column: str, more: float, charge: int) -> None:
    rows = [(p, m / charge + more) for p, m in masses({"C": "Carbamidomethyl"})]
    found = table(tmp_path, column, rows)
    assert "C[Carbamidomethyl]" in found.psms[0].peptide
    assert all(abs(p.mass_difference or 0) < 0.001 for p in found.psms)


def test_what_nothing_explains_is_kept_and_marked(tmp_path: Path) -> None:
    rows = masses({})
    rows[3] = (rows[3][0], rows[3][1] + 100.016)
    found = table(tmp_path, "Mass", rows)
    assert [p.peptide for p in found.psms] == BARE
    assert found.psms[3].mass_difference == pytest.approx(100.016, abs=1e-4)
    assert found.psms[3].notes == "The mass differs by +100.0160 Da from the table's."
    assert "1 of 8 PSMs" in found.notes[0]
    assert "ELVISLIVESR" in found.notes[0]
    assert not any(p.notes for p in found.psms if p.line != found.psms[3].line)


def test_one_row_that_has_room_and_is_not_explained_keeps_all_as_they_are_written(tmp_path: Path) -> None:
    rows = masses({"C": "Carbamidomethyl"}) * 3
    rows[8] = (rows[8][0], rows[8][1] + 79.9663)
    found = table(tmp_path, "Mass", rows)
    assert [p.peptide for p in found.psms] == BARE * 3
    assert found.psms[8].mass_difference == pytest.approx(57.02146 + 79.9663, abs=1e-3)
    assert "11 of 12 PSMs leave out Carbamidomethyl on C" in found.notes[0]
    assert "line 10, ACDEMFGHIK" in found.notes[0]
    assert "--fixed C=Carbamidomethyl" in found.notes[0]
    assert "12 of 24 PSMs differ" in found.notes[1]


def test_a_row_without_room_for_it_does_not_speak_against_it(tmp_path: Path) -> None:
    rows = masses({"C": "Carbamidomethyl"}) * 3
    rows[9] = (rows[9][0], rows[9][1] + 79.9663)
    found = table(tmp_path, "Mass", rows)
    assert found.psms[8].peptide == "AC[Carbamidomethyl]DEMFGHIK"
    assert [i for i, p in enumerate(found.psms) if p.notes] == [9]


def test_two_hundredths_are_rounding_and_more_is_not(tmp_path: Path) -> None:
    mass = Peptide.parse("PEPTIDEK").neutral_mass
    found = table(tmp_path, "Mass", [("PEPTIDEK", mass + 0.019), ("PEPTIDEK", mass + 0.021)])
    assert [bool(p.notes) for p in found.psms] == [False, True]


def test_of_two_explanations_none_is_taken(tmp_path: Path) -> None:
    mass = Peptide.parse("PEPTIDEK").neutral_mass + 229.162932  # TMT on K, or on the end
    found = table(tmp_path, "Mass", [("PEPTIDEK", mass)])
    assert found.psms[0].peptide == "PEPTIDEK"
    assert found.psms[0].mass_difference == pytest.approx(229.1629, abs=1e-3)


def test_a_table_without_masses_marks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("scan\tpeptide\n1\tACK\n", encoding="utf-8")
    assert read_psms(path).psms[0].mass_difference is None


def measured(tmp_path: Path, column: str, off: list[float], fixed: dict[str, str], mz: bool = True) -> PsmTable:
    """A table whose masses are those of the precursors, off by so much from their peptides."""
    rows = [(p, m + d) for (p, m), d in zip(masses(fixed), off, strict=True)]
    lines = [f"scan\tpeptide\tcharge\tm/z\t{column}"]
    lines += [f"{i}\t{p}\t2\t{m / 2 + PROTON if mz else 400 + i:.5f}\t{m:.5f}" for i, (p, m) in enumerate(rows, 1)]
    path = tmp_path / "t.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_psms(path)


ISOTOPES = [0.0, 1.0034, 0.004, -0.003, 2.0067, 0.03, -1.0034, 0.0]


@pytest.mark.parametrize("fixed", [{}, {"C": "Carbamidomethyl"}, {"K": "TMT6plex", "N-term": "TMT6plex"}], ids=str)
def test_a_mass_that_repeats_the_precursor_was_measured(tmp_path: Path, fixed: dict[str, str]) -> None:
    found = measured(tmp_path, "Mass", ISOTOPES, fixed)
    assert [p.peptide for p in found.psms] == [with_fixed(p, fixed) for p in BARE]
    assert [p.mass_difference is None for p in found.psms] == [abs(d) > 0.02 for d in ISOTOPES]
    assert not any("differs by" in p.notes for p in found.psms)
    assert any("measured, not calculated. 4 that differ" in note for note in found.notes)


def test_a_measured_mass_that_no_isotope_explains_is_marked(tmp_path: Path) -> None:
    off = [0.0, 15.9949, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]
    found = measured(tmp_path, "Mass", off, {})
    assert [p.mass_difference for p in found.psms] == pytest.approx(off, abs=1e-4)
    assert "differs by +15.9949 Da" in found.psms[1].notes
    assert any("2 of 8 PSMs differ" in note for note in found.notes)


@pytest.mark.parametrize(
    ("column", "mz"), [("Mass", False), ("Theoretical Mass", True), ("calc_neutral_pep_mass", True)]
)
def test_a_calculated_mass_is_held_to_the_last_isotope(tmp_path: Path, column: str, mz: bool) -> None:
    found = measured(tmp_path, column, ISOTOPES, {}, mz)
    assert [abs(p.mass_difference or 0) > 0.02 for p in found.psms] == [abs(d) > 0.02 for d in ISOTOPES]
    assert any("4 of 8 PSMs differ" in note for note in found.notes)
