"""Scores one row group of a set: the unit of work of every engine."""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa

from peploss.dataset.schema import SET
from peploss.dataset.scoring.batch import score_batch
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import RowGroups
from peploss.errors import SourceError

Scored: TypeAlias = pa.RecordBatch | str
"""A row group's scores, or why it could not be read."""


def score_group(store: RowGroups, number: int, plan: Plan, device: str = "cpu") -> Scored:
    """Scores of one row group, or why it could not be read."""
    try:
        batch = store.group(number, list(SET.names))
    except SourceError as error:
        return error.problem
    return score_batch(batch, plan, device)
