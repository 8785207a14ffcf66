"""A folder that one process writes to: claimed by a file, and taken over from a process that has died."""

from __future__ import annotations

import os
from pathlib import Path

from peploss.errors import SourceError
from peploss.lifeline import is_alive


def claim(lock: Path) -> None:
    """Claim the folder that ``lock`` lies in.

    Raises:
        SourceError: another log writes to it.
    """
    try:
        owner = int(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        owner = 0
    if owner and owner != os.getpid() and is_alive(owner):
        raise SourceError(
            f"Process {owner} writes to this folder.",
            where=str(lock.parent),
            remedy="Give each run a folder of its own.",
        )
    if owner == os.getpid():
        raise SourceError("This folder has an open log already.", where=str(lock.parent), remedy="Close it first.")
    lock.write_text(str(os.getpid()), encoding="utf-8")
