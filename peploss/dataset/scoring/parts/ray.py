"""Carries the tasks of a run by Ray: each worker writes its own file, and only counts come back."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Generator, Iterable
from typing import Any, Final

from peploss.dataset.scoring.parts.task import Outcome, Shared, Task, do_task
from peploss.dataset.scoring.ray import not_carried, not_installed
from peploss.errors import BackendError, PeplossError

AHEAD: Final = 3
"""Tasks that wait for each core, so that none is idle and the driver remembers few."""

DEATHS: Final = 5
"""How often a task is run again after its worker or its machine died; one that kills each worker ends the run."""


def by_ray(tasks: Iterable[Task], shared: Shared) -> Generator[Outcome]:
    """Yields what came of each task, in the order in which they are done.

    ``ray.init`` may have been called before; else the cluster that ``RAY_ADDRESS`` names is taken, or one is started
    here and stopped at the end. A task takes one core.

    Raises:
        BackendError: Ray is not installed, or cannot carry it through, or a worker cannot do its task. What is done by
            then stays.
    """
    try:
        import ray
    except ImportError as error:
        raise not_installed("Ray") from error
    own = not ray.is_initialized()
    if own:
        try:
            ray.init()
        except (ConnectionError, ray.exceptions.RayError) as error:
            raise BackendError(
                f"The Ray cluster cannot be reached: {str(error).strip().splitlines()[0]}",
                remedy="RAY_ADDRESS has to name it and this machine to have its token, or unset RAY_ADDRESS to use "
                "this machine alone.",
            ) from error
    waiting: set[Any] = set()
    try:
        remote = ray.remote(num_cpus=1, max_retries=DEATHS)(at_worker)
        everywhere = ray.put(shared)
        left = iter(tasks)
        while True:
            room = (1 + AHEAD) * max(int(ray.cluster_resources().get("CPU", 1)), 1)  # nodes may come and go
            waiting |= {remote.remote(task, everywhere) for task in itertools.islice(left, max(room - len(waiting), 0))}
            if not waiting:
                return
            done, _ = ray.wait(list(waiting), num_returns=1)
            for one in done:
                waiting.discard(one)
                yield _answer(ray.get(one))
    except ray.exceptions.RayError as error:
        raise not_carried(error) from error
    finally:
        for one in waiting:
            ray.cancel(one)
        if own:
            ray.shutdown()


def at_worker(task: Task, shared: Shared) -> Outcome | str:
    """What comes of a task; or why it cannot be done, in words with the machine's name."""
    try:
        return do_task(task, shared)
    except PeplossError as error:
        return f"{platform.node()}: {error}"


def _answer(found: Outcome | str) -> Outcome:
    if isinstance(found, str):
        raise BackendError(f"A worker could not do its task. {found}")
    return found
