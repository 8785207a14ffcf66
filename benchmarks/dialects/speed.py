"""How fast each dialect of columns is read, and whether by columns it says what it says row by row.

    python -m benchmarks.dialects.speed [--psms 20000]

Each dialect's table is that of ``benchmarks.dialects``, of as many PSMs as asked for. Every fifth has a peptide of its
own (an experiment finds a peptide about five times). Time is that of the processor, which other programs disturb
little. A row is printed only if PSMs, refused lines and notes are the same both ways.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

from benchmarks.common import arguments, show, write
from benchmarks.dialects.files import files_of
from benchmarks.dialects.psms import True_, true_psms
from peploss.dataset.tables import BY_COLUMNS
from peploss.dataset.tables.columns.plain import read_plain
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.sniff import sniff


def repeated(n: int, seed: int, times: int = 5) -> list[True_]:
    """PSMs with scans of their own, ``times`` of each peptide."""
    own = true_psms(max(1, n // times), seed)
    return [dataclasses.replace(own[i % len(own)], scan=i + 1) for i in range(n)]


def timed(path: Path, format: str, *, by_rows: bool) -> tuple[PsmTable, float]:
    start = time.process_time()
    table = read_plain(path, {}, format, by_rows=by_rows)
    return table, time.process_time() - start


def agree(name: str, quick: PsmTable, slow: PsmTable) -> int:
    """How many PSMs both have; refuse a dialect that differs."""
    for one, other in zip(quick.psms, slow.psms, strict=True):
        if one != other:
            raise SystemExit(f"{name}: by columns {one}, by rows {other}. No row is printed.")
    if quick.refused != slow.refused or quick.notes != slow.notes or quick.columns != slow.columns:
        raise SystemExit(f"{name}: refused lines, notes or columns differ. No row is printed.")
    return len(quick.psms)


def main() -> None:
    parser = arguments(__doc__, "dialects_speed.csv")
    parser.add_argument("--psms", type=int, default=20_000, help="of each dialect (default: %(default)s)")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files_of(repeated(options.psms, 1), Path(folder)):
            format = sniff(path)
            if format not in BY_COLUMNS:
                continue
            timed(path, format, by_rows=False)  # loads code and vocabularies
            quick, seconds = min((timed(path, format, by_rows=False) for _ in range(3)), key=lambda found: found[1])
            slow, by_rows = timed(path, format, by_rows=True)
            n = agree(name, quick, slow)
            rows.append({
                "dialect": name, "format": format, "psms": n, "by_columns_per_s": n / seconds,
                "by_rows_per_s": n / by_rows, "times": by_rows / seconds,
            })  # fmt: skip
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
