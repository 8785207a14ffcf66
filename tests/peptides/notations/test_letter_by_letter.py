"""Peptides letter by letter: what each reader makes of ends, lists, ranges and brackets, to the last character."""

from __future__ import annotations

import pytest

from peploss import limits
from peploss.errors import PeptideError
from peploss.peptides.notations import merged, paired, proforma, proforma_from_msp, sites_of, unflanked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A,C(Carbamidomethylation),K", "AC[Carbamidomethyl]K"),
        ("A C K", "ACK"),
        ("A;C;K", "ACK"),
        ("A,C", "AC"),
        ("A, C(a, b), K", "AC[a, b]K"),
        ("A,C[a;b],K", "AC[a;b]K"),
        ("A,[+42],C", "A[+42]C"),
        ("A,Ck,D", "A,Ck,D"),
        ("AC,D", "AC,D"),
        ("A,Cmod,K", "AC[Carbamidomethyl]K"),
        ("+42.01,A,K", "[+42.01]-AK"),
        ("A,(Acetyl),K", "A[Acetyl]K"),
        ("n+42.01PEK", "[+42.01]-PEK"),
        ("n-17.02QEK", "[-17.02]-QEK"),
        (".(Acetyl)PEK.", "[Acetyl]-PEK"),
        (".[Acetyl]PEK", "[Acetyl]-PEK"),
        ("n[1]PEK", "PEK"),
        ("[Phospho]^2?PEK", "[Phospho]^2?PEK"),
        ("[Phospho]?PEK", "[Phospho]?PEK"),
        ("[Acetyl][+1.0]PEK", "[Acetyl][+1.0]-PEK"),
        ("[+1.0][+2.5]PEK", "[+3.500000]-PEK"),
        ("[+1.0]PEK", "[+1.0]-PEK"),
        ("[Acetyl]-PEM(ox)K", "[Acetyl]-PEM[Oxidation]K"),
        ("PEpSTK", "PES[Phospho]TK"),
        ("PEpYpTK", "PEY[Phospho]T[Phospho]K"),
        ("PEPsK", "PEPsK"),
        ("A(SS)[Phospho]K", "A(SS)[Phospho]K"),
        ("A(SS)[Phospho]M(ox)K", "A(SS)[Phospho]M[Oxidation]K"),
        ("PEK.", "PEK"),
        ("PEM(ox)K.", "PEM[Oxidation]K"),
        ("PEK.R", "PEK"),
        ("P.PEK.", "PEK"),
        (".K", "K"),
        ("-.PEK.-", "PEK"),
        ("_K_", "K"),
        ("__", "__"),
        ("<13C>PE(ox)K", "<13C>PE(ox)K"),
        ("{Hex}AM(ox)K", "{Hex}AM(ox)K"),
        ("M+15.K", "M[+15.]K"),
        ("AC[57]K", "AC[+57]K"),
        ("AC(57)K", "AC[+57]K"),
        ("ACDK[57]", "ACDK[+57]"),
        ("A(3)K", "A[+3]K"),
        ("AC[12345]K", "AC[+12345]K"),
        ("AC[123456]K", "AC[+123456]K"),
        ("pSAK(57)", "S[Phospho]AK[+57]"),
    ],
)
def test_what_a_text_becomes(text: str, found: str) -> None:
    assert proforma(text) == found


@pytest.mark.parametrize(
    ("text", "shown", "position", "remedy"),
    [
        ("ACDK[4]", "[4]", 4, "K[+4]"),
        ("AC[2]K", "[2]", 2, "C[+2]"),
        ("AC(2)", "(2)", 2, "C[+2]"),
        ("ACDEFK[3][5]", "[3]", 6, "K[+3]"),
        ("pSK(2)", "(2)", 3, "K[+2]"),
        ("pSpSAK(3)", "(3)", 6, "K[+3]"),
        ("A(SS)[Phospho]K(4)", "(4)", 15, "K[+4]"),
        ("A(STEK)[Phospho]K(6)", "(6)", 17, "K[+6]"),
        ("M(ox)ACK(4)", "(4)", 8, "K[+4]"),
        ("ACK(1-3)", "(1-3)", 3, "K[+1-3]"),
        ("ACK[1;3]R", "[1;3]", 3, "K[+1;3]"),
    ],
)
def test_where_a_position_stands_and_the_way_out(text: str, shown: str, position: int, remedy: str) -> None:
    with pytest.raises(PeptideError) as told:
        proforma(text)
    error = told.value
    assert (error.text, error.position) == (text, position)
    assert error.problem.startswith(f"{shown} may be the position of a residue")
    assert error.remedy == f"Only linear peptides are read. If it is a mass, write {remedy}."


