"""Cells of one block of a table: as text, as numbers, and which rows are refused for what they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.dataset.tables.columns.blocks import Block, texts
from peploss.dataset.tables.columns.by_rows import Reading
from peploss.dataset.tables.columns.names import number
from peploss.dataset.tables.psm_columns import NONE, Coded

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_DIGITS: Final = "^[0-9]{1,15}$"


class Cells:
    """The cells of one block; a row that is refused keeps its place.

    Args:
        reading: of the table, by rows: what a cell means, it knows.
        block: n rows.

    Attributes:
        raw, texts: column -> (n,) text as it stands there, and without blanks around it.
        refused: row -> why it is refused.
        good: (n,) bool: the row is not refused.
    """

    def __init__(self, reading: Reading, block: Block) -> None:
        self.reading, self.block, self.n = reading, block, len(block)
        self.raw = _Made(lambda name: texts(block.cells[name]))
        self.texts = _Made(lambda name: pc.utf8_trim_whitespace(self.raw[name]))
        self.refused = dict(block.problems)
        self.good = np.ones(self.n, dtype=bool)
        self.good[list(self.refused)] = False

    def refuse(self, rows: I64 | list[int], reasons: Sequence[str]) -> None:
        """Take rows out, with their reasons; of several the first counts."""
        for row, reason in zip(np.asarray(rows, dtype=np.int64).tolist(), reasons, strict=True):
            if self.good[row]:
                self.refused[row] = reason
                self.good[row] = False

    def text(self, field: str) -> pa.Array:
        """What stands in the column of a field, ``""`` where there is none."""
        column = self.reading.chosen.get(field, "")
        return self.texts[column] if column in self.block.cells else pa.repeat("", self.n)

    def number(self, column: str) -> F64:
        """A column as numbers, NaN where there is none."""
        if column not in self.block.cells:
            return np.full(self.n, np.nan)
        cells = self.block.cells[column]
        if pa.types.is_floating(cells.type) or pa.types.is_integer(cells.type):
            return np.asarray(pc.fill_null(cells.cast(pa.float64()), np.nan), dtype=np.float64)
        cells = self.texts[column]
        try:
            found = pc.if_else(pc.equal(cells, ""), None, cells).cast(pa.float64())
            return np.asarray(pc.fill_null(found, np.nan), dtype=np.float64)
        except pa.ArrowInvalid:
            return by_kind(cells, lambda text: np.nan if (v := number(text)) is None else v, np.float64)

    def field(self, field: str) -> F64:
        """The column of a field as numbers; cells that hold none are counted."""
        column, unread = self.reading.chosen.get(field, ""), self.reading.unread
        if unread.percent(field):
            cells = self.text(field)
            found = by_kind(cells, lambda t: np.nan if (v := unread.value(field, t)) is None else v, np.float64)
        else:
            found = self.number(column)
        lacking = np.isnan(found) & self.good
        if column not in self.block.cells or not lacking.any():
            unread.count(field, int(self.good.sum()), 0, "")
            return found
        cells = self.text(field)
        there = pc.not_equal(cells, "").to_numpy(zero_copy_only=False) & self.good
        said = by_kind(cells, lambda t: unread.is_word(field, t), np.bool_)
        words = np.flatnonzero(there & lacking & said)
        unread.count(field, int(there.sum()), words.size, cells[int(words[0])].as_py() if words.size else "")
        return found

    def whole(self, cells: pa.Array, of: Callable[[str], int | None]) -> I64:
        """Whole numbers, ``NONE`` where there is none; a row whose cell ``of`` cannot take is refused."""
        blank = pc.equal(cells, "")
        if pc.all(pc.or_(blank, pc.match_substring_regex(cells, _DIGITS))).as_py():
            return np.array(pc.fill_null(pc.if_else(blank, None, cells).cast(pa.int64()), NONE), dtype=np.int64)
        problems: dict[str, str] = {}

        def one(text: str) -> int:
            try:
                found = of(text) if text else None
            except (ValueError, OverflowError) as error:
                problems[text] = str(error)
                return NONE
            return NONE if found is None else found

        found = by_kind(cells, one, np.int64)
        self.told(cells, problems)
        return found

    def told(self, cells: pa.Array, problems: dict[str, str]) -> None:
        """Refuse the rows of some texts."""
        if problems:
            wrong = pc.is_in(cells, pa.array(list(problems), pa.string())).to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(wrong)
            self.refuse(rows, [problems[t] for t in cells.take(pa.array(rows)).to_pylist()])


class _Made(dict[str, pa.Array]):
    """Columns that are made when they are first asked for: numbers of Parquet are text for few."""

    def __init__(self, of: Callable[[str], pa.Array]) -> None:
        super().__init__()
        self.of = of

    def __missing__(self, name: str) -> pa.Array:
        self[name] = self.of(name)
        return self[name]


def or_null(cells: pa.Array) -> pa.Array:
    """Cells, null where nothing stands in them."""
    return pc.if_else(pc.equal(cells, ""), None, cells)


def coded(cells: pa.Array) -> Coded:
    """Cells as codes of the texts that there are."""
    encoded = cells.dictionary_encode()
    return Coded(np.asarray(encoded.indices, dtype=np.int32), encoded.dictionary.to_pylist())


def by_kind(cells: pa.Array, of: Callable[[str], Any], kind: Any) -> NDArray[Any]:
    """What a function says of each text, asked once for each."""
    encoded = cells.dictionary_encode()
    values = np.array([of(text) for text in encoded.dictionary.to_pylist()], dtype=kind)
    return values[np.asarray(encoded.indices)] if len(cells) else np.empty(0, dtype=kind)
