"""What is known of each run of a set: how its fragments lie off and scatter, from its confident PSMs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from peploss.analysis.causes.find_run import run_of
from peploss.analysis.causes.run import Run
from peploss.analysis.tuning.psm_set import Psm
from peploss.dataset.psm_row import COLUMNS, psm_of
from peploss.dataset.store import RowGroups
from peploss.errors import PeplossError
from peploss.settings import LossSettings

LOOKED_AT: Final = 150
"""PSMs of a run that are looked at, of which 60 confident ones are enough."""


def runs_of(store: RowGroups, settings: LossSettings, seed: int = 0, *, only: str | None = None) -> dict[str, Run]:
    """Each file of a set with what is known of it; a file of too few confident PSMs is left out.

    Args:
        only: the one file that is asked about; None for all.
    """
    found: dict[str, list[Psm]] = {}
    taken: Counter[str] = Counter()
    for group in range(store.n_groups):
        files = store.group(group, ["file"]).column("file").to_pylist()
        rows = []
        for row, file in enumerate(files):
            taken[file] += 1
            if taken[file] <= LOOKED_AT and only in (None, file):
                rows.append(row)
        if only is not None and taken[only] - files.count(only) >= LOOKED_AT:
            break
        if not rows:
            continue
        for values in store.group(group, list(COLUMNS)).take(pa.array(rows)).to_pylist():
            try:
                found.setdefault(values["file"], []).append(Psm(*psm_of(values), values["file"]))
            except PeplossError:  # a row that makes no sense has its problem told where it is scored
                continue
    runs = {file: run_of(psms, settings, seed=seed) for file, psms in found.items()}
    return {file: run for file, run in runs.items() if run is not None}


def runs_among(psms: Sequence[Psm], settings: LossSettings, seed: int = 0) -> dict[str, Run]:
    """As ``runs_of``, of the files that some PSMs come from."""
    found: dict[str, list[Psm]] = {}
    for psm in psms:
        found.setdefault(psm.spectrum.source, []).append(psm)
    runs = {file: run_of(of[:LOOKED_AT], settings, seed=seed) for file, of in found.items()}
    return {file: run for file, run in runs.items() if run is not None}


def run_notes(runs: dict[str, Run], settings: LossSettings) -> list[str]:
    """What is wrong with whole runs, a sentence each, with the file's name."""
    return [f"{file}: {note}" for file, run in runs.items() for note in run.notes(settings)]
