"""Every place where foreign bytes or text come in: an input by chance, and what the package does with it."""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.fuzz import seeds
from benchmarks.fuzz.files import a_file
from benchmarks.fuzz.library_seeds import PEPREC
from benchmarks.fuzz.library_seeds import PEPTIDE as PREDICTED
from benchmarks.fuzz.mutate import mutated, mutated_text
from peploss.errors import PeplossError

Attempt = Callable[[], object]
Boundary = Callable[[random.Random, Path], Attempt]


def _spectra(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, seeds.spectra(folder))

    def attempt() -> None:
        from peploss.spectra.readers import open_spectra

        with open_spectra(path) as file:
            for index in range(min(len(file), 20)):
                _kept(lambda index=index: file.read(index))
            file.headers()
            list(file.batches())

    return attempt


def _table(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, seeds.tables(folder))

    def attempt() -> None:
        from peploss.dataset.tables import read_psms

        list(read_psms(path).psms)

    return attempt


def _set(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, (seeds.a_set(folder),))

    def attempt() -> None:
        from peploss.dataset.psm_row import COLUMNS, psm_of
        from peploss.dataset.query.notes import Notes
        from peploss.dataset.query.results import Results
        from peploss.dataset.store import ParquetStore

        with ParquetStore(path) as store:
            for row in store.rows(range(min(store.n_rows, 3)), list(COLUMNS)):
                _kept(lambda row=row: psm_of(row))
        with Results(path, kind="set") as asked:
            asked.histogram("precursor_mz")
            asked.page(["id", "peptide"], order="id")
        Notes(path).tags()

    return attempt


def _results(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, (seeds.results(folder),))
    compared = dice.random() < 0.3  # it opens both once more

    def attempt() -> None:
        from peploss.dataset.query.compare import compare
        from peploss.dataset.query.results import Results
        from peploss.settings import LossSettings

        with Results(path) as asked:
            asked.histogram("loss")
            asked.density("loss", "ppm")
            asked.groups("charge")
            asked.page(["id", "peptide", "loss"])
            LossSettings.from_dict(asked.about["settings"])
        if compared:
            compare(path, seeds.results(folder))

    return attempt


def _peptide(dice: random.Random, _: Path) -> Attempt:
    text = mutated_text(dice, dice.choice(seeds.PEPTIDES), seeds.PEPTIDES)

    def attempt() -> None:
        from peploss.peptides.fragments import fragments
        from peploss.peptides.peptide import Peptide
        from peploss.settings import LossSettings

        fragments(Peptide.parse(text), LossSettings())

    return attempt


def _notation(dice: random.Random, _: Path) -> Attempt:
    text = mutated_text(dice, dice.choice(seeds.NOTATIONS), seeds.NOTATIONS)

    def attempt() -> None:
        from peploss.peptides.notations import proforma
        from peploss.peptides.peptide import Peptide

        Peptide.parse(proforma(text))

    return attempt


def _pasted(dice: random.Random, _: Path) -> Attempt:
    text = mutated_text(dice, dice.choice(seeds.PASTED), seeds.PASTED)

    def attempt() -> None:
        from peploss.spectra.pasted import parse_peak_list

        parse_peak_list(text)

    return attempt


def _link(dice: random.Random, _: Path) -> Attempt:
    link = {name: mutated_text(dice, value) for name, value in seeds.LINK.items() if dice.random() < 0.6}

    def attempt() -> None:
        from peploss.explorer.outliers.shown import Shown as Outliers
        from peploss.explorer.shell.view import View
        from peploss.explorer.training.shown import Shown as Training
        from peploss.settings import LossSettings

        View.of_link(link).settings(LossSettings())
        for page in (Outliers, Training):
            page.of(page.of(link).link())

    return attempt


def _toml(dice: random.Random, _: Path) -> Attempt:
    text = mutated_text(dice, dice.choice(seeds.TOML), seeds.TOML)

    def attempt() -> None:
        from peploss.settings import LossSettings
        from peploss.training.curriculum_file import curriculum_of_toml

        _kept(lambda: curriculum_of_toml(text))
        LossSettings.from_toml(text)

    return attempt


def _sql(dice: random.Random, folder: Path) -> Attempt:
    text = mutated_text(dice, dice.choice(seeds.SQL), seeds.SQL)

    def attempt() -> None:
        seeds.asked(folder).count(text)

    return attempt


