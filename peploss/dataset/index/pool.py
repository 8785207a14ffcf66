"""Processes that write parts: started as programs of their own, light, and told by pipe what to do.

Not by ``multiprocessing``: its processes import the program that started them, and with it torch, numba and whatever
else that uses. Ten times the memory of one that reads spectra, and a second of work each.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final, TypeVar, cast

from peploss.errors import SourceError

_PROGRAM: Final = Path(__file__).with_name("pool_worker.py")

Task = TypeVar("Task")


class _Worker:
    """One process; writes one part at a time."""

    def __init__(self) -> None:
        # one thread each: they run one a core already
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 (this Python, and a file of this package)
            [sys.executable, "-P", os.fspath(_PROGRAM)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
        )  # fmt: skip
        self._send, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def do(self, task: Any) -> None:
        """Have one task done.

        Raises:
            SourceError: the process is gone.
            Exception: what the task raised.
        """
        try:
            pickle.dump(task, self._send)
            self._send.flush()
            error = pickle.load(self._answers)  # noqa: S301 (from a process of our own)
        except (EOFError, OSError, pickle.UnpicklingError) as gone:
            raise SourceError(
                "A process that read spectra was killed; the machine may be out of memory.",
                remedy="Start again with fewer workers; what was read is kept.",
            ) from gone
        if error is not None:
            raise error

    def close(self) -> None:
        """End the process, which has nothing left to do."""
        with contextlib.suppress(OSError):  # it is gone, which is what is wanted
            self._send.close()
        self._process.wait()
        self._answers.close()


def in_processes(tasks: Sequence[Task], workers: int) -> Iterator[Task]:
    """Have every task done by ``write_part`` in another process; gives each when it is done.

    Where the caller goes on no longer, what is being written is finished and the rest is left.

    Raises:
        SourceError: a process was killed.
        Exception: what a task raised.
    """
    idle: SimpleQueue[_Worker] = SimpleQueue()
    started = []
    pool = ThreadPoolExecutor(workers)

    def do(task: Task) -> None:
        worker = idle.get()
        try:
            worker.do(task)
        finally:
            idle.put(worker)

    try:
        for _ in range(workers):
            started.append(_Worker())
            idle.put(started[-1])
        futures: dict[Future[None], Task] = {pool.submit(do, task): task for task in tasks}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for worker in started:
            worker.close()
