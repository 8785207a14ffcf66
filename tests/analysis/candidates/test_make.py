from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.candidates.compare import losses_of
from peploss.analysis.candidates.make import all_sites, best_of, distinct, fixes, isobaric_swaps
from peploss.analysis.causes.diagnosis import diagnose
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

SETTINGS = LossSettings()


def spectrum_of(text: str) -> Spectrum:
    peptide = Peptide.parse(text)
    ions = fragments(peptide, SETTINGS)
    order = np.argsort(ions.mz)
    return Spectrum(
        mz=ions.mz[order], intensity=np.ones(len(ions)), precursor_mz=peptide.mz(), precursor_charge=peptide.charge
    )


def texts(peptides: list[Peptide]) -> list[str]:
    return [peptide.proforma for peptide in peptides]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S[Phospho]AEYK/2", ["SAEY[Phospho]K/2"]),
        ("S[+79.966]AEYK", ["SAEY[+79.966]K"]),  # a mass is the modification it is
        ("SC[Dioxidation]C[Dioxidation]AC", ["SC[Dioxidation]CAC[Dioxidation]", "SCC[Dioxidation]AC[Dioxidation]"]),
        ("[Acetyl]-AKK", ["AK[Acetyl]K", "AKK[Acetyl]"]),
        ("PEPTIDEK", []),
        ("{Hex}PEPTIDEK", []),
        ("AM[Oxidation]C[Carbamidomethyl]MK", ["[Carbamidomethyl]-AM[Oxidation]CMK",
         "[Carbamidomethyl]-AMCM[Oxidation]K", "AMC[Carbamidomethyl]M[Oxidation]K"]),
    ],
)  # fmt: skip
def test_all_sites(text: str, expected: list[str]) -> None:
    assert sorted(texts(all_sites(Peptide.parse(text)))) == sorted(expected)


def test_two_of_a_kind_stand_on_every_pair_of_sites() -> None:
    found = all_sites(Peptide.parse("S[Phospho]T[Phospho]YSK"))
    assert len(found) == 5  # 4 choose 2, less the one that is there
    assert all(abs(p.neutral_mass - Peptide.parse("S[Phospho]T[Phospho]YSK").neutral_mass) < 1e-6 for p in found)


def test_a_site_form_is_the_peptide_that_its_text_says() -> None:
    for one in all_sites(Peptide.parse("[Acetyl]-S[Phospho]TM[Oxidation]KYMK-[Amidated]/3")):
        again = Peptide.parse(one.text)
        assert again.residue_masses == pytest.approx(one.residue_masses, abs=1e-6)
        assert (again.n_term_mass, again.c_term_mass, again.charge) == pytest.approx(
            (one.n_term_mass, one.c_term_mass, 3)
        )


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("ANEK", "AGGEK"), ("AQEK", "AAGEK"), ("AGGEK", "ANEK"), ("AKGK", "AQGK"), ("AFSK", "AM[Oxidation]SK"),
        ("AWEK", "AADEK"), ("AM[Oxidation]K", "AFK"), ("APEK", "AEPK"), ("ALEK", "AIEK"), ("AREK", "AGVEK"),
        ("[Acetyl]-ANEK-[Amidated]/2", "[Acetyl]-AGGEK-[Amidated]/2"),
    ],
)  # fmt: skip
def test_isobaric_swaps(text: str, swapped: str) -> None:
    found = isobaric_swaps(Peptide.parse(text))
    assert swapped in texts(found)
    assert text not in texts(found)
    own = Peptide.parse(text).neutral_mass
    assert all(abs(p.neutral_mass - own) <= 0.0401 for p in found)


def test_swaps_hold_no_two_of_the_same_masses() -> None:
    found = isobaric_swaps(Peptide.parse("VGEAANSGELRK"))
    masses = {tuple(p.residue_masses.round(3)) for p in found}
    assert len(masses) == len(found) > 20


def test_the_best_of_many_are_those_of_lowest_loss() -> None:
    spectrum = spectrum_of("AGGENSLK/2")
    peptide = Peptide.parse("ANENSLK/2")
    others = isobaric_swaps(peptide)
    made = best_of(spectrum, peptide, others, SETTINGS, 3)
    assert made.peptides[0].proforma == "AGGENSLK/2"
    assert (made.n, len(made.peptides)) == (len(others), 3)
    assert made.told("swaps") == f"the best 3 of {len(others)} swaps"
    losses = losses_of(spectrum, made.peptides, SETTINGS)
    assert losses[0] < 1e-9
    assert losses.tolist() == sorted(losses.tolist())
    assert best_of(spectrum, peptide, [], SETTINGS).told("swaps") == "0 swaps"


def test_fixes_are_the_changed_peptides_behind_causes() -> None:
    why = diagnose(spectrum_of("PEM[Oxidation]TIDEK/2"), "PEMTIDEK/2", SETTINGS)
    assert texts(fixes(why))[0] == "PEM[Oxidation]TIDEK/2"
    assert fixes(diagnose(spectrum_of("PEMTIDEK/2"), "PEMTIDEK/2", SETTINGS)) == []


def test_distinct_knows_one_peptidoform_in_every_notation() -> None:
    many = [Peptide.parse(t) for t in ("AM[Oxidation]K/2", "AM[+15.9949]K", "AM[UNIMOD:35]K/3", "AMK", "AM[U:35]K/2")]
    assert [p.text for p in distinct(many, 2)] == ["AM[Oxidation]K/2", "AM[UNIMOD:35]K/3", "AMK"]
