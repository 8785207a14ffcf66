"""Gives inputs to processes that try them, and counts the end of a process as a finding."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from threading import Timer
from typing import Any, Final

from benchmarks.fuzz.boundaries import SHARES

ROOT: Final = Path(__file__).resolve().parents[2]
STUCK: Final = 60.0  # s after which a process that compiled code holds, or that waits, is killed
PREPARING: Final = 600.0  # s for making the valid inputs, with kernels to compile
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
        self.ready = False

    def prepare(self) -> None:
        """Wait until it has made its valid inputs."""
        if not (self.ready or self._line(PREPARING)):
            raise RuntimeError("The process that tries inputs cannot begin: run python -m benchmarks.fuzz.child.")
        self.ready = True

    def _line(self, seconds: float) -> str:
        """What it says next; ``""`` where it ended, or was killed because it said nothing."""
        assert self._process.stdout is not None
        timer = Timer(seconds, self._process.kill)
        timer.start()
        try:
            return self._process.stdout.readline()
        finally:
            timer.cancel()

    def tried(self, name: str, seed: str) -> dict[str, Any]:
        self.prepare()
        assert self._process.stdin is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{name} {seed}\n")
            self._process.stdin.flush()
            line = self._line(STUCK)
        if line:
            return dict(json.loads(line))
        told = f"the process ended ({self._process.wait()})"
        self._start()
        return {"boundary": name, "seed": seed, "outcome": "finding", "told": told, "seconds": STUCK, "peak": 0}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def in_turn(names: Sequence[str]) -> list[str]:
    """A round of boundaries, each as often as its share and evenly spread, so that any part of it has some of all."""
    places = [((k + 0.5) / SHARES[name], name) for name in names for k in range(SHARES[name])]
    return [name for _, name in sorted(places)]


def fuzzed(
    names: Sequence[str], n: int, seed: int, workers: int, seconds: float | None = None
) -> Iterator[dict[str, Any]]:
    """Inputs of the boundaries in turn; what came of each, as it comes.

    Args:
        n: how many.
        workers: processes.
        seconds: after which no more are given to them, counted from when all are ready; None for no end.
    """
    turn = in_turn(names)
    inputs = [(turn[k % len(turn)], f"{seed} {k}") for k in range(n)]
    children: Queue[_Child] = Queue()
    started = [_Child() for _ in range(workers)]
    for child in started:
        children.put(child)

    def some(part: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        child = children.get()
        try:
            return [child.tried(name, seed) for name, seed in part if time.monotonic() < end]
        finally:
            children.put(child)

    try:
        for child in started:
            child.prepare()
        end = time.monotonic() + (math.inf if seconds is None else seconds)
        with ThreadPoolExecutor(workers) as pool:
            for done in as_completed([pool.submit(some, inputs[k : k + AT_ONCE]) for k in range(0, n, AT_ONCE)]):
                yield from done.result()
    finally:
        for child in started:
            child.close()
