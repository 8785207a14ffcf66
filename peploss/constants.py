"""Masses in Da, monoisotopic, each with its source.

Proton: CODATA 2018. Elements: AME2016 atomic masses, as used by Unimod and pyteomics. Residues: sums over
their elemental composition (test_constants holds them against pyteomics).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

PROTON: Final = 1.007276466621  # not hydrogen: 0.00055 Da less, which is 1.10 ppm at m/z 500
ELECTRON: Final = 0.000548579909065

HYDROGEN: Final = 1.00782503223
CARBON: Final = 12.0
NITROGEN: Final = 14.00307400443
OXYGEN: Final = 15.99491461957
PHOSPHORUS: Final = 30.97376199842
SULFUR: Final = 31.9720711744
SELENIUM: Final = 79.9165218

WATER: Final = 2 * HYDROGEN + OXYGEN
AMMONIA: Final = NITROGEN + 3 * HYDROGEN
CARBON_MONOXIDE: Final = CARBON + OXYGEN
ISOTOPE_SPACING: Final = 1.00335483507  # 13C - 12C
NITROGEN_15: Final = 15.00010889888

COMPOSITION: Final = {
    "G": (2, 3, 1, 1, 0),
    "A": (3, 5, 1, 1, 0),
    "S": (3, 5, 1, 2, 0),
    "P": (5, 7, 1, 1, 0),
    "V": (5, 9, 1, 1, 0),
    "T": (4, 7, 1, 2, 0),
    "C": (3, 5, 1, 1, 1),
    "L": (6, 11, 1, 1, 0),
    "I": (6, 11, 1, 1, 0),
    "J": (6, 11, 1, 1, 0),  # leucine or isoleucine: one mass
    "N": (4, 6, 2, 2, 0),
    "D": (4, 5, 1, 3, 0),
    "Q": (5, 8, 2, 2, 0),
    "K": (6, 12, 2, 1, 0),
    "E": (5, 7, 1, 3, 0),
    "M": (5, 9, 1, 1, 1),
    "H": (6, 7, 3, 1, 0),
    "F": (9, 9, 1, 1, 0),
    "R": (6, 12, 4, 1, 0),
    "Y": (9, 9, 1, 2, 0),
    "W": (11, 10, 2, 1, 0),
    "O": (12, 19, 3, 2, 0),  # pyrrolysine
}
"""Residue -> its atoms of C, H, N, O and S."""


RESIDUE_ATOMS: Final = MappingProxyType(
    {aa: MappingProxyType(dict(zip("CHNOS", atoms, strict=True))) for aa, atoms in COMPOSITION.items()}
    | {"U": MappingProxyType({"C": 3, "H": 5, "N": 1, "O": 1, "Se": 1})}
)
"""One-letter residue -> how many atoms of each element it has."""


def _residue(c: int, h: int, n: int, o: int, s: int) -> float:
    return c * CARBON + h * HYDROGEN + n * NITROGEN + o * OXYGEN + s * SULFUR


RESIDUE_MASSES: Final = MappingProxyType(
    {aa: _residue(*atoms) for aa, atoms in COMPOSITION.items()}
    | {"U": _residue(3, 5, 1, 1, 0) + SELENIUM}  # selenocysteine
)
"""One-letter residue -> monoisotopic residue mass in Da (the amino acid less one water)."""
