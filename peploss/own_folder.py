"""Folders that this user can write to: the usual one, or one among the temporary files that nobody else can touch."""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from pathlib import Path


def temporary_name() -> str | None:
    """A folder of this user's among the temporary files; None if no temporary file can be written either."""
    try:
        return os.path.join(tempfile.gettempdir(), f"peploss-{getpass.getuser() if os.name == 'nt' else os.getuid()}")
    except FileNotFoundError:
        return None


def is_private(folder: str) -> bool:
    """Whether a folder is this user's, and nobody else can put a file there: what lies in it is run as it is found.

    Windows keeps temporary files in a folder of each user's own.
    """
    if os.name == "nt":
        return True
    status = os.lstat(folder)
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def first_writable(usual: Path, within: str) -> Path | None:
    """The usual folder if it can be written, else ``within`` in the private temporary one; None where neither can."""
    if _writable(usual):
        return usual
    base = temporary_name()
    if base is None or not _writable(Path(base)) or not is_private(base):
        return None
    other = Path(base) / within
    return other if _writable(other) else None


def _writable(folder: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=os.fspath(folder)).close()
    except OSError:
        return False
    return True
