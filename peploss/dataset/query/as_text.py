"""Tables of millions of PSMs as text, TSV or JSON, written piece by piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_WORKERS: Final = 2
_WAITING: Final = 8
"""Pieces that are text and not yet written, at most: they bound the memory."""
_ODD: Final = (b'"', b"\t", b"\r", b"\n")
_CONTROL: Final = tuple(bytes([code]) for code in range(1, 32) if bytes([code]) not in _ODD)


def write_tsv(schema: pa.Schema, pieces: Iterable[pa.RecordBatch], out: Path) -> None:
    """Write rows in their order under a header.

    Numbers read back as the same ones. What is null is empty; a text with a tab, a quote or a line break stands in
    quotes; a list is its values between brackets.

    Args:
        pieces: of that schema, without dictionaries.
    """
    with out.open("wb") as file, ThreadPoolExecutor(_WORKERS) as pool:
        file.write(("\t".join(schema.names) + "\n").encode())
        waiting: deque[Future[pa.Buffer | bytes]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(tsv_of, piece))
            if len(waiting) == _WAITING:
                file.write(waiting.popleft().result())
        for one in waiting:
            file.write(one.result())


def write_json(schema: pa.Schema, pieces: Iterator[pa.RecordBatch], out: Path) -> None:
    """Write rows in their order as a JSON list of objects; what is null is null.

    Args:
        pieces: of that schema, without dictionaries.
    """
    met: list[Exception] = []

    def told() -> Iterator[pa.RecordBatch]:
        try:
            yield from pieces
        except Exception as error:
            met.append(error)
            raise

    quoted = str(out).replace("'", "''")
    with duckdb.connect() as connection:
        connection.register("psms", pa.RecordBatchReader.from_batches(schema, told()))
        try:
            connection.execute(f"COPY (SELECT * FROM psms) TO '{quoted}' (FORMAT json, ARRAY true)")  # noqa: S608
        except duckdb.Error:
            if met:  # DuckDB keeps no more than its words
                raise met[0] from None
            raise


def tsv_of(piece: pa.RecordBatch) -> pa.Buffer | bytes:
    """Rows as TSV, without a header."""
    columns = {n: _bracketed(c) if pa.types.is_list(c.type) else c for n, c in _columns(piece)}
    texts = {n: _letters(c) for n, c in columns.items() if pa.types.is_string(c.type) and len(c)}
    odd = {n: signs for n, letters in texts.items() if (signs := [s for s in _ODD if s in letters])}
    if not odd:
        return _written(columns, "none")
    # Arrow puts all texts of a table in quotes or refuses odd signs: letters that are not there stand for them.
    free = [s for s in _CONTROL if not any(s in letters for letters in texts.values())][: len(_ODD)]
    if len(free) < len(_ODD):
        return _written(columns, "needed")
    for_odd = dict(zip(_ODD, free, strict=True))
    quoted = {n: _quoted(columns[n], signs, for_odd) for n, signs in odd.items()}
    back = bytes.maketrans(b"".join(free), b"".join(_ODD))
    return bytes(_written({**columns, **quoted}, "none")).translate(back)


def _columns(piece: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
    return zip(piece.schema.names, piece.columns, strict=True)


def _written(columns: dict[str, pa.Array], quotes: str) -> pa.Buffer:
    out = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style=quotes)
    pa.csv.write_csv(pa.RecordBatch.from_pydict(columns), out, options)
    return out.getvalue()


def _quoted(column: pa.StringArray, signs: list[bytes], for_odd: dict[bytes, bytes]) -> pa.StringArray:
    """A column whose cells with odd signs stand in quotes, by what stands for these."""
    quote = for_odd[b'"'].decode()
    inner = column
    for sign in signs:
        inner = pc.replace_substring(inner, sign.decode(), for_odd[sign].decode() * (2 if sign == b'"' else 1))
    odd = pc.match_substring_regex(column, f"[{b''.join(signs).decode()}]")
    return pc.if_else(odd, pc.binary_join_element_wise(quote, inner, quote, ""), inner)


def _letters(column: pa.StringArray) -> bytes:
    """All letters of a column: to look through them is ten times as quick as to look at each cell."""
    _, ends, letters = column.buffers()
    first, last = np.frombuffer(ends, np.int32)[[column.offset, column.offset + len(column)]]
    return bytes(letters[first:last]) if letters else b""


def _bracketed(lists: pa.ListArray) -> pa.StringArray:
    values = pc.binary_join(lists.cast(pa.list_(pa.string())), ", ")
    return pc.binary_join_element_wise("[", values, "]", "")
