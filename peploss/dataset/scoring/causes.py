"""Names the cause of each PSM of a batch, as columns."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from peploss.analysis.causes.diagnosis import Diagnosis, diagnose_many
from peploss.dataset.psm_row import psm_of
from peploss.errors import PeplossError
from peploss.settings import LossSettings

CAUSES: Final = (
    ("cause", pa.string()),
    ("cause_confidence", pa.float64()),
    ("cause_text", pa.string()),
    ("fix", pa.string()),
    ("fixed_loss", pa.float64()),
)
"""The cause named, how sure that is, what was found as a sentence, the change that would undo it, and the loss then."""


def cause_columns(batch: pa.RecordBatch, settings: LossSettings, seed: int) -> dict[str, pa.Array]:
    """The columns of ``CAUSES`` for every PSM of a batch; ``"not known"`` and why where one cannot be judged."""
    psms = [psm_of(row) for row in batch.to_pylist()]
    rows: list[tuple[Any, ...]] = []
    found: list[Diagnosis | PeplossError] = []
    try:
        found += diagnose_many(psms, settings, seed=seed)
    except PeplossError:  # one of them; which one is found below
        found = []
        for psm in psms:
            try:
                found += diagnose_many([psm], settings, seed=seed)
            except PeplossError as error:
                found.append(error)
    for each in found:
        if isinstance(each, PeplossError):
            rows.append(("not known", 0.0, str(each), None, None))
            continue
        fix = each.fix
        rows.append((
            each.cause, each.confidence, each.text, None if fix is None else fix.text,
            None if fix is None else fix.loss,
        ))  # fmt: skip
    return {name: pa.array([r[k] for r in rows], kind) for k, (name, kind) in enumerate(CAUSES)}
