"""Predicted fragment intensities of one peptide at one charge, and how they replace the uniform ones."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.constants import RESIDUE_MASSES
from peploss.errors import PeptideError
from peploss.peptides.fragments import Fragments
from peploss.peptides.peptide import Peptide


class Ion(NamedTuple):
    """One fragment ion of a peptide, by name: ``Ion("y", 5, 2, "H2O")`` is y5-H2O at charge 2."""

    ion_type: str
    ordinal: int
    charge: int = 1
    neutral_loss: str = ""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Intensities of fragment ions, in any unit: a spectrum loss does not see a common factor.

    Args:
        intensities: ion -> intensity, finite and at least 0. An ion that is not named was not predicted.
        source: where they come from, in words: ``"MS2PIP HCD2019 4.1.2"``, ``"library.msp"``.

    >>> Prediction.checked({Ion("y", 1): 2.0}, "by hand").intensities[Ion("y", 1)]
    2.0
    """

    intensities: dict[Ion, float]
    source: str

    @classmethod
    def checked(cls, intensities: dict[Ion, float], source: str, peptide: Peptide | None = None) -> Prediction:
        """A prediction whose values and ions are possible.

        Args:
            peptide: where given, no ion may be longer than its backbone allows.
        Raises:
            PeptideError: an intensity is negative or not finite, or an ion lies beyond the peptide.
        """
        for ion, value in intensities.items():
            if not (np.isfinite(value) and value >= 0):
                raise PeptideError(
                    f"A predicted intensity must be finite and at least 0, not {value} for {name_of(ion)}.",
                    text=peptide.text if peptide else "",
                )
            last = len(peptide) - 1 if peptide else ion.ordinal
            if not 1 <= ion.ordinal <= last or ion.charge < 1:
                raise PeptideError(
                    f"{name_of(ion)} is no fragment of a peptide of {last + 1} residues.",
                    text=peptide.text if peptide else "",
                )
        return cls(intensities, source)


class Applied(NamedTuple):
    """Fragments with predicted intensities.

    Attributes:
        fragments: of every ion asked for; what was not predicted has intensity 0.
        n_predicted: how many of them the prediction names.
        unused: ions that are predicted and not asked for, with intensity above 0.
    """

    fragments: Fragments
    n_predicted: int
    unused: tuple[Ion, ...]


def with_intensities(ions: Fragments, prediction: Prediction) -> Applied:
    """The same fragments with predicted intensities, each times the weight its ion type has in the settings.

    An isotope peak has the intensity of its ion. Immonium and precursor ions keep their weight: no model predicts
    them. An ion that was not predicted has intensity 0.
    """
    heights = np.zeros(len(ions))
    named: set[Ion] = set()
    n_predicted = 0
    columns = (ions.ion_type, ions.ordinal, ions.charge, ions.neutral_loss)
    for i, row in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        ion = Ion(*row)
        if ion.ion_type in ("immonium", "precursor"):
            heights[i] = ions.intensity[i]
            continue
        named.add(ion)
        predicted = prediction.intensities.get(ion)
        if predicted is not None:
            heights[i] = predicted * ions.intensity[i]
            n_predicted += 1
    unused = tuple(ion for ion, value in prediction.intensities.items() if value > 0 and ion not in named)
    return Applied(dataclasses.replace(ions, intensity=heights), n_predicted, unused)


def name_of(ion: Ion) -> str:
    """``y5-H2O^2``, as in mzPAF."""
    loss = f"-{ion.neutral_loss}" if ion.neutral_loss else ""
    return f"{ion.ion_type}{ion.ordinal}{loss}" + (f"^{ion.charge}" if ion.charge > 1 else "")


_NAME = re.compile(r"(z\+1|[abcyz])(\d+)(?:-(\w+))?(?:\^(\d))?")


def ion_named(name: str) -> Ion:
    """The inverse of ``name_of``.

    Raises:
        ValueError: it names no ion.

    >>> ion_named("y5-H2O^2")
    Ion(ion_type='y', ordinal=5, charge=2, neutral_loss='H2O')
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} names no ion.")
    kind, ordinal, loss, charge = found.groups()
    return Ion(kind, int(ordinal), int(charge or 1), loss or "")


def shifts_of(peptide: Peptide) -> tuple[NDArray[np.float64], float, float]:
    """(L,) mass that modifications add to each residue, and to both ends, in Da."""
    bare = np.array([RESIDUE_MASSES.get(residue, 0.0) for residue in peptide.residues])
    return peptide.residue_masses - bare, peptide.n_term_mass, peptide.c_term_mass


def key_of(peptide: Peptide, charge: int) -> str:
    """One spelling of a peptidoform and its charge, whatever notation it was written in.

    Masses are rounded to 0.01 Da, so that ``M[Oxidation]`` and ``M[+15.995]`` are the same.

    >>> key_of(Peptide.parse("AM[UNIMOD:35]K"), 2) == key_of(Peptide.parse("AM[+15.9949]K"), 2)
    True
    """
    residues, n_term, c_term = shifts_of(peptide)
    parts = [_tag(n_term, "", "-") + "".join(f"{r}{_tag(s)}" for r, s in zip(peptide.residues, residues, strict=True))]
    return f"{parts[0]}{_tag(c_term, '-')}/{charge}"


def _tag(shift: float, before: str = "", after: str = "") -> str:
    return f"{before}[{shift:+.2f}]{after}" if abs(shift) >= 0.005 else ""


def by_ion(ion_types: Sequence[str], values: Sequence[NDArray[np.float64]], charges: Sequence[int]) -> dict[Ion, float]:
    """Series of intensities, each for ordinals 1 to L - 1, as a mapping.

    >>> by_ion(["b"], [np.array([0.5, 1.0])], [1])[Ion("b", 2)]
    1.0
    """
    return {
        Ion(kind, ordinal, charge): float(value)
        for kind, series, charge in zip(ion_types, values, charges, strict=True)
        for ordinal, value in enumerate(series, start=1)
    }
