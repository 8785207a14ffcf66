"""Gives inputs to processes that try them, and counts the end of a process as a finding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from threading import Timer
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
STUCK: Final = 20.0  # s after which a process that compiled code holds is killed
AT_ONCE: Final = 200  # inputs that a process is given before another may take it


class _Child:
    """One process that tries inputs; started anew where it died."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fuzz.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self._fresh = True

    def tried(self, name: str, seed: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = Timer(STUCK + 600 * self._fresh, self._process.kill)  # a fresh one makes its inputs first
        timer.start()
        try:
            self._process.stdin.write(f"{name} {seed}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        fresh, self._fresh = self._fresh, False
        if line:
            return dict(json.loads(line))
        if fresh:
            raise RuntimeError("The process that tries inputs cannot begin: run python -m benchmarks.fuzz.child.")
        told = f"the process ended ({self._process.wait()})"
        self._start()
        return {"boundary": name, "seed": seed, "outcome": "finding", "told": told, "seconds": STUCK, "peak": 0}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def fuzzed(names: Sequence[str], n: int, seed: int, workers: int) -> Iterator[dict[str, Any]]:
    """``n`` inputs, of each boundary in turn; what came of each, as it comes."""
    inputs = [(names[k % len(names)], f"{seed} {k}") for k in range(n)]
    children: Queue[_Child] = Queue()
    started = [_Child() for _ in range(workers)]
    for child in started:
        children.put(child)

    def some(part: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        child = children.get()
        try:
            return [child.tried(name, seed) for name, seed in part]
        finally:
            children.put(child)

    try:
        with ThreadPoolExecutor(workers) as pool:
            for done in as_completed([pool.submit(some, inputs[k : k + AT_ONCE]) for k in range(0, n, AT_ONCE)]):
                yield from done.result()
    finally:
        for child in started:
            child.close()
