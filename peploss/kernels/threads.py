"""Splits a batch over Python threads; the kernels release the GIL.

Not numba's own threading: its default layer aborts the process when two Python threads enter it at once. Not an
executor either, whose futures cost as much as half a batch of 64 spectra takes: here a thread that waits is handed
the work through a queue, and all threads take pieces of it from one counter, so that none waits for a slow start of
another.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import numpy as np
import torch
from numpy.typing import NDArray

PEAKS_WORTH_A_THREAD = 3000  # about 100 microseconds of work, several times what handing it over costs
PIECES = 3  # for each thread: the later they start, the fewer they take

_MOST_WORKERS = (os.cpu_count() or 1) + 1  # asking costs a batch of one as much as its kernel takes

_lock = threading.Lock()
_queue: SimpleQueue[_Work] | None = None
_workers = 0


class _Work:
    """Ranges of one batch, for as many threads as care to take some."""

    def __init__(self, run: Callable[[int, int], None], edges: list[int]) -> None:
        self.run, self.edges = run, edges
        self.error: BaseException | None = None
        self._next = itertools.count()  # taking a number from it is one step, whoever asks
        self._left = itertools.count(len(edges) - 2, -1)
        self._done = threading.Lock()
        self._done.acquire()

    def take(self) -> None:
        """Work on pieces until there are none left."""
        last = len(self.edges) - 1
        while (piece := next(self._next)) < last:
            try:
                self.run(self.edges[piece], self.edges[piece + 1])
            except BaseException as error:  # noqa: BLE001  raised where the batch is waited for, Ctrl-C included
                self.error = error
            if next(self._left) == 0:
                self._done.release()

    def wait(self) -> None:
        """Until all pieces are done: they write to the caller's arrays."""
        self._done.acquire()
        if self.error is not None:
            raise self.error


def _serve(queue: SimpleQueue[_Work]) -> None:
    while True:
        queue.get().take()


def _hand_out(work: _Work, helpers: int) -> None:
    """Wake this many threads for the work, and start those that are missing."""
    global _queue, _workers
    with _lock:
        if _queue is None:
            _queue = SimpleQueue()
        while _workers < min(helpers, _MOST_WORKERS):
            try:
                # Daemons: they only ever wait, or work while their caller waits for them.
                threading.Thread(target=_serve, args=(_queue,), name=f"peploss_{_workers}", daemon=True).start()
            except RuntimeError:  # the interpreter is shutting down and starts no more threads
                break
            _workers += 1
        for _ in range(min(helpers, _workers)):
            _queue.put(work)


def _forget_threads() -> None:
    """A forked child (a DataLoader worker) inherits the queue without its threads: work given to it would wait."""
    global _queue, _workers, _lock
    _queue, _workers, _lock = None, 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, torch computes in this thread alone: waking its others takes longer than a small operation does, and many
    times as long on a machine that has other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def split(run: Callable[[int, int], None], *sizes: NDArray[np.int64]) -> None:
    """Calls ``run(start, stop)`` over ranges that cover the batch, with about as many peaks in each.

    The calling thread works on the batch until nothing is left to take, so a helper that comes late, or never, costs
    time and nothing else.

    Args:
        run: works on spectra start to stop and writes only to those.
        sizes: (B + 1,) running total of the peaks of each side.
    """
    batch = len(sizes[0]) - 1
    threads = torch.get_num_threads() if batch > 1 else 1
    if threads > 1:
        total = sum(int(side[-1]) - int(side[0]) for side in sizes)
        threads = min(threads, batch, 1 + total // PEAKS_WORTH_A_THREAD)
    if threads <= 1:
        if batch:
            run(0, batch)
        return
    pieces = min(batch, PIECES * threads)
    ends = sum(sizes[1:], start=sizes[0])
    cuts = ends.searchsorted(int(ends[0]) + np.arange(1, pieces) * total // pieces)
    work = _Work(run, [0, *cuts.tolist(), batch])
    _hand_out(work, threads - 1)
    work.take()
    work.wait()
