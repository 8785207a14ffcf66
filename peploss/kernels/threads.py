"""Splits a batch over Python threads; the kernels release the GIL.

Not numba's own threading: its default layer aborts the process when two Python threads enter it at once.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

PEAKS_WORTH_A_THREAD = 3000  # about 100 microseconds of work, several times what handing it over costs

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def _workers() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="peploss")
        return _pool


def _forget_pool() -> None:
    """A forked child (a DataLoader worker) inherits the pool without its threads: work given to it would hang."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def split(run: Callable[[int, int], None], sizes: NDArray[np.int64]) -> None:
    """Calls ``run(start, stop)`` over ranges that cover the batch, with about as many peaks in each.

    Args:
        run: works on spectra start to stop and writes only to those.
        sizes: (B + 1,) running total of peaks.
    """
    batch = len(sizes) - 1
    total = int(sizes[-1] - sizes[0])
    parts = min(torch.get_num_threads(), batch, 1 + total // PEAKS_WORTH_A_THREAD)
    if parts <= 1:
        if batch:
            run(0, batch)
        return
    cuts = np.searchsorted(sizes, np.linspace(sizes[0], sizes[-1], parts + 1)[1:-1])
    edges = [0, *(int(c) for c in cuts), batch]
    pool = _workers()
    try:
        futures = [pool.submit(run, start, stop) for start, stop in itertools.pairwise(edges[1:])]
    except RuntimeError:  # the interpreter is shutting down and starts no more threads
        run(0, batch)
        return
    try:
        run(edges[0], edges[1])
    finally:
        errors = [f.exception() for f in futures]  # waits for all: they write to the caller's arrays
    for error in errors:
        if error is not None:
            raise error
