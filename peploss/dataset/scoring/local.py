"""Scores with threads of this process: the kernels release the GIL."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from peploss.dataset.scoring.group import Scored, score_group
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import ParquetStore

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def scored_by_threads(store: ParquetStore, plan: Plan, workers: int, device: str) -> Iterator[Scored]:
    """Yields the scores of the row groups of a set, in order."""

    def work(number: int) -> Scored:
        with ParquetStore(store.path) as own:  # a reader is not to be shared between threads
            return score_group(own, number, plan, device)

    return by_threads(work, range(store.n_groups), workers)


def by_threads(work: Callable[[Item], Answer], items: Iterable[Item], workers: int) -> Generator[Answer]:
    """Yields answers in order, at most two more than there are workers ahead of the caller: memory stays bounded."""
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="peploss-score") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
