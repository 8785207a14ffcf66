"""Peptides of other programs, as ProForma."""

from __future__ import annotations

import pytest

from peploss.peptides.notations import proforma, proforma_from_msp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PEPTIDE", "PEPTIDE"),
        ("PEPTIDE/2", "PEPTIDE/2"),
        ("[Acetyl]-PEPT[Phospho]IDE-[Amidated]", "[Acetyl]-PEPT[Phospho]IDE-[Amidated]"),
        ("<[Carbamidomethyl]@C>PEPC", "<[Carbamidomethyl]@C>PEPC"),
        ("M[+15.9949]PEP", "M[+15.9949]PEP"),
        ("M[UNIMOD:35]PEP", "M[UNIMOD:35]PEP"),
        ("M+15.995PEC+57.021", "M[+15.995]PEC[+57.021]"),
        ("Q-17.027PEP", "Q[-17.027]PEP"),
        ("+42.011PEP", "[+42.011]-PEP"),
        ("+43.006-17.027PEP", "[+25.979000]-PEP"),
        ("M(+15.99)PEC(+57.02)", "M[+15.99]PEC[+57.02]"),
        ("M(ox)PS(ph)", "M[Oxidation]PS[Phospho]"),
        ("C(Carbamidomethylation)M(Oxidation)", "C[Carbamidomethyl]M[Oxidation]"),
        ("(PEP)[+1]TIDE", "(PEP)[+1]TIDE"),
    ],
)
def test_seq(text: str, expected: str) -> None:
    assert proforma(text) == expected
    assert proforma(expected) == expected


@pytest.mark.parametrize(
    ("name", "mods", "expected"),
    [
        ("ACDE/2", "0", "ACDE/2"),
        ("ACDE/2_0", "0", "ACDE/2"),
        ("_ACDE_/2", "0", "ACDE/2"),
        ("AACK/2", "1/2,C,Carbamidomethyl", "AAC[Carbamidomethyl]K/2"),  # NIST: from 0
        ("ACDE/2", "1/2,C,Carbamidomethyl", "AC[Carbamidomethyl]DE/2"),  # MS2PIP: from 1
        ("AMCDE/2", "2/2,M,Oxidation/3,C,Carbamidomethyl", "AM[Oxidation]C[Carbamidomethyl]DE/2"),
        ("EPEPTIDEK/2", "1/0,E,Glu->pyro-Glu", "[Glu->pyro-Glu]-EPEPTIDEK/2"),
        ("PEPTIDEK/2", "1/-1,K,Amidated", "PEPTIDEK-[Amidated]/2"),
        ("RPEPK/4", "1/-1,R,TMT_Pro", "[TMTpro]-RPEPK/4"),
        ("CAAK/2", "1/0,C,CAM", "C[Carbamidomethyl]AAK/2"),
        ("KAAK/2", "3/0,K,TMT/0,K,TMT/3,K,TMT", "[TMT6plex]-K[TMT6plex]AAK[TMT6plex]/2"),
        ("AAAMPK/3", "2(0,A,Acetyl)(3,M,Oxidation)", "[Acetyl]-AAAM[Oxidation]PK/3"),
        ("n[43]AAAC[160]K/2", "2/-1,A,Acetyl/3,C,Carbamidomethyl", "[Acetyl]-AAAC[Carbamidomethyl]K/2"),
        ("M[Oxidation]PEP/2", "0", "M[Oxidation]PEP/2"),
        ("Caffeine", "0", None),
        ("1,2-dimethyl/3-x", "0", None),
        ("AAAC[160]K/2", "0", "AAAC[Carbamidomethyl]K/2"),
        ("AAAC[57]K/2", "0", None),
        ("AAAK/2", "1/2,C,Carbamidomethyl", None),
        ("AAAK/2", "1/99,K,TMT", None),
    ],
)
def test_msp(name: str, mods: str, expected: str | None) -> None:
    assert proforma_from_msp(name, mods)[0] == expected


def test_what_is_open_is_said() -> None:
    assert (
        "counted from 0" in (proforma_from_msp("ACCDE/2", "1/1,C,Carbamidomethyl")[1] or "")
        or (proforma_from_msp("ACCDE/2", "1/2,C,Carbamidomethyl")[1])
    )
    assert "does not fit" in (proforma_from_msp("AAAK/2", "1/2,C,CAM")[1] or "")
    assert "rounded" in (proforma_from_msp("AAAC[57]K/2", "0")[1] or "")
