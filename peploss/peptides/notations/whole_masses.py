"""Reads unsigned numbers on a residue: a mass difference, or the whole mass of the residue, as the TPP writes."""

from __future__ import annotations

from functools import cache
from typing import Final

from peploss.constants import HYDROGEN, RESIDUE_MASSES, WATER
from peploss.peptides.modifications import unimod

KNOWN: Final = (
    "Carbamidomethyl", "Oxidation", "Phospho", "Acetyl", "Carbamyl", "Deamidated", "Methyl", "Dimethyl", "Trimethyl",
    "Gln->pyro-Glu", "Glu->pyro-Glu", "Amidated", "Dioxidation", "GG", "TMT6plex", "TMTpro", "iTRAQ4plex",
    "Label:13C(6)", "Label:13C(6)15N(2)", "Label:13C(6)15N(4)", "Methylthio", "Propionamide", "Carboxymethyl",
)  # fmt: skip
"""What tells a difference from a whole mass: one of the two is the mass of one of these."""
ROUNDED: Final = 0.6  # Da, of numbers without decimals
EXACT: Final = 0.02

ENDS: Final = {"n": HYDROGEN, "c": WATER - HYDROGEN}
"""What an end weighs without a modification, by the letter that the TPP writes for it."""


def whole(number: str, place: str) -> str:
    """The modification that a whole mass stands for; ``""`` where the number is a difference.

    Args:
        number: without a sign.
        place: the residue, or ``"n"`` or ``"c"`` for an end.

    >>> whole("160", "C"), whole("147.0354", "M"), whole("43", "n"), whole("57", "C"), whole("999", "M")
    ('Carbamidomethyl', 'Oxidation', 'Acetyl', '', '')
    """
    as_difference, off = near(number)
    if place in ENDS:
        found, off_whole = near(number, ENDS[place])
        # A number without decimals behind n or c is the TPP's: 43 is acetyl and its hydrogen.
        return found if "." not in number or off_whole < off else ""
    if as_difference or place not in RESIDUE_MASSES:
        return ""
    return near(number, RESIDUE_MASSES[place])[0]


def nothing(number: str, end: str) -> bool:
    """Whether a number without a sign is what an end weighs without a modification, as in ``PEPTIDEKc[17]``."""
    return end in ENDS and abs(float(number) - ENDS[end]) <= (EXACT if "." in number else 0.1)


@cache
def near(number: str, less: float = 0.0) -> tuple[str, float]:
    """The modification of that mass, ``""`` where there is none, and by how much the nearest is off."""
    off, best = min((abs(float(number) - less - unimod.resolve(name).mass), name) for name in KNOWN)
    return best if off <= (EXACT if "." in number else ROUNDED) else "", off
