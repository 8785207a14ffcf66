"""Every generator of fragments makes the ions of the one formula: single, vectorised, compiled and soft alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.dataset.scoring.batch import predicted_ions
from peploss.peptides.fragments import fragments
from peploss.peptides.ion_table import Candidates, ion_table
from peploss.peptides.ions import IonKind, highest_fragment_charge, ion_kinds
from peploss.peptides.peptide import Peptide
from peploss.peptides.soft import parse_ion_name, soft_fragments
from peploss.settings import ION_TYPES, NEUTRAL_LOSSES, LossSettings

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"

any_peptide = st.builds(
    lambda n_term, residues, c_term: Peptide.parse(n_term + "".join(residues) + c_term),
    st.sampled_from(["", "[Acetyl]-", "{Hex}"]),
    st.lists(
        st.one_of(
            st.sampled_from(RESIDUES), st.sampled_from(["M[Oxidation]", "S[Phospho]", "X[+113.084]", "K[-120.5]"])
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["", "-[Amidated]"]),
)
any_settings = st.builds(
    LossSettings,
    ion_types=st.lists(st.sampled_from(ION_TYPES), max_size=4, unique=True).map(tuple),
    max_fragment_charge=st.sampled_from([None, 1, 2, 3]),
    neutral_losses=st.lists(st.sampled_from(NEUTRAL_LOSSES), unique=True).map(tuple),
    immonium=st.booleans(),
    precursor=st.booleans(),
    isotopes=st.sampled_from([0, 1]),
    ion_weights=st.sampled_from([{}, {"y": 2.0, "y2": 0.5, "immonium": 0.3, "precursor": 0.0}]),
)


def test_the_formula_in_plain_arithmetic() -> None:
    """y2 of PEK, doubly charged, less water, one neutron more: E + K + water - water, two protons, half a spacing."""
    mass = 129.04259309 + 128.09496302
    expected = (mass + 2 * 1.007276466621) / 2 + 1.0033548378 / 2
    assert IonKind("y", 2, "H2O", 1).mz(mass) == pytest.approx(expected, abs=1e-6)
    assert IonKind("immonium", 1).mz(mass) == pytest.approx(mass - 27.9949146 + 1.00727647, abs=1e-6)
    assert IonKind("precursor", 3).mz(900.0) == pytest.approx(301.0072765, abs=1e-6)


@settings(deadline=None, max_examples=150)
@given(peptides=st.lists(any_peptide, min_size=1, max_size=4), asked=any_settings, data=st.data())
def test_single_vectorised_and_compiled_agree(
    peptides: list[Peptide], asked: LossSettings, data: st.DataObject
) -> None:
    charges = np.array(data.draw(st.lists(st.integers(1, 5), min_size=len(peptides), max_size=len(peptides))))
    masses = np.concatenate([p.residue_masses for p in peptides])
    offsets = np.cumsum([0, *(len(p) for p in peptides)])
    ends = (np.array([getattr(p, name) for p in peptides]) for name in ("n_term_mass", "c_term_mass", "neutral_mass"))
    mz, weight, at = predicted_ions(masses, offsets, *ends, charges, asked)
    for i, (peptide, z) in enumerate(zip(peptides, charges.tolist(), strict=True)):
        want = fragments(peptide, asked, z)
        own = slice(at[i], at[i] + len(want))
        np.testing.assert_allclose(mz[own], want.mz, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(weight[own], want.intensity)
        assert np.isinf(mz[own.stop : at[i + 1]]).all()
        of_table, table_weight = ion_table(len(peptide), asked, z).ions(Candidates.of(peptide))
        real = np.isfinite(of_table[0])
        np.testing.assert_allclose(of_table[0][real], want.mz, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(table_weight[0][real], want.intensity)


def test_a_charge_that_is_not_known_is_none() -> None:
    asked = LossSettings(precursor=True)
    assert [k.kind for k in ion_kinds(asked, None)] == ["b", "y"]
    assert [k.kind for k in ion_kinds(asked, 2)] == ["b", "y", "precursor"]
    assert [highest_fragment_charge(LossSettings(max_fragment_charge=4), z) for z in (None, 1, 3, 9)] == [4, 1, 3, 4]
    mz, _, _ = predicted_ions(
        np.array([100.0, 101.0]), np.array([0, 2]), np.zeros(1), np.zeros(1), np.array([219.0]), np.array([0]), asked
    )
    assert mz.size == 2


@settings(deadline=None, max_examples=60)
@given(
    residues=st.lists(st.sampled_from(RESIDUES), min_size=2, max_size=10),
    kind=st.sampled_from(ION_TYPES),
    z=st.integers(1, 3),
    loss=st.sampled_from(["", *NEUTRAL_LOSSES]),
)
def test_soft_fragments_of_sure_residues(residues: list[str], kind: str, z: int, loss: str) -> None:
    peptide = Peptide.parse("".join(residues))
    name = kind + ("+" * z if z > 1 else "") + (f"-{loss}" if loss else "")
    assert parse_ion_name(name) == (kind, z, loss)
    masses = torch.from_numpy(peptide.residue_masses.copy())[None]
    mz, mask = soft_fragments(masses, torch.ones_like(masses, dtype=torch.bool), (name,))
    want = fragments(
        peptide, LossSettings(ion_types=(kind,), neutral_losses=(loss,) if loss else (), max_fragment_charge=z), z
    )
    own = want.mz[(want.charge == z) & (want.neutral_loss == loss)]
    np.testing.assert_allclose(np.sort(mz[mask].numpy()), np.sort(own), rtol=0, atol=1e-9)
