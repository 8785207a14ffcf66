"""Bytes of a file: shared between threads, unpacked, changed, closed."""

from __future__ import annotations

import gzip
import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import SourceError
from peploss.spectra.readers import source
from peploss.spectra.readers.source import ByteSource, scan


def test_reads_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.mgf"
    path.write_bytes(b"0123456789")
    file = ByteSource(path)
    assert (file.name, file.size, file.read_at(3, 4), file.read_at(8, 9), file.bytes_read) == (
        "a.mgf", 10, b"3456", b"89", 6,
    )  # fmt: skip


def test_closed_and_changed_files_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mgf"
    path.write_bytes(b"0123456789")
    file = ByteSource(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceError, match="changed while it was open"):
        file.read_at(0, 1)
    file.close()
    with pytest.raises(SourceError, match="was closed"):
        file.read_at(0, 1)


def test_an_upload_stays_the_callers_to_close() -> None:
    upload = io.BytesIO(b"abc")
    ByteSource(upload, "upload.mgf").close()
    assert not upload.closed


@pytest.mark.parametrize(
    ("path", "words"), [("nothing.mgf", "no such file"), (".", "is a folder"), ("a\0b", "cannot be opened")]
)
def test_what_cannot_be_opened(tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        ByteSource(tmp_path / path)


def test_gzip_is_unpacked_once_to_a_file_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = ByteSource(io.BytesIO(gzip.compress(b"x" * 5000)), "a.mgf.gz")
    assert (file.size, file.read_at(4998, 10)) == (5000, b"xx")
    assert "unpacked once" in " ".join(file.notes)
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_gzip_bounds() -> None:
    packed = gzip.compress(os.urandom(1000) + b"x" * 5_000_000)
    with pytest.raises(SourceError, match="unpacks to more than"):
        ByteSource(io.BytesIO(packed), "bomb.gz", max_unpacked=100_000)
    cut = ByteSource(io.BytesIO(packed[:-20]), "cut.gz")
    assert cut.size > 1000
    assert "ends early" in cut.notes[0]
    with pytest.raises(SourceError, match="cannot be unpacked"):
        ByteSource(io.BytesIO(b"\x1f\x8bnonsense"), "bad.gz")


@given(st.text("ab\n", max_size=300), st.integers(2, 40), st.integers(2, 20))
def test_scan_finds_what_a_plain_search_finds(text: str, chunk: int, overlap: int) -> None:
    data = text.encode()
    pattern = re.compile(rb"ab?")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "CHUNK", chunk)
        patch.setattr(source, "OVERLAP", overlap)
        hits = [
            (h.offset, h.match.group(), h.line) for h in scan(ByteSource(io.BytesIO(data), "x"), pattern, lines=True)
        ]
    assert hits == [(m.start(), m.group(), 1 + data.count(b"\n", 0, m.start())) for m in pattern.finditer(data)]
