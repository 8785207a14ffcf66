"""Budgets: how much of what comes from outside is read, so that a small file cannot ask for a whole machine.

Each is large beyond any real measurement, and can be raised by an environment variable, which the error names. They
keep the memory of a reader below four times the size of its file or 500 MB, whichever is more, and its time linear.
``python -m benchmarks.hostile`` measures both on files made to break them.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Final

from peploss.errors import LimitError, SettingsError


@dataclass(frozen=True)
class Limit:
    """One budget.

    Args:
        variable: the environment variable that replaces it.
        default: the most that is read.
        what: what is counted, as in "1,000,000 peaks of a spectrum".
    """

    variable: str
    default: int
    what: str

    @property
    def most(self) -> int:
        """What is in force.

        Raises:
            SettingsError: the environment variable is no whole number above 0.
        """
        given = os.environ.get(self.variable, "")
        if not given:
            return self.default
        if not (given.isascii() and given.isdecimal() and len(given) < 16 and int(given)):
            raise SettingsError(
                f"A whole number above 0 was expected, not {given[:40]!r}.",
                where=f"the environment variable {self.variable}",
                remedy=f"The default is {self.default}.",
            )
        return int(given)

    @property
    def remedy(self) -> str:
        """How to raise it."""
        return f"If it is meant, set the environment variable {self.variable} to a larger number."

    def over(self, n: int | None = None, most: int | None = None) -> str:
        """Two sentences that say what was exceeded, and how to raise it.

        Args:
            n: how many there are; None where nobody counted to the end.
            most: what was allowed here, where that is not ``self.most``.
        """
        there = "there are more" if n is None else f"there are {n:,}"
        return f"At most {self.most if most is None else most:,} {self.what} are read; {there}. {self.remedy}"

    def hold(self, n: int, where: str | None = None) -> None:
        """Nothing where ``n`` is within the budget.

        Raises:
            LimitError: it is not.
        """
        if n > self.most:
            raise LimitError(self.over(n), where=where)


PEAKS: Final = Limit("PEPLOSS_MAX_PEAKS", 1_000_000, "peaks of a spectrum")
ENTRY: Final = Limit("PEPLOSS_MAX_ENTRY_BYTES", 1 << 25, "bytes of a spectrum as it is written")
DECODED: Final = Limit("PEPLOSS_MAX_DECODED_BYTES", 1 << 26, "unpacked bytes of the arrays of a spectrum")
FIELDS: Final = Limit("PEPLOSS_MAX_FIELDS", 100_000, "fields of a spectrum (parameters or tags)")
TEXT: Final = Limit("PEPLOSS_MAX_TEXT", 1 << 16, "characters of a title, a parameter or a cell")
ENTRIES: Final = Limit("PEPLOSS_MAX_ENTRIES", 100_000, "entries of a file of this size")
UNPACKED: Final = Limit("PEPLOSS_MAX_UNPACKED_BYTES", 4 << 30, "bytes of an unpacked file")
RATIO: Final = Limit("PEPLOSS_MAX_RATIO", 200, "unpacked bytes for each packed one")
ROW: Final = Limit("PEPLOSS_MAX_ROW", 1 << 20, "characters of a row of a table")
REFUSED: Final = Limit("PEPLOSS_MAX_REFUSED", 100_000, "lines that are no PSMs, where fewer are")
COLUMNS: Final = Limit("PEPLOSS_MAX_COLUMNS", 10_000, "columns of a table")
EXPLAINED: Final = Limit("PEPLOSS_MAX_EXPLAINED_PEAKS", 100_000, "peaks of a spectrum that is explained")
PASTED: Final = Limit("PEPLOSS_MAX_PASTED", 20_000_000, "characters of a pasted list")
PEPTIDE: Final = Limit("PEPLOSS_MAX_PEPTIDE", 20_000, "characters of a peptide")
SECONDS: Final = Limit("PEPLOSS_MAX_SECONDS", 120, "seconds for a small file")

_SPARSE: Final = 100  # bytes of file for each entry beyond ``ENTRIES``: no spectrum with ten peaks has fewer
_SMALL: Final = 1 << 26  # bytes to which a packed file of any ratio may unpack
_SLOW: Final = 1 << 20  # bytes of file for each second beyond ``SECONDS``: a tenth of what the slowest reader does


def hold_entries(n: int, size: int, where: str) -> None:
    """Hold the entries found so far against what a file may have: more in a larger one.

    Raises:
        LimitError: there are too many.
    """
    if n > ENTRIES.default and n > (most := max(ENTRIES.most, size // _SPARSE)):
        raise LimitError(ENTRIES.over(most=most), where=where)


def most_unpacked(packed: int, limit: int) -> tuple[int, Limit]:
    """Bytes that a packed file may unpack to, and the budget that says so.

    Args:
        packed: its bytes.
        limit: the most for any file.
    """
    by_ratio = max(_SMALL, packed * RATIO.most)
    return (by_ratio, RATIO) if by_ratio < limit else (limit, UNPACKED)


class Clock:
    """The time that reading a file may take.

    Args:
        size: of the file in bytes.
        where: its name.
    """

    def __init__(self, size: int, where: str) -> None:
        self._where = where
        self._seconds = SECONDS.most + size / _SLOW
        self._end = time.monotonic() + self._seconds

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end

    def look(self) -> None:
        """Nothing while there is time.

        Raises:
            LimitError: it is over.
        """
        if self.over:
            raise LimitError(
                f"Reading it takes longer than {self._seconds:,.0f} s. {SECONDS.remedy}", where=self._where
            )
