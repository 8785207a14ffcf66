"""Predicted intensities replace uniform ones ion by ion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from peploss.errors import PeptideError
from peploss.intensities.prediction import Ion, Prediction, by_ion, key_of, name_of, with_intensities
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

PEPTIDE = Peptide.parse("PEPTIDEK/3")


def test_each_ion_gets_its_own_height_times_its_weight() -> None:
    settings = LossSettings(ion_weights={"y": 0.5})
    ions = fragments(PEPTIDE, settings)
    wanted = {Ion("b", 2): 4.0, Ion("y", 3, 2): 6.0}
    applied = with_intensities(ions, Prediction(wanted, "by hand"))
    heights = dict(zip(ions.plain_label, applied.fragments.intensity.tolist(), strict=True))
    assert heights.pop("b2") == 4.0
    assert heights.pop("y3^2") == 3.0
    assert set(heights.values()) == {0.0}
    assert applied.n_predicted == 2
    np.testing.assert_array_equal(applied.fragments.mz, ions.mz)


def test_an_isotope_peak_has_the_height_of_its_ion() -> None:
    ions = fragments(PEPTIDE, LossSettings(isotopes=1))
    applied = with_intensities(ions, Prediction({Ion("b", 2): 4.0}, "by hand")).fragments
    of_b2 = (applied.ion_type == "b") & (applied.ordinal == 2) & (applied.charge == 1)
    assert applied.isotope[of_b2].tolist() == [0, 1]
    assert applied.intensity[of_b2].tolist() == [4.0, 4.0]


def test_what_no_model_predicts_keeps_its_weight() -> None:
    settings = LossSettings(immonium=True, precursor=True, ion_weights={"precursor": 0.25})
    applied = with_intensities(fragments(PEPTIDE, settings), Prediction({}, "nothing")).fragments
    assert set(applied.intensity[applied.ion_type == "immonium"].tolist()) == {1.0}
    assert applied.intensity[applied.ion_type == "precursor"].tolist() == [0.25]


def test_predicted_ions_that_were_not_asked_for_are_told() -> None:
    ions = fragments(PEPTIDE, LossSettings(ion_types=("y",)))
    applied = with_intensities(ions, Prediction({Ion("b", 2): 1.0, Ion("b", 3): 0.0, Ion("y", 1): 1.0}, "x"))
    assert applied.unused == (Ion("b", 2),)


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf])
def test_impossible_intensities_are_refused_by_name(value: float) -> None:
    with pytest.raises(PeptideError, match=r"finite and at least 0.*y3-H2O\^2"):
        Prediction.checked({Ion("y", 3, 2, "H2O"): value}, "x", PEPTIDE)


@pytest.mark.parametrize("ion", [Ion("b", 8), Ion("y", 0), Ion("y", 1, 0)])
def test_ions_beyond_the_peptide_are_refused(ion: Ion) -> None:
    with pytest.raises(PeptideError, match="no fragment of a peptide of 8 residues"):
        Prediction.checked({ion: 1.0}, "x", PEPTIDE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("AM[Oxidation]K", "AM[+15.9949]K", True),
        ("AM[UNIMOD:35]K", "AM[U:Oxidation]K", True),
        ("[Acetyl]-AMK", "A[Acetyl]MK", False),
        ("<[Carbamidomethyl]@C>ACK", "AC[+57.0215]K", True),
        ("ALK", "AIK", False),
        ("AMK-[Amidated]", "AMK", False),
        ("AM[+15.99]K", "AM[+16.01]K", False),
    ],
)
def test_a_peptidoform_has_one_key(one: str, other: str, same: bool) -> None:
    assert (key_of(Peptide.parse(one), 2) == key_of(Peptide.parse(other), 2)) is same


def test_the_charge_is_part_of_the_key() -> None:
    assert key_of(PEPTIDE, 2) != key_of(PEPTIDE, 3)


def test_by_ion_counts_from_one() -> None:
    found = by_ion(["b", "y"], [np.array([1.0, 2.0]), np.array([3.0, 4.0])], [1, 2])
    assert found == {Ion("b", 1): 1.0, Ion("b", 2): 2.0, Ion("y", 1, 2): 3.0, Ion("y", 2, 2): 4.0}
    assert name_of(Ion("y", 2, 2)) == "y2^2"
