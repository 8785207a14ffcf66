"""Global isotopes against masses of whole compositions by pyteomics: residues, modifications and every kind of ion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyteomics import mass as pyteomics_mass

from peploss.analysis.candidates.make import all_sites, isobaric_swaps
from peploss.analysis.causes.counterfactuals.edits import candidates, edits
from peploss.dataset.scoring.batch import predicted_ions
from peploss.errors import PeptideError
from peploss.peptides.decoys import decoys
from peploss.peptides.fragments import fragments
from peploss.peptides.ion_table import Candidates, ion_table
from peploss.peptides.modifications.fixed import free_sites, with_fixed
from peploss.peptides.modifications.isotopes import of_modification, of_residue
from peploss.peptides.peptide import Peptide
from peploss.settings import ION_TYPES, NEUTRAL_LOSSES, LossSettings

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
ADDED = {
    "[Oxidation]": "O",
    "[Phospho]": "HPO3",
    "[Acetyl]": "C2H2O",
    "[Carbamidomethyl]": "C2H3NO",
    "[Hex]": "C6H10O5",
}
IONS = {"a": "C-1O-1", "b": "", "c": "NH3", "y": "H2O", "z": "OH-1N-1", "z+1": "ON-1"}
LABELS = [("13C",), ("15N",), ("13C", "15N")]


def weight(atoms: pyteomics_mass.Composition, labels: tuple[str, ...]) -> float:
    """Da of a composition with some elements replaced by a heavy isotope."""
    heavy = {f"{name[2:]}[{name[:2]}]": name[2:] for name in labels}
    out = pyteomics_mass.Composition({next((h for h, e in heavy.items() if e == k), k): n for k, n in atoms.items()})
    return float(pyteomics_mass.calculate_mass(composition=out))


def formula(text: str) -> pyteomics_mass.Composition:
    return pyteomics_mass.Composition(formula=text)


tokens = st.lists(
    st.tuples(st.sampled_from(RESIDUES), st.sampled_from(["", "", *ADDED])), min_size=2, max_size=9
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(tokens, st.sampled_from(LABELS), st.sampled_from([*IONS]), st.sampled_from(["", *NEUTRAL_LOSSES]))
def test_every_ion_is_that_of_its_atoms(
    parts: list[tuple[str, str]], labels: tuple[str, ...], kind: str, loss: str
) -> None:
    text = "".join(f"<{label}>" for label in labels) + "".join(r + m for r, m in parts)
    peptide = Peptide.parse(text)
    atoms = [pyteomics_mass.std_aa_comp[r] + formula(ADDED.get(m, "")) for r, m in parts]
    whole = sum(atoms[1:], atoms[0])
    assert peptide.neutral_mass == pytest.approx(weight(whole + formula("H2O"), labels), abs=2e-5)
    found = fragments(peptide, LossSettings(ion_types=(kind,), neutral_losses=(loss,) if loss else ()), 1)
    for mz, ordinal, lost in zip(found.mz, found.ordinal, found.neutral_loss, strict=True):
        own = atoms[:ordinal] if kind in "abc" else atoms[-ordinal:]
        want = sum(own[1:], own[0]) + formula(IONS[kind])
        if lost:
            want = want - formula({"H2O": "H2O", "NH3": "NH3"}[str(lost)])
        assert mz == pytest.approx(weight(want, labels) + 1.007276466621, abs=2e-5)


@pytest.mark.parametrize("labels", LABELS)
def test_immonium_ions(labels: tuple[str, ...]) -> None:
    peptide = Peptide.parse("".join(f"<{x}>" for x in labels) + "FK")
    found = fragments(peptide, LossSettings(ion_types=(), immonium=True), 1)
    want = sorted(weight(pyteomics_mass.std_aa_comp[r] + formula("C-1O-1"), labels) + 1.007276466621 for r in "FK")
    np.testing.assert_allclose(sorted(found.mz), want, atol=2e-5)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["", "<13C>", "<15N>", "<13C><15N>"]), tokens), min_size=1, max_size=5),
    st.lists(st.sampled_from(ION_TYPES), min_size=1, unique=True).map(tuple),
)
def test_labelled_and_others_in_one_batch(
    rows: list[tuple[str, list[tuple[str, str]]]], kinds: tuple[str, ...]
) -> None:
    asked = LossSettings(ion_types=kinds, neutral_losses=("NH3",), immonium=True)
    peptides = [Peptide.parse(head + "".join(r + m for r, m in parts)) for head, parts in rows]
    charges = np.full(len(peptides), 2)
    masses = np.concatenate([p.residue_masses for p in peptides])
    offsets = np.cumsum([0, *(len(p) for p in peptides)])
    ends = (np.array([getattr(p, name) for p in peptides]) for name in ("n_term_mass", "c_term_mass", "neutral_mass"))
    labels = {i: p.isotopes for i, p in enumerate(peptides) if p.isotopes}
    mz, _, at = predicted_ions(masses, offsets, *ends, charges, asked, labels)
    for i, peptide in enumerate(peptides):
        want = fragments(peptide, asked, 2).mz
        np.testing.assert_allclose(mz[at[i] : at[i] + want.size], want, atol=1e-9)
        table, _ = ion_table(len(peptide), asked, 2, peptide.isotopes).ions(Candidates.of(peptide))
        np.testing.assert_allclose(table[np.isfinite(table)], want, atol=1e-9)


def test_what_is_labelled_already_is_not_labelled_again() -> None:
    assert of_modification("Label:13C(6)15N(2)", ["13C", "15N"]) + of_residue("K", ["13C", "15N"]) == 0
    assert of_modification("Formula:[13C2]H2O", ["13C"]) == 0
    assert of_modification("Glycan:HexNAc2Hex5", ["15N"]) == pytest.approx(2 * 0.99703489, abs=1e-6)


@pytest.mark.parametrize("text", ["<13C>PEM[+15.9949]K", "<15N>N[MOD:00000]K", "<13C>M[Obs:+15.99]K"])
def test_without_atoms_it_is_refused(text: str) -> None:
    with pytest.raises(PeptideError):
        Peptide.parse(text)


@pytest.mark.parametrize("head", ["<13C>", "<15N>", "<13C><15N>"])
def test_what_is_made_of_it_says_its_own_mass(head: str) -> None:
    peptide = Peptide.parse(head + "[Acetyl]-PES[Phospho]TC[Carbamidomethyl]NM[Oxidation]GGK/2")
    made = [*decoys(peptide, 3), *all_sites(peptide), *isobaric_swaps(peptide)]
    changes = edits(peptide)
    rows = candidates(peptide, changes).neutral_mass
    applied = [change.apply(peptide) for change in changes]
    assert len(made) > 10
    assert len(applied) > 10
    for one in (*made, *applied):
        again = Peptide.parse(one.proforma)
        assert again.isotopes == peptide.isotopes
        np.testing.assert_allclose(again.residue_masses, one.residue_masses, atol=1e-9)
        assert again.neutral_mass == pytest.approx(one.neutral_mass, abs=1e-9)
    np.testing.assert_allclose(rows, [one.neutral_mass for one in applied], atol=1e-9)
    assert {"add", "remove", "move", "swap"} <= {change.kind for change in changes}
    assert not [change for change in edits(peptide, open_mass=12.0) if change.kind == "open"]


def test_fixed_modifications_stand_behind_what_leads() -> None:
    fixed = {"C": "Carbamidomethyl", "N-term": "TMT6plex"}
    assert with_fixed("<13C>PECK/2", fixed) == "<13C>[TMT6plex]-PEC[Carbamidomethyl]K/2"
    assert with_fixed("<[Carbamidomethyl]@C>PECK", {"C": "Carbamidomethyl"}) == "<[Carbamidomethyl]@C>PECK"
    assert with_fixed("{Glycan:Hex}PECK", fixed) == "{Glycan:Hex}[TMT6plex]-PEC[Carbamidomethyl]K"
    assert free_sites("<13C>CCK", "C") == 2
    assert free_sites("<[TMT6plex]@K,N-term>PEK", "N-term") == 0
