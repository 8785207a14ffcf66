from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.peptides.decoys import MOST_ALIKE, decoy_orders, decoy_orders_of, decoys
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
    (decoy,) = decoys(peptide, 1, seed)
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
    one, two, other = (decoys(peptide, 1, seed)[0].proforma for seed in (1, 1, 2))
    assert one == two != other


def test_the_first_decoys_are_the_same_however_many_are_asked_for() -> None:
    masses = Peptide.parse("PEM[Oxidation]TIDESAMPLER").residue_masses
    many = decoy_orders(masses, 40, seed=3)
    for n in (1, 2, 7, 39):
        np.testing.assert_array_equal(decoy_orders(masses, n, seed=3), many[:n])


def test_many_peptides_are_each_as_alone() -> None:
    peptides = [Peptide.parse(t).residue_masses for t in ("PEPTIDEK", "GGGGGGGK", "AAAAAAGK", "LMNPQRSK", "KKKKKKPK")]
    orders, found = decoy_orders_of(np.stack(peptides), 3, seed=5)
    assert found.tolist() == [3, 0, 3, 3, 3]
    for row, masses in enumerate(peptides):
        np.testing.assert_array_equal(orders[row, : found[row]], decoy_orders(masses, 3, seed=5))
    assert decoy_orders_of(np.empty((0, 5)), 2, seed=0)[0].shape == (0, 2, 5)


def test_at_most_half_of_the_bonds_are_the_peptides_own() -> None:
    masses = Peptide.parse("PEM[Oxidation]TIDESAMPLER").residue_masses
    orders = decoy_orders(masses, 40, seed=3)
    assert orders.shape == (40, masses.size)
    assert (np.sort(orders, axis=1) == np.arange(masses.size)).all()
    for order in orders:
        bonds = np.cumsum(masses[order])[:-1]
        assert (np.abs(bonds - np.cumsum(masses)[:-1]) <= 1e-6).mean() <= MOST_ALIKE


@pytest.mark.parametrize("text", ["K", "AK", "GGGGK", "LILIK", "PP"])
def test_none_where_every_order_is_the_same(text: str) -> None:
    assert decoys(Peptide.parse(text), 3) == []


def test_every_order_is_as_likely() -> None:
    found = [d.sequence for seed in range(100) for d in decoys(Peptide.parse("AGSK"), 5, seed)]
    counts = {s: found.count(s) for s in set(found)}
    assert set(counts) == {"GSAK", "SAGK", "SGAK"}  # the others have two of three bonds of the peptide
    assert min(counts.values()) > 125
