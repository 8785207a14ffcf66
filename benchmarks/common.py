"""Timing, tables and CSV files shared by the benchmarks."""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from peploss.version import __version__


@dataclass(frozen=True)
class Timing:
    """Seconds of one call over several runs."""

    runs: int
    median: float
    q10: float
    q90: float


def time_call(call: Callable[[], object], *, seconds: float = 1.0, least: int = 3, most: int = 2000) -> Timing:
    """Time repeated calls after one that is not counted: at least ``least``, then until ``seconds`` are over."""
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < least or (time.perf_counter() < end and len(times) < most):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    q10, median, q90 = np.quantile(times, [0.1, 0.5, 0.9])
    return Timing(len(times), float(median), float(q10), float(q90))


def environment() -> dict[str, str]:
    """What a figure depends on."""
    return {
        "peploss": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "command": "python -m " + " ".join(["benchmarks." + Path(sys.argv[0]).stem, *sys.argv[1:]]),
    }


def show(rows: Sequence[dict[str, object]]) -> None:
    """Print rows of equal keys as a table."""
    columns = list(rows[0])
    cells = [[_text(row[c]) for c in columns] for row in rows]
    widths = [max(len(c), *(len(r[i]) for r in cells)) for i, c in enumerate(columns)]
    print("  ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)))
    for r in cells:
        print("  ".join(x.ljust(w) for x, w in zip(r, widths, strict=True)))


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def write(rows: Sequence[dict[str, object]], path: Path) -> None:
    """Write rows with the environment in every one of them, so that a row says where it came from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *environment()], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **environment()} for row in rows)
    print(f"\nwritten to {path}")


def arguments(description: str | None, results: str) -> argparse.ArgumentParser:
    """A parser with the options every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).parent / "results" / results
    parser.add_argument("--csv", type=Path, default=default, help="where to write the rows (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads (default: %(default)s)")
    return parser
