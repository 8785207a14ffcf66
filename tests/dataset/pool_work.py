"""What the tests of worker processes have done there. By itself, as a worker imports where its work is defined."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peploss.dataset.index.parts import Part, part_writer

HEAVY = ("torch", "numba", "pandas", "pyteomics.auxiliary", "lxml", "duckdb", "scipy", "pyarrow.parquet")


@contextmanager
def adding(more: int) -> Iterator[Callable[[int], tuple[int, int]]]:
    yield lambda number: (number + more, os.getpid())


@contextmanager
def closing_tells(path: Path) -> Iterator[Callable[[object], None]]:
    yield lambda _: print("what a task prints is no answer")
    path.write_text("closed")


@contextmanager
def cannot_begin() -> Iterator[Callable[[object], None]]:
    raise OSError("no such set")
    yield print


@contextmanager
def raising_what_cannot_be_sent() -> Iterator[Callable[[object], None]]:
    def fail(_: object) -> None:
        error = ValueError("holds a lock")
        error.lock = threading.Lock()  # type: ignore[attr-defined]
        raise error

    yield fail


@contextmanager
def part_writer_that_tells() -> Iterator[Callable[[tuple[Path, Part]], list[str]]]:
    with part_writer() as write:

        def told(task: tuple[Path, Part]) -> list[str]:
            write(task)
            return [name for name in HEAVY if name in sys.modules]

        yield told


@contextmanager
def sleeping() -> Iterator[Callable[[float], int]]:
    def sleep(seconds: float) -> int:
        time.sleep(seconds)
        return os.getpid()

    yield sleep
