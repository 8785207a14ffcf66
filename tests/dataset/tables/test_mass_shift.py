"""A mass shift of an open search marks its PSM, in every notation: it is not scored as its bare peptide in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.constants import ISOTOPE_SPACING, PROTON
from peploss.dataset.index.build import build_set
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.columns.plain import read_plain
from peploss.dataset.tables.mass_shift import mark_shifts
from peploss.dataset.tables.psm import PsmTable
from peploss.peptides.peptide import Peptide

PHOSPHO = 79.9663
BARE = Peptide.parse("PEPTIDEK").neutral_mass
FRAGPIPE = (
    "Spectrum\tSpectrum File\tPeptide\tModified Peptide\tCharge\tCalibrated Observed M/Z\tCalculated Peptide Mass\t"
    "Delta Mass\tAssigned Modifications"
)


def fragpipe(folder: Path, *rows: tuple[str, float, float, float, str]) -> PsmTable:
    """Rows: modified peptide, observed mass, calculated mass, delta mass, assigned modifications."""
    path = folder / "psm.tsv"
    lines = [
        f"run1.{i:05}.{i:05}.2\tx.pep.xml\tPEPTIDEK\t{modified}\t2\t{observed / 2 + PROTON:.5f}\t{mass:.4f}\t"
        f"{shift:.4f}\t{mods}"
        for i, (modified, observed, mass, shift, mods) in enumerate(rows, 100)
    ]
    path.write_text("\n".join([FRAGPIPE, *lines]) + "\n", encoding="utf-8")
    found = read_psms(path)
    by_rows = read_plain(path, {}, found.format, by_rows=True)
    mark_shifts(by_rows)  # alone: the masses of these tables agree
    for one, other in zip(found.psms, by_rows.psms, strict=True):
        assert (one.mass_shift, one.notes) == (other.mass_shift, other.notes)
    return found


def test_a_shift_is_the_difference_and_is_told(tmp_path: Path) -> None:
    found = fragpipe(tmp_path, ("", BARE + PHOSPHO, BARE, PHOSPHO, ""), ("", BARE, BARE, 0.0, ""))
    assert [p.mass_difference for p in found.psms] == pytest.approx([PHOSPHO, 0.0], abs=1e-3)
    assert [bool(p.notes) for p in found.psms] == [True, False]
    assert "mass shift of +79.9663 Da" in found.psms[0].notes
    (note,) = found.notes
    assert "1 of 2 PSMs have a mass shift in the column 'Delta Mass'" in note
    assert "line 2" in note


@pytest.mark.parametrize("isotopes", [-1, 0, 1, 2, 3])
def test_an_isotope_is_no_shift(tmp_path: Path, isotopes: int) -> None:
    shift = isotopes * ISOTOPE_SPACING + 0.01
    found = fragpipe(tmp_path, ("", BARE + shift, BARE, shift, ""))
    assert found.psms[0].mass_difference == pytest.approx(0.0, abs=1e-3)
    assert found.notes == []


def test_a_shift_that_was_read_as_a_modification_is_no_shift_any_more(tmp_path: Path) -> None:
    """As a glycan that stands among the assigned modifications."""
    there, listed = "PEPT[181]IDEK", f"4T({PHOSPHO})"
    found = fragpipe(tmp_path, (there, BARE + PHOSPHO, BARE + PHOSPHO, PHOSPHO, listed))
    assert Peptide.parse(found.psms[0].peptide).neutral_mass == pytest.approx(BARE + PHOSPHO, abs=0.01)
    assert found.psms[0].notes == ""
    assert not any("mass shift" in note for note in found.notes)


COLUMNS = ["massdiff", "delta_mass", "Delta Mass", "Mass Diff (Da)", "Original Delta Mass", "Delta Mass [Da]"]


@pytest.mark.parametrize("column", COLUMNS)
def test_under_every_name_and_without_a_calculated_mass(tmp_path: Path, column: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"scan\tpeptide\tcharge\t{column}\n1\tPEPTIDEK\t2\t-18.0106\n2\tPEPTIDEK\t2\t\n", encoding="utf-8")
    found = read_psms(path)
    assert [p.mass_difference for p in found.psms] == [-18.0106, None]
    assert f"column {column!r}" in found.notes[0]


def test_parts_per_million_are_no_shift(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("scan\tpeptide\tDelta Mass (ppm)\tmassdiff_ppm\n1\tPEPTIDEK\t7.5\t7.5\n", encoding="utf-8")
    assert read_psms(path).psms[0].mass_difference is None


def test_of_a_pepxml_too(tmp_path: Path) -> None:
    path = tmp_path / "open.pep.xml"
    hit = '<search_hit hit_rank="1" peptide="PEPTIDEK" calc_neutral_pep_mass="{:.4f}" massdiff="{}"/>'
    query = (
        '<spectrum_query spectrum="run1.{0:05}.{0:05}.2" start_scan="{0}" assumed_charge="2" '
        'precursor_neutral_mass="{1:.4f}"><search_result>{2}</search_result></spectrum_query>'
    )
    queries = [
        query.format(100, BARE + PHOSPHO, hit.format(BARE, PHOSPHO)),
        query.format(101, BARE, hit.format(BARE, "+-0.0012")),
    ]
    path.write_text(
        f'<msms_pipeline_analysis><msms_run_summary base_name="run1">{"".join(queries)}</msms_run_summary>'
        "</msms_pipeline_analysis>",
        encoding="utf-8",
    )
    found = read_psms(path)
    assert [p.mass_difference for p in found.psms] == pytest.approx([PHOSPHO, 0.0], abs=1e-3)
    assert [p.mass_shift for p in found.psms] == [PHOSPHO, 0.0012]


def test_the_set_and_its_report_say_it(tmp_path: Path) -> None:
    path = tmp_path / "run1.mgf"
    path.write_text(
        f"BEGIN IONS\nTITLE=run1.100.100.2\nSCANS=100\nPEPMASS={(BARE + PHOSPHO) / 2 + PROTON}\nCHARGE=2+\n"
        "200.1 1\n300.2 2\nEND IONS\n",
        encoding="utf-8",
    )
    found = fragpipe(tmp_path, ("", BARE + PHOSPHO, BARE, PHOSPHO, ""))
    report = build_set([path], [found], tmp_path / "set.parquet", workers=1)
    assert (report.n_psms, report.n_mass_differs) == (1, 1)
    with ParquetStore(tmp_path / "set.parquet") as store:
        row = store.row(0)
    assert row["mass_difference"] == pytest.approx(PHOSPHO, abs=1e-3)
    assert "mass shift" in row["notes"]
