"""What is no q-value is not kept as one, whatever the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import PsmTable


def table(folder: Path, *values: str, name: str = "q-value") -> PsmTable:
    rows = "".join(f"{i}\tPEPTIDEK\t2\t{value}\n" for i, value in enumerate(values, 1))
    path = folder / "t.tsv"
    path.write_text(f"scan\tpeptide\tcharge\t{name}\n{rows}", encoding="utf-8")
    return read_psms(path)


def test_shares_stay_as_they_are(tmp_path: Path) -> None:
    found = table(tmp_path, "0", "1", "0.01", "1e-5", "", "-1e-9", "1.0000001")
    assert [p.q_value for p in found.psms] == [0.0, 1.0, 0.01, 1e-5, None, -1e-9, 1.0000001]
    assert not found.notes


@pytest.mark.parametrize("wrong", ["-1", "1.5", "100", "inf", "-inf", "1.001", "-0.5"])
def test_what_lies_outside_is_no_q_value_and_is_told(tmp_path: Path, wrong: str) -> None:
    found = table(tmp_path, "0.01", wrong, "0.5", wrong)
    assert [p.q_value for p in found.psms] == [0.01, None, 0.5, None]
    assert len(found.psms) == 4
    (note,) = found.notes
    assert note.startswith("2 of ")
    assert f"in the column 'q-value' are not between 0 and 1, the first in line 3, {float(wrong):g}:" in note
    assert "have no q-value" in note


def test_percent_is_read_as_percent(tmp_path: Path) -> None:
    found = table(tmp_path, "1", "100", "150", name="q-value %")
    assert [p.q_value for p in found.psms] == [0.01, 1.0, None]
    assert "1 of 3 q-values in the column 'q-value %'" in found.notes[0]


def test_other_formats_than_tables_of_columns(tmp_path: Path) -> None:
    pepxml = (
        '<?xml version="1.0"?><msms_pipeline_analysis xmlns="http://regis-web.systemsbiology.net/pepXML">'
        '<msms_run_summary base_name="run1"><spectrum_query spectrum="run1.1.1.2" start_scan="1" end_scan="1" '
        'assumed_charge="2" precursor_neutral_mass="927.45"><search_result><search_hit hit_rank="1" peptide="PEPTIDEK">'
        '<search_score name="q-value" value="{}"/></search_hit></search_result></spectrum_query></msms_run_summary>'
        "</msms_pipeline_analysis>"
    )
    for value, kept in (("0.25", 0.25), ("-1", None)):
        path = tmp_path / "t.pep.xml"
        path.write_text(pepxml.format(value), encoding="utf-8")
        found = read_psms(path)
        assert [p.q_value for p in found.psms] == [kept]
        assert sum("not between 0 and 1" in note for note in found.notes) == (kept is None)
