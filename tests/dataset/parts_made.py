"""Small sets in several row groups, to be the parts of one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from peploss.dataset.store import ParquetStore, say_about, written_whole

ROWS = 10
"""PSMs in a row group."""
SIZES = (45, 20, 61)
"""PSMs in each of the parts."""
TASK = 20
"""PSMs in a task."""


def make_parts(source: Path, folder: Path) -> list[Path]:
    """Sets of the first PSMs of another one, each with ids from 0 on."""
    folder.mkdir(parents=True, exist_ok=True)
    with ParquetStore(source) as store:
        rows, about = store.group(0), store.about
    paths, first = [], 0
    for number, size in enumerate(SIZES):
        part = rows.slice(first, size)
        part = part.set_column(0, part.schema.field(0), pa.array(range(size), pa.int64()))
        paths.append(folder / f"part-{number}.parquet")
        with written_whole(paths[-1], rows.schema.remove_metadata()) as writer:
            for start in range(0, size, ROWS):
                writer.write_batch(part.slice(start, ROWS).replace_schema_metadata(None))
            say_about(writer, json.loads(json.dumps(about)) | {"uuid": f"part {number}"})
        first += size
    return paths


def spoil(path: Path, at: float) -> None:
    """Turn the bits of one byte, at that share of the file's length."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0xFF
    path.write_bytes(data)
