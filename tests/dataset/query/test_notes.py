"""A file of notes that is none, or damaged, is told as such."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peploss.dataset.query.notes import Notes, notes_path
from peploss.errors import SourceError

WITHOUT_END = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT {} FROM r"


@pytest.fixture
def own(sample_set: Path, tmp_path: Path) -> Path:
    """A set with a tag and a note."""
    path = tmp_path / "own.parquet"
    shutil.copy(sample_set, path)
    notes = Notes(path)
    notes.tag([1, 2], "odd")
    notes.note(1, "Look again.")
    return path


def changed(path: Path, *lines: str) -> Notes:
    with closing(sqlite3.connect(notes_path(path))) as database, database:
        for line in lines:
            database.execute(line)
    return Notes(path)


@pytest.mark.parametrize("table", ["tags", "notes", "about"])
def test_a_view_without_end_is_no_table(own: Path, table: str) -> None:
    columns = "x AS psm, x AS tag, x AS text, x AS written, x AS uuid"
    with pytest.raises(SourceError, match=rf"own\.parquet\.notes\.sqlite: The notes .*{table}"):
        changed(own, f"DROP TABLE {table}", f"CREATE VIEW {table} AS {WITHOUT_END.format(columns)}")


def test_a_table_without_its_columns_is_told(own: Path) -> None:
    with pytest.raises(SourceError, match=r"The notes are damaged\. The table tags of the database has no column tag"):
        changed(own, "ALTER TABLE tags RENAME COLUMN tag TO label")


def test_bytes_in_the_schema_that_are_no_text_are_told(own: Path) -> None:
    path = notes_path(own)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE tags", b"CREATE TAB\xac\xff tags"))
    with pytest.raises(SourceError, match="The notes cannot be used"):
        Notes(own)


def test_values_of_another_type_are_shown_or_told(own: Path) -> None:
    notes = changed(own, "UPDATE tags SET tag = x'00FF' WHERE psm = 1", "UPDATE notes SET text = x'41'")
    assert notes.tags() == {"odd": 1, "b'\\x00\\xff'": 1}
    assert notes.all_notes()[0].text == "b'A'"
    assert notes.tagged("odd") == [2]
    notes = changed(own, "UPDATE tags SET psm = 'first' WHERE psm = 2")
    with pytest.raises(SourceError, match="The notes cannot be used: invalid literal"):
        notes.tagged("odd")


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be replaced there")
def test_what_is_no_database_is_told(own: Path) -> None:
    notes_path(own).write_bytes(b"BEGIN IONS\n" * 100)
    with pytest.raises(SourceError, match="not a database"):
        Notes(own)
