"""Numbers in brackets that are positions, as tables of cross-links and loop-links have them, are no masses."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.errors import PeptideError, SourceError
from peploss.peptides.notations import proforma
from peploss.peptides.peptide import Peptide


@pytest.mark.parametrize(
    "text",
    [
        "AEKPTIDER(3)", "AEKPTIDEK(3,9)", "AEKPTIDEK(3)(9)", "AEKPTIDEK[3;9]", "K.AEKPTIDER(3).M", "_AEKPTIDER(3)_",
        "AEKPTIDER(3)/3", "M(ox)AEKPTIDER(4)", "AEKPTIDER(3)-LLKR(3)", "AEKPTIDEK(1-9)", "AC[+57.02]KPTIDER(3)",
        "AEKPTIDER[1]", "AEKPTIDER(9)",
    ],
)  # fmt: skip
def test_a_position_is_refused_as_one(text: str) -> None:
    with pytest.raises(PeptideError) as told:
        Peptide.parse(proforma(text))
    assert "position of a residue" in str(told.value)
    assert "[+" in str(told.value)  # the way out, if it is a mass


@pytest.mark.parametrize("text", ["AEK[+3]PTIDER", "AEKPTIDER[+9]", "AC[57]DEK", "AM[147]DEK", "AS[80]DEK", "n[43]AEK"])
def test_a_mass_is_no_position(text: str) -> None:
    bare = Peptide.parse("".join(c for c in text if c.isupper())).neutral_mass
    assert Peptide.parse(proforma(text)).neutral_mass > bare + 2


@pytest.mark.parametrize(
    "header",
    [
        "Scan Number\tPeptide\tLink Type\tBeta Peptide", "scan\tPepSeq1\tPepSeq2\tLinkPos1\tLinkPos2",
        "scan\tpeptide\tAlpha Peptide\tBeta Peptide", "scan\tpeptide\tCrosslinker\tscore",
    ],
)  # fmt: skip
def test_a_table_of_pairs_is_refused_as_a_whole(tmp_path: Path, header: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(header + "\n" + "\t".join("1" for _ in header.split("\t")) + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match="cross-links"):
        read_psms(path)


def test_in_a_table_of_linear_ones_it_costs_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Title,Charge,Peptide\ns1,2,AEKPTIDER(3)\ns2,2,PEPTIDEK\ns3,2,AEKPTIDEK(3)(9)\n", encoding="utf-8")
    table = read_psms(path)
    assert [p.peptide for p in table.psms] == ["PEPTIDEK"]
    assert [r.line for r in table.refused] == [2, 4]
    assert all("position of a residue" in r.reason for r in table.refused)
