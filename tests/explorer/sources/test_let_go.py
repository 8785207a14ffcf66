"""An upload that is on disk is no longer in memory, and its box still lists it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from peploss.explorer.sources import uploads


def test_content_is_let_go_and_the_file_stays_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    record = UploadedFileRec("1", "a.mgf", "text/plain", b"x" * 1000)
    manager.add_file("session", record)
    file = UploadedFile(record, FileURLs())
    context = SimpleNamespace(uploaded_file_mgr=manager, session_id="session")
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    uploads.let_go(file)
    (listed,) = manager.get_files("session", ["1"])
    assert (listed.name, listed.data, len(file.getbuffer())) == ("a.mgf", b"", 0)
