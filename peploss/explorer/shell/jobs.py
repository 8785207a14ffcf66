"""Work that takes longer than a page may: done by a thread, looked at and cancelled from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

from peploss.errors import PeplossError

T = TypeVar("T")


class CancelledError(Exception):
    """Raised inside the work where it was cancelled."""


class Report:
    """How the work says how far it is; each call is a place where it can be cancelled."""

    def __init__(self) -> None:
        self.share = 0.0
        self.words = ""
        self.cancelled = threading.Event()

    def __call__(self, share: float, words: str = "") -> None:
        """``share`` of the work is done, in [0, 1].

        Raises:
            CancelledError: it is not wanted any more.
        """
        if self.cancelled.is_set():
            raise CancelledError
        self.share, self.words = share, words


class Job(Generic[T]):
    """Work whose results come one after the other, each better than the one before.

    Args:
        work: called with a ``Report``; an iterator of results. After each of them it may be cancelled.

    Attributes:
        latest: the last result so far; None before the first.
        error: why it ended early, where the user can do something about it.
    """

    def __init__(self, work: Callable[[Report], Iterator[T]]) -> None:
        self._work = work
        self._report = Report()
        self._future: Future[None] | None = None
        self.latest: T | None = None
        self.error: PeplossError | None = None

    def start(self, pool: Executor) -> Job[T]:
        """Begin as soon as the pool has a thread free; once."""
        if self._future is not None:
            raise RuntimeError("A job starts once.")
        self._future = pool.submit(self._run)
        return self

    def cancel(self) -> None:
        """Stop at the next result or report; what was found so far stays."""
        self._report.cancelled.set()
        if self._future is not None:
            self._future.cancel()

    @property
    def progress(self) -> float:
        """Share of the work done, in [0, 1]."""
        return self._report.share

    @property
    def words(self) -> str:
        """What it is doing."""
        return self._report.words

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled before its end."""
        return self._report.cancelled.is_set() and self.progress < 1

    @property
    def running(self) -> bool:
        """Whether more can be expected of it. A defect of the work is raised here, where it can be seen."""
        if self._future is None or self._report.cancelled.is_set():
            return False
        if not self._future.done():
            return True
        self._future.result()
        return False

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end, for tests and for the command line."""
        if self._future is not None and not self._report.cancelled.is_set():
            self._future.result(seconds)

    def _run(self) -> None:
        try:
            for result in self._work(self._report):
                if self._report.cancelled.is_set():
                    return
                self.latest = result
            self._report.share = 1.0
        except CancelledError:
            return
        except PeplossError as error:
            self.error = error
