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
    text = composition.strip()
    counted, at = _counted(text)
    parts = [f"{name}{count if count != 1 else ''}" for name, count in counted]
    mass = sum(count * MONOSACCHARIDES[name] for name, count in counted)
    if not parts or at < len(text) or mass == 0:
        raise PeptideError(
            f"{text[at : at + 40] or composition[:40]!r} is not a monosaccharide with its number.",
            remedy=f"Write it as [Glycan:HexNAc2Hex5]; known are {', '.join(MONOSACCHARIDES)}.",
        )
    return "Glycan:" + "".join(parts), mass


def atoms(composition: str) -> dict[str, int]:
    """The atoms of a composition that ``resolve`` reads.

    >>> atoms("HexNAc2Hex")
    {'C': 22, 'H': 36, 'N': 2, 'O': 15, 'S': 0, 'P': 0}
    """
    counted, _ = _counted(composition.strip())
    return {
        element: sum(count * _COMPOSITIONS[name][at] for name, count in counted) for at, element in enumerate("CHNOSP")
    }


def _counted(text: str) -> tuple[list[tuple[str, int]], int]:
    """Monosaccharides with their numbers, and where they end."""
    at, parts = 0, []
    while found := _PART.match(text, at):
        parts.append((_OTHER_NAMES.get(found[1], found[1]), int(found[2] or found[3] or 1)))
        at = found.end()
    return parts, at
