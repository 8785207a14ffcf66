"""Many rows of a table at once, as columns: by Arrow where its text is plain, else row by row."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

ROWS: Final = 1 << 16
"""Rows in a block that is read row by row."""
BYTES: Final = 1 << 23
"""Text in a block that Arrow reads."""


@dataclass
class Block:
    """Some rows of a table.

    Args:
        lines: (N,) of the file; in Parquet, rows from 1 on.
        cells: column -> (N,) what stands in it, text as it is written; Parquet's values by their kinds.
        more: row -> what stands behind the last column, where something does.
        problems: row -> what is wrong with its line; a last one, where the file breaks off, has no cells.
    """

    lines: NDArray[np.int64]
    cells: dict[str, pa.Array]
    more: dict[int, list[str]] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.lines.size)


def sources(raw: BinaryIO, header: int, longest: int) -> Iterator[tuple[int, bytes, bool]]:
    """A file's text behind so many lines, in blocks of whole lines: the number of the first, the text, and False.

    From the first block that has a quote in it, or a line of more than ``longest`` bytes, the file is to be read on
    line by line from where it stands: then the number, no text, and True.
    """
    number = header + 1
    for _ in range(header):
        raw.readline()
    while True:
        at = raw.tell()
        text = raw.read(BYTES)
        text += raw.readline(longest + 2)
        if not text:
            return
        if b'"' in text or b"\r" in text.replace(b"\r\n", b"") or _has_longer(text, longest):
            raw.seek(at)
            yield number, b"", True
            return
        yield number, text, False
        number += text.count(b"\n")


def _has_longer(text: bytes, longest: int) -> bool:
    """Whether a line has more bytes than that."""
    start = 0
    while start + longest < len(text):
        end = text.rfind(b"\n", start, start + longest + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def arrow_block(text: bytes, start: int, names: Sequence[str], sign: str, wanted: Sequence[str]) -> Block | None:
    """Whole lines without quotes as columns of text; None where they have to be looked at one by one.

    That is where some have more cells or fewer than there are columns, are blank, or are not UTF-8.
    """
    import pyarrow.csv as pcsv

    if text[:1] in b"\r\n" or b"\n\n" in text or b"\n\r\n" in text or len(sign) != 1 or sign == " ":
        return None
    columns = [n for n in names if n in set(wanted)]
    try:
        table = pcsv.read_csv(
            io.BytesIO(text),
            read_options=pcsv.ReadOptions(column_names=list(names), use_threads=False, block_size=len(text) + 1),
            parse_options=pcsv.ParseOptions(delimiter=sign, quote_char=False),
            convert_options=pcsv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    cells = {n: table[n].combine_chunks() for n in columns}
    blank = np.ones(table.num_rows, dtype=bool)
    for column in cells.values():
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
    if blank.any() and (len(columns) == len(names) or arrow_block(text, start, names, sign, names) is None):
        return None
    return Block(np.arange(start, start + table.num_rows), cells)


def gathered(
    records: Iterator[tuple[int, list[str], str]], names: Sequence[str], wanted: Sequence[str]
) -> Iterator[Block]:
    """Records as blocks; those without anything in them are passed over."""
    places = {name: at for at, name in enumerate(names) if name in set(wanted)}
    broken, last = "", 0

    def whole() -> Iterator[tuple[int, list[str], str]]:
        nonlocal broken
        try:
            yield from records
        except csv.Error as error:
            broken = str(error)

    source = whole()
    while some := list(itertools.islice(source, ROWS)):
        some = [r for r in some if any(c and not c.isspace() for c in r[1]) or len(r[1]) > len(names)]
        last = some[-1][0] if some else last
        yield _block(some, places, len(names))
    if broken:
        nothing = {n: pa.array([], pa.string()) for n in places}
        yield Block(np.array([last + 1]), nothing, problems={0: f"The table cannot be read from here on: {broken}"})


def _block(some: list[tuple[int, list[str], str]], places: dict[str, int], width: int) -> Block:
    for _, cells, _ in some:
        if len(cells) < width:
            cells.extend(itertools.repeat("", width - len(cells)))
    return Block(
        np.array([line for line, _, _ in some], dtype=np.int64),
        {name: pa.array([cells[at] for _, cells, _ in some], pa.string()) for name, at in places.items()},
        {i: cells[width:] for i, (_, cells, _) in enumerate(some) if len(cells) > width},
        {i: problem for i, (_, _, problem) in enumerate(some) if problem},
    )


def texts(column: pa.Array) -> pa.Array:
    """A column as text, as a table of text would have it, ``""`` where nothing is there."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if _is_text(kind) or pa.types.is_integer(kind):
        return pc.fill_null(column.cast(pa.string()), "")
    if pa.types.is_struct(kind):
        return pa.repeat("", len(column))
    if pa.types.is_list(kind) and not column.flatten().null_count:
        of = kind.value_type
        if pa.types.is_struct(of) or pa.types.is_list(of):
            return pa.repeat("", len(column))
        if _is_text(of) or pa.types.is_integer(of):
            return pc.fill_null(pc.binary_join(column.cast(pa.list_(pa.string())), ";"), "")
    return pa.array([flat(v) for v in column.to_pylist()], pa.string())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def flat(value: Any) -> str:
    """A cell of Parquet as a text table would have it; lists between semicolons, nothing of what is nested deeper."""
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list | tuple):
        return ";".join(flat(v) for v in value if not isinstance(v, dict | list))
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
