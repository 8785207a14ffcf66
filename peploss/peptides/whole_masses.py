"""Numbers in brackets that are the mass of a whole residue or end, as the TPP writes them (``C[160]``, ``n[43]``)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from peploss.constants import HYDROGEN, WATER
from peploss.errors import PeptideError
from peploss.peptides import unimod
from peploss.peptides.peptide import Peptide

KNOWN: Final = (
    "Carbamidomethyl", "Oxidation", "Phospho", "Acetyl", "Carbamyl", "Deamidated", "Methyl", "Dimethyl", "Trimethyl",
    "Gln->pyro-Glu", "Glu->pyro-Glu", "Amidated", "Dioxidation", "GG", "TMT6plex", "TMTpro", "iTRAQ4plex",
    "Label:13C(6)", "Label:13C(6)15N(2)", "Label:13C(6)15N(4)", "Methylthio", "Propionamide", "Carboxymethyl",
)  # fmt: skip
"""What tells a difference from a whole mass: one of the two is the mass of one of these."""
ROUNDED: Final = 0.6  # Da, of numbers without decimals
EXACT: Final = 0.02

_UNSIGNED: Final = re.compile(r"(?P<residue>[A-Z])\[(?P<number>\d+(?:\.\d+)?)\]")
_ENDS: Final = re.compile(r"(?P<end>^n|c(?=\[[\d.]+\](?:$|/)))\[(?P<number>\d+(?:\.\d+)?)\]")


def named(text: str) -> str:
    """A peptide in which whole masses have become names; every other number is left as it is, a difference.

    >>> named("n[43]AC[160]M[147.0354]K"), named("AC[57]M[15.9949]K[229]"), named("S[167]PEPM[999]")
    ('n[Acetyl]AC[Carbamidomethyl]M[Oxidation]K', 'AC[57]M[15.9949]K[229]', 'S[Phospho]PEPM[999]')
    """

    def of_residue(match: re.Match[str]) -> str:
        try:
            mass = float(Peptide.parse(match["residue"]).residue_masses[0])
        except PeptideError:
            return match[0]
        found = "" if _near(match["number"])[0] else _near(match["number"], mass)[0]
        return f"{match['residue']}[{found}]" if found else match[0]

    def of_end(match: re.Match[str]) -> str:
        whole, off_whole = _near(match["number"], HYDROGEN if match["end"] == "n" else WATER - HYDROGEN)
        _, off = _near(match["number"])
        # A number without decimals behind n or c is the TPP's: 43 is acetyl and its hydrogen.
        return f"{match['end']}[{whole}]" if whole and ("." not in match["number"] or off_whole < off) else match[0]

    return _UNSIGNED.sub(of_residue, _ENDS.sub(of_end, text))


@cache
def _near(number: str, less: float = 0.0) -> tuple[str, float]:
    """The modification of that mass, ``""`` where there is none, and by how much the nearest is off."""
    off, best = min((abs(float(number) - less - unimod.resolve(name).mass), name) for name in KNOWN)
    return best if off <= (EXACT if "." in number else ROUNDED) else "", off
