"""Every error peploss raises on purpose says what was expected, what came, where, and the way out."""

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


class SettingsError(PeplossError, ValueError):
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


class BackendError(PeplossError, RuntimeError):
    """The kernel backend asked for is not available on this machine."""
