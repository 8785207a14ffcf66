"""Writes files that appear only when they are complete."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peploss.errors import SourceError
from peploss.lifeline import is_dead, owner


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it replaces ``path`` at the end, or is removed if anything fails.

    Args:
        path: the file to write.
        private: True for a new file that its owner alone may read and write (0600); one that is replaced keeps its
            mode. False for the mode that the umask gives.
    Raises:
        SourceError: the file cannot be written.
    """
    if path.exists() and not path.is_file():  # a device, which must not be replaced, or a folder
        raise SourceError("What is there is no file.", where=str(path), remedy="Give the name of a file.")
    temporary = path.with_name(f".{path.name}.{owner()}-{uuid.uuid4().hex[:8]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path)
        if private:
            make_private(temporary)
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o777)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SourceError(f"The file cannot be written: {error}", where=str(path)) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_private(path: Path) -> None:
    """Create an empty file that its owner alone may read and write, if there is none; others keep their mode.

    Raises:
        OSError: it cannot be created.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _clear(path: Path) -> None:
    """Remove what processes that were killed left of the same file, before this one first wrote into its folder."""
    start = f".{path.name}."
    for left in _temporary(os.path.abspath(path.parent), os.getpid()):
        if left.startswith(start):
            process, _, rest = left.removeprefix(start).partition("-")
            if is_dead(f"{process}-{rest.partition('-')[0]}"):
                path.with_name(left).unlink(missing_ok=True)


@functools.lru_cache(maxsize=256)
def _temporary(folder: str, process: int) -> tuple[str, ...]:
    """Names of temporary files in a folder, looked for once: for each file written anew, time would grow as its square.

    Args:
        process: which one looks; a fork of it looks again.
    """
    with os.scandir(folder) as entries:
        return tuple(e.name for e in entries if e.name.startswith(".") and ".tmp" in e.name)
