"""How fast a selection of a million PSMs is written as each kind of file: ``python -m benchmarks.exports``.

The set is that of ``benchmarks.dataset`` with few peaks, which no list holds, scored. Every PSM is tagged once, every
third twice, and every hundredth has a note. PSMs are written in the order of the set, as all that a filter leaves are,
and in a random one. A row is printed only if some thousand PSMs of the file are, cell by cell, what the row reader and
the notes of each one say.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.common import arguments, show, write
from benchmarks.dataset import large_set, small_set
from peploss.dataset.query.notes import Notes
from peploss.dataset.query.selections import Kind, export
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ParquetStore

KINDS: tuple[Kind, ...] = ("ids", "tsv", "drop", "parquet")
CHECKED = 3_000


def marked(source: Path, psms: int) -> None:
    """Tags and notes beside the set."""
    notes = Notes(source)
    notes.tag(range(psms), "seen")
    notes.tag(range(0, psms, 3), "odd, to look at")
    with sqlite3.connect(notes.path) as connection:  # notes are written one by one by hand
        rows = ((psm, f'note "{psm}"\tof a PSM', "") for psm in range(0, psms, 100))
        connection.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)


def check(kind: Kind, out: Path, ids: list[int], source: Path, results: Path) -> None:
    """Hold the first PSMs of a file against the slow way.

    Raises:
        SystemExit: they differ.
    """
    some = sorted(ids)[:CHECKED] if kind == "parquet" else ids[:CHECKED]
    table, of = (results, "results") if kind in ("tsv", "parquet") else (source, "set")
    with ParquetStore(table, of) as store:
        rows = list(store.rows_by_id(some))
    read: list[dict[str, object]]
    if kind == "parquet":
        read = pq.read_table(out).slice(0, CHECKED).to_pylist()
    elif kind == "tsv":
        with out.open(encoding="utf-8", newline="") as file:
            read = [dict(row) for row in islice(csv.DictReader(file, delimiter="\t"), CHECKED)]
    elif kind == "drop":
        read = json.loads(out.read_text(encoding="utf-8"))["drop"][:CHECKED]
    else:
        read = [{"id": line} for line in out.read_text(encoding="utf-8").splitlines()[:CHECKED]]
    notes = Notes(source)
    for found, row in zip(read, rows, strict=True):
        if kind in ("tsv", "drop"):
            tags, note = notes.of(row["id"])
            row |= {"tags": ", ".join(tags) or None, "note": note and " ".join(note.text.split())}
        for name, value in found.items():
            wanted = row[name]
            if value != wanted and not (isinstance(value, str) and _same(value, wanted)):
                raise SystemExit(f"{kind}: {name} of PSM {row['id']} is {value!r}, not {wanted!r}. No row is printed.")


def _same(text: str, value: object) -> bool:
    return float(text) == value if isinstance(value, float) and text else text == ("" if value is None else str(value))


def main() -> None:
    parser = arguments(__doc__, "exports.csv")
    parser.add_argument("--psms", type=int, default=1_000_000, help="in the set (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to put the set, and leave it")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        source, results, out = (folder / f"{name}-{chosen.psms}" for name in ("set", "results", "out"))
        if not results.exists():
            large_set(small_set(folder), source, chosen.psms, peaks=20)
            score_set(source, results, Plan())
            marked(source, chosen.psms)
        export("tsv", [0], out, source=source, results=results)  # loads code
        for order in ("of the set", "random"):
            ids = np.arange(chosen.psms) if order == "of the set" else np.random.default_rng(0).permutation(chosen.psms)
            for kind in KINDS:
                timed = []
                for _ in range(3):
                    start, processor = time.perf_counter(), time.process_time()
                    export(kind, ids.tolist(), out, source=source, results=results)
                    timed.append((time.perf_counter() - start, time.process_time() - processor))
                check(kind, out, ids.tolist(), source, results)
                seconds, processor = min(timed)
                rows.append({
                    "kind": kind, "order": order, "PSMs": chosen.psms, "seconds": seconds,
                    "processor seconds": processor, "MB": out.stat().st_size / 1e6,
                })  # fmt: skip
                print(f"{kind}, {order}: {seconds:.2f} s", flush=True)
    show(rows)
    write(rows, chosen.csv)


if __name__ == "__main__":
    main()
