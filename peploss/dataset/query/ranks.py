"""Finds the other candidates that a set holds for a spectrum: further ranks of a search, beams of a model."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pyarrow.dataset as ds

from peploss.dataset.schema import CONFIDENCE
from peploss.peptides.confidence import Confidence
from peploss.peptides.peptide import Peptide


class Ranked(NamedTuple):
    """One candidate of a spectrum.

    Args:
        id: of its PSM.
        rank: its place among the candidates; None where the set has none.
        peptide: ProForma, with its charge where one is known.
        confidence: of the model that made it, in its residues; None where its table says nothing of it.
    """

    id: int
    rank: int | None
    peptide: str
    confidence: Confidence | None = None


def ranks_of(path: str | os.PathLike[str], file: str, index: int) -> list[Ranked]:
    """Every candidate that the set at ``path`` holds for one spectrum, by rank.

    Args:
        file, index: of the spectrum, as the set's columns have them.
    """
    columns = ["id", "rank", "peptide", "charge"]
    where = (ds.field("index") == index) & (ds.field("file") == file)
    opened = ds.dataset(os.fspath(path))
    columns += [name for name in CONFIDENCE.names if name in opened.schema.names]  # which older sets lack
    rows = opened.to_table(columns=columns, filter=where).to_pylist()
    rows.sort(key=lambda row: (row["rank"] or 10**9, row["id"]))
    return [
        Ranked(row["id"], row["rank"], _with_charge(row["peptide"], row["charge"]), confidence_in(row)) for row in rows
    ]


def confidence_in(row: dict[str, Any]) -> Confidence | None:
    """The confidence that a row of a set holds, None where there is none."""
    scores = row.get("residue_scores")
    return None if scores is None else Confidence(np.asarray(scores, dtype=np.float64), row.get("n_term_score"))


def confidence_of(ranked: list[Ranked], peptide: Peptide) -> Confidence | None:
    """The confidence in one peptide among the candidates of a spectrum; charges do not count."""
    wanted = peptide.with_charge(None).proforma
    return next((one.confidence for one in ranked if one.peptide.rpartition("/")[0] == wanted
                 or one.peptide == wanted), None)  # fmt: skip


def _with_charge(peptide: str, charge: int | None) -> str:
    return f"{peptide}/{charge}" if charge else peptide
