"""Rows of a table of text or Parquet, whatever its letters, separators and first lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from peploss import limits
from peploss.dataset.tables.columns.blocks import Block, arrow_block, flat, gathered, sources
from peploss.dataset.tables.columns.names import FIELDS, plain
from peploss.dataset.tables.sniff import HEADER_WITHIN, encoding_of, separator
from peploss.errors import LimitError, SourceError

_QUOTED_LINES: Final = 20
_LATIN: Final = "The table is not in UTF-8; its other letters were read as Latin-1."
_DECLARED: Final = re.compile(r"\ufeff?\"?sep=(.)\"?\s*$", re.I)


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("peploss-latin1", _as_latin1)


@dataclass
class Rows:
    """A table's columns and rows.

    Args:
        names: of the columns.
        each: yields (line, cells by name, what is wrong with the line or ``""``).
        blocks: the same rows as columns, of some names, many rows at a time.
        notes: what was found out about the file, in sentences.
    """

    names: list[str]
    each: Callable[[], Iterator[tuple[int, dict[str, Any], str]]]
    blocks: Callable[[Sequence[str]], Iterator[Block]]
    notes: list[str] = field(default_factory=list)


def open_rows(path: Path, is_header: Callable[[list[str]], bool]) -> Rows:
    """The rows of a file.

    Args:
        is_header: whether a line holds the names of the columns; the first such line counts, else the first line
            that is neither blank nor a comment.
    Raises:
        SourceError: there is no line with names, or it is no Parquet file although it says so.
        LimitError: a line is longer than ``limits.ROW``, or there are more columns than ``limits.COLUMNS``.
    """
    with path.open("rb") as file:
        start = file.read(1 << 16)
    return _parquet(path) if start.startswith(b"PAR1") else _text(path, start, is_header)


def _text(path: Path, start: bytes, is_header: Callable[[list[str]], bool]) -> Rows:
    encoding = encoding_of(start)
    notes: list[str] = []
    if encoding != "utf-8-sig":
        notes.append(f"The table is written in {encoding.upper()}.")

    def lines() -> Iterator[str]:
        with path.open("rb") as raw:
            yield from _lines(raw, encoding, path)

    declared, first, sign = "", 0, "\t"
    names: list[str] = []
    for number, line in enumerate(lines(), start=1):
        if number > HEADER_WITHIN:
            break
        if number == 1 and (found := _DECLARED.match(line)):
            declared = found[1]
            continue
        if not line.strip():
            continue
        mark = declared or separator(line)
        cells = _cells(line, mark)
        limits.COLUMNS.hold(len(cells), str(path))
        whole = is_header(cells)
        if whole or (not first and not line.startswith("#")):
            first, names, sign = number, cells, mark
            if whole:
                break
    if not names:
        raise SourceError("There is no line with names of columns.", where=str(path))
    if first > 1 + bool(declared) and is_header(names):
        notes.append(f"The names of the columns are in line {first}.")

    open_end = plain(names[-1]) in FIELDS["protein"]  # Percolator's proteins stand in as many cells as there are

    other_ends = b"\r" in start.replace(b"\r\n", b"")

    def records(lines: Iterable[str], start: int = 1) -> Iterator[tuple[int, list[str], str]]:
        told = encoding != "utf-8-sig"
        for line, cells, problem in _records(lines, first, sign, len(names), start):
            if not (problem or open_end) and any(cell.strip() for cell in cells[len(names) :]):
                problem = f"The line has {len(cells)} cells and the table {len(names)} columns."
            if not told and not all(cell.isascii() for cell in cells):
                told = True
                if not _is_utf8(path) and _LATIN not in notes:
                    notes.append(_LATIN)
            yield line, cells, problem

    def each() -> Iterator[tuple[int, dict[str, Any], str]]:
        for line, cells, problem in records(lines()):
            row: dict[str, Any] = dict(zip(names, cells, strict=False))
            if len(cells) > len(names):
                row[""] = cells[len(names) :]
            yield line, row, problem

    def blocks(wanted: Sequence[str]) -> Iterator[Block]:
        if encoding != "utf-8-sig" or len(set(names)) != len(names) or other_ends:
            yield from gathered(records(lines()), names, wanted)
            return
        with path.open("rb") as raw:
            for begin, text, rest in sources(raw, first, limits.ROW.most):
                if rest:  # quotes, which may reach over the end of any block
                    yield from gathered(records(_lines(raw, encoding, path), begin), names, wanted)
                    return
                block = arrow_block(text, begin, names, sign, wanted)
                if block is None:
                    own = io.StringIO(text.decode(encoding, "peploss-latin1"), newline="")
                    yield from gathered(records(own, begin), names, wanted)
                else:
                    yield block

    return Rows(names, each, blocks, notes)


def _lines(raw: BinaryIO, encoding: str, path: Path) -> Iterator[str]:
    """Lines with their ends.

    Raises:
        LimitError: one is longer than ``limits.ROW``.
    """
    most = limits.ROW.most
    text = io.TextIOWrapper(raw, encoding, errors="peploss-latin1", newline="")
    while line := text.readline(most + 2):
        if len(line.rstrip("\r\n")) > most:
            raise LimitError(limits.ROW.over(), where=str(path))
        yield line


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _cells(line: str, sign: str, quoted: bool = True) -> list[str]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    return next(csv.reader([line.rstrip("\r\n")], delimiter=sign, quoting=quoting), [])  # type: ignore[arg-type]


def _records(
    lines: Iterable[str], header: int, sign: str, width: int, start: int = 1
) -> Iterator[tuple[int, list[str], str]]:
    """Records behind the header. A quote that is opened and not closed costs its own line, not what follows it.

    Args:
        start: number of the first line.
    """
    waiting: list[str] = []
    source = enumerate(lines, start=start)
    ahead: list[tuple[int, str]] = []
    while True:
        number, line = ahead.pop(0) if ahead else next(source, (0, ""))
        if not number:
            return
        if number <= header or not line.strip():
            continue
        if '"' not in line and len(sign) == 1:
            yield number, line.rstrip("\r\n").split(sign), ""
            continue
        if line.count('"') % 2 == 0:
            yield number, _cells(line, sign), ""
            continue
        waiting, end, taken = [line], number, 0
        while len(waiting) < _QUOTED_LINES:  # a quoted cell may hold line breaks
            if taken == len(ahead):
                following = next(source, None)
                if following is None:
                    break
                ahead.append(following)
            end, more = ahead[taken]
            taken += 1
            waiting.append(more)
            if more.count('"') % 2:
                break
        whole = "".join(waiting)
        if len(waiting) > 1 and whole.count('"') % 2 == 0:
            cells = next(csv.reader(io.StringIO(whole, newline=""), delimiter=sign), [])
            if len(cells) == width and csv_is_one(whole, sign) and not _holds_rows(waiting[1:], sign, width):
                del ahead[:taken]
                yield end, cells, ""
                continue
        cells = _cells(line, sign, quoted=False)
        if len(cells) == width and sign == "\t":  # in tables between tabs a quote is often a letter, as in 5"-NT
            yield number, cells, ""
        else:
            yield number, cells, "A quote is opened in this line and not closed."


def _holds_rows(lines: list[str], sign: str, width: int) -> bool:
    """Whether what a quoted cell holds on its further lines is rows, between a quote not closed and the next one."""
    within = [*lines[:-1], lines[-1].partition('"')[0]]
    return any(text.count(sign) >= max(width - 1, 1) for text in within)


def csv_is_one(text: str, sign: str) -> bool:
    """Whether a text of several lines is one record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    return next(reader, None) is not None and next(reader, None) is None


def _parquet(path: Path) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"This is not a whole Parquet file: {_line(error)}", where=str(path)) from error

    limits.COLUMNS.hold(len(names), str(path))
    # Peaks may stand beside the PSMs, as in InstaNovo's tables; they are not read.
    whole = [n for n in names if not re.search("_array$|^(?:mz|intensity|intensities)_?(?:array|s|list)$", n)]

    def each() -> Iterator[tuple[int, dict[str, Any], str]]:
        number = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=whole):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {k: flat(v) for k, v in row.items()}, ""

    def blocks(wanted: Sequence[str]) -> Iterator[Block]:
        start = 1
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[n for n in whole if n in wanted]):
                lines = np.arange(start, start + batch.num_rows)
                start += batch.num_rows
                yield Block(lines, {n: batch.column(n) for n in batch.schema.names})

    return Rows(names, each, blocks)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
