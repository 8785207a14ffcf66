"""The page on ProForma says what happens, and no mass differs from rustyms' without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyteomics import proforma as pyteomics_proforma

from peploss.errors import PeptideError
from peploss.peptides.peptide import Peptide

rustyms = pytest.importorskip("rustyms")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pages" / "proforma.md"
ROW = re.compile(r"^\| (?P<what>.+?) \| `(?P<text>.+?)` \| (?P<last>.+?) \|$", re.M)


def rows(title: str) -> list[tuple[str, str]]:
    """Examples of one table, each with its last column."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [(m["text"], m["last"]) for m in ROW.finditer(section)]


READ, REFUSED = rows("What is read"), rows("What is refused")


def theirs(text: str) -> float:
    """The neutral mass by rustyms."""
    return float(rustyms.Peptidoform(re.sub(r"/\d+(\[.*\])?$", "", text)).formula()[0].monoisotopic_mass())


def test_the_page_has_its_rows() -> None:
    assert len(READ) == 31
    assert len(REFUSED) == 22


@pytest.mark.parametrize(("text", "mass"), READ)
def test_what_is_read(text: str, mass: str) -> None:
    peptide = Peptide.parse(text)
    assert peptide.neutral_mass == pytest.approx(float(mass), abs=6e-5)
    again = Peptide.parse(peptide.proforma)
    assert again.proforma == peptide.proforma
    assert again.neutral_mass == pytest.approx(peptide.neutral_mass, abs=1e-9)


DIFFERENT = {  # what the page says of rustyms 0.10
    "PEPTUOK": -12.0,
    "PEM[RESID:AA0581]K": 131.0405,
    "<[TMT6plex]@K,N-term>PEK": 229.1629,
    "{Glycan:Hex}PESK": -162.0528,
    "PEK[XLMOD:01002]K": 18.0106,
    "PEK[X:hydrolyzed DSS]K": 18.0106,
}


@pytest.mark.parametrize(("text", "_"), READ)
def test_rustyms_has_the_same_mass_or_the_page_says_why_not(text: str, _: str) -> None:
    assert theirs(text) - Peptide.parse(text).neutral_mass == pytest.approx(DIFFERENT.get(text, 0.0), abs=2e-3)


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(PeptideError, match=re.escape(says)):
        Peptide.parse(text)


GLYCANS = ["Hex", "HexNAc3", "HexNAc2Hex5NeuAc2", "dHex1Hex1", "NeuGc2", "Pen2", "HexS", "HexP", "HexNAcS", "Fuc2Hex"]


@pytest.mark.parametrize("composition", GLYCANS)
def test_glycans_against_pyteomics(composition: str) -> None:
    expected = pyteomics_proforma.GlycanModification(composition).composition
    mass = Peptide.parse(f"N[Glycan:{composition}]K").neutral_mass - Peptide.parse("NK").neutral_mass
    assert mass == pytest.approx(expected.mass(), abs=1e-5)


@pytest.mark.parametrize(
    "site",
    [
        *["S00046", "T00047", "Y00048", "K00064", "N00400", "K00425", "K00428", "K00599"],
        *["S00696", "M00719", "C01060", "C01153", "K00085", "K00084", "K00394"],
    ],
)
def test_psi_mod_against_rustyms(site: str) -> None:
    text = f"PEAA{site[0]}[MOD:{site[1:]}]K"
    assert Peptide.parse(text).neutral_mass == pytest.approx(theirs(text), abs=2e-3)


@pytest.mark.parametrize(
    ("entry", "same"),
    [
        ("XLMOD:01000", "Xlink:DSS[156]"),
        ("XLMOD:01003", "Xlink:DSS[155]"),
        ("X:hydrolyzed BS2G", "Xlink:BS2G[114]"),
        ("XLMOD:01013", "Xlink:BS2G[113]"),
    ],
)
def test_dead_ends_of_xlmod_against_unimod(entry: str, same: str) -> None:
    assert Peptide.parse(f"PEK[{entry}]K").neutral_mass == pytest.approx(
        Peptide.parse(f"PEK[{same}]K").neutral_mass, abs=1e-3
    )


letters = st.lists(
    st.sampled_from(
        [*"ACDEFGHIKLMNPQRSTVWYUJ", "S[Phospho]", "K[UNIMOD:1]", "C[MOD:01060]", "M[+15.9949]", "N[Glycan:HexNAc]"]
    ),
    min_size=1,
    max_size=30,
)


@given(
    letters,
    st.sampled_from(["", "[Acetyl]-", "<[Carbamidomethyl]@C>", "[+42.0106]-"]),
    st.sampled_from(["", "-[Amidated]"]),
)
def test_any_peptide_of_known_parts_has_the_mass_of_rustyms(middle: list[str], start: str, end: str) -> None:
    text = f"{start}A{''.join(middle)}A{end}"  # between residues that no rule is on
    try:
        mass = Peptide.parse(text).neutral_mass
    except PeptideError:
        assert start.startswith("<")  # fixed and written, too
        return
    assert mass == pytest.approx(theirs(text), abs=5e-3)
