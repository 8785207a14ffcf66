"""What peptides lack by the precursors of their spectra, where no masses of a table can be compared with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.dataset.index.headers import Headers
from peploss.dataset.tables.mass_check import SAMPLE, explained
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.masses import neutral_masses


class Of(Protocol):
    """What is joined to one file: of each PSM its table, row in it, and spectrum."""

    table: NDArray[np.int64]
    row: NDArray[np.int64]
    place: NDArray[np.int64]


LEAST = 5
"""PSMs that have to lack mass before anything is said."""


def ask_precursors(table: PsmTable, number: int, joined: Sequence[Of], files: Sequence[Headers]) -> None:
    """Say in the table's notes which fixed modifications its peptides seem to leave out.

    Args:
        number: of the table among those joined.
        joined: for each file, what is joined to it.
    """
    psms = PsmColumns.of(table.psms)
    if np.isfinite(psms.mass_difference).any():  # its own masses were compared
        return
    peptides: list[str] = []
    differences: list[float] = []
    for file, own in zip(files, joined, strict=True):
        rows, places = own.row[own.table == number], own.place[own.table == number]
        first = np.unique(places, return_index=True)[1]  # one of each spectrum
        charge = np.where(psms.charge[rows] > 0, psms.charge[rows], file.charge[places])
        known = ~np.isnan(file.precursor_mz[places]) & (charge > 0)
        some = first[known[first]][: 2 * SAMPLE]
        observed = (file.precursor_mz[places[some]] - PROTON) * charge[some]
        texts = [psms.peptide[int(row)] for row in rows[some]]
        lacking = observed - neutral_masses(texts)
        sound = np.flatnonzero(np.isfinite(lacking))[:SAMPLE]
        peptides += [texts[i] for i in sound.tolist()]
        differences += lacking[sound].tolist()
    if sum(abs(d) > 0.1 for d in differences) < LEAST:
        return
    fixed = explained(peptides, np.array(differences))
    if fixed:
        named = ", ".join(f"{modification} on {site}" for site, modification in fixed.items())
        options = " ".join(f"--fixed {site}={modification}" for site, modification in fixed.items())
        note = (
            f"By the precursors of the spectra the peptides leave out {named}. Nothing was added, for no mass of "
            f"the table confirms it: if it is so, give {options}."
        )
        if note not in table.notes:
            table.notes.append(note)
