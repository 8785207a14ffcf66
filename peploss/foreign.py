"""The door for what comes from outside: whatever a parser meets in foreign bytes becomes an error of this package."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from peploss.errors import PeplossError, SourceError

MET: Final[tuple[type[Exception], ...]] = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    NotImplementedError,
)
"""What parsers raise at bytes that nobody wrote on purpose; overflow is arithmetic, bad UTF-8 a ``ValueError``."""

UNREADABLE: Final[tuple[type[Exception], ...]] = (OSError, *MET)
"""The same of a file, which may also not be there or not be allowed."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_LONGEST: Final = 200  # characters of a parser's own message


@contextmanager
def reading(where: str | os.PathLike[str], also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Read foreign bytes; errors of this package pass as they are.

    Args:
        where: the file, or what else the bytes are of.
        also: further exceptions of the library that reads.
    Raises:
        SourceError: the bytes cannot be read, or the disk is full.
    """
    caught = MET + also
    try:
        yield
    except PeplossError:
        raise
    except OSError as error:
        raise disk_error(error, where) from error
    except caught as error:
        raise SourceError(damage(error), where=os.fspath(where)) from error


def disk_error(error: OSError, where: str | os.PathLike[str]) -> SourceError:
    """What the machine could not do; a full disk is told as what it is, and not as the file's fault."""
    if error.errno in _FULL:
        full = os.fsdecode(error.filename) if error.filename else None
        return SourceError(
            f"The disk is full{f': {full} cannot be written' if full else ''}. The file itself is not at fault.",
            where=os.fspath(where),
            remedy="Make room, or set the environment variable TMPDIR to a folder with room.",
        )
    return SourceError(f"{error.strerror or error}.", where=os.fspath(where))


def damage(error: Exception) -> str:
    """What a parser stumbled over, as a sentence: a whole file, or one entry of it."""
    line = (str(error).strip() or "no reason given").splitlines()[0][:_LONGEST].rstrip(".")
    return f"It is damaged, or of a form that peploss does not know ({type(error).__name__}: {line})."
