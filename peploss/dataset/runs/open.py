"""What counts as a run, and any of it as a folder that ``LoggedRun`` reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from peploss.dataset.runs.arrays import write_run
from peploss.dataset.runs.predictions import write_predictions
from peploss.errors import SourceError
from peploss.foreign import reading
from peploss.training.log_rows import ABOUT

ARRAYS: Final = (".npz", ".safetensors")
TABLES: Final = (".mztab", ".csv")
FILES: Final = (*ARRAYS, *TABLES)
"""Endings of files that are runs of one step."""


def is_run_name(name: str) -> bool:
    """Whether a file is named like a run of one step; of a CSV its head has to be looked at as well."""
    return name.lower().endswith(FILES)


def looks_like_predictions(path: Path) -> bool:
    """Whether a CSV has the columns of a model's predictions."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.readline(10_000).lower()
    except OSError:
        return False
    return "prediction" in head or "log_prob" in head


def run_of(path: str | Path, into: str | Path) -> Path:
    """The folder of a run: the given one if it is a log, else one that is written from the file.

    Args:
        path: a folder that ``SampleLog`` wrote, or a file named like one of ``FILES``.
        into: folder to write to; one that is there already is taken to be this file's.
    Raises:
        SourceError: it is no run, or cannot be read.
    """
    source, target = Path(path), Path(into)
    if source.is_dir():
        return source
    if source.name == ABOUT:
        return source.parent
    if not source.is_file():
        raise SourceError("There is no such file.", where=str(source))
    if not is_run_name(source.name):
        raise SourceError(f"A run is a folder of a SampleLog or a file named {', '.join(FILES)}.", where=source.name)
    if (target / ABOUT).exists():
        return target
    write = write_run if source.suffix.lower() in ARRAYS else write_predictions
    try:
        with reading(source.name, (RuntimeError,)):  # torch's, of shapes that do not fit
            write(source, target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)  # nothing half-written is taken for the run
        raise
    return target
