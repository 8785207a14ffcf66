"""A file is there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from peploss.atomic import whole_file
from peploss.errors import SourceError


def test_it_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with whole_file(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, KeyError])
def test_what_fails_leaves_the_old_one(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(SourceError if error is OSError else error):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_many_files_in_one_folder_look_into_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: looks.append(folder) or scandir(folder))
    for i in range(5):
        with whole_file(tmp_path / f"{i}.txt") as temporary:
            temporary.write_text("x")
    assert looks == [str(tmp_path)]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_private_file_is_its_owners_alone_and_a_shared_one_stays_shared(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        for name, private, want in (("a", True, 0o600), ("b", False, 0o644)):
            with whole_file(tmp_path / name, private=private) as temporary:
                temporary.write_text("x")
                assert mode(temporary) == want  # at no time more
            assert mode(tmp_path / name) == want
        (tmp_path / "a").chmod(0o640)
        with whole_file(tmp_path / "a", private=True) as temporary:
            temporary.write_text("y")
        assert mode(tmp_path / "a") == 0o640
    finally:
        os.umask(old)
