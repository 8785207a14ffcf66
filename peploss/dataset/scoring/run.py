"""Scores a whole set: an engine works through its row groups, the results go into one file."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from peploss.dataset.progress import Progress
from peploss.dataset.scoring.engine import Engine, engine_device
from peploss.dataset.scoring.group import Scored
from peploss.dataset.scoring.local import scored_by_threads
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.report import ScoreReport, about_scores
from peploss.dataset.scoring.runs import run_notes, runs_of
from peploss.dataset.store import ParquetStore, say_about, written_whole
from peploss.errors import SourceError
from peploss.kernels.dispatch import device_name


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
        BackendError, SettingsError: of ``engine_device``.
    """
    device = engine_device(engine, device, plan.settings)
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
        of = {"path": str(Path(source).resolve()), "uuid": store.about["uuid"], "n_psms": store.n_rows}
        about = about_scores(of, plan, report.device)
        done = 0
        with written_whole(target, plan.schema) as writer:
            for number, scored in enumerate(_engine(engine, store, plan, workers or os.cpu_count() or 1, device)):
                done += int(store.starts[number + 1] - store.starts[number])
                report.take(scored, writer)
                if progress:
                    progress(done, store.n_rows)
            report.finish(plan, str(source))
            say_about(writer, {**about, "damaged": report.damaged})
    return report


def _engine(engine: str, store: ParquetStore, plan: Plan, workers: int, device: str) -> Iterator[Scored]:
    if engine == "local":
        return scored_by_threads(store, plan, workers, device)
    from peploss.dataset.scoring.ray import scored_by_ray

    return scored_by_ray(store, plan)
