"""Mass shifts that an open search found: a PSM that has one is not its peptide alone, and is marked."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import ISOTOPE_SPACING, PROTON
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.masses import neutral_masses

ISOTOPES: Final = (-1, 0, 1, 2, 3)
"""Peaks of the envelope that an instrument or a search may have taken for the first: no shift of the peptide."""
WITHIN: Final = 0.1
"""Da from one of them: 20 ppm of a peptide of 5,000 Da."""


def mark_shifts(table: PsmTable) -> None:
    """Put mass shifts of the table into ``mass_difference``, unless the peptide as read has them.

    It has one where its own mass fits the precursor that the table states, as where a glycan or a localised shift was
    read as a modification. Comes after ``check_masses``, which says how the peptide differs from the table's.
    """
    if not table.shift_column:
        return
    psms = table.psms = PsmColumns.of(table.psms)
    masses = neutral_masses(psms.peptide.values)[psms.peptide.codes] if len(psms) else np.empty(0)
    observed = (psms.precursor_mz - PROTON) * np.where(psms.charge > 0, psms.charge, np.nan)
    shifted = ~is_isotope(psms.mass_shift) & ~is_isotope(observed - masses) & np.isfinite(psms.mass_shift)
    before = np.nan_to_num(psms.mass_difference)
    shifted &= ~is_isotope(before + psms.mass_shift)  # the table's own mass may leave out what the peptide has
    rows = np.flatnonzero(shifted)
    psms.mass_difference[rows] = (before + psms.mass_shift)[rows].round(6)
    for row in rows.tolist():
        psms.add_note(
            row, f"The search found a mass shift of {psms.mass_shift[row]:+.4f} Da, which the peptide does not have."
        )
    if rows.size:
        first = int(rows[0])
        table.notes.append(
            f"{rows.size:,} of {len(psms):,} PSMs have a mass shift in the column {table.shift_column!r} that their "
            f"peptides as read do not have; the first is in line {psms.line[first]}, {psms.peptide[first]}, "
            f"{psms.mass_shift[first]:+.4f} Da. They are in the set, marked in its column mass_difference. Where it is "
            "known what a shift is, write it into the peptide."
        )


def is_isotope(difference: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a mass differs by isotopes and what instruments are off alone; False where it is not known."""
    nearest = np.abs(difference[:, None] - np.array(ISOTOPES) * ISOTOPE_SPACING).min(axis=1)
    return np.asarray(nearest <= WITHIN)
