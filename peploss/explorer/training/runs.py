"""The runs that the page can open: folders and files of the data folder, uploads, and the built-in one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from peploss.dataset.runs.open import FILES, is_run_name, looks_like_predictions, run_of
from peploss.dataset.runs.samples import RunSamples
from peploss.errors import SourceError
from peploss.explorer.sources import uploads
from peploss.spectra.folder import data_folder, list_folder
from peploss.spectra.samples import samples_folder
from peploss.training.log_rows import ABOUT

__all__ = ["BUILT_IN", "FILES", "RunFile", "available", "opened", "read_again", "stamp_in_use"]

BUILT_IN: Final = "Built-in example"
_GROWN: Final = "_training_stamp"


@dataclass(frozen=True)
class RunFile:
    """A run by its name on the page, and where it lies: a folder of a log, or a file."""

    name: str
    path: Path

    @property
    def stamp(self) -> tuple[str, int, int]:
        """The same for the same content: path, newest change, number of files or bytes."""
        if not self.path.is_dir():
            stat = self.path.stat()
            return str(self.path), stat.st_mtime_ns, stat.st_size
        parts = [file.stat().st_mtime_ns for file in self.path.glob("*.parquet")]
        return str(self.path), max(parts, default=0), len(parts)


def available() -> list[RunFile]:
    """Every run there is, the built-in one last."""
    found = []
    root = data_folder()
    if root is not None:
        found += _in(root)
    store, owner = uploads.store(), uploads.owner()
    found += [RunFile(file.name, file.path) for file in store.files(owner) if _is_run(file.path)]
    return [*found, RunFile(BUILT_IN, samples_folder() / "training_run")]


@st.cache_data(ttl=5, max_entries=4, show_spinner=False)
def _in(root: Path) -> list[RunFile]:
    files = list_folder(root, lambda name: name == ABOUT or is_run_name(name))
    found: list[RunFile] = []
    logs: list[RunFile] = []
    for file in files:
        path = root / file.name
        if path.name == ABOUT:
            logs.append(RunFile(str(Path(file.name).parent) if path.parent != root else root.name, path.parent))
        elif _is_run(path):
            found.append(RunFile(file.name, path))
    return [*logs, *found]


def _is_run(path: Path) -> bool:
    return is_run_name(path.name) and (path.suffix.lower() != ".csv" or looks_like_predictions(path))


def stamp_in_use(run: RunFile) -> tuple[tuple[str, int, int], bool]:
    """The content that is looked at, and whether there is newer: a run that is written to does not move by itself."""
    try:
        now = run.stamp
    except OSError as error:
        raise SourceError(f"The run is gone: {error.strerror}.", where=run.name) from error
    kept: tuple[str, int, int] | None = st.session_state.get(_GROWN)
    if kept is None or kept[0] != now[0]:
        st.session_state[_GROWN] = kept = now
    return kept, kept != now


def read_again() -> None:
    """Callback: look at what was logged meanwhile."""
    st.session_state.pop(_GROWN, None)


@st.cache_resource(max_entries=3, show_spinner="Opening the run…")
def opened(path: str, newest: int, size: int) -> RunSamples:
    """The run opened for questions; the arguments after the path tell one content from the next."""
    folder = Path(path)
    if folder.is_dir():
        return RunSamples(folder)
    return RunSamples(run_of(folder, Path(_converted().name) / f"{folder.stem}-{abs(hash((path, newest, size)))}"))


@st.cache_resource(show_spinner=False)
def _converted() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="peploss-runs-")  # removed when the app ends
