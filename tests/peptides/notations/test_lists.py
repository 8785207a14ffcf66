"""Lists of modifications beside a sequence: every form, every end, and what cannot be placed."""

from __future__ import annotations

import re

import pytest

from peploss.peptides.notations.lists import (
    NoPlace,
    bare,
    listed,
    merged,
    paired,
    placed,
    sites_of,
    taken_apart,
)

SEQUENCE = "ACDMK"
FORMS = [
    ("N-Term(Acetyl)", [(0, "Acetyl")]),
    ("n-term(Prot)(Acetyl)", [(0, "Acetyl")]),
    ("N-terminus (Protein)(Acetyl)", [(0, "Acetyl")]),
    ("C-Term(Amidated)", [(6, "Amidated")]),
    ("C-Term(Pep)(Amidated)", [(6, "Amidated")]),
    ("C2(Carbamidomethyl)", [(2, "Carbamidomethyl")]),
    ("C2(Carbamidomethyl|57.021464|fixed)", [(2, "Carbamidomethyl")]),
    ("2C(57.0215)", [(2, "57.0215")]),
    ("4M(15.9949), N-term(42.0106)", [(4, "15.9949"), (0, "42.0106")]),
    ("2_S_57.02", [(2, "57.02")]),
    ("1_V_42.01_n", [(0, "42.01")]),
    ("5_V_-0.98_c", [(6, "-0.98")]),
    ("2-UNIMOD:4", [(2, "UNIMOD:4")]),
    ("2-UNIMOD:4,4-UNIMOD:35", [(2, "UNIMOD:4"), (4, "UNIMOD:35")]),
    ("2,Carbamidomethyl[C];4,Oxidation[M];", [(2, "Carbamidomethyl[C]"), (4, "Oxidation[M]")]),
    ("4,Oxidation[M]", [(4, "Oxidation[M]")]),
    ("0,Acetyl[AnyN-term];", [(0, "Acetyl[AnyN-term]")]),
    ("Oxidation@M:4", [(4, "Oxidation")]),
    ("Carbamidomethyl:2;Oxidation:4", [(2, "Carbamidomethyl"), (4, "Oxidation")]),
    ("0|Acetyl|4|Oxidation", [(0, "Acetyl"), (4, "Oxidation")]),
    ("-1|Amidated", [(6, "Amidated")]),
    ("1xOxidation [M4]", [(4, "Oxidation")]),
    ("1xCarbamidomethyl [C2]; 1xAcetyl [N-Term]", [(2, "Carbamidomethyl"), (0, "Acetyl")]),
    ("1xAmidated [C-term]", [(6, "Amidated")]),
    ("2xPhospho [C2(99.5); M4(80)]", [(2, "Phospho"), (4, "Phospho")]),
    ("2xPhospho [C2,M4]", [(2, "Phospho"), (4, "Phospho")]),
    ("Oxidation (M)", [(4, "Oxidation")]),
    ("2 Deamidated (CM)", [(2, "Deamidated"), (4, "Deamidated")]),
    ("Acetyl (Protein N-term)", [(0, "Acetyl")]),
    ("Amidated (C-term)", [(6, "Amidated")]),
    ("Carbamidomethyl (C); Oxidation (M)", [(2, "Carbamidomethyl"), (4, "Oxidation")]),
    *((nothing, []) for nothing in ("", " - ", "null", "None", "Unmodified", "NaN", "n/a", "[]")),
]


@pytest.mark.parametrize(("text", "sites"), FORMS, ids=[text for text, _ in FORMS])
def test_every_form(text: str, sites: list[tuple[int, str]]) -> None:
    assert sites_of(SEQUENCE, text) == sites


WRONG = [
    ("C3(Carbamidomethyl)", "There is no C at position 3 of ACDMK"),
    ("3C(57.02)", "There is no C at position 3 of ACDMK"),
    ("1xOxidation [M3]", "There is no M at position 3 of ACDMK"),
    ("Oxidation@M:3", "There is no M at position 3 of ACDMK"),
    ("2 Oxidation (M)", "ACDMK has 1 M, and the list beside it says '2 Oxidation (M)'"),
    ("3 Phospho (CM)", "ACDMK has 2 C or M, and the list"),
    ("something", "The modification 'something' cannot be read; the whole list is 'something'"),
    ("C2(Carbamidomethyl); ?", "The modification '?' cannot be read; the whole list is 'C2(Carbamidomethyl); ?'"),
    ("1|Acetyl|x|Oxidation", "'x' is no position; the whole list is '1|Acetyl|x|Oxidation'"),
]


@pytest.mark.parametrize(("text", "why"), WRONG, ids=[text for text, _ in WRONG])
def test_what_does_not_fit_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as error:
        sites_of(SEQUENCE, text)
    assert not isinstance(error.value, NoPlace)


