"""Peptides of a file of spectra from tables beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peploss.errors import SourceError
from peploss.explorer.sources.beside import peptides
from peploss.spectra.readers import open_spectra

MGF = "".join(
    f"BEGIN IONS\nTITLE=run.{scan}.{scan}.2\nSCANS={scan}\nPEPMASS=464.7\nCHARGE=2+\n175.119 10\n288.203 20\nEND IONS\n"
    for scan in (7, 8, 9)
)


@pytest.fixture
def spectra(tmp_path: Path) -> Path:
    (tmp_path / "run.mgf").write_text(MGF)
    return tmp_path / "run.mgf"


def test_an_mgf_without_peptides_takes_those_of_a_table(spectra: Path) -> None:
    table = spectra.with_name("psms.tsv")
    table.write_text("scan\tpeptide\tcharge\n7\tPEPTIDEK\t2\n9\tACDM[Oxidation]K\t2\n99\tPEK\t2\n")
    with open_spectra(spectra) as file:
        found = peptides(file, [table])
        file.peptides = found.peptides
        read = [file.read(n).peptide for n in range(3)]
    assert read == ["PEPTIDEK/2", None, "ACDM[Oxidation]K/2"]
    assert found.told[0] == "2 of 3 spectra have a peptide from psms.tsv, joined by scan."
    assert re.match(r"1 PSM could not be used. The first: There is no fragment spectrum with scan 99", found.told[1])


def test_the_best_rank_counts(spectra: Path) -> None:
    table = spectra.with_name("psms.tsv")
    table.write_text("scan\tpeptide\trank\n7\tPEK\t2\n7\tPEPTIDEK\t1\n8\tB\t1\n")
    with open_spectra(spectra) as file:
        found = peptides(file, [table])
    assert list(found.peptides.values()) == ["PEPTIDEK"]
    assert "Its peptide cannot be used" in found.told[1]


def test_a_table_that_is_none_is_an_error(spectra: Path) -> None:
    table = spectra.with_name("psms.tsv")
    table.write_text("")
    with open_spectra(spectra) as file, pytest.raises(SourceError):
        peptides(file, [table])
