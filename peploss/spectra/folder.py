"""Lists spectrum files in the one folder that the app may read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peploss.errors import SourceError
from peploss.spectra.readers import EXTENSIONS

ENVIRONMENT: Final = "PEPLOSS_DATA_DIR"
MAX_FILES: Final = 2000


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in the folder: its path below the folder with ``/``, its size in bytes, its time of change (s)."""

    name: str
    size: int
    modified: float


def data_folder() -> Path | None:
    """The folder that ``PEPLOSS_DATA_DIR`` names, resolved; None where it is not set.

    Raises:
        SourceError: it is set but is not a folder.
    """
    value = os.environ.get(ENVIRONMENT, "").strip()
    if not value:
        return None
    root = Path(value).expanduser().resolve()
    if not root.is_dir():
        raise SourceError(
            f"{ENVIRONMENT} must name a folder.", where=str(root), remedy="Create it, or set the variable to another."
        )
    return root


def list_folder(root: Path, wanted: Callable[[str], bool] | None = None) -> list[FolderFile]:
    """Files in ``root`` and below that are named like spectra, sorted by name; at most ``MAX_FILES``.

    Links that lead out of the folder, hidden files and unreadable folders are left out.

    Args:
        wanted: which names to list; None lists those of spectra.
    Raises:
        SourceError: ``root`` is not a folder.
    """
    top = root.resolve()
    if not top.is_dir():
        raise SourceError("A folder was expected.", where=str(root))
    wanted = wanted or is_spectrum_name
    found: list[FolderFile] = []
    for folder, folders, names in os.walk(top, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or not wanted(name) or not path.resolve().is_relative_to(top):
                continue
            try:
                stat = path.stat()
            except OSError:  # gone, or a link to nowhere
                continue
            found.append(FolderFile(path.relative_to(top).as_posix(), stat.st_size, stat.st_mtime))
            if len(found) == MAX_FILES:
                return sorted(found, key=lambda f: f.name)
    return sorted(found, key=lambda f: f.name)


def resolve_in(root: Path, name: str, wanted: Callable[[str], bool] | None = None) -> Path:
    """The file of that name in ``root``, for names that come from a link or a form.

    Args:
        wanted: as for ``list_folder``.
    Raises:
        SourceError: it is absolute, leads out of the folder (by ``..`` or a link), or no file there is named like that.
    """
    top = root.resolve()
    try:
        path = (top / name).resolve()
        inside = path.is_relative_to(top) and path.is_file()
    except (OSError, ValueError):  # too long, or with a null byte
        inside = False
    if not inside or not (wanted or is_spectrum_name)(name):
        raise SourceError(
            f"There is no such {'file' if wanted else 'spectrum file'} in the data folder.",
            where=name,
            remedy="Pick one from the list.",
        )
    return path


def is_spectrum_name(name: str) -> bool:
    """Whether a file name ends like a supported format, plain or gzipped."""
    return os.path.splitext(name.lower().removesuffix(".gz"))[1] in EXTENSIONS
