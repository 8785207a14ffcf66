"""Glycan compositions -> masses."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from peploss.constants import CARBON, HYDROGEN, NITROGEN, OXYGEN, PHOSPHORUS, SULFUR
from peploss.errors import PeptideError

_COMPOSITIONS: Final = {  # C, H, N, O, S, P
    "Hex": (6, 10, 0, 5, 0, 0),
    "HexNAc": (8, 13, 1, 5, 0, 0),
    "HexS": (6, 10, 0, 8, 1, 0),
    "HexP": (6, 11, 0, 8, 0, 1),
    "HexNAcS": (8, 13, 1, 8, 1, 0),
    "dHex": (6, 10, 0, 4, 0, 0),
    "Fuc": (6, 10, 0, 4, 0, 0),
    "NeuAc": (11, 17, 1, 8, 0, 0),
    "NeuGc": (11, 17, 1, 9, 0, 0),
    "Pen": (5, 8, 0, 4, 0, 0),
}
_OTHER_NAMES: Final = {"Neu5Ac": "NeuAc", "Neu5Gc": "NeuGc", "Pent": "Pen", "d-Hex": "dHex"}
_ELEMENTS: Final = (CARBON, HYDROGEN, NITROGEN, OXYGEN, SULFUR, PHOSPHORUS)

MONOSACCHARIDES: Final = MappingProxyType({
    name: sum(n * mass for n, mass in zip(counts, _ELEMENTS, strict=True)) for name, counts in _COMPOSITIONS.items()
})  # fmt: skip
"""Residue -> monoisotopic mass in Da. Source: ProForma 2.0, the monosaccharides of its glycan compositions."""

_LONGEST_FIRST: Final = sorted([*MONOSACCHARIDES, *_OTHER_NAMES], key=len, reverse=True)
_PART: Final = re.compile(rf"({'|'.join(map(re.escape, _LONGEST_FIRST))})\s*(?:(\d{{1,4}})|\((\d{{1,4}})\))?\s*")


def resolve(composition: str) -> tuple[str, float]:
    """A composition in one spelling, and its mass in Da.

    Raises:
        PeptideError: it is empty, or a part is no monosaccharide that is known.

    >>> (name, mass), (other, _) = resolve("HexNAc2 Hex5"), resolve("Hex(1)")
    >>> (name, round(mass, 5)), other
    (('Glycan:HexNAc2Hex5', 1216.42286), 'Glycan:Hex')
    """
    at, mass, parts = 0, 0.0, []
    text = composition.strip()
    while found := _PART.match(text, at):
        name = _OTHER_NAMES.get(found[1], found[1])
        count = int(found[2] or found[3] or 1)
        parts.append(f"{name}{count if count != 1 else ''}")
        mass += count * MONOSACCHARIDES[name]
        at = found.end()
    if not parts or at < len(text) or mass == 0:
        raise PeptideError(
            f"{text[at : at + 40] or composition[:40]!r} is not a monosaccharide with its number.",
            remedy=f"Write it as [Glycan:HexNAc2Hex5]; known are {', '.join(MONOSACCHARIDES)}.",
        )
    return "Glycan:" + "".join(parts), mass
