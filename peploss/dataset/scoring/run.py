"""Scores a whole set: an engine works through its row groups, the results go into one file."""

from __future__ import annotations

import dataclasses
import datetime
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from peploss.dataset.progress import Progress
from peploss.dataset.schema import with_about
from peploss.dataset.scoring.gpu import device_for
from peploss.dataset.scoring.group import Scored
from peploss.dataset.scoring.local import scored_by_threads
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.runs import run_notes, runs_of
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import BackendError, SourceError
from peploss.kernels.dispatch import device_name
from peploss.settings import UNIFORM
from peploss.version import __version__

Engine = Literal["local", "ray"]


@dataclass
class ScoreReport:
    """What was scored.

    Args:
        n_scored: PSMs with a row in the results; ``n_problems`` of them have no loss.
        damaged: row groups that could not be read, in words.
        notes: on the set.
        n_uniform: PSMs scored with uniform heights although others were asked for; ``why_uniform`` of the first.
        device: where the spectrum losses were computed, in words.
    """

    n_scored: int = 0
    n_problems: int = 0
    damaged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_uniform: int = 0
    why_uniform: str = ""
    device: str = "CPU"


def score_set(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    plan: Plan,
    *,
    engine: Engine = "local",
    workers: int | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> ScoreReport:
    """Score a set into a file of results, which appears under its name when it is whole.

    Args:
        engine: ``"local"`` threads (the kernels release the GIL), or ``"ray"``, which carries the same function.
        workers: threads; None: one a core.
        device: of the spectrum losses, one of ``DEVICES``; ``"auto"`` is the GPU where there is one. The rest of a
            score, and everything with Ray, is computed on the CPU.
        progress: called with (PSMs done, all); what it raises ends the work.
    Raises:
        SourceError: the set cannot be read, or no row group of it can.
        BackendError: the engine or the device is not known or not there, or they do not go together.
    """
    if engine == "ray" and device == "cuda":
        raise BackendError("With Ray scores are computed on the CPU.", remedy="Use --engine local, or --device cpu.")
    device = "cpu" if engine == "ray" else device_for(device)
    target = Path(out)
    if target.resolve() == Path(source).resolve():
        raise SourceError("The results would replace the set.", where=str(out), remedy="Give them another name.")
    report = ScoreReport(device=device_name(device))
    with ParquetStore(source) as store:
        if store.version_note:
            report.notes.append(store.version_note)
        if plan.causes:
            plan = dataclasses.replace(plan, runs=runs_of(store, plan.settings, plan.seed))
            report.notes += run_notes(dict(plan.runs or {}), plan.settings)
        about = {
            "kind": "results",
            "uuid": uuid.uuid4().hex,
            "version": __version__,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "set": {"path": str(Path(source).resolve()), "uuid": store.about["uuid"], "n_psms": store.n_rows},
            "settings": plan.settings.to_dict(),
            "losses": list(plan.losses),
            "decoys": plan.decoys,
            "seed": plan.seed,
            "causes": plan.causes,
            "device": report.device,
        }
        done = 0
        with written_whole(target, plan.schema) as writer:
            for number, scored in enumerate(_engine(engine, store, plan, workers or os.cpu_count() or 1, device)):
                done += int(store.starts[number + 1] - store.starts[number])
                if isinstance(scored, str):
                    report.damaged.append(scored)
                else:
                    writer.write_table(pa.Table.from_batches([scored]), row_group_size=max(scored.num_rows, 1))
                    report.n_scored += scored.num_rows
                    _count_uniform(report, scored)
                    report.n_problems += scored.num_rows - scored.column("problem").null_count
                if progress:
                    progress(done, store.n_rows)
            if store.n_groups and not report.n_scored:
                raise SourceError(f"No row group can be read. {report.damaged[0]}", where=str(source))
            report.notes += _uniform(report, plan.settings.intensities)
            about["damaged"] = report.damaged
            metadata = with_about(plan.schema, about).metadata
            writer.add_key_value_metadata({k.decode(): v for k, v in metadata.items()})
    return report


def _count_uniform(report: ScoreReport, scored: pa.RecordBatch) -> None:
    """Count the rows without predicted heights, where such were asked for."""
    if "heights" not in scored.schema.names:
        return
    without = pc.starts_with(scored.column("heights"), f"{UNIFORM}: ")
    n = int(pc.sum(without).as_py() or 0)
    if n and not report.n_uniform:
        first = scored.column("heights").filter(without)[0].as_py()
        report.why_uniform = first.removeprefix(f"{UNIFORM}: ")
    report.n_uniform += n


def _uniform(report: ScoreReport, source: str) -> list[str]:
    """That PSMs have uniform heights although others were asked for, as a sentence."""
    if not report.n_uniform:
        return []
    every = report.n_uniform == report.n_scored
    which = "No PSM has heights" if every else f"{report.n_uniform:,} of {report.n_scored:,} PSMs have no heights"
    return [f"{which} from {source}: uniform ones were taken. The first: {report.why_uniform}"]


def _engine(engine: str, store: ParquetStore, plan: Plan, workers: int, device: str) -> Iterator[Scored]:
    if engine == "local":
        return scored_by_threads(store, plan, workers, device)
    if engine == "ray":
        from peploss.dataset.scoring.ray import scored_by_ray

        return scored_by_ray(store, plan)
    raise BackendError(f"There is no engine {engine!r}.", remedy="Use local or ray.")
