"""Finds a source of fragment intensities by the name that settings, links and options use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from peploss.errors import SettingsError
from peploss.intensities import ms2pip
from peploss.intensities.prediction import Prediction
from peploss.peptides.peptide import Peptide
from peploss.settings import UNIFORM

FILE = "file:"
MODEL = "MS2PIP "
"""What a file's path and a model's name stand behind."""


class IntensitySource(Protocol):
    """Predicts the fragments of peptides.

    Attributes:
        name: as it is shown.
    """

    name: str

    def predict(self, peptides: Sequence[Peptide], charges: Sequence[int]) -> list[Prediction | str]:
        """A prediction for each peptide at its charge, or the reason why there is none."""


def names() -> tuple[str, ...]:
    """What can be chosen here and now, beside a file."""
    return (UNIFORM, *(f"{MODEL}{model}" for model in ms2pip.models_here()))


def intensity_source(name: str) -> IntensitySource | None:
    """The source of a name; None for ``"uniform"``.

    Args:
        name: ``"uniform"``, ``"MS2PIP HCD2019"`` (or another of its models), or ``"file:PATH"``.
    Raises:
        SettingsError: there is no such source.
        BackendError: the model is not installed.
        SourceError: the file cannot be read.
    """
    if name == UNIFORM:
        return None
    if name.startswith(FILE):
        path = Path(name.removeprefix(FILE))
        stat = path.stat() if path.is_file() else None
        return _file(str(path), (stat.st_mtime_ns, stat.st_size) if stat else None)
    if name.startswith(MODEL):
        return _model(name.removeprefix(MODEL), os.environ.get(ms2pip.FOLDER), ms2pip.version())
    raise SettingsError(
        f"There is no source of intensities {name!r}.",
        remedy=f"Use {UNIFORM}, MS2PIP with one of {', '.join(ms2pip.MODELS)}, or {FILE}PATH.",
    )


@lru_cache(maxsize=4)
def _model(model: str, _folder: str | None, _version: str | None) -> IntensitySource:
    return ms2pip.MS2PIP(model)


@lru_cache(maxsize=4)
def _file(path: str, _version: tuple[int, int] | None) -> IntensitySource:
    from peploss.intensities.from_file import FromFile

    return FromFile(path)
