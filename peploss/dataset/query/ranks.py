"""Finds the other candidates that a set holds for a spectrum: further ranks of a search, beams of a model."""

from __future__ import annotations

import os
from typing import NamedTuple

import pyarrow.dataset as ds


class Ranked(NamedTuple):
    """One candidate of a spectrum.

    Args:
        id: of its PSM.
        rank: its place among the candidates; None where the set has none.
        peptide: ProForma, with its charge where one is known.
    """

    id: int
    rank: int | None
    peptide: str


def ranks_of(path: str | os.PathLike[str], file: str, index: int) -> list[Ranked]:
    """Every candidate that the set at ``path`` holds for one spectrum, by rank.

    Args:
        file, index: of the spectrum, as the set's columns have them.
    """
    columns = ["id", "rank", "peptide", "charge"]
    where = (ds.field("index") == index) & (ds.field("file") == file)
    rows = ds.dataset(os.fspath(path)).to_table(columns=columns, filter=where).to_pylist()
    rows.sort(key=lambda row: (row["rank"] or 10**9, row["id"]))
    return [Ranked(row["id"], row["rank"], _with_charge(row["peptide"], row["charge"])) for row in rows]


def _with_charge(peptide: str, charge: int | None) -> str:
    return f"{peptide}/{charge}" if charge else peptide
