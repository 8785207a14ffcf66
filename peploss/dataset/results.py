"""Questions to a scored set, answered by DuckDB over its Parquet: count, page, histogram, density, groups."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peploss.dataset.store import ParquetStore
from peploss.dataset.where import checked
from peploss.errors import SettingsError, SourceError

MEMORY = "512MB"
LONGEST_SECONDS = 30.0
"""A question that takes longer is given up; each of the app's takes a fraction of a second, of a million PSMs."""


class Histogram(NamedTuple):
    """Counts of a column's values: ``edges`` (K + 1,), ``counts`` (K,) or by group; ``n_missing`` have no value."""

    edges: NDArray[np.float64]
    counts: dict[str, NDArray[np.int64]]
    n_missing: int


class Density(NamedTuple):
    """Counts (K, K) over two columns, ``x`` along the second axis, with the edges (K + 1,) of each."""

    x_edges: NDArray[np.float64]
    y_edges: NDArray[np.float64]
    counts: NDArray[np.int64]


class Results:
    """A file of results, or a set without results; read-only, and safe to share between threads.

    Attributes:
        path: of the file.
        about: what it says about itself.
        columns: that can be asked for, and whether each is a number.
        version_note: a sentence where another version of peploss wrote the file, else None.
    Raises:
        SourceError: it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str = "results") -> None:
        self.path = Path(path)
        self._stamp = _stamp(self.path)
        with ParquetStore(path, kind) as store:
            self.about, self.version_note, self.n_rows = store.about, store.version_note, store.n_rows
            self.columns = {
                f.name: pa.types.is_floating(f.type) or pa.types.is_integer(f.type)
                for f in store.schema
                if not pa.types.is_list(f.type)
            }
        self._connection = duckdb.connect(config={"memory_limit": MEMORY})
        absolute = str(self.path.resolve()).replace("'", "''")
        names = ", ".join(_name(c) for c in self.columns)
        self._connection.execute(f"CREATE VIEW psms AS SELECT {names} FROM read_parquet('{absolute}')")  # noqa: S608
        # From here on this connection reads this file and nothing else, and cannot be talked out of that.
        for line in (
            f"SET allowed_paths = ['{absolute}']",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(line)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def count(self, where: str = "") -> int:
        """How many PSMs a filter leaves. ``where`` is a condition in SQL, here and below; ``""`` is all."""
        return int(self._ask(f"SELECT count(*) FROM psms {self._where(where)}")[0][0])  # noqa: S608

    def page(
        self,
        columns: Sequence[str],
        *,
        where: str = "",
        order: str = "loss",
        descending: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> pa.Table:
        """Some rows in an order; rows without a value come last, equal ones in the order of the set."""
        names = ", ".join(self._column(c) for c in columns)
        way = "DESC" if descending else "ASC"
        key = self._column(order)
        tie = "" if order == "id" else ", id"
        sql = f"SELECT {names} FROM psms {self._where(where)} ORDER BY {key} {way} NULLS LAST{tie} LIMIT ? OFFSET ?"  # noqa: S608
        return self._table(sql, [limit, offset])

    def ids(
        self, where: str = "", *, order: str = "id", descending: bool = False, limit: int | None = None
    ) -> list[int]:
        """Ids of what a filter leaves."""
        n = self.n_rows if limit is None else limit
        found = self.page(["id"], where=where, order=order, descending=descending, limit=n)
        return [int(i) for i in found.column("id").to_pylist()]

    def rows(self, ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """The rows of some PSMs, by id."""
        names = ", ".join(self._column(c) for c in columns)
        return self._table(f"SELECT {names} FROM psms WHERE id IN (SELECT unnest(?)) ORDER BY id", [list(ids)])  # noqa: S608

    def histogram(self, column: str, *, where: str = "", group: str | None = None, bins: int = 80) -> Histogram:
        """How a number is distributed, in equal bins from its least to its greatest; by a group where asked.

        Infinite values count as missing.
        """
        key, low, _, span = self._range(column, where)
        bucket = f"least(floor(({key} - $low) / $span * $bins), $bins - 1)::INTEGER"
        by = f"coalesce({self._column(group)}::VARCHAR, '')" if group else "''"
        found = self._ask(
            f"SELECT {by}, {bucket}, count(*) FROM psms "  # noqa: S608
            f"{self._where(where, f'isfinite({key})')} GROUP BY ALL ORDER BY ALL",
            {"low": low, "span": span, "bins": bins},
        )
        counts: dict[str, NDArray[np.int64]] = {}
        for name, at, n in found:
            counts.setdefault(name, np.zeros(bins, dtype=np.int64))[at] = n
        total = sum(int(c.sum()) for c in counts.values())
        return Histogram(np.linspace(low, low + span, bins + 1), counts, self.count(where) - total)

    def density(self, x: str, y: str, *, where: str = "", bins: int = 120) -> Density:
        """Counts over two numbers in a grid of equal cells."""
        a, x_low, _, x_span = self._range(x, where)
        b, y_low, _, y_span = self._range(y, where)
        found = self._ask(
            f"SELECT least(floor(({a} - $xl) / $xs * $n), $n - 1)::INTEGER, "  # noqa: S608
            f"least(floor(({b} - $yl) / $ys * $n), $n - 1)::INTEGER, count(*) FROM psms "
            f"{self._where(where, f'isfinite({a}) AND isfinite({b})')} GROUP BY ALL",
            {"xl": x_low, "xs": x_span, "yl": y_low, "ys": y_span, "n": bins},
        )
        counts = np.zeros((bins, bins), dtype=np.int64)
        for i, j, n in found:
            counts[j, i] = n
        return Density(
            np.linspace(x_low, x_low + x_span, bins + 1), np.linspace(y_low, y_low + y_span, bins + 1), counts
        )

    def groups(self, column: str, value: str = "loss", *, where: str = "", limit: int = 100) -> pa.Table:
        """The commonest values of a column, with how many PSMs have each and their median of another."""
        key, number = self._column(column), self._number(value)
        return self._table(
            f"SELECT {key} AS value, count(*) AS psms, median({number}) AS median FROM psms {self._where(where)} "  # noqa: S608
            "GROUP BY ALL ORDER BY psms DESC, value LIMIT ?",
            [limit],
        )

    def _range(self, column: str, where: str) -> tuple[str, float, float, float]:
        """The column's name, least and greatest finite value and their difference, 1 where they are one."""
        key = self._number(column) + "::DOUBLE"
        low, high = self._ask(
            f"SELECT min({key}), max({key}) FROM psms {self._where(where, f'isfinite({key})')}"  # noqa: S608
        )[0]
        low, high = (0.0, 0.0) if low is None else (low, high)
        return key, low, high, (high - low) or 1.0

    def _where(self, where: str, more: str = "") -> str:
        parts = [more] if more else []
        if where.strip():
            with self._told() as cursor:
                parts.append(f"(\n{checked(cursor, where, list(self.columns))}\n)")
        return f"WHERE {' AND '.join(parts)}" if parts else ""

    def _column(self, name: str) -> str:
        if name not in self.columns:
            raise SettingsError(f"There is no column {name!r}.", remedy=f"The columns are {', '.join(self.columns)}.")
        return _name(name)

    def _number(self, name: str) -> str:
        key = self._column(name)
        if not self.columns[name]:
            raise SettingsError(f"The column {name!r} holds no numbers.")
        return key

    def _ask(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        with self._told() as cursor:
            return cursor.execute(sql, values).fetchall()

    def _table(self, sql: str, values: Any = None) -> pa.Table:
        with self._told() as cursor:
            return cursor.sql(sql, params=values).to_arrow_table()

    @contextmanager
    def _told(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for each question, so that threads need not wait for each other."""
        if _stamp(self.path) != self._stamp:  # else its rows would be told with the columns and counts of another
            raise SourceError(
                "The file was replaced since it was opened.", where=str(self.path), remedy="Open it anew."
            )
        try:
            with self._connection.cursor() as cursor:
                timer = threading.Timer(LONGEST_SECONDS, cursor.interrupt)
                timer.daemon = True
                timer.start()
                try:
                    yield cursor
                finally:
                    timer.cancel()
        except duckdb.InterruptException as error:
            raise SettingsError(
                f"The question takes longer than {LONGEST_SECONDS:g} seconds and was given up.",
                remedy="Ask a simpler one.",
            ) from error
        except duckdb.IOException as error:
            raise SourceError(f"The file cannot be read: {error}", where=str(self.path)) from error
        except duckdb.Error as error:
            raise SettingsError(f"The question cannot be answered: {str(error).splitlines()[0]}") from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one file from another under the same name; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def find_psm(path: str | os.PathLike[str], psm: str) -> int:
    """The id that a number or a spectrum's title (or native id) names in a set.

    Raises:
        SourceError: none or several spectra are called so.
    """
    if psm.isascii() and psm.isdigit():
        return int(psm)
    with Results(path, kind="set") as found:
        quoted = psm.replace("'", "''")
        rows = found.page(["id"], where=f"title = '{quoted}' OR native_id = '{quoted}'", order="id", descending=False)
    ids = rows.column("id").to_pylist()
    if len(ids) != 1:
        which = "No PSM's spectrum is" if not ids else f"{len(ids)} PSMs ({', '.join(map(str, ids[:5]))}, ...) are"
        raise SourceError(f"{which} called {psm!r}.", where=str(path), remedy="Give the id of the PSM.")
    return int(ids[0])


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
