"""Turns one row of a set into a spectrum and its peptide."""

from __future__ import annotations

from typing import Any

from peploss.peptides.peptide import Peptide
from peploss.spectra.spectrum import Spectrum

COLUMNS = (
    "file", "index", "scan", "native_id", "title", "precursor_mz", "spectrum_charge", "charge", "rt", "peptide",
    "notes", "mz", "intensity",
)  # fmt: skip
"""The columns of a set that make a spectrum and its peptide."""


def psm_of(row: dict[str, Any]) -> tuple[Spectrum, Peptide]:
    """Spectrum and peptide of one row of a set.

    Args:
        row: values by name, ``COLUMNS`` among them.
    Raises:
        PeptideError, SpectrumError: one of the two makes no sense.
    """
    spectrum = Spectrum(
        mz=row["mz"],
        intensity=row["intensity"],
        precursor_mz=row["precursor_mz"],
        precursor_charge=row["spectrum_charge"],
        title=row["title"] or "",
        native_id=row["native_id"] or "",
        index=row["index"],
        scan=row["scan"],
        rt=row["rt"],
        peptide=row["peptide"],
        source=row["file"],
        notes=(row["notes"],) if row.get("notes") else (),
    )
    return spectrum, Peptide.parse(row["peptide"], row["charge"])
