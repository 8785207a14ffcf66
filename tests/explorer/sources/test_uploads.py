"""Uploads on disk: kept for their owner alone, within bounds, and gone at the end."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from peploss.errors import SourceError
from peploss.explorer.sources.uploads import Uploads


def test_a_new_session_of_the_same_owner_finds_them_and_no_other_owner_does(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.arrive("a")
    kept = uploads.keep("a", "run.mgf", io.BytesIO(b"peaks"))
    assert kept.path.read_bytes() == b"peaks"
    assert kept.path.name == "run.mgf"
    uploads.leave("a")
    uploads.arrive("a")  # a reload
    assert uploads.files("a") == [kept]
    assert uploads.files("b") == []


def test_they_are_removed_once_the_last_session_is_gone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, grace=0.1)
    uploads.arrive("a")
    uploads.arrive("a")
    kept = uploads.keep("a", "run.mgf", io.BytesIO(b"peaks"))
    made = uploads.folder("a") / "set.parquet"
    made.write_bytes(b"made of it")
    uploads.leave("a")
    time.sleep(0.3)
    assert kept.there  # another session of the owner lives
    uploads.leave("a")
    end = time.monotonic() + 10
    while uploads.folder("a").exists() and made.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not kept.there
    assert not made.exists()
    assert uploads.files("a") == []


def test_the_same_again_is_written_once_and_another_content_replaces_it(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = uploads.keep("a", "run.mgf", io.BytesIO(b"peaks"))
    stamp = first.path.stat().st_mtime_ns
    assert uploads.keep("a", "run.mgf", io.BytesIO(b"peaks")) == first
    assert first.path.stat().st_mtime_ns == stamp
    other = uploads.keep("a", "run.mgf", io.BytesIO(b"more peaks"))
    assert other.path.read_bytes() == b"more peaks"
    assert uploads.files("a") == [other]


def test_the_oldest_of_the_same_owner_give_way(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, most_session=10, most_all=15)
    uploads.keep("a", "1", io.BytesIO(b"x" * 6))
    uploads.keep("a", "2", io.BytesIO(b"y" * 4))
    uploads.keep("a", "3", io.BytesIO(b"z" * 5))
    assert [file.name for file in uploads.files("a")] == ["2", "3"]
    uploads.keep("b", "1", io.BytesIO(b"x" * 6))
    with pytest.raises(SourceError, match="as many uploads as it can"):
        uploads.keep("b", "2", io.BytesIO(b"y" * 9))
    assert [file.name for file in uploads.files("a")] == ["2", "3"]  # another owner's are not touched
    with pytest.raises(SourceError, match="at most 10 bytes"):
        uploads.keep("a", "4", io.BytesIO(b"y" * 11))


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "root")
    kept = uploads.keep("a", "../../../etc/run.mgf", io.BytesIO(b"peaks"))
    assert kept.path.resolve().is_relative_to((tmp_path / "root").resolve())


def test_what_is_taken_out_of_the_box_is_removed(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    kept = uploads.keep("a", "run.mgf", io.BytesIO(b"peaks"))
    uploads.drop("a", "run.mgf")
    uploads.drop("a", "run.mgf")
    assert not kept.there
    assert uploads.files("a") == []
