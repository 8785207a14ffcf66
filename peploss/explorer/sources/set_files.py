"""Sets and results in the data folder, and the set made of the built-in spectra: which there are, chosen and opened."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from peploss.dataset.checked_file import kind_of
from peploss.dataset.query.results import Results
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError
from peploss.explorer.sources import uploads
from peploss.foreign import MET
from peploss.own_folder import first_writable
from peploss.spectra.folder import data_folder, list_folder
from peploss.spectra.samples import sample_files
from peploss.version import __version__

BUILT_IN: Final = "Built-in samples"
MOST_HELD: Final = 1_500_000
"""PSMs of a file that is copied into memory to be asked."""


@dataclass(frozen=True)
class SetFile:
    """A set or its results.

    Attributes:
        name: within the folder.
        uuid: of the set.
        n_psms: how many.
        stamp: path, time of change and size: the same for the same content.
    """

    name: str
    path: Path
    uuid: str
    n_psms: int
    stamp: tuple[str, int, int]

    @property
    def unchanged(self) -> bool:
        """Whether the file is still what it was."""
        try:
            stat = self.path.stat()
        except OSError:
            return False
        return (stat.st_mtime_ns, stat.st_size) == self.stamp[1:]


@dataclass(frozen=True)
class Listed:
    """What there is: sets, the results of each by its uuid, and what cannot be read, with the reason."""

    sets: tuple[SetFile, ...]
    results: dict[str, tuple[SetFile, ...]]
    damaged: dict[str, str]


def is_set_name(name: str) -> bool:
    """Whether a file is named like a set."""
    return name.lower().endswith(".parquet")


def available() -> Listed:
    """Sets of the data folder, if there is one, those made of this session's uploads, and the built-in one."""
    root = data_folder()
    own = listed(root) if root else Listed((), {}, {})
    mine = listed(uploads.store().folder(uploads.owner()))
    own = Listed((*own.sets, *mine.sets), own.results | mine.results, own.damaged | mine.damaged)
    path = built_in_path()
    if not path.is_file():
        return own
    made = listed(path.parent)
    found = [SetFile(BUILT_IN, s.path, s.uuid, s.n_psms, s.stamp) for s in made.sets if s.path == path]
    return Listed((*own.sets, *found), made.results | own.results, own.damaged)


def listed(root: Path) -> Listed:
    """The sets and results in a folder; a Parquet file of something else is neither."""
    sets: list[SetFile] = []
    results: dict[str, list[SetFile]] = {}
    damaged: dict[str, str] = {}
    for file in list_folder(root, is_set_name):
        path = root / file.name
        try:
            stat = path.stat()
            kind, uuid, n = _kind(str(path), stat.st_mtime_ns, stat.st_size)
        except SourceError as error:
            damaged[file.name] = error.problem
            continue
        except OSError:
            continue  # taken away since the folder was listed
        found = SetFile(file.name, path, uuid, n, (str(path), stat.st_mtime_ns, stat.st_size))
        if kind == "set":
            sets.append(found)
        elif kind == "results":
            results.setdefault(uuid, []).append(found)
    # The newest results first: they are what was asked for last.
    by_age = {u: tuple(sorted(files, key=lambda f: -f.stamp[1])) for u, files in results.items()}
    return Listed(tuple(sets), by_age, damaged)


def built_in_path() -> Path:
    """Where the set of the built-in spectra lies, or will; named by what goes into it, so that an old one is not used.

    It is a file like any other, and stays: its tags and notes lie beside it. Where the user's folder cannot be written,
    it lies in a temporary one.
    """
    inside = [__version__, *(f"{f.name} {f.path.stat().st_size}" for f in sample_files())]
    return _data_home() / hashlib.sha256("\n".join(inside).encode()).hexdigest()[:12] / "built-in.parquet"


def _data_home() -> Path:
    usual = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "peploss"
    return _first_writable(usual)


@functools.lru_cache(maxsize=8)
def _first_writable(usual: Path) -> Path:
    return first_writable(usual, "data") or usual  # where nothing can be written, making the set says so


@st.cache_resource(max_entries=500, show_spinner=False)
def _kind(path: str, mtime_ns: int, size: int) -> tuple[str, str, int]:
    """What it is (``""`` for something else), of which set, and with how many PSMs."""
    try:
        metadata = pq.read_metadata(path).metadata
    except (OSError, pa.ArrowException, *MET) as error:
        raise SourceError("It is damaged, cut off or no Parquet file.", where=path) from error
    kind = kind_of(metadata)
    if kind not in ("set", "results"):
        return "", "", 0
    with ParquetStore(path, kind) as store:
        about = store.about if kind == "set" else store.about["set"]
        return kind, str(about["uuid"]), store.n_rows


@st.cache_resource(max_entries=3, show_spinner="Opening the set…")
def opened(path: str, mtime_ns: int, size: int, kind: str, n_psms: int) -> Results:
    """The file opened for questions; the arguments after the path tell one content from the next."""
    return Results(path, kind=kind, held=n_psms <= MOST_HELD)
