"""A database from outside is asked for what its own tables hold, and within a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peploss import limits
from peploss.database_file import is_database, reading_database
from peploss.errors import LimitError, SourceError

WITHOUT_END = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT {} FROM r"


def made(path: Path, *lines: str) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        for line in lines:
            database.execute(line)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "a #1?.db", "CREATE TABLE Entries (A INT, B TEXT)", "INSERT INTO Entries VALUES (1, 'x')")


def test_a_table_is_read_and_never_written(path: Path) -> None:
    assert is_database(path)
    with reading_database(path, {"entries": ("a", "b")}) as database:
        assert database.execute("SELECT A, B FROM Entries").fetchall() == [(1, "x")]
    with pytest.raises(SourceError, match="readonly"), reading_database(path, {}) as database:
        database.execute("DELETE FROM Entries")


def test_text_that_is_no_utf8_is_read(path: Path) -> None:
    made(path, "UPDATE Entries SET B = CAST(x'61FF' AS TEXT)")
    with reading_database(path, {"Entries": ("B",)}) as database:
        assert database.execute("SELECT B FROM Entries").fetchall() == [("a\ufffd",)]


def test_what_is_missing_is_told_with_the_way_out(path: Path) -> None:
    for needed, told in (
        ({"others": ("a",)}, r"a #1\?\.db: The database has no table others\. Do this\."),
        ({"Entries": ("A", "C", "D")}, r"The table Entries of the database has no column C, D\. Do this\."),
    ):
        with pytest.raises(SourceError, match=told), reading_database(path, needed, "Do this."):
            pass


def test_a_view_is_refused(path: Path) -> None:
    made(path, "DROP TABLE Entries", f"CREATE VIEW Entries AS {WITHOUT_END.format('x AS A, x AS B')}")
    told = "no table Entries, but a view of this name"
    with pytest.raises(SourceError, match=told), reading_database(path, {"Entries": ("A",)}):
        pass


def test_a_question_without_end_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.SECONDS.variable, "1")
    with pytest.raises(LimitError, match=r"longer than 1 s.*PEPLOSS_MAX_SECONDS"), reading_database(path, {}) as asked:
        asked.execute(WITHOUT_END.format("max(x)"))


def test_a_value_larger_than_its_budget_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path, "UPDATE Entries SET B = zeroblob(5000)")
    monkeypatch.setenv(limits.DECODED.variable, "1000")
    with pytest.raises(SourceError, match="too big"), reading_database(path, {"Entries": ("B",)}) as database:
        database.execute("SELECT B FROM Entries").fetchall()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 5000])
def test_damage_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(SourceError), reading_database(path, {"entries": ()}):
        pass
