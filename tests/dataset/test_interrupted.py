"""Work that a server was stopped at is noted, told and taken up; what nobody noted is not."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from peploss.dataset import interrupted
from peploss.dataset.interrupted import Asked, Ending, found, noted
from peploss.lifeline import owner


@pytest.fixture
def dead() -> str:
    """The owner of a file whose process is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{process.pid}-{owner().partition('-')[2]}"


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    table = (str(tmp_path / "psms.tsv"), "plain", {"peptide": "Seq"})
    return Asked("Making set.parquet", "set.parquet", "make", (str(tmp_path / "a.mgf"),), (table,), "scan")


def test_a_note_is_there_while_the_work_is_done(asked: Asked, tmp_path: Path) -> None:
    with noted(asked, tmp_path):
        (note,) = tmp_path.iterdir()
        assert note.name == ".set.parquet.job"
        assert found([tmp_path]) == []  # this process is alive
    assert not list(tmp_path.iterdir())


def test_what_ends_with_its_server_is_told_by_the_next(
    asked: Asked, tmp_path: Path, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupted, "owner", lambda: dead)
    monkeypatch.setattr(Ending, "now", True)
    with noted(asked, tmp_path):
        pass
    (work,) = found([tmp_path, tmp_path])
    assert work.asked == asked
    work.forget()
    assert found([tmp_path]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"spectra": ["/etc/passwd"]},
        {"tables": [["/etc/passwd", "plain", {}]]},
        {"spectra": []},
        {"spectra": [5]},
        {"tables": 5},
        {"work": "rm"},
        {"target": "../set.parquet"},
        {"settings": {"sigma": 1e308}},
        {"worst": "many"},
        {"worst": -1},
        {"seed": 1.5},
        {"begun": "elsewhere"},
        {"more": 1},
        {"owner": 5},
        {"owner": "9" * 5000},
    ],
)
def test_notes_of_nonsense_are_passed_over(
    change: dict[str, object], asked: Asked, tmp_path: Path, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupted, "owner", lambda: dead)
    monkeypatch.setattr(Ending, "now", True)
    with noted(asked, tmp_path):
        pass
    note = tmp_path / ".set.parquet.job"
    assert len(found([tmp_path])) == 1
    note.write_text(json.dumps(json.loads(note.read_text()) | change))
    assert found([tmp_path]) == []


def test_work_on_files_elsewhere_is_told_where_nothing_is_read_for_it(
    asked: Asked, tmp_path: Path, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupted, "owner", lambda: dead)
    monkeypatch.setattr(Ending, "now", True)
    elsewhere = dataclasses.replace(asked, spectra=("/elsewhere/a.mgf",), begun="command")
    with noted(elsewhere, tmp_path):
        pass
    assert found([tmp_path]) == []
    (work,) = found([tmp_path], anywhere=True)
    assert work.told == "Making set.parquet was interrupted."
    assert (
        interrupted.Interrupted(asked, tmp_path).told == "Making set.parquet was interrupted when the server stopped."
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"9" * 5000, b"[" * 100_000])
def test_bytes_of_nonsense_are_passed_over(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".x.job").write_bytes(content)
    assert found([tmp_path]) == []
