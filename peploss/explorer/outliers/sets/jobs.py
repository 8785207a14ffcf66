"""Sets made and scored in the background, for all sessions: what runs outlives the page that began it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from peploss.dataset.index.build import build_set
from peploss.dataset.index.report import describe
from peploss.dataset.interrupted import Asked, Ending, Interrupted, noted
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import PsmTable
from peploss.errors import SourceError
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.sources.set_files import built_in_path
from peploss.lifeline import at_end
from peploss.settings import LossSettings
from peploss.spectra.samples import sample_files, samples_folder

SCORED_BY = 0.6  # share of the work that scores are taken for where causes follow
UNLISTED = "hcd_casanovo_mouse.mgf"  # its peptides stand in the file itself
BEGUN = "_tasks_begun"
MADE_BY = 0.4  # share that making the built-in set is taken for


@dataclass(eq=False)
class Task:
    """Work on one file.

    Attributes:
        title: what is being done.
        target: the file that comes of it.
        job: its progress; the result is what happened, in sentences.
        resumes: whether what was done until it was cancelled is kept for the next try.
    """

    title: str
    target: Path
    job: Job[list[str]]
    resumes: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return not self.job.running


class Tasks:
    """Everything that was begun since the server started, one at a time at work."""

    def __init__(self) -> None:
        # One: sets are read by a process a core, and scored by a thread a core.
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sets")
        self._lock = threading.Lock()
        self._all: list[Task] = []
        at_end(self._stop)

    def _stop(self) -> None:
        """The server ends: nothing is waited for. What runs is noted beside its file, and the next server tells."""
        Ending.now = True
        for task in self.all():
            if not task.over:
                task.job.cancel()

    def begin(
        self, title: str, target: Path, work: Callable[[Report], Iterator[list[str]]], *, resumes: bool = False
    ) -> Task:
        """Begin work on a file, or return what already works on it."""
        with self._lock:
            for task in self._all:
                if task.target == target and not task.over:
                    return task
            task = Task(title, target, Job(work).start(self._pool), resumes)
            self._all = [t for t in self._all if not t.over or t.target != target] + [task]
            return task

    def all(self) -> list[Task]:
        """The tasks, newest last."""
        with self._lock:
            return list(self._all)

    def of(self, target: Path) -> Task | None:
        """The newest task on a file."""
        return next((t for t in reversed(self.all()) if t.target == target), None)


@st.cache_resource(show_spinner=False)
def tasks() -> Tasks:
    """Those of this server."""
    return Tasks()


def _here(task: Task) -> Task:
    st.session_state[BEGUN] = [*begun_here(), task]
    return task


def begun_here() -> list[Task]:
    """What this session began. It is told of it even where it was over before the page looked."""
    found: list[Task] = st.session_state.get(BEGUN, [])
    return found


def make(spectra: Sequence[Path], tables: Sequence[PsmTable], out: Path, *, by: str | None = None) -> Task:
    """Begin to make a set; see ``build_set``."""

    named = tuple((t.path, t.format, t.columns if t.format == "plain" else {}) for t in tables)
    asked = Asked(f"Making {out.name}", out.name, "make", tuple(map(str, spectra)), named, by)
    return _make(asked, out, lambda: tables)


def _make(asked: Asked, out: Path, read: Callable[[], Sequence[PsmTable]]) -> Task:
    def work(report: Report) -> Iterator[list[str]]:
        with noted(asked, out.parent):
            tables, spectra = read(), [Path(name) for name in asked.spectra]
            progress = _counted(report, 0.0, 1.0, "Reading spectra")
            made = build_set(spectra, tables, out, by=asked.by, progress=progress)
        yield [*(note for table in tables for note in table.told), *describe(made, out)]

    return _here(tasks().begin(asked.title, out, work, resumes=True))


def score(source: Path, out: Path, plan: Plan, *, worst: int) -> Task:
    """Begin to score a set, and to name the causes of the PSMs of highest loss.

    Args:
        worst: how many those are; 0 for none.
    """
    asked = Asked(
        f"Scoring {source.name}", out.name, "score", (str(source),),
        settings=plan.settings.to_dict(), losses=plan.losses, decoys=plan.decoys, seed=plan.seed, worst=worst,
    )  # fmt: skip
    return _scored(asked, out)


def _scored(asked: Asked, out: Path) -> Task:
    settings = LossSettings.from_dict(asked.settings)
    plan = Plan(settings=settings, losses=asked.losses, decoys=asked.decoys, seed=asked.seed)

    def work(report: Report) -> Iterator[list[str]]:
        with noted(asked, out.parent):
            told = list(_score(report, Path(asked.spectra[0]), out, plan, asked.worst, 0.0))
        yield from told

    return _here(tasks().begin(asked.title, out, work))


def go_on(work: Interrupted) -> Task:
    """Begin again what was interrupted. Spectra that were read into a set are not read again.

    Raises:
        SettingsError: the losses that were asked for are not known any more.
    """
    asked, out = work.asked, work.note.with_name(work.asked.target)
    if asked.work == "score":
        return _scored(asked, out)
    return _make(asked, out, lambda: [read_psms(path, form, names or None) for path, form, names in asked.tables])


def make_built_in() -> Task:
    """Begin to make and score the set of the built-in spectra, with the causes of all."""

    def work(report: Report) -> Iterator[list[str]]:
        path = built_in_path()
        folder = samples_folder()
        files = [folder / f.name for f in sample_files() if f.name.endswith(".mgf")]
        progress = _counted(report, 0.0, MADE_BY, "Reading the built-in spectra")
        tables = [read_psms(folder / "psms.tsv"), read_psms(folder / UNLISTED, "spectra")]
        build_set(files, tables, path, workers=1, progress=progress)
        yield from _score(report, path, path.with_name("built-in.results.parquet"), Plan(), 10**6, MADE_BY)

    return tasks().begin("Making the set of the built-in spectra", built_in_path(), work)


def _score(report: Report, source: Path, out: Path, plan: Plan, worst: int, start: float) -> Iterator[list[str]]:
    end = start + SCORED_BY * (1 - start) if worst else 1.0
    scored = score_set(source, out, plan, device="auto", progress=_counted(report, start, end, "Scoring"))
    told = [*scored.notes, *scored.damaged]
    told.append(f"{scored.n_scored:,} PSMs scored on {scored.device}, {scored.n_problems:,} without a loss.")
    if worst:
        # Scores stand at their last PSM until the first causes are found, which takes a while.
        report(end, f"Looking for causes of the worst {min(worst, scored.n_scored):,}")
        counted = _counted(report, end, 1.0, "Looking for causes")
        n = add_causes(source, out, worst, progress=counted, notes=told)
        told.append(f"{n:,} of them have a cause.")
    yield told


def _counted(report: Report, start: float, end: float, words: str) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        report(start + (end - start) * done / max(total, 1), f"{words}, {done:,} of {total:,}")

    return progress


def output_path(root: Path, name: str) -> Path:
    """Where a set of that name is to lie in the data folder.

    Raises:
        SourceError: it is no plain file name, or the folder cannot be written.
    """
    stem = name.strip().removesuffix(".parquet")
    if not stem or stem != Path(stem).name or stem.startswith("."):
        raise SourceError(
            "A plain file name was expected.", where=name or "the name", remedy="Give it without a folder."
        )
    if not os.access(root, os.W_OK):
        raise SourceError("The folder cannot be written.", where=str(root), remedy="Give it to the app to write in.")
    path = root / f"{stem}.parquet"
    if path.exists():
        raise SourceError("There is a file of that name.", where=path.name, remedy="Give it another.")
    return path