def test_a_text_that_is_too_long_is_refused_with_its_start() -> None:
    most = limits.PEPTIDE.most
    assert proforma("A" * most) == "A" * most
    with pytest.raises(PeptideError) as told:
        proforma("AC" * most)
    assert told.value.text == "AC" * 50


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("K.PEPC(+57.02)K.R", "PEPC(+57.02)K"),
        ("K.PEPK", "PEPK"),
        ("PEPK.R", "PEPK"),
        (".PEK.", "PEK"),
        (".PEK", "PEK"),
        (".(Ac)PEK", ".(Ac)PEK"),
        (".[Ac]PEK.", ".[Ac]PEK."),
        ("[K, R].PEK.[-]", "PEK"),
        ("PEM+15.9.K", "PEM+15.9.K"),
        ("K.PEM+15.9", "PEM+15.9"),
        ("K.M+15.K", "M+15"),
        ("PEK", "PEK"),
        ("", ""),
        ("PE2K.R", "PE2K"),
        ("PEK2.R", "PEK2.R"),
    ],
)
def test_flanks(text: str, found: str) -> None:
    assert unflanked(text) == found


@pytest.mark.parametrize(
    ("names", "places", "found"),
    [
        ("Carbamidomethyl@C", "2", [(2, "Carbamidomethyl@C")]),
        ("Acetyl@Any_N-term", "0", [(0, "Acetyl@Any_N-term")]),
        ("", "", []),
        ("Amidated@Any_C-term", "-1", [(5, "Amidated@Any_C-term")]),
        ("Oxidation@M|Acetyl@K", "3|4", [(3, "Oxidation@M"), (4, "Acetyl@K")]),
    ],
)
def test_names_and_places_in_two_columns(names: str, places: str, found: list[tuple[int, str]]) -> None:
    assert paired("ACMK", names, places) == found