def _notes(dice: random.Random, folder: Path) -> Attempt:
    source = seeds.a_set(folder)
    content = a_file(dice, folder, (seeds.notes(folder),)).read_bytes()

    def attempt() -> None:
        from peploss.dataset.query.notes import Notes, notes_path

        notes_path(source).write_bytes(content)
        try:
            notes = Notes(source)
            notes.all_notes(), notes.columns(np.array([1, 0])), notes.of(1), notes.tags_of([1, 2])
            notes.tagged(", ".join(notes.tags()))
        finally:
            for left in source.parent.glob(f"{notes_path(source).name}*"):
                left.unlink()

    return attempt


def _selection(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, seeds.selections(folder))

    def attempt() -> None:
        from peploss.dataset.query.selections import exported_ids

        exported_ids(path)

    return attempt


def _log(dice: random.Random, folder: Path) -> Attempt:
    run = folder / "run"
    known = seeds.log(folder)
    run.mkdir(exist_ok=True)
    for old in run.iterdir():
        old.unlink()
    broken = dice.choice(known)
    for path in known:
        made = a_file(dice, folder, (path,)) if path == broken else path
        (run / path.name).write_bytes(made.read_bytes())

    def attempt() -> None:
        from peploss.training.logged_run import LoggedRun

        logged = LoggedRun(run)
        for step in logged.steps[:1]:
            table = logged.read(["id"], step)
            for metric in logged.metrics[:2]:
                logged.curve(metric)
            for sample in table["id"].to_pylist()[:1] if "id" in table.schema.names else ():
                logged.sample(step, sample)
                logged.spectrum(sample)

    return attempt


def _run(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, seeds.arrays(folder))

    def attempt() -> None:
        import shutil

        from peploss.dataset.runs.open import run_of

        into = folder / "converted"
        shutil.rmtree(into, ignore_errors=True)
        run_of(path, into)

    return attempt


def _predictions(dice: random.Random, folder: Path) -> Attempt:
    path = a_file(dice, folder, seeds.predictions(folder))
    beside = folder / "in.peprec"  # MS2PIP's table takes its peptides from one beside it, by the start of the name
    known = PEPREC.encode()
    beside.write_bytes(mutated(dice, known) if dice.random() < 0.3 else known)

    def attempt() -> None:
        from peploss.intensities.from_file import FromFile
        from peploss.peptides.peptide import Peptide

        FromFile(path).predict([Peptide.parse(PREDICTED)], [2])

    return attempt


def _job(dice: random.Random, folder: Path) -> Attempt:
    content = mutated(dice, seeds.job(folder))

    def attempt() -> None:
        from peploss.dataset.interrupted import found

        (folder / ".set.parquet.job").write_bytes(content)
        found([folder])

    return attempt


def _kept(call: Callable[[], object]) -> None:
    """One of many: its own error leaves the others."""
    try:
        call()
    except PeplossError:
        return


BOUNDARIES: Final[dict[str, Boundary]] = {
    "spectra": _spectra, "table": _table, "set": _set, "results": _results, "peptide": _peptide, "notation": _notation,
    "pasted": _pasted, "link": _link, "toml": _toml, "sql": _sql, "notes": _notes, "selection": _selection, "log": _log,
    "run": _run, "predictions": _predictions, "job": _job,
}  # fmt: skip
SHARES: Final[dict[str, int]] = {
    "spectra": 10, "table": 12, "set": 1, "results": 1, "peptide": 13, "notation": 13, "pasted": 8, "link": 6,
    "toml": 6, "sql": 5, "notes": 2, "selection": 4, "log": 3, "run": 5, "predictions": 12, "job": 3,
}  # fmt: skip
"""Inputs of each boundary in a round: more where there is more to read, fewer where one costs more."""


@functools.cache
def warm(folder: Path) -> None:
    """Make the valid inputs, and load what the boundaries load: neither is counted as an input's time."""
    from peploss.dataset.tables import read_psms
    from peploss.peptides.peptide import Peptide

    for table in seeds.tables(folder):
        with contextlib.suppress(PeplossError):
            read_psms(table)
    for name in ("MOD:00046", "XLMOD:02001", "RESID:AA0441"):  # each vocabulary is read when it is first asked
        with contextlib.suppress(PeplossError):
            Peptide.parse(f"A[{name}]K")
    for make in BOUNDARIES.values():
        for seed in range(3):
            with contextlib.suppress(Exception):  # what it is will be found when it is counted
                make(random.Random(seed), folder)()
