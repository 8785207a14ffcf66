"""Exports selected PSMs as ids, TSV, Parquet, MGF, or as a list to keep or drop."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peploss.atomic import whole_file
from peploss.dataset.query.as_text import write_json, write_tsv
from peploss.dataset.query.notes import Notes, notes_path
from peploss.dataset.schema import PEAKS
from peploss.dataset.scoring.causes import psm_of
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import SettingsError, SourceError
from peploss.foreign import UNREADABLE
from peploss.spectra.writers import to_mgf

Kind = Literal["ids", "tsv", "parquet", "mgf", "keep", "drop"]
KINDS: Final[tuple[Kind, ...]] = ("ids", "tsv", "parquet", "mgf", "keep", "drop")
_LIST: Final = ["id", "file", "index", "scan", "native_id", "title", "peptide", "charge"]


def export(
    kind: Kind,
    ids: Sequence[int],
    out: str | os.PathLike[str],
    *,
    source: str | os.PathLike[str],
    results: str | os.PathLike[str] | None = None,
) -> int:
    """Write a selection to a file, which appears only when it is complete.

    ``ids`` is one id a line. ``tsv`` and ``parquet`` hold the columns of the results, or of the set where there are
    none. ``mgf`` holds the spectra with their peptides (``SEQ=``), each once for each of its PSMs. ``keep`` and
    ``drop`` are JSON for a training loader: how many PSMs the set has, and of those to keep (or drop) the id, file,
    index, scan, native id and title. TSV and lists have the tags and notes of the PSMs, too, where the set has any.

    Args:
        ids: in the order wanted; ``parquet`` is in the order of the set.
        source: the set.
        results: its scores.
    Returns:
        How many were written.
    Raises:
        SettingsError: there is no such kind.
        SourceError: a file cannot be read or written, or there is no such PSM.
    """
    if kind not in KINDS:
        raise SettingsError(f"There is no export {kind!r}.", remedy=f"Use one of {', '.join(KINDS)}.")
    table, store_kind = (results, "results") if results is not None and kind in ("tsv", "parquet") else (source, "set")
    target = Path(out)
    with ParquetStore(table, store_kind) as store:
        if kind == "parquet":
            return _parquet(store, ids, target)
        if kind in ("tsv", "keep", "drop"):
            with whole_file(target) as temporary:
                return _table(kind, store, ids, source, temporary)
        with whole_file(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            n = _text(kind, store, ids, file)
    return n


def _text(kind: Kind, store: ParquetStore, ids: Sequence[int], file: TextIO) -> int:
    wanted = [int(i) for i in ids]
    if kind == "ids":
        file.writelines(f"{i}\n" for i in wanted)
    elif kind == "mgf":
        for row in store.rows_by_id(wanted):
            file.write(to_mgf(psm_of(row)[0]))
    return len(wanted)


def _table(kind: Kind, store: ParquetStore, ids: Sequence[int], source: str | os.PathLike[str], out: Path) -> int:
    """Columns of many PSMs, with their tags and notes, as TSV or within JSON."""
    names = [n for n in store.schema.names if n not in PEAKS.names] if kind == "tsv" else _LIST
    wanted = np.asarray(ids, dtype=np.int64)
    pieces = store.batches_by_id(wanted, names)
    marks = Notes(source).columns(wanted) if notes_path(source).exists() else {}
    schema = pa.schema([*store.plain_fields(names), *(pa.field(name, pa.string()) for name in marks)])
    if kind == "tsv":
        write_tsv(schema, _beside(pieces, marks), out)
        return wanted.size
    about = json.dumps({"set": store.about["uuid"], "n_psms": store.n_rows})
    rows = out.with_name(out.name + ".rows")
    try:
        write_json(schema, _beside(pieces, marks), rows)
        with out.open("wb") as file, rows.open("rb") as written:
            file.write(f'{about[:-1]}, "{kind}": '.encode())
            shutil.copyfileobj(written, file, 1 << 20)
            file.write(b"}\n")
    finally:
        rows.unlink(missing_ok=True)
    return wanted.size


def _beside(pieces: Iterable[pa.RecordBatch], columns: dict[str, pa.Array]) -> Iterator[pa.RecordBatch]:
    """Pieces of a table with columns of the whole of it."""
    done = 0
    for piece in pieces:
        more = {name: values.slice(done, piece.num_rows) for name, values in columns.items()}
        yield pa.RecordBatch.from_pydict({**dict(zip(piece.schema.names, piece.columns, strict=True)), **more})
        done += piece.num_rows


def _parquet(store: ParquetStore, ids: Sequence[int], target: Path) -> int:
    wanted = np.unique(np.array(list(ids), dtype=np.int64))
    schema = store.schema.remove_metadata()
    n = 0
    with written_whole(target, schema) as writer:
        for group in range(store.n_groups):
            batch = store.group(group)
            keep = np.isin(batch.column("id").to_numpy(zero_copy_only=False), wanted)
            if keep.any():
                writer.write_table(pa.Table.from_batches([batch.filter(pa.array(keep))]).cast(schema))
                n += int(keep.sum())
    if n != wanted.size:
        target.unlink(missing_ok=True)
        raise SourceError(f"{wanted.size - n} of the PSMs are not in this file.", where=str(store.path))
    return n


def exported_ids(path: str | os.PathLike[str]) -> list[int]:
    """Read the ids of an exported file of kind ids, tsv, parquet, keep or drop.

    Raises:
        SourceError: there are none in it.
    """
    file = Path(path)
    try:
        if file.read_bytes()[:4] == b"PAR1":
            return [int(i) for i in pq.read_table(file, columns=["id"])["id"].to_pylist()]
        with file.open(encoding="utf-8", newline="") as lines:
            first = lines.readline()
            lines.seek(0)
            if first.startswith("{"):
                content = json.load(lines)
                return [int(p["id"]) for p in content.get("keep", content.get("drop"))]
            if "\t" in first:
                return [int(row["id"]) for row in csv.DictReader(lines, delimiter="\t")]
            return [int(line) for line in lines]
    except (pa.ArrowException, csv.Error, *UNREADABLE) as error:
        raise SourceError(f"No ids can be read from this: {error}", where=str(path)) from error
