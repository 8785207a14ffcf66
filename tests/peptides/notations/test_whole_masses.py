"""How near a number without a sign must be to a modification's mass."""

from __future__ import annotations

import pytest

from peploss.constants import RESIDUE_MASSES
from peploss.peptides.modifications import unimod
from peploss.peptides.notations.whole_masses import EXACT, KNOWN, ROUNDED, near, nothing, whole


@pytest.mark.parametrize(
    ("number", "place", "name"),
    [
        ("160", "C", "Carbamidomethyl"),  # 160.031
        ("161", "C", "Carboxymethyl"),  # 161.015
        ("162", "C", ""),  # 0.99 off: no rounding does that
        ("159", "C", ""),
        ("147", "M", "Oxidation"),  # 147.035
        ("148", "M", ""),
        ("146", "M", ""),
        ("167", "S", "Phospho"),  # 166.998
        ("166", "S", ""),
        ("43", "n", "Acetyl"),  # 43.018
        ("44", "n", "Carbamyl"),  # 44.014
        ("45", "n", ""),
    ],
)
def test_numbers_without_decimals_are_rounded_by_less_than_one(number: str, place: str, name: str) -> None:
    assert whole(number, place) == name


@pytest.mark.parametrize("off", [-0.025, -0.015, 0.015, 0.025])
@pytest.mark.parametrize(("place", "name"), [("C", "Carbamidomethyl"), ("M", "Oxidation"), ("S", "Phospho")])
def test_numbers_with_decimals_are_exact(place: str, name: str, off: float) -> None:
    number = f"{RESIDUE_MASSES[place] + unimod.resolve(name).mass + off:.4f}"
    assert whole(number, place) == (name if abs(off) < EXACT else "")


@pytest.mark.parametrize("name", KNOWN)
def test_the_nearest_is_taken(name: str) -> None:
    mass = unimod.resolve(name).mass
    found, off = near(f"{mass:.6f}")
    assert abs(unimod.resolve(found).mass - mass) < 1e-3
    assert off == pytest.approx(0, abs=1e-3)


def test_limits_and_empty_ends() -> None:
    assert 0.5 < ROUNDED < 1  # rounding, and the mass defect of a residue
    assert nothing("1", "n")
    assert nothing("17", "c")
    assert nothing("17.003", "c")
    assert not nothing("17.03", "c")
    assert not nothing("18", "c")
    assert not nothing("1", "K")
