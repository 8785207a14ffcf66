"""Sets and results in the data folder: which there are, and one of them opened and shared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from peploss.dataset.results import Results
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError
from peploss.spectra.folder import list_folder


@dataclass(frozen=True)
class SetFile:
    """A set or its results: ``name`` within the folder, ``uuid`` of the set, PSMs, and a stamp of the content."""

    name: str
    path: Path
    uuid: str
    n_psms: int
    stamp: tuple[str, int, int]


@dataclass(frozen=True)
class Listed:
    """What a folder holds: sets, the results of each by its uuid, and what cannot be read, with the reason."""

    sets: tuple[SetFile, ...]
    results: dict[str, tuple[SetFile, ...]]
    damaged: dict[str, str]


def is_set_name(name: str) -> bool:
    """Whether a file is named like a set."""
    return name.lower().endswith(".parquet")


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
        except (SourceError, OSError) as error:
            damaged[file.name] = str(error)
            continue
        found = SetFile(file.name, path, uuid, n, (str(path), stat.st_mtime_ns, stat.st_size))
        if kind == "set":
            sets.append(found)
        else:
            results.setdefault(uuid, []).append(found)
    # The newest results first: they are what was asked for last.
    by_age = {u: tuple(sorted(files, key=lambda f: -f.stamp[1])) for u, files in results.items()}
    return Listed(tuple(sets), by_age, damaged)


@st.cache_data(max_entries=500, show_spinner=False)
def _kind(path: str, mtime_ns: int, size: int) -> tuple[str, str, int]:
    try:
        with ParquetStore(path) as store:
            return "set", str(store.about["uuid"]), store.n_rows
    except SourceError:
        with ParquetStore(path, "results") as store:
            return "results", str(store.about["set"]["uuid"]), store.n_rows


@st.cache_resource(max_entries=8, show_spinner=False)
def opened(path: str, mtime_ns: int, size: int, kind: str) -> Results:
    """The file opened for questions; the arguments after the path tell one content from the next."""
    return Results(path, kind=kind)
