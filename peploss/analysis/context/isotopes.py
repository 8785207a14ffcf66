"""The isotope envelope of a peptide, from the elements of its residues."""

from __future__ import annotations

from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import COMPOSITION, RESIDUE_MASSES
from peploss.peptides.peptide import Peptide

F64 = NDArray[np.float64]

ABUNDANCES: Final = {
    "C": (0.9893, 0.0107),
    "H": (0.999885, 0.000115),
    "N": (0.99636, 0.00364),
    "O": (0.99757, 0.00038, 0.00205),
    "S": (0.9499, 0.0075, 0.0425, 0.0, 0.0001),
}
"""Share of each isotope, by neutrons above the lightest.

Source:
    IUPAC, Isotopic compositions of the elements 2013.
"""
AVERAGINE: Final = {"C": 4.9384, "H": 7.7583, "N": 1.3577, "O": 1.4773, "S": 0.0417}
"""Atoms of the average residue of 111.1254 Da, which stands for whatever has no composition.

Source:
    Senko, Beu, McLafferty 1995, J. Am. Soc. Mass Spectrom. 6, 229.
"""
AVERAGINE_MASS: Final = 111.1254
N_PEAKS: Final = 6


def envelope(peptide: Peptide, n: int = N_PEAKS) -> F64:
    """(n,) share of the molecules with 0, 1, ... neutrons above the lightest isotopes; they add up to less than 1.

    The residues count with their own elements. What modifications add has no elements here: its mass counts as that
    of average residues, where it is positive.

    >>> envelope(Peptide.parse("PEPTIDEK"), 3).round(3).tolist()
    [0.601, 0.288, 0.087]
    """
    atoms: dict[str, float] = dict.fromkeys(ABUNDANCES, 0.0)
    for residue in peptide.residues:
        for element, count in zip("CHNOS", COMPOSITION.get(residue, (0, 0, 0, 0, 0)), strict=True):
            atoms[element] += count
    atoms["H"] += 2
    atoms["O"] += 1  # the water of the ends
    unknown = sum(RESIDUE_MASSES.get(residue, 0.0) for residue in peptide.residues if residue not in COMPOSITION)
    plain = unknown + float(sum(site.mass for site in peptide.modifications))
    for element, average in AVERAGINE.items():
        atoms[element] += average * max(plain, 0.0) / AVERAGINE_MASS
    return reduce(lambda a, b: np.convolve(a, b)[:n], (_of(e, round(k), n) for e, k in atoms.items()))


def _of(element: str, count: int, n: int) -> F64:
    """The envelope of so many atoms of an element, by repeated squaring."""
    out, power = np.eye(1, n)[0], np.pad(np.array(ABUNDANCES[element]), (0, n))[:n]
    while count:
        if count & 1:
            out = np.convolve(out, power)[:n]
        power = np.convolve(power, power)[:n]
        count >>= 1
    return out
