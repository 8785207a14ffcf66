"""The program of a process that writes parts: tasks come in, what they raised (or None) goes out, both pickled."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import pickle
import signal
import sys
from pathlib import Path


class _NoPandas(importlib.abc.MetaPathFinder):
    """Arrow and pyteomics load pandas wherever they find it, and do without where they do not."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not wanted here", name="pandas")


def bare_package() -> None:
    """Make ``peploss`` importable without what its ``__init__`` imports, torch above all, and without pandas.

    Both are most of what a process that reads spectra would hold, and of the time it takes to start.
    """
    root = Path(__file__).resolve().parents[3]
    spec = importlib.machinery.PathFinder.find_spec("peploss", [os.fspath(root)])
    if spec is None:
        raise ModuleNotFoundError(f"There is no package peploss in {root}.")
    sys.modules["peploss"] = importlib.util.module_from_spec(spec)
    sys.meta_path.insert(0, _NoPandas())


def _pickled(error: Exception | None) -> bytes:
    try:
        return pickle.dumps(error)
    except (pickle.PicklingError, TypeError, AttributeError):  # it holds what cannot be sent
        return pickle.dumps(RuntimeError(repr(error)))


def main() -> None:
    """Do tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the one that was asked decides
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no answer
    bare_package()
    from peploss.dataset.index.parts import one_open, write_part

    with one_open() as source_of:
        while True:
            try:
                path, part = pickle.load(tasks)  # noqa: S301 (from the process that started this one)
            except EOFError:
                return
            try:
                write_part(path, part, source_of)
                error = None
            except Exception as raised:  # noqa: BLE001 (raised again where it was asked for)
                error = raised
            answers.write(_pickled(error))
            answers.flush()


if __name__ == "__main__":
    main()
