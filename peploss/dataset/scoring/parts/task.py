"""Scores some row groups of a part into a file of their own: what a worker does, on whatever machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from peploss.dataset.scoring.group import score_group
from peploss.dataset.scoring.parts.manifest import NAME, Manifest, read_manifest
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.report import ScoreReport
from peploss.dataset.set_parts import OpenPart, Part, SetParts
from peploss.dataset.store import ROWS, ParquetStore, say_about, written_whole
from peploss.errors import BackendError, SourceError
from peploss.version import __version__

PSMS: Final = 8 * ROWS
"""PSMs of a task: about a second on one core, so that sending it and opening its files do not count."""


@dataclass(frozen=True)
class Task:
    """Row groups of one part, and the file that their scores go into.

    Args:
        start, stop: row groups of the part.
    """

    part: Part
    start: int
    stop: int

    @property
    def name(self) -> str:
        """Of the file: the same whoever does the task, and however often."""
        return f"scores-{self.part.number:05d}-{self.start:06d}.parquet"

    @property
    def first_id(self) -> int:
        """Id of its first PSM."""
        return self.part.first_id + self.part.starts[self.start]

    @property
    def n_psms(self) -> int:
        """PSMs to score."""
        return self.part.starts[self.stop] - self.part.starts[self.start]

    def about(self) -> dict[str, Any]:
        """For the metadata of its file."""
        return {"of": self.part.uuid, "groups": [self.start, self.stop], "first_id": self.first_id}


@dataclass(frozen=True)
class Shared:
    """What all tasks of a run have in common.

    Args:
        folder: of the results, whole, as every worker is to see it.
        about: what every file of results says about itself.
        device: of the spectrum losses.
    """

    folder: str
    about: dict[str, Any]
    plan: Plan
    device: str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """What comes back of a task: no number of a single PSM.

    Args:
        report: counts and damages.
        size: bytes of the file.
        kept: whether the file was there and whole.
        again: why a file that was there was made again, as a sentence; ``""`` where none was.
    """

    task: Task
    report: ScoreReport
    size: int
    kept: bool = False
    again: str = ""


def tasks_of(parts: SetParts, psms: int = PSMS) -> Iterator[Task]:
    """Every row group of every part, so many together that they hold no more PSMs than that; one at least."""
    for part in parts.parts:
        start, n = 0, len(part.starts) - 1
        while start < n:
            stop = int(np.searchsorted(part.starts, part.starts[start] + psms, side="right")) - 1
            stop = min(max(stop, start + 1), n)
            yield Task(part, start, stop)
            start = stop


def do_task(task: Task, shared: Shared) -> Outcome:
    """Write the file of a task, unless it is there and whole.

    Raises:
        SourceError: the part cannot be read, or the file not written.
        BackendError: this machine has another version of peploss, or does not see the folder of the run.
    """
    folder, run = Path(shared.folder), str(shared.about["uuid"])
    _check_machine(folder, run, str(shared.about["version"]))
    path = folder / task.name
    again = ""
    if path.exists():
        found = counted(path, task, run)
        if isinstance(found, ScoreReport):
            return Outcome(task, found, path.stat().st_size, kept=True)
        again = f"{task.name} was there and is made again: {found}"
    report = ScoreReport()
    with OpenPart(task.part) as store, written_whole(path, shared.plan.schema) as writer:
        for number in range(task.start, task.stop):
            report.take(score_group(store, number, shared.plan, shared.device), writer)
        say_about(writer, {**shared.about, "part": task.about(), "damaged": report.damaged})
    return Outcome(task, report, path.stat().st_size, again=again)


def counted(path: Path, task: Task, run: str) -> ScoreReport | str:
    """What is in a file of results that is there; or why it cannot stay, in words. All of it is read."""
    report = ScoreReport()
    try:
        with ParquetStore(path, "results") as store:
            if store.about.get("uuid") != run:
                return f"it is of another run, {store.about.get('uuid')}."
            if store.about.get("part") != task.about():
                return f"it is of other row groups, {store.about.get('part')}."
            if store.about.get("damaged"):
                return f"when it was made, {store.about['damaged'][0]}"
            for number in range(store.n_groups):
                batch = store.group(number)
                if batch.num_rows and not _next(batch.column("id"), task.first_id + report.n_scored):
                    return "it holds PSMs that are not of its row groups."
                report.count(batch)
    except SourceError as error:
        return error.problem
    if report.n_scored != task.n_psms:
        return f"it holds {report.n_scored:,} PSMs instead of {task.n_psms:,}."
    return report


def _next(ids: pa.Array, first: int) -> bool:
    """Whether ids, which rise, are all from ``first`` on."""
    return (ids[0].as_py(), ids[-1].as_py()) == (first, first + len(ids) - 1)


def _check_machine(folder: Path, run: str, version: str) -> None:
    if version != __version__:
        raise BackendError(
            f"This machine has peploss {__version__}, and the run was begun by {version}.",
            remedy="Install the same version on every machine.",
        )
    try:
        there: Manifest | None = read_manifest(folder)
    except SourceError:
        there = None
    if there is None or there.run != run:
        raise BackendError(
            f"This machine does not see the {NAME} of the run in {folder}.",
            remedy="The folder of the results has to be the same on every machine: one on a shared file system.",
        )
