"""Where the usual folder cannot be written, a private temporary one is taken, and no other's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from peploss.own_folder import first_writable


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is this user's among the temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"peploss-{os.getuid()}"


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """No folder can be made below a file, not even by root."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "no"


def test_the_usual_folder_is_taken_where_it_can_be_written(tmp_path: Path, temporary: Path) -> None:
    assert first_writable(tmp_path / "a" / "usual", "data") == tmp_path / "a" / "usual"
    assert not temporary.exists()


def test_else_a_private_temporary_one(unwritable: Path, temporary: Path) -> None:
    assert first_writable(unwritable, "data") == temporary / "data"
    assert temporary.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_not_used(unwritable: Path, temporary: Path) -> None:
    temporary.mkdir()
    temporary.chmod(0o777)
    assert first_writable(unwritable, "data") is None
