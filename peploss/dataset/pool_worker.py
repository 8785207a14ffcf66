"""The program of a worker process, which ``peploss.dataset.pool`` starts and talks to in pickles.

It reads the module search path, the work, and tasks until the pipe is closed, and writes (answer, error) for each task.
Work and tasks are pickled twice, so that one that cannot be loaded is still read to its end.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any


class _NoPandas(importlib.abc.MetaPathFinder):
    """Arrow and pyteomics load pandas wherever they find it, and do without where they do not."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not wanted here", name="pandas")


def _answer(do: Callable[[Any], Any], task: bytes) -> bytes:
    try:
        return pickle.dumps((do(pickle.loads(task)), None))  # noqa: S301 (from the process that started this one)
    except Exception as error:  # noqa: BLE001 (raised again where the task was given)
        try:
            return pickle.dumps((None, error))
        except (pickle.PicklingError, TypeError, AttributeError):  # it holds what cannot be sent
            return pickle.dumps((None, RuntimeError(repr(error))))


def _always(error: Exception) -> Callable[[Any], Any]:
    def fail(_: object) -> None:
        raise error

    return fail


def main() -> None:
    """Do tasks until there are no more."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # printed text must not mix with the answers
    sys.meta_path.insert(0, _NoPandas())
    sys.path[:] = pickle.load(tasks)  # noqa: S301
    importlib.import_module("peploss.lifeline").hold()  # found only now
    with contextlib.ExitStack() as stack:
        try:
            do = stack.enter_context(pickle.loads(pickle.load(tasks))())  # noqa: S301
        except Exception as error:  # noqa: BLE001 (raised again where the first task was given)
            do = _always(error)
        with contextlib.suppress(EOFError, BrokenPipeError):  # no more tasks, or nobody who waits for the answer
            while True:
                answers.write(_answer(do, pickle.load(tasks)))  # noqa: S301
                answers.flush()


if __name__ == "__main__":
    main()
