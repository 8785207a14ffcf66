"""Global isotopes, as in ``<13C>PEPTIDE``: by how much they change the mass of residues and modifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from peploss.constants import ISOTOPE_SPACING, NITROGEN, NITROGEN_15, RESIDUE_ATOMS
from peploss.errors import PeptideError
from peploss.peptides.modifications import glycans, unimod

HEAVIER: Final = {"13C": ("C", ISOTOPE_SPACING), "15N": ("N", NITROGEN_15 - NITROGEN)}
"""Isotope -> the element it replaces, and Da that one atom gains.

Labels of hydrogen and oxygen are not among them: their atoms exchange with the solvent, and the text does not say
which have.
"""


def of_residue(residue: str, isotopes: Sequence[str]) -> float:
    """Da that a residue gains; 0 for the gap ``X``, which has the atoms of its modification.

    >>> round(of_residue("K", ["13C"]), 4), round(of_residue("K", ["13C", "15N"]), 4)
    (6.0201, 8.0142)
    """
    return _gained(RESIDUE_ATOMS.get(residue, {}), isotopes)


def of_modification(name: str, isotopes: Sequence[str]) -> float:
    """Da that a modification gains; atoms that are labelled already gain nothing.

    Args:
        name: as ``resolve_tag`` gives it.
    Raises:
        PeptideError: its atoms are not known.

    >>> round(of_modification("Carbamidomethyl", ["13C"]), 4), of_modification("Phospho", ["13C", "15N"])
    (2.0067, 0.0)
    """
    return _gained(_atoms(name), isotopes) if isotopes else 0.0


def _gained(atoms: Mapping[str, int], isotopes: Sequence[str]) -> float:
    return sum(atoms.get(element, 0) * more for element, more in (HEAVIER[isotope] for isotope in isotopes))


@lru_cache(maxsize=4096)
def _atoms(name: str) -> Mapping[str, int]:
    kind, _, value = name.partition(":")
    if kind == "Glycan":
        return glycans.atoms(value)
    if kind == "Formula":
        from pyteomics.proforma import FormulaModification  # a second to import, and formulas are rare

        return dict(FormulaModification(value).composition)
    if name[0] in "+-" or kind in ("Obs", "MOD", "XLMOD"):
        raise PeptideError(
            f"A global isotope labels the atoms of {name[:40]}, too, and these are not known.",
            remedy="Write its Unimod name or its formula, as in [Formula:C2H2O].",
        )
    number = unimod.resolve(name).unimod_id
    return {} if number is None else unimod.atoms(number)