@pytest.mark.parametrize("text", ["Deamidated (CM)", "1xPhospho [C]", "1xPhospho [C2; M]"])
def test_a_list_without_places(text: str) -> None:
    with pytest.raises(NoPlace, match="does not say"):
        sites_of(SEQUENCE, text)


def test_a_modification_beyond_the_peptide() -> None:
    assert placed("AK", [(3, "Amidated")]) == "AK-[Amidated]"
    for position in (4, -1):
        with pytest.raises(ValueError, match=f"stands at position {position} of AK, which has 2 residues"):
            placed("AK", [(position, "Oxidation")])
        with pytest.raises(ValueError, match=f"stands at position {position} of AK, which has 2 residues"):
            merged("AK", [(position, "Oxidation")])


def test_two_on_one_residue() -> None:
    assert listed("ACK", "2|Carbamidomethyl|2|Oxidation") == "AC[Carbamidomethyl][Oxidation]K"


def test_names_and_places_in_two_columns() -> None:
    assert paired("ACMK", "Oxidation@M|Acetyl@Any_N-term", "3|0") == [(3, "Oxidation@M"), (0, "Acetyl@Any_N-term")]
    assert paired("ACMK", "a;b", "2,3") == [(2, "a"), (3, "b")]
    assert paired("ACMK", "Amidated@C-term", "-1") == [(5, "Amidated@C-term")]
    assert paired("ACMK", "", "") == []
    with pytest.raises(ValueError, match=r"'a;b' names 2 modifications, and '2' 1 places\."):
        paired("ACMK", "a;b", "2")
    with pytest.raises(ValueError, match=r"'x' is no position; the whole list is '2;x'\."):
        paired("ACMK", "a;b", "2;x")


@pytest.mark.parametrize(
    ("peptide", "sites", "meant"),
    [
        ("ACMK", [(3, "Oxidation"), (0, "Acetyl")], "[Acetyl]-ACM[Oxidation]K"),
        ("[Acetyl]-ACMK/3", [(3, "15.9949")], "[Acetyl]-ACM[+15.9949]K/3"),
        ("[Acetyl]-ACMK", [(0, "42.0106")], "[Acetyl]-ACMK"),
        ("ACMK-[Amidated]", [(5, "-0.984")], "ACMK-[Amidated]"),
        ("AC[+57]MK", [(2, "57.0215")], "AC[+57]MK"),  # a rounded mass
        ("AC[+57.0215]MK", [(2, "+57.5")], None),
        ("AC[+57.021]MK", [(2, "57.04")], "AC[+57.021]MK"),  # within 0.02 Da
        ("AC[+57.021]MK", [(2, "57.05")], None),
        ("AM[Oxidation]K", [(2, "oxidation")], "AM[Oxidation]K"),
        ("AM[Oxidation]K", [(2, "Phospho")], None),
        ("acMK", [(3, "Oxidation")], "ACM[Oxidation]K"),
    ],
)
def test_a_peptide_and_a_list(peptide: str, sites: list[tuple[int, str]], meant: str | None) -> None:
    if meant is None:
        with pytest.raises(ValueError, match=r"The peptide has .* at position 2, the list beside it "):
            merged(peptide, sites)
    else:
        assert merged(peptide, sites) == meant


@pytest.mark.parametrize("peptide", ["[Acetyl]-AK", "AK-[Amidated]"])
def test_two_different_ends(peptide: str) -> None:
    end = 0 if peptide.startswith("[") else 3
    with pytest.raises(ValueError, match=r"The peptide has (Acetyl|Amidated) at its end, the list beside it Methyl"):
        merged(peptide, [(end, "Methyl")])


def test_a_form_that_nothing_can_be_added_to() -> None:
    with pytest.raises(ValueError, match="in a form that a list beside it cannot be added to"):
        merged("[Phospho]?PEPK", [(1, "Acetyl")])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ACK", ("ACK", {}, "")),
        ("ACK/2", ("ACK", {}, "/2")),
        ("[Acetyl]-AC[a[b]c]K-[Amidated]/3", ("ACK", {0: ["Acetyl"], 2: ["a[b]c"], 4: ["Amidated"]}, "/3")),
        ("AC[x][y]K", ("ACK", {2: ["x", "y"]}, "")),
        ("A-K", (None, {}, "")),
        ("AcK", (None, {}, "")),
        ("A-[x]K", (None, {}, "")),
        ("(AK)[x]", (None, {}, "")),
    ],
)
def test_taken_apart(text: str, parts: tuple[str | None, dict[int, list[str]], str]) -> None:
    assert taken_apart(text) == parts


@pytest.mark.parametrize(
    ("text", "residues"),
    [("_ACK_", "ACK"), ("K.ACk.R", "ACK"), (" acK ", "ACK"), ("AC[57]K", ""), ("ACÄ", ""), ("AC-K", "")],
)
def test_bare(text: str, residues: str) -> None:
    assert bare(text) == residues
