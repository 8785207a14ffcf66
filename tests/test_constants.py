"""The masses against pyteomics, which carries its own."""

from __future__ import annotations

import pytest
from pyteomics import mass

from peploss import constants


@pytest.mark.parametrize("residue", sorted(constants.RESIDUE_MASSES))
def test_residue_masses(residue):
    assert constants.RESIDUE_MASSES[residue] == pytest.approx(mass.std_aa_mass[residue], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("HYDROGEN", "H"),
        ("CARBON", "C"),
        ("NITROGEN", "N"),
        ("OXYGEN", "O"),
        ("SULFUR", "S"),
        ("SELENIUM", "Se"),
        ("WATER", "H2O"),
        ("AMMONIA", "NH3"),
        ("CARBON_MONOXIDE", "CO"),
    ],
)
def test_elements_and_molecules(name, formula):
    assert getattr(constants, name) == pytest.approx(mass.calculate_mass(formula=formula), abs=6e-7)


def test_proton_is_not_hydrogen():
    assert pytest.approx(mass.nist_mass["H+"][0][0], abs=1e-9) == constants.PROTON
    assert pytest.approx(constants.PROTON + constants.ELECTRON, abs=2e-8) == constants.HYDROGEN


def test_isotope_spacing():
    carbon = mass.nist_mass["C"]
    assert pytest.approx(carbon[13][0] - carbon[12][0], abs=1e-8) == constants.ISOTOPE_SPACING


def test_residue_masses_cannot_be_changed():
    with pytest.raises(TypeError):
        constants.RESIDUE_MASSES["G"] = 0.0
