"""Worker processes that get tasks through a pipe.

The alternatives were tried. ``multiprocessing`` runs the script that started it once more in every process and, with
that, loads torch and all else the script uses: ten times the memory of a process that reads spectra. loky 3.7 does
not, but its processes stay for ever when their parent is killed, and print tracebacks when Ctrl-C comes while they
start. Here the end of the pipe ends a process, the end of its lifeline even at work, and Ctrl-C in a terminal reaches
the parent alone.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final, TypeAlias, TypeVar, cast

from peploss import lifeline
from peploss.errors import SourceError

_PROGRAM: Final = Path(__file__).with_name("pool_worker.py")
_THREADS: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Out of the terminal's foreground group, to which Ctrl-C goes.
_APART: Final[dict[str, Any]] = (
    {"process_group": 0}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Work: TypeAlias = Callable[[], AbstractContextManager[Callable[[Task], Answer]]]
"""Makes the function that does a task; what it opens is closed after the last task."""


class _Worker:
    """One process; does one task at a time."""

    def __init__(self, work: Work[Any, Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (this Python, and a file of this package)
            [sys.executable, "-P", os.fspath(_PROGRAM)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, **lifeline.tied({**os.environ, **_THREADS}), **_APART,
        )  # fmt: skip
        _end_with_us()
        _alive.add(self)
        self._send, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        with contextlib.suppress(OSError):  # it died at once: the first task tells
            pickle.dump(sys.path, self._send)
            pickle.dump(pickle.dumps(work), self._send)

    def do(self, task: Any) -> Any:
        """The answer to one task.

        Raises:
            SourceError: the process is gone.
            Exception: what the task raised.
        """
        try:
            pickle.dump(pickle.dumps(task), self._send)
            self._send.flush()
            answer, error = pickle.load(self._answers)  # noqa: S301 (from a process of our own)
        except (EOFError, OSError, pickle.UnpicklingError) as gone:
            raise SourceError(
                "A worker process was killed; the machine may be out of memory.",
                remedy="Start again with fewer workers.",
            ) from gone
        if error is not None:
            raise error
        return answer

    def kill(self) -> None:
        """End the process whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End the process, which has nothing left to do."""
        _alive.discard(self)
        with contextlib.suppress(OSError):  # it has ended already, as wanted
            self._send.close()
        self._process.wait()
        self._answers.close()


_alive: weakref.WeakSet[_Worker] = weakref.WeakSet()


@functools.cache
def _end_with_us() -> None:
    """Once this program is to end, it does not wait for what its workers are at."""

    def kill() -> None:
        for worker in list(_alive):
            worker.kill()

    lifeline.at_end(kill)


def here(work: Work[Task, Answer], tasks: Sequence[Task]) -> Iterator[tuple[Task, Answer]]:
    """Every task with its answer, one after the other in this process."""
    with work() as do:
        for task in tasks:
            yield task, do(task)


def in_processes(work: Work[Task, Answer], tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Answer]]:
    """Every task with its answer, done in other processes; in the order in which they are done.

    If the caller stops early, what has begun is finished and the rest is left.

    Args:
        work: a function of a module, or a ``functools.partial`` of one, as it is sent by name. Each process has one
            thread and no pandas.
        tasks: what ``pickle`` can send, as are the answers.
    Raises:
        SourceError: a process was killed.
        Exception: what a task raised.
    """
    idle: SimpleQueue[_Worker] = SimpleQueue()
    started = []
    pool = ThreadPoolExecutor(workers)

    def do(task: Task) -> Answer:
        worker = idle.get()
        try:
            return cast(Answer, worker.do(task))
        finally:
            idle.put(worker)

    try:
        for _ in range(workers):
            started.append(_Worker(work))
            idle.put(started[-1])
        futures: dict[Future[Answer], Task] = {pool.submit(do, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for worker in started:
            worker.close()
