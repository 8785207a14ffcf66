"""Names the cause of each PSM of a batch, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from peploss.analysis.causes.diagnosis import Diagnosis, diagnose_many
from peploss.analysis.causes.run import Run
from peploss.dataset.psm_row import psm_of
from peploss.errors import PeplossError
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

CAUSES: Final = (
    ("cause", pa.string()),
    ("cause_confidence", pa.float64()),
    ("cause_text", pa.string()),
    ("fix", pa.string()),
    ("fixed_loss", pa.float64()),
)
"""The cause named, how sure that is, what was found as a sentence, the change that would undo it, and the loss then."""


def cause_columns(
    batch: pa.RecordBatch, settings: LossSettings, seed: int, runs: Mapping[str, Run] | None = None
) -> dict[str, pa.Array]:
    """The columns of ``CAUSES`` for every PSM of a batch; ``"not known"`` and why where one cannot be judged.

    Args:
        runs: what is known of the files that the PSMs come from.
    """
    psms = [psm_of(row) for row in batch.to_pylist()]
    found = judged(psms, settings, seed, runs)
    rows: list[tuple[Any, ...]] = []
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


def judged(
    psms: list[tuple[Spectrum, Peptide]], settings: LossSettings, seed: int, runs: Mapping[str, Run] | None = None
) -> list[Diagnosis | PeplossError]:
    """The diagnosis of each PSM, in their order; why, where one cannot be judged."""
    found: dict[int, Diagnosis | PeplossError] = {}
    for file in dict.fromkeys(spectrum.source for spectrum, _ in psms):
        own = [i for i, (spectrum, _) in enumerate(psms) if spectrum.source == file]
        found.update(zip(own, _judged([psms[i] for i in own], settings, seed, (runs or {}).get(file)), strict=True))
    return [found[i] for i in range(len(psms))]


def _judged(
    psms: list[tuple[Spectrum, Peptide]], settings: LossSettings, seed: int, run: Run | None
) -> list[Diagnosis | PeplossError]:
    try:
        return list(diagnose_many(psms, settings, seed=seed, run=run))
    except PeplossError as error:  # one of them; which one is found alone
        if len(psms) == 1:
            return [error]
        return [answer for psm in psms for answer in _judged([psm], settings, seed, run)]
