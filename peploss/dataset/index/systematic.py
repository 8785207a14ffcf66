"""What peptides lack by the precursors of their spectra, where a table states no masses of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from peploss.constants import PROTON
from peploss.dataset.index.headers import Headers
from peploss.dataset.index.resolve import resolve
from peploss.dataset.tables.mass_check import SAMPLE, explained
from peploss.dataset.tables.psm import Psm, PsmTable

LEAST = 5
"""PSMs that have to lack mass before anything is said."""


def ask_precursors(
    table: PsmTable, psms: Sequence[Mapping[int, list[tuple[Psm, str, str]]]], files: Sequence[Headers]
) -> None:
    """Say in the table's notes which fixed modifications its peptides seem to leave out.

    Args:
        psms: for each file, place of a spectrum -> its PSMs with the name of their table and what joined them.
    """
    if table.mass_meanings:
        return
    peptides: list[str] = []
    differences: list[float] = []
    for file, by_place in zip(files, psms, strict=True):
        for at, found in by_place.items():
            observed = file.precursor_mz[at]
            for psm, path, _ in found:
                charge = psm.charge or file.charge[at]
                if path != table.path or not charge or math.isnan(observed):
                    continue
                peptide = resolve(psm.peptide)
                if isinstance(peptide, str):
                    continue
                peptides.append(psm.peptide)
                differences.append((observed - PROTON) * charge - peptide.mass)
                break
            if len(peptides) == SAMPLE:
                break
    if sum(abs(d) > 0.1 for d in differences) < LEAST:
        return
    fixed = explained(peptides, np.array(differences))
    if fixed:
        named = ", ".join(f"{modification} on {site}" for site, modification in fixed.items())
        options = " ".join(f"--fixed {site}={modification}" for site, modification in fixed.items())
        note = (
            f"By the precursors of the spectra the peptides leave out {named}. Nothing was added, for the table states "
            f"no masses: if it is so, give {options}."
        )
        if note not in table.notes:
            table.notes.append(note)
