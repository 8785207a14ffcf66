"""Names the causes of the PSMs of highest loss; doing so for all of a large set would take too long."""

from __future__ import annotations

import functools
import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from peploss.analysis.causes.false_discovery import false_discovery
from peploss.analysis.causes.rules import Cause
from peploss.analysis.causes.run import Run
from peploss.dataset.pool import here, in_processes
from peploss.dataset.progress import Progress
from peploss.dataset.scoring.belief import causes_of_decoys, some_of, to_about
from peploss.dataset.scoring.causes import CAUSES, cause_columns
from peploss.dataset.scoring.rows import rows_of
from peploss.dataset.scoring.runs import run_notes, runs_of
from peploss.dataset.store import ParquetStore, say_about, written_whole
from peploss.errors import SourceError
from peploss.settings import LossSettings

CHUNK = 64
"""PSMs a process judges at a time."""
Task = tuple[list[int], bool]
"""PSMs by their ids, and whether their decoys are to be judged in their place."""


def add_causes(
    source: str | os.PathLike[str],
    results: str | os.PathLike[str],
    worst: int | Sequence[int],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    notes: list[str] | None = None,
) -> int:
    """Name the cause of the PSMs of highest loss and keep it in the results, which are replaced as a whole.

    Args:
        worst: how many PSMs, or the ids of those to judge in their place.
        notes: takes what is wrong with whole runs, a sentence each; the results keep it, too.
    Returns:
        How many those are.
    Raises:
        SourceError: a file cannot be read, the results are not of this set, or an id is not in it.
    """
    with ParquetStore(source) as store, ParquetStore(results, "results") as scored:
        if scored.about["set"]["uuid"] != store.about["uuid"]:
            raise SourceError("These are the results of another set.", where=str(results))
        settings = LossSettings.from_dict(scored.about["settings"])
        ids = _worst(scored, worst) if isinstance(worst, int) else _known(scored, worst)
        found: dict[int, tuple[Any, ...]] = {}
        seed = scored.about["seed"]
        runs = runs_of(store, settings, seed)
        told = run_notes(runs, settings)
        if notes is not None:
            notes += told
        of_decoys: list[Cause] = []
        for (rows, decoys), answer in _judged(store, ids, settings, seed, runs, workers or os.cpu_count() or 1):
            if decoys:
                of_decoys += answer
                continue
            found.update(zip(rows, zip(*(answer[n].to_pylist() for n, _ in CAUSES), strict=True), strict=True))
            if progress:
                progress(len(found), len(ids))
        named = [cause for i in ids if (cause := found[i][0]) != "not known"]
        belief = to_about(false_discovery(named, of_decoys))
        _merge(Path(results), scored, found, {"run_notes": told, "belief": belief})
    return len(found)


def _known(scored: ParquetStore, ids: Sequence[int]) -> list[int]:
    if absent := sorted({i for i in ids if not 0 <= i < scored.n_rows}):
        raise SourceError(f"These results hold PSMs 0 to {scored.n_rows - 1}, not {absent[0]}.", where=scored.path.name)
    return sorted(set(ids))


def _worst(scored: ParquetStore, worst: int) -> list[int]:
    heap: list[tuple[float, int]] = []
    for group in range(scored.n_groups):
        batch = scored.group(group, ["id", "loss"])
        loss = batch.column("loss").to_numpy(zero_copy_only=False)
        ids = batch.column("id").to_numpy(zero_copy_only=False)
        top = np.argsort(-loss, kind="stable")[:worst]
        heap = heapq.nlargest(worst, [*heap, *((float(loss[i]), -int(ids[i])) for i in top if not np.isnan(loss[i]))])
    return sorted(-negative for _, negative in heap)


def _judged(
    store: ParquetStore, ids: list[int], settings: LossSettings, seed: int, runs: dict[str, Run], workers: int
) -> Iterator[tuple[Task, Any]]:
    chunks = [*((part, False) for part in _parts(ids)), *((part, True) for part in _parts(some_of(ids)))]
    work = functools.partial(judging, str(store.path.resolve()), settings, seed, runs)
    if workers <= 1 or len(ids) <= CHUNK:
        return here(work, chunks)
    return in_processes(work, chunks, min(workers, len(chunks)))


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[i : i + CHUNK] for i in range(0, len(ids), CHUNK)]


@contextmanager
def judging(path: str, settings: LossSettings, seed: int, runs: dict[str, Run]) -> Iterator[Callable[[Task], Any]]:
    """What names the causes of some PSMs of a set, as columns, or those of their decoys, as a list."""
    with ParquetStore(path) as store:

        def judge(task: Task) -> Any:
            ids, decoys = task
            if decoys:
                return causes_of_decoys(store, ids, settings, seed, runs)
            return cause_columns(rows_of(store, ids), settings, seed, runs)

        yield judge


def _merge(path: Path, scored: ParquetStore, found: dict[int, tuple[Any, ...]], more_about: dict[str, Any]) -> None:
    names = [n for n, _ in CAUSES]
    kept = [f.remove_metadata() for f in scored.schema if f.name not in names]
    schema = pa.schema([*kept, *(pa.field(n, kind) for n, kind in CAUSES)])
    with written_whole(path, schema) as writer:
        for group in range(scored.n_groups):
            batch = scored.group(group, [f.name for f in kept])
            rows = [found.get(i, (None,) * len(names)) for i in batch.column("id").to_pylist()]
            more = [pa.array([r[k] for r in rows], kind) for k, (_, kind) in enumerate(CAUSES)]
            writer.write_table(pa.Table.from_arrays([*batch.columns, *more], schema=schema))
        about = {k: v for k, v in scored.about.items() if k != "format"}
        about |= {"n_causes": len(found), **more_about}
        say_about(writer, about)
