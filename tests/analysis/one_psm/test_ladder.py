from __future__ import annotations

import numpy as np

from peploss.analysis.one_psm.ladder import ladder
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings


def bonds_of(text: str, *matched: str, **settings):
    peptide = Peptide.parse(text)
    ions: Fragments = fragments(peptide, LossSettings(**settings), None)
    assert set(matched) <= set(ions.plain_label)
    return ladder(len(peptide), ions, np.isin(ions.plain_label, matched))


def test_ladder_counts_intact_ions_on_both_sides_of_a_bond() -> None:
    bonds = bonds_of(
        "PEPTK/3",
        *("b2", "b2^2", "y3", "y2-H2O", "b3+i", "z1+H", "c1", "IP", "p^3"),
        ion_types=("b", "c", "y", "z+1"),
        neutral_losses=("H2O",),
        isotopes=1,
        immonium=True,
        precursor=True,
    )
    assert [b.position for b in bonds] == [1, 2, 3, 4]
    assert [b.n_terminal for b in bonds] == [("c1",), ("b2", "b2²⁺"), (), ()]
    assert [b.c_terminal for b in bonds] == [(), ("y3",), (), ("z1•",)]
    assert [b.covered for b in bonds] == [True, True, False, True]


def test_nothing_matched_covers_nothing() -> None:
    assert not any(b.covered for b in bonds_of("PEPTK/2"))


def test_one_residue_has_no_bond() -> None:
    assert bonds_of("K/2") == ()
