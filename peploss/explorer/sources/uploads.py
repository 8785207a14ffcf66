"""Files that were uploaded, kept on disk for as long as their session lives, and found again by a reload.

A reload begins a new session. It is known by the cookie that Streamlit gives each browser; without one, files belong
to one session alone. They are removed when the last session of their browser has been gone for ``GRACE`` seconds, and
in any case when the app ends.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

from peploss.errors import SourceError
from peploss.explorer.shell.text import bytes_text

GRACE: Final = 600.0  # s
MOST_SESSION: Final = 2_000_000_000
MOST_ALL: Final = 8_000_000_000
"""Bytes of the uploads of one browser, and of all."""
_COOKIE: Final = "_streamlit_xsrf"


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded.

    Attributes:
        name: as its owner calls it.
        digest: of its content.
    """

    name: str
    path: Path
    size: int
    digest: str

    @property
    def there(self) -> bool:
        """Whether it is still on disk."""
        return self.path.is_file()


@dataclass
class _Owner:
    folder: Path
    sessions: int = 0
    left: float = 0.0  # when the last session ended
    files: dict[str, Upload] = field(default_factory=dict)


class Uploads:
    """Those of one server.

    Args:
        root: the folder that they are kept in.
        grace: s that they outlive the last session of their owner.
        most_session, most_all: bytes of one owner, and of all.
    """

    def __init__(
        self, root: Path, *, grace: float = GRACE, most_session: int = MOST_SESSION, most_all: int = MOST_ALL
    ) -> None:
        self.root, self.grace, self.most_session, self.most_all = root, grace, most_session, most_all
        self._owners: dict[str, _Owner] = {}
        self._lock = threading.RLock()

    def arrive(self, owner: str) -> None:
        """A session of the owner began."""
        with self._lock:
            self.sweep()
            self._of(owner).sessions += 1

    def leave(self, owner: str) -> None:
        """A session of the owner ended."""
        with self._lock:
            gone = self._of(owner)
            gone.sessions -= 1
            gone.left = time.monotonic()
        timer = threading.Timer(self.grace, self.sweep)
        timer.daemon = True
        timer.start()

    def folder(self, owner: str) -> Path:
        """A folder of the owner's, for what is made of the uploads; it goes when they go."""
        with self._lock:
            return self._of(owner).folder

    def files(self, owner: str) -> list[Upload]:
        """What the owner uploaded, newest last."""
        with self._lock:
            return [file for file in self._of(owner).files.values() if file.there]

    def keep(self, owner: str, name: str, content: BinaryIO) -> Upload:
        """Write an upload to disk, once for the same content under the same name.

        Raises:
            SourceError: it does not fit in the bounds, or the disk does not take it.
        """
        size = content.seek(0, 2)
        content.seek(0)
        digest = hashlib.file_digest(content, "blake2b").hexdigest()[:32]  # type: ignore[arg-type]
        content.seek(0)
        with self._lock:
            mine = self._of(owner)
            known = mine.files.pop(name, None)
            if known is not None and known.digest == digest and known.there:
                mine.files[name] = known
                return known
            if known is not None:
                shutil.rmtree(known.path.parent, ignore_errors=True)
            self._make_room(mine, name, size)
            place = hashlib.sha256(f"{digest} {name}".encode()).hexdigest()[:24]
            path = mine.folder / place / Path(name).name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as out:
                    shutil.copyfileobj(content, out, 1 << 20)
            except OSError as error:
                raise SourceError(f"The upload cannot be kept on disk: {error.strerror}.", where=name) from error
            mine.files[name] = Upload(name, path, size, digest)
            return mine.files[name]

    def drop(self, owner: str, name: str) -> None:
        """Remove an upload."""
        with self._lock:
            gone = self._of(owner).files.pop(name, None)
        if gone is not None:
            shutil.rmtree(gone.path.parent, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what belongs to owners who are gone."""
        with self._lock:
            now = time.monotonic()
            for owner, mine in list(self._owners.items()):
                if mine.sessions <= 0 and now - mine.left >= self.grace:
                    shutil.rmtree(mine.folder, ignore_errors=True)
                    del self._owners[owner]

    def _of(self, owner: str) -> _Owner:
        if owner not in self._owners:
            folder = self.root / hashlib.sha256(owner.encode()).hexdigest()[:24]
            folder.mkdir(parents=True, exist_ok=True)
            self._owners[owner] = _Owner(folder, left=time.monotonic())
        return self._owners[owner]

    def _make_room(self, mine: _Owner, name: str, size: int) -> None:
        """Remove the owner's oldest uploads until the new one fits; other owners' are not touched."""
        if size > self.most_session:
            raise SourceError(
                f"It has {bytes_text(size)}, and at most {bytes_text(self.most_session)} can be uploaded.", where=name
            )
        others = sum(f.size for one in self._owners.values() if one is not mine for f in one.files.values())
        if others + size > self.most_all:
            raise SourceError(
                "The app holds as many uploads as it can.", where=name, remedy="Try again when others have left."
            )
        for oldest in list(mine.files.values()):
            used = sum(f.size for f in mine.files.values())
            if used + size <= self.most_session and others + used + size <= self.most_all:
                return
            shutil.rmtree(oldest.path.parent, ignore_errors=True)
            del mine.files[oldest.name]


@st.cache_resource(show_spinner=False)
def _store() -> tuple[Uploads, tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory(prefix="peploss-uploads-")  # removed when the app ends
    return Uploads(Path(folder.name)), folder


def store() -> Uploads:
    """The uploads of this server."""
    return _store()[0]


def let_go(file: UploadedFile) -> None:
    """Take the content of an upload that was kept out of memory, where Streamlit holds it while the page is open.

    The box goes on to list the file, of which nothing is left here but its name.
    """
    file.seek(0)
    file.truncate()
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        nothing = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, nothing)


def _gone(owner: str) -> None:
    store().leave(owner)


@st.cache_resource(scope="session", on_release=_gone, show_spinner=False)
def owner() -> str:
    """Whose the uploads of this session are; a new session of the same browser has the same owner."""
    cookie = st.context.cookies.get(_COOKIE)
    token = decode_xsrf_token_string(cookie)[0] if isinstance(cookie, str) else None  # the cookie itself is salted
    found = hashlib.sha256(token or uuid4().bytes).hexdigest()
    store().arrive(found)
    return found
