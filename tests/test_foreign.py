"""What a parser meets becomes an error of this package, and a full disk is told as what it is."""

from __future__ import annotations

import errno
import os

import pytest

from peploss.errors import LimitError, SourceError
from peploss.foreign import MET, reading


@pytest.mark.parametrize("kind", [*MET, UnicodeDecodeError, OverflowError, KeyError, ZeroDivisionError])
def test_whatever_a_parser_raises_is_told(kind: type[Exception]) -> None:
    error = kind("utf-8", b"x", 0, 1, "bad byte") if kind is UnicodeDecodeError else kind("bad byte")
    with pytest.raises(SourceError, match=r"run1\.mgf: It is damaged.*bad byte"), reading("run1.mgf"):
        raise error


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(LimitError, match=r"^At most"), reading("run1.mgf"):
        raise LimitError("At most 3 are read.")


def test_a_full_disk_is_not_the_files_fault() -> None:
    told = r"The disk is full: some/where cannot be written.*not at fault.*TMPDIR"
    with pytest.raises(SourceError, match=told), reading("run1.mgf"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "some/where")


def test_a_defect_of_ours_is_not_hidden() -> None:
    with pytest.raises(AssertionError), reading("run1.mgf"):
        raise AssertionError
