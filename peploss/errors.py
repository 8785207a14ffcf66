"""The errors of peploss; each says what was expected, what came, where, and the way out.

All are ``PeplossError``::

    PeplossError
        ArgumentError (ValueError)      a function was called wrongly: shape, type, unit or value of an argument
            SettingsError               a setting is unknown or out of its range
        PeptideError (ValueError)       a peptide cannot be read
        SpectrumError (ValueError)      one spectrum cannot be used
            NoSpectrumError (LookupError)   there is no such spectrum in the file
        SourceError (ValueError)        a file, upload or pasted list cannot be used
            LimitError                  it holds more than is read; names the limit (peploss/limits.py)
        BackendError (RuntimeError)     this machine cannot compute what was asked for

So ``except ValueError`` catches every wrong input, and ``except PeplossError`` everything that a user can act on.
"""

from __future__ import annotations


class PeplossError(Exception):
    """A problem the user can act on.

    Args:
        problem: one sentence: what was expected and what came.
        where: the place, for example ``"run1.mgf, block 12, line 340"``.
        remedy: what to do about it, as one sentence.
    """

    def __init__(self, problem: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.problem = problem
        self.where = where
        self.remedy = remedy
        parts = [f"{where}: {problem}" if where else problem]
        if remedy:
            parts.append(remedy)
        super().__init__(" ".join(parts))


class ArgumentError(PeplossError, ValueError):
    """An argument of a function has a shape, type, unit or value that cannot be used, or does not fit another one."""


class SettingsError(ArgumentError):
    """A setting is unknown, of the wrong type, or out of its range."""


class PeptideError(PeplossError, ValueError):
    """A peptide cannot be read or has no defined mass.

    Attributes:
        text: the peptide as it was given.
        position: 0-based index into ``text`` where the trouble starts, or None.
    """

    def __init__(
        self,
        problem: str,
        *,
        text: str = "",
        position: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.text = text
        self.position = position
        where = None if position is None else f"at character {position + 1}"
        super().__init__(problem, where=where, remedy=remedy)


class SpectrumError(PeplossError, ValueError):
    """One spectrum cannot be used; the rest of its file still can."""


class NoSpectrumError(SpectrumError, LookupError):
    """A file has no spectrum of that position or id, or several of that id."""


class SourceError(PeplossError, ValueError):
    """A file, upload or pasted list cannot be opened as spectra at all."""


class LimitError(SourceError):
    """A file, an entry or a cell holds more than is read; the message names the limit and how to raise it."""


class BackendError(PeplossError, RuntimeError):
    """The kernel backend asked for is not available on this machine."""
