"""Reads bytes of a spectrum file piece by piece, from any thread."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tempfile
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

from peploss import limits
from peploss.errors import LimitError, SourceError

CHUNK: Final = 1 << 23  # bytes read at a time by a scan
OVERLAP: Final = 1 << 16  # bytes a scan keeps in view before and after a match
GZIP_MAGIC: Final = b"\x1f\x8b"


class ByteSource:
    """Random access to one file, safe to share between threads; nothing is held in memory.

    Args:
        file: a path, or a seekable binary file such as an upload (which stays the caller's to close).
        name: what to call it in messages; the file's own name by default.
        max_unpacked: most bytes a gzipped file may unpack to; None: what ``limits`` says.
    Attributes:
        size: bytes, unpacked.
        bytes_read: how many bytes were read from it so far.
        notes: notes on the file (it was unpacked, it ends early).
    Raises:
        SourceError: missing, a folder, unreadable, or too large once unpacked.
    """

    def __init__(
        self, file: str | os.PathLike[str] | BinaryIO, name: str | None = None, max_unpacked: int | None = None
    ):
        self.notes: list[str] = []
        self.bytes_read = 0
        self._lock = threading.Lock()
        if isinstance(file, (str, os.PathLike)):
            path = Path(file)
            self.name = name or path.name
            self._handle, self._owned = _open(path, self.name), True
        else:
            self.name = name or str(getattr(file, "name", "upload"))
            self._handle, self._owned = file, False
        if self._peek(2) == GZIP_MAGIC:
            self._unpack(limits.UNPACKED.most if max_unpacked is None else max_unpacked)
        self.size = self._handle.seek(0, os.SEEK_END)
        self._stamp = self._fingerprint()

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``; fewer only at the end of the file.

        Raises:
            SourceError: the file was closed, changed since it was opened, or cannot be read.
        """
        with self._lock:
            if self._handle.closed:
                raise SourceError("The file was closed.", where=self.name, remedy="Open it again.")
            if self._fingerprint() != self._stamp:
                raise SourceError("The file changed while it was open.", where=self.name, remedy="Open it again.")
            try:
                self._handle.seek(offset)
                data = self._handle.read(length)
            except OSError as error:
                raise SourceError(f"The file cannot be read: {error.strerror}.", where=self.name) from error
            self.bytes_read += len(data)
            return data

    def no_room(self, error: OSError | None) -> SourceError:
        """What to say where the temporary folder does not take the unpacked file."""
        why = f" ({error.strerror})" if error is not None and error.strerror else ""
        return SourceError(
            f"There is no room to unpack the gzipped file in the temporary folder{why}; the file itself may be whole.",
            where=self.name,
            remedy="Free some of it, name a larger folder in the environment variable TMPDIR, or unpack the file.",
        )

    def close(self) -> None:
        """Close the file, and with it the temporary file of a gzipped one."""
        if self._owned:
            with self._lock:
                self._handle.close()

    def _peek(self, length: int) -> bytes:
        self._handle.seek(0)
        return self._handle.read(length)

    def _fingerprint(self) -> tuple[int, int] | None:
        try:
            stat = os.fstat(self._handle.fileno())
        except (OSError, AttributeError):  # in memory: no file descriptor
            return None
        return stat.st_size, stat.st_mtime_ns

    def _unpack(self, limit: int) -> None:
        """Replace the handle by a temporary file that holds the unpacked bytes.

        Random access by byte offset needs an unpacked copy: a plain gzip stream has no index.
        """
        try:
            unpacked = tempfile.TemporaryFile(prefix="peploss-")  # noqa: SIM115 (it lives as long as this object)
            room = shutil.disk_usage(tempfile.gettempdir()).free
        except OSError as error:
            raise self.no_room(error) from error
        packed = self._handle.seek(0, os.SEEK_END)
        most, which = limits.most_unpacked(packed, limit)
        clock = limits.Clock(packed, self.name)
        self._handle.seek(0)
        try:
            with gzip.GzipFile(fileobj=self._handle) as stream:
                while piece := stream.read(1 << 20):
                    clock.look()
                    if unpacked.tell() + len(piece) > most:
                        raise LimitError(
                            f"The gzipped file of {packed:,} bytes unpacks to more than {most:,}. {which.remedy}",
                            where=self.name,
                        )
                    if unpacked.tell() + len(piece) > room:
                        raise self.no_room(None)
                    _put(unpacked, piece, self)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            if not unpacked.tell():
                unpacked.close()
                raise SourceError(f"The gzipped file cannot be unpacked: {error}.", where=self.name) from error
            self.notes.append(f"The gzipped file is damaged or ends early ({error}); what came before was kept.")
        except BaseException:
            unpacked.close()
            raise
        self.notes.append("Gzipped: unpacked once to a temporary file, which is deleted when this file is closed.")
        if self._owned:
            self._handle.close()
        self._handle, self._owned = unpacked, True


def _put(unpacked: IO[bytes], piece: bytes, source: ByteSource) -> None:
    """Write a piece of the unpacked file; what fails here is the disk's fault and not the file's."""
    try:
        unpacked.write(piece)
        unpacked.flush()
    except OSError as error:
        raise source.no_room(error) from error


@dataclass(frozen=True, slots=True)
class Hit:
    """One match of a scan.

    Args:
        match: the match, in ``buffer``.
        buffer: bytes around it: at least ``OVERLAP`` before and after, where the file has them.
        base: offset of ``buffer`` in the file.
        line: 1-based line of the match, 0 when lines were not counted.
    """

    match: re.Match[bytes]
    buffer: bytes
    base: int
    line: int

    @property
    def offset(self) -> int:
        """Where the match starts in the file."""
        return self.base + self.match.start()


def scan(source: ByteSource, pattern: re.Pattern[bytes], *, lines: bool = False, begin: int = 0) -> Iterator[Hit]:
    """All matches in the file, front to back, ``CHUNK`` bytes in memory at a time.

    A pattern should start with a literal (memory speed) and match at most ``OVERLAP`` bytes.

    Args:
        begin: offset at which to start; lines are counted from there.
    """
    buffer, base, start, offset, line = b"", begin, 0, begin, 1
    clock = limits.Clock(source.size, source.name)
    while True:
        clock.look()
        piece = source.read_at(offset, CHUNK)
        offset += len(piece)
        last = len(piece) < CHUNK
        buffer += piece
        limit = len(buffer) if last else max(len(buffer) - OVERLAP, start)
        counted = start
        for match in pattern.finditer(buffer, start):
            if match.start() >= limit:
                break
            if lines:
                line += _newlines(buffer, counted, match.start())
                counted = match.start()
            yield Hit(match, buffer, base, line if lines else 0)
            start = match.end()
        if last:
            return
        start = max(start, limit)
        if lines:
            line += _newlines(buffer, counted, start)
        keep = max(start - OVERLAP, 0)
        buffer, base, start = buffer[keep:], base + keep, start - keep


def _newlines(buffer: bytes, start: int, end: int) -> int:
    return buffer.count(b"\n", start, end) or buffer.count(b"\r", start, end)  # lone CR: classic Mac files


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise SourceError("There is no such file.", where=str(path)) from error
    except IsADirectoryError as error:
        raise SourceError(
            "A spectrum file was expected, and this is a folder.",
            where=str(path),
            remedy="Vendor folders such as Bruker's .d must be converted to mzML first.",
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"The file cannot be opened: {error}.", where=name) from error
