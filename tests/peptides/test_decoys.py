from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.peptides.decoys import shuffled
from peploss.peptides.peptide import Peptide

TEXTS = [
    "PEPTIDEK/2",
    "[Acetyl]-AM[Oxidation]C[Carbamidomethyl]DEFGHIK-[Amidated]/3",
    "Q[Gln->pyro-Glu]AAAR",
    "S[Phospho]T[Phospho]Y[Phospho]K",
    "{Hex}PEM[+15.9949]TIDE",
    "AAAAAAAAAGK",
]


def tagged(peptide: Peptide) -> list[tuple[str, float]]:
    return sorted(zip(peptide.residues, peptide.residue_masses.round(6), strict=True))


@settings(max_examples=80)
@given(text=st.sampled_from(TEXTS), seed=st.integers(0, 2**32))
def test_residues_travel_with_their_modifications_and_the_last_stays(text: str, seed: int) -> None:
    peptide = Peptide.parse(text)
    decoy = shuffled(peptide, np.random.default_rng(seed))
    assert decoy is not None
    assert tagged(decoy) == tagged(peptide)
    assert decoy.residues[-1] == peptide.residues[-1]
    assert decoy.residue_masses[-1] == peptide.residue_masses[-1]
    assert np.abs(decoy.residue_masses - peptide.residue_masses).max() > 1e-6
    assert decoy.neutral_mass == pytest.approx(peptide.neutral_mass, abs=1e-9)
    assert (decoy.charge, decoy.n_term_mass, decoy.c_term_mass) == (
        peptide.charge, peptide.n_term_mass, peptide.c_term_mass,
    )  # fmt: skip
    # Written and read again it is the same peptide.
    again = Peptide.parse(decoy.text)
    np.testing.assert_allclose(again.residue_masses, decoy.residue_masses, atol=1e-9)
    assert again.neutral_mass == pytest.approx(decoy.neutral_mass, abs=1e-9)
    assert not decoy.residue_masses.flags.writeable


def test_seeded() -> None:
    peptide = Peptide.parse("PEPTIDEKLMNAR")
    one, two, other = (shuffled(peptide, np.random.default_rng(s)).proforma for s in (1, 1, 2))
    assert one == two != other


@pytest.mark.parametrize("text", ["K", "AK", "GGGGK", "LILIK", "PP"])
def test_none_where_every_order_is_the_same(text: str) -> None:
    assert shuffled(Peptide.parse(text), np.random.default_rng(0)) is None


def test_every_order_is_as_likely() -> None:
    rng = np.random.default_rng(0)
    found = [shuffled(Peptide.parse("AGSK"), rng).sequence for _ in range(500)]
    counts = {s: found.count(s) for s in set(found)}
    assert set(counts) == {"ASGK", "GASK", "GSAK", "SAGK", "SGAK"}  # all but the peptide
    assert min(counts.values()) > 60
