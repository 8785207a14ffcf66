"""Tags and notes on PSMs, kept in a file beside the set, which itself never changes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from peploss.atomic import make_private
from peploss.database_file import guard, lacking
from peploss.dataset.store import I64, ParquetStore
from peploss.errors import PeplossError, SettingsError, SourceError
from peploss.foreign import UNREADABLE
from peploss.limits import Clock

WAIT: Final = 10.0  # seconds for another process's change
LONGEST: Final = 10_000
_BAD: Final[tuple[type[Exception], ...]] = (sqlite3.Error, *UNREADABLE)
_COLUMNS: Final = {"about": ("uuid",), "tags": ("psm", "tag"), "notes": ("psm", "text", "written")}


class Note(NamedTuple):
    """A note on a PSM: its text, and when it was written (UTC)."""

    psm: int
    text: str
    written: str


def notes_path(source: str | os.PathLike[str]) -> Path:
    """Where the notes of a set lie."""
    return Path(source).with_name(Path(source).name + ".notes.sqlite")


class Notes:
    """Tags and notes of one set, in ``SET.notes.sqlite``; several processes may write at once.

    Raises:
        SourceError: the set cannot be read, or the notes are of another set or damaged.
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self.path = notes_path(source)
        with ParquetStore(source) as store:
            self._n, uuid = store.n_rows, store.about["uuid"]
        with self._open() as connection:
            connection.executescript(
                "CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY CHECK (one = 1), uuid TEXT NOT NULL);"
                "CREATE TABLE IF NOT EXISTS tags (psm INTEGER, tag TEXT, PRIMARY KEY (psm, tag)) WITHOUT ROWID;"
                "CREATE TABLE IF NOT EXISTS notes (psm INTEGER PRIMARY KEY, text TEXT NOT NULL, written TEXT NOT NULL);"
            )
            connection.execute("INSERT OR IGNORE INTO about VALUES (1, ?)", [uuid])
            if what := lacking(connection, _COLUMNS):
                raise SourceError(f"The notes are damaged. {what}", where=str(self.path))
            found = connection.execute("SELECT uuid FROM about").fetchone()[0]
        if found != uuid:
            raise SourceError(
                "These notes were written on another set of this name.",
                where=str(self.path),
                remedy="Move them away to start anew.",
            )

    def tag(self, psms: Iterable[int], tag: str) -> None:
        """Tag PSMs; those that have the tag already keep it."""
        name = _clean(tag, 100)
        with self._open() as connection:
            connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(p, name) for p in self._ids(psms)])

    def untag(self, psms: Iterable[int], tag: str) -> None:
        """Remove a tag from PSMs."""
        with self._open() as connection:
            connection.executemany("DELETE FROM tags WHERE psm = ? AND tag = ?", [(int(p), tag) for p in psms])

    def note(self, psm: int, text: str) -> None:
        """Write the note of a PSM; ``""`` removes it."""
        (at,) = self._ids([psm])
        with self._open() as connection:
            if not text.strip():
                connection.execute("DELETE FROM notes WHERE psm = ?", [at])
            else:
                connection.execute(
                    "INSERT INTO notes VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%SZ')) ON CONFLICT (psm) DO UPDATE SET "
                    "text = excluded.text, written = excluded.written",
                    [at, _clean(text, LONGEST)],
                )

    def tags(self) -> dict[str, int]:
        """Every tag, and how many PSMs have it."""
        with self._open() as connection:
            rows = connection.execute("SELECT tag, count(*) FROM tags GROUP BY tag ORDER BY tag")
            return {str(tag): n for tag, n in rows}

    def tagged(self, tag: str) -> list[int]:
        """Ids of the PSMs with a tag."""
        with self._open() as connection:
            return [int(p) for (p,) in connection.execute("SELECT psm FROM tags WHERE tag = ? ORDER BY psm", [tag])]

    def of(self, psm: int) -> tuple[list[str], Note | None]:
        """Tags and note of one PSM."""
        with self._open() as connection:
            tags = [
                str(t) for (t,) in connection.execute("SELECT tag FROM tags WHERE psm = ? ORDER BY tag", [int(psm)])
            ]
            row = connection.execute("SELECT psm, text, written FROM notes WHERE psm = ?", [int(psm)]).fetchone()
        return tags, None if row is None else _note(row)

    def tags_of(self, psms: Iterable[int]) -> dict[int, list[str]]:
        """Tags of some PSMs; those without one are left out."""
        ids = [int(p) for p in psms]
        out: dict[int, list[str]] = {}
        with self._open() as connection:
            for start in range(0, len(ids), 500):  # every build of SQLite takes this many values at once
                some = ids[start : start + 500]
                marks = ", ".join("?" * len(some))
                sql = f"SELECT psm, tag FROM tags WHERE psm IN ({marks}) ORDER BY psm, tag"  # noqa: S608
                for psm, tag in connection.execute(sql, some):
                    out.setdefault(int(psm), []).append(str(tag))
        return out

    def columns(self, psms: I64) -> dict[str, pa.Array]:
        """Tags and notes as columns of a table of PSMs, quick for millions.

        Args:
            psms: (N,) ids of the set, in any order.
        Returns:
            ``tags``, with commas between, and ``note``, in one line: (N,) each, null where a PSM has none.
        """
        notes = [note for note in self.all_notes() if 0 <= note.psm < self._n]
        lines = pa.array([None, *(" ".join(note.text.split()) for note in notes)], pa.string())
        which = np.zeros(self._n, dtype=np.int64)
        which[[note.psm for note in notes]] = np.arange(1, len(lines))
        return {"tags": self._tags_of_all().take(pa.array(psms)), "note": lines.take(pa.array(which[psms]))}

    def _tags_of_all(self) -> pa.Array:
        """Tags of every PSM of the set, in the order of their names."""
        combinations: list[str | None] = [None]
        which = np.zeros(self._n, dtype=np.int64)
        # One text of ids a tag: rows would be a tuple for each of a million PSMs.
        ids = "group_concat(CAST(psm AS INTEGER), ' ')"
        sql = f"SELECT tag, {ids} FROM tags WHERE psm BETWEEN 0 AND ? GROUP BY tag ORDER BY tag"  # noqa: S608
        with self._open() as connection:
            for tag, text in connection.execute(sql, [self._n - 1]):
                psms = np.fromstring(text, np.int64, sep=" ")
                had, at = np.unique(which[psms], return_inverse=True)
                which[psms] = len(combinations) + at
                combinations += [f"{combinations[i]}, {tag}" if i else str(tag) for i in had]
        return pa.array(combinations, pa.string()).take(pa.array(which))

    def all_notes(self) -> list[Note]:
        """Every note, by id."""
        with self._open() as connection:
            return [_note(row) for row in connection.execute("SELECT psm, text, written FROM notes ORDER BY psm")]

    def _ids(self, psms: Iterable[int]) -> list[int]:
        ids = [int(p) for p in psms]
        for psm in ids:
            if not 0 <= psm < self._n:
                raise SettingsError(f"There is no PSM {psm}; the ids are 0 to {self._n - 1}.")
        return ids

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one change, which is there as a whole or not at all."""
        try:
            if not self.path.exists():
                make_private(self.path)
            clock = Clock(self.path.stat().st_size, str(self.path))
            with closing(sqlite3.connect(self.path, timeout=WAIT)) as connection, connection:
                guard(connection, clock)
                yield connection
        except PeplossError:
            raise
        except _BAD as error:
            raise SourceError(f"The notes cannot be used: {error}.", where=str(self.path)) from error


def _note(row: tuple[Any, Any, Any]) -> Note:
    psm, text, written = row
    return Note(int(psm), str(text), str(written))


def _clean(text: str, longest: int) -> str:
    text = text.strip()
    if not 1 <= len(text) <= longest:
        raise SettingsError(f"A tag or note has 1 to {longest} characters, not {len(text)}.")
    return text
