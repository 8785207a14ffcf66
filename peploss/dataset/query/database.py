"""Opens a file of a set for SQL queries in a sandbox that can read this file and nothing else."""

from __future__ import annotations

import contextlib
import copy
import os
import threading
import uuid
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from peploss.dataset.query.where import checked
from peploss.dataset.store import ParquetStore
from peploss.errors import SettingsError, SourceError

MEMORY, MEMORY_HELD = "512MB", "2GB"
LONGEST_SECONDS = 30.0
"""Seconds after which a query is cancelled; the app's own take a fraction of a second on a million PSMs."""
SEARCHED = ("peptide", "sequence", "protein", "title")
TEXT = "_text"
"""Column to search in: those above in lower case, a line each."""


class Asked:
    """A Parquet file of a set or of its results; read-only, and safe to share between threads.

    Args:
        held: whether to copy the columns into memory first, which takes some 350 MB a million PSMs; a question then
            takes a third of the time.

    Attributes:
        path: of the file.
        about: what it says about itself.
        columns: that can be asked for, and whether each is a number.
        version_note: a sentence where another version of peploss wrote the file, else None.
    Raises:
        SourceError: it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str = "results", held: bool = False) -> None:
        self._psms = "psms"  # the table that questions are put to
        self._held = held
        self.path = Path(path)
        self._stamp = _stamp(self.path)
        with ParquetStore(path, kind) as store:
            self.about, self.version_note, self.n_rows = store.about, store.version_note, store.n_rows
            self.columns = {
                f.name: pa.types.is_floating(f.type) or pa.types.is_integer(f.type)
                for f in store.schema
                if not pa.types.is_list(f.type)
            }
        # No temporary files beside the data.
        limit = MEMORY_HELD if held else MEMORY
        self._connection = duckdb.connect(config={"memory_limit": limit, "temp_directory": ""})
        absolute = str(self.path.resolve()).replace("'", "''")
        names = ", ".join(quoted(c) for c in self.columns)
        texts = ", ".join(quoted(c) for c in SEARCHED if c in self.columns) or "''"
        names += f", lower(concat_ws(chr(10), {texts})) AS {TEXT}"
        made = "TABLE" if held else "VIEW"
        with self._told() as cursor:
            cursor.execute(f"CREATE {made} psms AS SELECT {names} FROM read_parquet('{absolute}')")  # noqa: S608
        # From here on this connection reads this file and nothing else, and no SQL can undo that.
        for line in (
            f"SET allowed_paths = ['{absolute}']",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(line)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def only(self, ids: Sequence[int]) -> Self:
        """The same questions to some of the PSMs, by id, copied into memory; closed with this one."""
        return self._copied("WHERE id IN (SELECT unnest(?))", [list(ids)])

    def kept(self, where: str) -> Self:
        """The same questions to what a filter leaves, copied into memory; closed with this one."""
        return self._copied(self._where(where), None)

    def _copied(self, condition: str, values: Any) -> Self:
        few = copy.copy(self)
        few._psms = f"some_{uuid.uuid4().hex}"
        with self._told() as cursor:
            cursor.execute(f"CREATE TABLE {few._psms} AS SELECT * FROM {self._psms} {condition}", values)  # noqa: S608
        # Sessions may hold it longer than a cache does: it goes with the last of them.
        weakref.finalize(few, _forget, self._connection, few._psms)
        few.n_rows = int(few._ask(f"SELECT count(*) FROM {few._psms}")[0][0])  # noqa: S608
        return few

    def _where(self, where: str, more: str = "") -> str:
        parts = [more] if more else []
        if where.strip():
            with self._told() as cursor:
                parts.append(f"(\n{checked(cursor, where, [*self.columns, TEXT])}\n)")
        return f"WHERE {' AND '.join(parts)}" if parts else ""

    def _column(self, name: str) -> str:
        if name not in self.columns:
            raise SettingsError(f"There is no column {name!r}.", remedy=f"The columns are {', '.join(self.columns)}.")
        return quoted(name)

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
        if (
            not self._held and _stamp(self.path) != self._stamp
        ):  # else its rows would be told with the columns and counts of another
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


def quoted(column: str) -> str:
    """A column's name in SQL."""
    return '"' + column.replace('"', '""') + '"'


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one file from another under the same name; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _forget(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    with contextlib.suppress(duckdb.Error), connection.cursor() as cursor:  # closed meanwhile: then it is gone
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
