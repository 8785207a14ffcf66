"""Small changes of a peptide: each row of masses is the peptide that its text says."""

from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.causes.counterfactuals.common_modifications import COMMON
from peploss.analysis.causes.counterfactuals.edits import candidates, edits
from peploss.peptides.peptide import Peptide

TEXTS = (
    "PEPTIDEK/2",
    "[Acetyl]-AM[Oxidation]C[Carbamidomethyl]DEFGHIKM-[Amidated]/3",
    "{Hex}PEM[+15.9949]TIDEN",
    "Q[Deamidated]QS[Phospho]TYWRK",
    "X[+113.084]M[Oxidation]MK",
    "EK",
)
MASSES = {  # Unimod's, written out
    "Oxidation": 15.994915, "Deamidated": 0.984016, "Phospho": 79.966331, "Carbamidomethyl": 57.021464,
    "Acetyl": 42.010565, "Carbamyl": 43.005814, "Gln->pyro-Glu": -17.026549, "Glu->pyro-Glu": -18.010565,
    "Methyl": 14.01565, "Cation:Na": 21.981943,
}  # fmt: skip


def test_common_modifications_have_unimods_masses() -> None:
    assert {m.name: m.mass for m in COMMON} == pytest.approx(MASSES, abs=1e-6)


@pytest.mark.parametrize("text", TEXTS)
def test_every_row_is_the_peptide_it_says(text: str) -> None:
    peptide = Peptide.parse(text)
    changes = edits(peptide, open_mass=27.9949)
    rows = candidates(peptide, changes)
    assert len(rows) == len(changes) > 0
    for i, change in enumerate(changes):
        changed = change.apply(peptide)
        again = Peptide.parse(changed.text)
        for one in (changed, again):
            np.testing.assert_allclose(one.residue_masses, rows.residues[i], rtol=0, atol=1e-6)
            ends = (one.n_term_mass, one.c_term_mass, one.labile_mass)
            assert ends == pytest.approx((rows.n_term[i], rows.c_term[i], rows.labile[i]), abs=1e-6)
        assert changed.neutral_mass - peptide.neutral_mass == pytest.approx(change.mass, abs=1e-6)
        assert changed.charge == peptide.charge
        assert change.text(peptide)


def test_which_changes_are_tried() -> None:
    def tried(text: str, open_mass: float | None = None) -> set[str]:
        peptide = Peptide.parse(text)
        return {change.text(peptide) for change in edits(peptide, open_mass)}

    found = tried("QM[Oxidation]MK")
    assert {
        "add Gln->pyro-Glu to the N-terminus",
        "add Deamidated to Q1",
        "add Oxidation to M3",
        "move Oxidation from M2 to M3",
        "remove Oxidation from M2",
        "add Acetyl to K4",
        "add Acetyl to the N-terminus",
        "swap Q1 and M2",
    } <= found
    # An occupied site takes no second modification; leucine for isoleucine is no change.
    assert not any("to M2" in text for text in found)
    assert not any("swap" in text for text in tried("LIL"))
    assert not any("+" in text for text in found)
    assert {"add +5.0000 to Q1", "add +5.0000 to K4"} <= tried("QMMK", 5.0)
    # No residue may weigh less than nothing, and a gap is nothing without its modification.
    assert not any("-60.0000 to G" in text for text in tried("GK", -60.0))
    assert not any("remove" in text for text in tried("X[+113.084]K"))


def test_a_mass_is_moved_like_the_name_it_stands_for() -> None:
    named, written = (Peptide.parse(f"PEM[{tag}]TMSM[Oxidation]K") for tag in ("Oxidation", "+15.99"))
    moves = [[e.text(p) for e in edits(p) if e.kind == "move"] for p in (named, written)]
    assert moves[0] == moves[1]
    moved = next(e for e in edits(written) if e.text(written) == "move Oxidation from M3 to M5").apply(written)
    assert moved.proforma == "PEMTM[+15.99]SM[Oxidation]K"
