"""Scores the row groups of a set with threads of this process: the kernels release the GIL."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from peploss.dataset.scoring.group import Scored, score_group
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import ParquetStore


def scored_by_threads(store: ParquetStore, plan: Plan, workers: int, device: str) -> Iterator[Scored]:
    """Yields row groups in order, at most two more than there are workers ahead of the writer: memory stays bounded."""

    def work(number: int) -> Scored:
        with ParquetStore(store.path) as own:  # a reader is not to be shared between threads
            return score_group(own, number, plan, device)

    waiting: deque[Future[Scored]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="peploss-score") as pool:
        try:
            for number in range(store.n_groups):
                waiting.append(pool.submit(work, number))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