@pytest.mark.parametrize(
    ("names", "places", "says"),
    [
        ("Oxidation@M", "2", "no M at position 2"),
        ("Oxidation@M", "", "1 modifications, and '' 0 places"),
        ("Oxidation@M", "x", "'x' is no position"),
        ("Oxidation@M", "5", "no M at position 5"),
    ],
)
def test_names_and_places_that_do_not_fit(names: str, places: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        paired("ACMK", names, places)


@pytest.mark.parametrize(
    ("peptide", "sites", "found"),
    [
        ("ACMK/2", [], "ACMK/2"),
        ("ACMK/2", [(3, "ox")], "ACM[Oxidation]K/2"),
        ("AM[Oxidation]K", [(2, "oxidation")], "AM[Oxidation]K"),
        ("AM[16]K", [(2, "15.9949")], "AM[16]K"),
        ("AM[+15.9949]K", [(2, "+15.98")], "AM[+15.9949]K"),
        ("AM[Oxidation]K", [(3, "Acetyl"), (1, "Methyl")], "A[Methyl]M[Oxidation]K[Acetyl]"),
        ("AC[Formula:[13C2]H2]K", [(3, "Acetyl")], "AC[Formula:[13C2]H2]K[Acetyl]"),
        ("AK", [(3, "Amidated"), (0, "Acetyl")], "[Acetyl]-AK-[Amidated]"),
    ],
)
def test_a_list_beside_a_peptide(peptide: str, sites: list[tuple[int, str]], found: str) -> None:
    assert merged(peptide, sites) == found


@pytest.mark.parametrize(
    ("peptide", "sites", "says"),
    [
        ("AM[Oxidation]K", [(2, "Phospho")], "Oxidation at position 2, the list beside it Phospho"),
        ("AM[+15.9949]K", [(2, "+16.1")], "at position 2"),
        ("AM[16]K", [(2, "17.1")], "at position 2"),
        ("AM[Oxidation]K", [(2, "Nonsense")], "at position 2"),
        ("AMK", [(5, "Acetyl")], "position 5 of AMK"),
        ("AMK", [(-1, "Acetyl")], "position -1 of AMK"),
        ("[Acetyl]-AMK", [(0, "Methyl")], "Acetyl at its end"),
    ],
)
def test_a_list_that_contradicts_the_peptide(peptide: str, sites: list[tuple[int, str]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        merged(peptide, sites)


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("0|Acetyl|3|Oxidation", [(0, "Acetyl"), (3, "Oxidation")]),
        ("-1|Amidated", [(5, "Amidated")]),
        ("M3(Oxidation|15.99|variable)", [(3, "Oxidation")]),
        ("Acetyl (N-term)", [(0, "Acetyl")]),
        ("Acetyl (Protein n-term)", [(0, "Acetyl")]),
        ("Amidated (C-Term)", [(5, "Amidated")]),
        ("1xOxidation [M3]; 1xAcetyl [N-Term]", [(3, "Oxidation"), (0, "Acetyl")]),
        ("Oxidation(M)@3; iTRAQ4plex@N-term", [(3, "Oxidation"), (0, "iTRAQ4plex")]),
        ("C2: Carbamidomethyl (+57.02), M3: Oxidation", [(2, "Carbamidomethyl"), (3, "Oxidation")]),
        ("3,Oxidation[M];", [(3, "Oxidation[M]")]),
        ("Oxidation:3 ; ; ", [(3, "Oxidation")]),
    ],
)
def test_every_form_of_a_list(listed: str, found: list[tuple[int, str]]) -> None:
    assert sites_of("ACMK", listed) == found


BOTH = "Positions in Mods= fit counting from 0 and from 1; they were counted from 0, as NIST does."


@pytest.mark.parametrize(
    ("name", "mods", "found", "note"),
    [
        ("ACMK/2", "1/2,M,Oxidation", "ACM[Oxidation]K/2", None),
        ("ACMK/2", "0", "ACMK/2", None),
        ("ACMK/2", "00", "ACMK/2", None),
        ("ACMK/2", "", "ACMK/2", None),
        ("ACMK/2", "1/0,A,Acetyl", "[Acetyl]-ACMK/2", None),
        ("ACMK/2_1", "2/1,C,CAM/2,M,Oxidation", "AC[Carbamidomethyl]M[Oxidation]K/2", None),
        ("ACMK/2", "1/3,M,Oxidation", "ACM[Oxidation]K/2", None),
        ("ACMK/2", "1/1,A,Methyl", "A[Methyl]CMK/2", None),
        ("AAMMK/2", "1/3,M,Oxidation", "AAMM[Oxidation]K/2", BOTH),
        ("AAK/2", "1/1,A,Methyl", "AA[Methyl]K/2", BOTH),
        ("ACMK/2", "1/-1,A,Acetyl", "[Acetyl]-ACMK/2", None),
        ("ACMK/2", "1/-1,K,Amidated", "ACMK-[Amidated]/2", None),
        ("ACMK/2", "1/0,^,Acetyl", "[Acetyl]-ACMK/2", None),
        ("KACK/2", "1/-1,K,Acetyl", "[Acetyl]-KACK/2", None),
        ("AC[a b]K/2", "", "AC[a b]K/2", None),
        ("AC[a/2]K/3", "", "AC[a/2]K/3", None),
        ("A" * 200 + "/2", "0", "A" * 200 + "/2", None),
        ("A C/2", "", None, None),
        ("ACMK/", "", None, None),
        ("ACMK", "", None, None),
        ("A" * 201 + "/2", "0", None, None),
        ("ACMK/2", "1/4,M,Oxidation", None, "Mods=1/4,M,Oxidation does not fit the peptide ACMK."),
        (
            "ACMK/2",
            "10/2,M,Oxidation",
            None,
            "Mods=10/2,M,Oxidation cannot be read: 1 modifications with a place were found in it.",
        ),
        ("ACMK/2", "2/1,C,CAM", None, "Mods=2/1,C,CAM cannot be read: 1 modifications with a place were found in it."),
        ("ACMK/2", "Oxidation", None, "Mods=Oxidation cannot be read: 0 modifications with a place were found in it."),
        ("ACM[Oxidation]K/2", "Oxidation", "ACM[Oxidation]K/2", None),
    ],
)
def test_mods_of_a_library(name: str, mods: str, found: str | None, note: str | None) -> None:
    assert proforma_from_msp(name, mods) == (found, note)
