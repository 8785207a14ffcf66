"""Ions of many candidates at once are those that ``fragments`` makes of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.peptides.fragments import fragments
from peploss.peptides.ion_table import Candidates, ion_table
from peploss.peptides.peptide import Peptide
from peploss.settings import ION_TYPES, LossSettings

TEXTS = (
    "PEPTIDEK",
    "[Acetyl]-AM[Oxidation]C[Carbamidomethyl]DEFGHIK-[Amidated]",
    "{Hex}PEM[+15.9949]TIDE",
    "X[+113.084]LIAK",
    "GK",
    "K",
)

any_settings = st.builds(
    LossSettings,
    ion_types=st.lists(st.sampled_from(ION_TYPES), max_size=4, unique=True).map(tuple),
    max_fragment_charge=st.sampled_from([None, 1, 2, 3]),
    neutral_losses=st.sampled_from([(), ("H2O",), ("H2O", "NH3")]),
    immonium=st.booleans(),
    precursor=st.booleans(),
    isotopes=st.sampled_from([0, 1]),
    ion_weights=st.sampled_from([{}, {"y": 2.0, "y2": 0.5, "immonium": 0.3}]),
)


@settings(max_examples=150)
@given(text=st.sampled_from(TEXTS), asked=any_settings, charge=st.integers(1, 4))
def test_one_candidate_is_fragments(text: str, asked: LossSettings, charge: int) -> None:
    peptide = Peptide.parse(text)
    mz, weight = ion_table(len(peptide), asked, charge).ions(Candidates.of(peptide))
    real = np.isfinite(mz[0])
    want = fragments(peptide, asked, charge)
    np.testing.assert_allclose(mz[0][real], want.mz, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(weight[0][real], want.intensity)


def test_rows_are_one_candidate_each() -> None:
    peptides = [Peptide.parse(t) for t in ("PEPTIDEK", "PEPTIDKE", "[Acetyl]-GEPT[Phospho]IDEK")]
    both = Candidates(
        np.stack([p.residue_masses for p in peptides]),
        *(np.array([getattr(p, name) for p in peptides]) for name in ("n_term_mass", "c_term_mass", "labile_mass")),
    )
    asked = LossSettings(ion_types=("a", "b", "y"), precursor=True, immonium=True)
    mz, _ = ion_table(8, asked, 2).ions(both)
    for row, peptide in zip(mz, peptides, strict=True):
        np.testing.assert_allclose(row[np.isfinite(row)], fragments(peptide, asked, 2).mz, rtol=0, atol=1e-9)
    np.testing.assert_allclose(both.neutral_mass, [p.neutral_mass for p in peptides])


@pytest.mark.parametrize("gone", [(-100.0, 4), (-150.0, 3)])
def test_ions_that_cannot_be_are_left_out(gone: tuple[float, int]) -> None:
    """A candidate whose first residue has lost more than it has: its b1 and some more have no place."""
    peptide = Peptide.parse("GASPVK")
    masses = peptide.residue_masses.copy()
    masses[0] += gone[0]
    mz, _ = ion_table(6, LossSettings(ion_types=("b",)), 1).ions(Candidates.of(peptide).with_residues(masses[None]))
    expected = np.cumsum(masses)[:-1] + 1.007276466621
    np.testing.assert_allclose(mz[0][np.isfinite(mz[0])], expected[expected > 0], rtol=0, atol=1e-9)
    assert np.isfinite(mz).sum() == gone[1]
