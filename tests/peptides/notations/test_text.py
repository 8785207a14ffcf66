"""Modifications of every dialect end as ProForma that has the same masses."""

from __future__ import annotations

import random
import re

import pytest

from peploss.errors import PeptideError
from peploss.peptides.notations import name, placed, proforma
from peploss.peptides.notations import text as notation
from peploss.peptides.notations.whole_masses import KNOWN
from peploss.peptides.peptide import Peptide

OXIDISED = "[Acetyl]-AAM[Oxidation]C[Carbamidomethyl]K"


@pytest.mark.parametrize(
    "text",
    [
        OXIDISED,
        "_(ac)AAM(ox)C(cam)K_",
        "_(Acetyl (Protein N-term))AAM(Oxidation (M))C(Carbamidomethyl (C))K_",
        "_[Acetyl (Protein N-term)]AAM[Oxidation (M)]C[Carbamidomethyl (C)]K_",
        "(UniMod:1)AAM(UniMod:35)C(UniMod:4)K",
        "K.n[42.010565]AAM[15.994915]C[57.021464]K.R",
        "-.n[42.010565]AAM[15.994915]C[57.021464]K.R",
        "+42.010565AAM+15.994915C+57.021464K",
        "[+42.010565]-AAM[+15.994915]C[+57.021464]K",
        ".(Acetyl)AAM(Oxidation)C(Carbamidomethyl)K",
        "(Acetyl)AAM(Oxidation)C(Carbamidomethyl)K",
        "n[43]AAM[147]C[160]K",
        "n[43.0184]AAM[147.0354]C[160.0306]K",
        "[Common Biological:Acetylation on X]AAM[Common Variable:Oxidation on M]C[Common Fixed:Carbamidomethyl on C]K",
        "[Acetyl@Any_N-term]-AAM[Oxidation@M]C[Carbamidomethyl@C]K",
        "[UNIMOD:1]-AAM[UNIMOD:35]C[UNIMOD:4]K",
    ],
)
def test_dialects_mean_the_same_peptide(text: str) -> None:
    expected = Peptide.parse(OXIDISED)
    found = Peptide.parse(proforma(text))
    assert found.residues == expected.residues
    assert found.residue_masses == pytest.approx(expected.residue_masses, abs=1e-5)
    assert found.n_term_mass == pytest.approx(expected.n_term_mass, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "charge"),
    [("PEPTIDEK/2", 2), ("PEPTIDEK3", 3), ("PEPTIDEK+2", 2), ("PEPC[+57.021]K/2", 2), ("PEPTIDEK", None)],
)
def test_charges_behind_the_peptide(text: str, charge: int | None) -> None:
    assert Peptide.parse(proforma(text)).charge == charge


def test_two_shifts_at_the_n_terminus_add_up() -> None:
    assert Peptide.parse(proforma("+43.006-17.027PEPTIDEK")).n_term_mass == pytest.approx(25.979, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["PEPT[Phospho]IDE", "<[Carbamidomethyl]@C>ACDC", "{Hex}PEPTIDE", "PEPTIDE-[Amidated]", "Q[Gln->pyro-Glu]EK",
     "N[Hex(1)HexNAc(2)]K"],
)  # fmt: skip
def test_proforma_stays_as_it_is(text: str) -> None:
    assert proforma(text) == text


@pytest.mark.parametrize(
    ("text", "mass"),
    [("AC[57]K", 57), ("AK[229]", 229), ("AC[57.0215]K", 57.0215), ("AM[15.9949]K", 15.9949), ("AK[229.163]", 229.163),
     ("n[42.0106]AK", 42.0106), ("AK[300]", 300), ("AC[+160]K", 160), ("AM[+147.0354]K", 147.0354)],
)  # fmt: skip
def test_differences_stay_differences(text: str, mass: float) -> None:
    bare = Peptide.parse("".join(c for c in text if c.isupper())).neutral_mass
    assert Peptide.parse(proforma(text)).neutral_mass - bare == pytest.approx(mass, abs=1e-6)


def test_a_modification_of_the_last_residue_is_not_on_the_end() -> None:
    assert proforma("PEPTM-[Oxidation (M)]/2") == "PEPTM[Oxidation]/2"
    assert proforma("PEPTK-[Amidated]") == "PEPTK-[Amidated]"


def test_a_site_in_a_name_is_not_part_of_it() -> None:
    assert name("Phospho (STY)") == "Phospho"
    assert name("Glu->pyro-Glu") == "Glu->pyro-Glu"
    assert name("-17.0265") == "-17.0265"


def test_positions_outside_are_refused() -> None:
    with pytest.raises(ValueError, match="position 9"):
        placed("ACDK", [(9, "Oxidation")])


def test_one_pass_says_what_a_walk_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peptides of random parts, by the expression for simple ones and letter by letter."""
    parts = [
        "A", "C", "M", "K", "Q", "n", "S", "PEP", "[160.0307]", "[57.0215]", "[147.0354]", "[15.9949]", "[43.0184]",
        "[42.0106]", "[1.0078]", "[166.9984]", "[999.5]", "[160]", "[1]", "(ox)", "(UniMod:4)", "[+57.02]", "+15.995",
        "-17.027", "-", "[Acetyl]", "(Oxidation (M))", "c", "[17.0027]", "p", ".", "[4.]", "[.5]", "[1.5;2]",
    ]  # fmt: skip
    dice = random.Random(0)
    texts = ["".join(dice.choices(parts, k=dice.randint(1, 8))) for _ in range(20_000)]
    texts += [f"n{tag}PEP{tag}C{tag}M{tag}K" for tag in parts if tag[0] in "[("]

    def all_of() -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(proforma(text))
            except PeptideError as error:
                found.append(f"{error.problem} {error.position}")
        return found

    quick = all_of()
    monkeypatch.setattr(notation, "_SIMPLE", re.compile("(?!)"))
    assert quick == all_of()


def test_what_a_whole_mass_means_keeps_its_name() -> None:
    assert [name(known) for known in KNOWN] == list(KNOWN)
