"""Opens a database of SQLite that comes from outside: read-only, its own tables alone, within a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from peploss import limits
from peploss.errors import SourceError

_FIRST: Final = b"SQLite format 3\0"
_STEPS: Final = 20_000  # of SQLite's machine between two looks at the clock: some milliseconds


def is_database(path: Path) -> bool:
    """Whether the file starts as databases of SQLite do."""
    with path.open("rb") as file:
        return file.read(len(_FIRST)) == _FIRST


@contextmanager
def reading_database(
    path: Path, needed: Mapping[str, Sequence[str]], remedy: str | None = None
) -> Iterator[sqlite3.Connection]:
    """A connection for questions to these tables, closed at the end.

    A view is refused where a table is needed: it can ask for anything, and without end.

    Args:
        path: of the file.
        needed: table -> the columns that are asked for.
        remedy: for the errors.
    Raises:
        SourceError: it is no such database, a table or a column is missing, or it is damaged.
        LimitError: the questions take longer than ``limits.SECONDS``.
    """
    clock = limits.Clock(path.stat().st_size, path.name)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            guard(database, clock)
            if what := lacking(database, needed):
                raise SourceError(what, where=str(path), remedy=remedy)
            yield database
    except sqlite3.Error as error:
        clock.look()
        raise SourceError(f"The database cannot be read: {error}.", where=str(path), remedy=remedy) from error


def guard(database: sqlite3.Connection, clock: limits.Clock) -> None:
    """Hold questions to a time, values to a size, and text to what can be shown; a schema runs no functions."""
    database.text_factory = _text
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.DECODED.most)
    database.execute("PRAGMA trusted_schema = OFF")
    database.set_progress_handler(lambda: clock.over, _STEPS)


def _text(raw: bytes) -> str:
    """Text as it stands; what is no UTF-8 becomes a sign for that."""
    return raw.decode("utf-8", "replace")


def lacking(database: sqlite3.Connection, needed: Mapping[str, Sequence[str]]) -> str:
    """What is missing, as a sentence; ``""`` where everything is there."""
    there = {str(name).lower(): str(kind) for name, kind in database.execute("SELECT name, type FROM sqlite_master")}
    for table, columns in needed.items():
        if (kind := there.get(table.lower())) != "table":
            return f"The database has no table {table}{f', but a {kind} of this name' if kind else ''}."
        have = {str(row[0]).lower() for row in database.execute("SELECT name FROM pragma_table_info(?)", [table])}
        if missing := [c for c in columns if c.lower() not in have]:
            return f"The table {table} of the database has no column {', '.join(missing)}."
    return ""
