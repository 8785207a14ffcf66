"""Scores a set that lies in parts into a folder of results in parts: the workers write them, not the driver."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from peploss.dataset.progress import Progress
from peploss.dataset.scoring.engine import Engine, engine_device
from peploss.dataset.scoring.local import by_threads
from peploss.dataset.scoring.parts.manifest import NAME, Manifest, differences, read_manifest
from peploss.dataset.scoring.parts.task import PSMS, Outcome, Shared, Task, do_task, tasks_of
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.report import ScoreReport, about_scores
from peploss.dataset.scoring.runs import run_notes, runs_of
from peploss.dataset.set_parts import SetParts
from peploss.errors import BackendError, SourceError
from peploss.intensities.source import FILE, intensity_source
from peploss.kernels.dispatch import device_name

PATIENCE: Final = 60.0
"""Seconds until a file that a worker wrote has to be seen here: a shared file system may show it late."""


@dataclass
class PartsReport(ScoreReport):
    """What was scored, in parts.

    Args:
        n_files: of results, of which ``n_kept`` were there from a run that was broken off.
        again: files that were there and were made again, and why.
    """

    n_files: int = 0
    n_kept: int = 0
    again: list[str] = field(default_factory=list)


def score_parts(
    sources: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    plan: Plan,
    *,
    engine: Engine = "local",
    workers: int | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
    psms: int = PSMS,
) -> PartsReport:
    """Score sets as the parts of one, into a folder of results in parts; ``join_results`` makes one file of them.

    Each task writes one file, at once and under a name that follows from what is in it. What is kept in memory here
    grows with the number of row groups and not of PSMs. After an interruption the same call goes on: files that are
    there, whole and of this run, stay.

    Args:
        sources: files of sets in the order in which their PSMs count on, or folders of them.
        engine, workers, device, progress: as for ``score_set``.
        psms: of a task, at most, where row groups are not larger.
    Raises:
        SourceError: a part cannot be read, no row group of any can, or the folder holds something else.
        BackendError: the engine or the device is not there, they do not go together, or a worker cannot do its task.
        SettingsError: predicted heights lie in a file whose path workers would not find.
    """
    device = engine_device(engine, device, plan.settings)
    folder = Path(os.path.abspath(folder))
    report = PartsReport(device=device_name(device))
    with SetParts(sources) as parts:
        report.notes += parts.version_notes
        if plan.causes:
            plan = dataclasses.replace(plan, runs=runs_of(parts, plan.settings, plan.seed))
            report.notes += run_notes(dict(plan.runs or {}), plan.settings)
        tasks = list(tasks_of(parts, 1 if plan.causes else psms))
        asked = _asked(parts, plan, report.device, len(tasks))
        n_psms = parts.n_psms
    with _held(folder):
        manifest = _begun(folder, asked)
        shared = Shared(str(folder), manifest.about, plan, device)
        outcomes: list[Outcome] = []
        done = 0
        with contextlib.closing(_carried(engine, tasks, shared, workers or os.cpu_count() or 1)) as carried:
            for outcome in carried:
                outcomes.append(outcome)
                done += outcome.task.n_psms
                if progress:
                    progress(done, n_psms)
        outcomes.sort(key=lambda outcome: outcome.task.name)
        for outcome in outcomes:
            _add(report, outcome)
        report.finish(plan, ", ".join(map(str, sources)))
        _all_seen(folder, outcomes)
        for left in folder.glob(".scores-*.tmp"):  # of workers that were killed; all that live are done
            left.unlink(missing_ok=True)
        files = [
            {"name": o.task.name, "first_id": o.task.first_id, "last_id": o.task.first_id + o.task.n_psms - 1,
             "n_scored": o.report.n_scored, "bytes": o.size}
            for o in outcomes
        ]  # fmt: skip
        dataclasses.replace(manifest, complete=True, files=files, damaged=report.damaged).write(folder)
    return report


def _asked(parts: SetParts, plan: Plan, device: str, n_files: int) -> Manifest:
    """The manifest of what is asked for now."""
    where = parts.parts[0].path if len(parts.parts) == 1 else os.path.dirname(parts.parts[0].path)
    of = {"path": where, "uuid": parts.uuid, "n_psms": parts.n_psms, "n_parts": len(parts.parts)}
    about: dict[str, Any] = about_scores(of, plan, device)
    if plan.settings.intensities.startswith(FILE):  # another file under the same name gives other scores
        intensity_source(plan.settings.intensities)  # says it where there is none
        stat = Path(plan.settings.intensities.removeprefix(FILE)).stat()
        about["heights"] = [stat.st_size, stat.st_mtime_ns]
    sets = [{"path": part.path, "uuid": part.uuid, "n_psms": part.n_psms} for part in parts.parts]
    return Manifest(about, sets, n_files)


def _begun(folder: Path, asked: Manifest) -> Manifest:
    """The manifest to work by: of a run that is gone on with, or a new one."""
    if not (folder / NAME).exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise SourceError(
                f"The folder is not empty, and has no {NAME} that says what its files are.",
                where=str(folder),
                remedy="Give a new folder.",
            )
        asked.write(folder)
        return asked
    there = read_manifest(folder)
    for difference in differences(there, asked):
        raise SourceError(
            f"The folder holds the scores of another run: {difference}.",
            where=str(folder),
            remedy="Give a new folder, or ask for the same.",
        )
    begun = dataclasses.replace(asked, about=there.about)
    begun.write(folder)
    return begun


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """No other process scores into the folder meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            try:
                yield
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout as error:
        raise SourceError("Another process scores into it.", where=str(folder), remedy="Wait for it.") from error


def _carried(engine: str, tasks: Sequence[Task], shared: Shared, workers: int) -> Generator[Outcome]:
    if engine == "local":
        return by_threads(lambda task: do_task(task, shared), tasks, workers)
    from peploss.dataset.scoring.parts.ray import by_ray

    return by_ray(tasks, shared)


def _add(report: PartsReport, outcome: Outcome) -> None:
    one = outcome.report
    report.n_files += 1
    report.n_kept += outcome.kept
    report.again += [outcome.again] if outcome.again else []
    report.n_scored += one.n_scored
    report.n_problems += one.n_problems
    report.damaged += one.damaged
    report.why_uniform = report.why_uniform or one.why_uniform
    report.n_uniform += one.n_uniform


def _all_seen(folder: Path, outcomes: Sequence[Outcome]) -> None:
    """Wait until every file is seen here as it was written.

    Raises:
        BackendError: one is not.
    """
    end = time.monotonic() + PATIENCE
    for outcome in outcomes:
        while (size := _size(folder / outcome.task.name)) != outcome.size:
            if time.monotonic() > end:
                came = "is not seen here" if size is None else f"has {size:,} bytes here"
                raise BackendError(
                    f"A worker wrote {outcome.task.name} with {outcome.size:,} bytes, and it {came}.",
                    remedy=f"{folder} has to lie on a file system that every machine shares.",
                )
            time.sleep(0.2)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
