"""The one form of all PSM tables: a PSM, a refused line, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from peploss import limits
from peploss.errors import LimitError, SourceError
from peploss.spectra.record import MAX_CHARGE

KEYS: Final = {"scan": "scan", "index": "place", "ms2 count": "nth"}
"""Whole numbers that name a spectrum -> their columns."""

_DIGITS: Final = 18  # of a whole number that a column holds


@dataclass(slots=True)
class Psm:
    """One candidate for one spectrum.

    Args:
        peptide: as ProForma, or as near to it as the table allows; judged when it is resolved.
        spectrum: what the table calls the spectrum; ``""`` where it does not.
        line: 1-based place in the table, for messages.
        run: the spectrum file it speaks of, as written; ``""`` where it does not.
        charge, precursor_mz, rt, rank, score, q_value, protein: as the table has them, None or ``""`` where not.
        label: ``"target"``, ``"decoy"``, or the table's own word.
        keys: other names of the spectrum by kind (``scan``, ``native id``, ``index``, ``title``, ``ms2 count``).
        mass: of the peptide as the table states it; what it is, its table says.
        mass_shift: what the search found the precursor to have more than the peptide, in Da, as an open search states.
        mass_difference: the table's mass, with such a shift, less that of the peptide as read, in Da; 0 where they
            agree, None where the table states none.
        truth: the right peptide, where the table names it beside a prediction.
        token_scores: a probability for each token of a model's answer, in the order of the peptide; ``()`` for none.
        notes: what is to be known of it, in sentences.
    """

    peptide: str
    spectrum: str
    line: int
    run: str = ""
    charge: int | None = None
    precursor_mz: float | None = None
    rt: float | None = None
    rank: int | None = None
    score: float | None = None
    q_value: float | None = None
    label: str = ""
    protein: str = ""
    keys: dict[str, str | int] = field(default_factory=dict)
    mass: float | None = None
    mass_shift: float | None = None
    mass_difference: float | None = None
    truth: str = ""
    token_scores: tuple[float, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Refused:
    """A line of a table that is no PSM, and why."""

    line: int
    reason: str


@dataclass
class PsmTable:
    """What one table says.

    Args:
        path, format: of the table.
        psms: in the table's order, as rows or ``PsmColumns``.
        refused: lines that could not be read.
        columns: of a plain table, which column was taken for what.
        notes: what was done to all of them that the table does not say, in sentences.
        mass_column: where the table states masses of its peptides; ``""`` where it does not.
        mass_meanings: what these may be, of ``columns.meanings``.
        shift_column: where the table states mass shifts; ``""`` where it does not.
    """

    path: str
    format: str
    psms: Sequence[Psm]
    refused: list[Refused] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    mass_column: str = ""
    mass_meanings: tuple[str, ...] = ()
    shift_column: str = ""

    def add(self, *psms: Psm) -> None:
        """Append rows; one whose numbers no column of PSMs holds is refused."""
        rows = self.psms if isinstance(self.psms, list) else list(self.psms)
        for psm in psms:
            if why := _too_large(psm):
                self.refused.append(Refused(psm.line, why))
            else:
                rows.append(psm)
        self.psms = rows

    def hold_refused(self, n_psms: int) -> None:
        """Go on while most lines are PSMs, or few are not.

        Args:
            n_psms: PSMs so far.
        Raises:
            LimitError: more than ``limits.REFUSED`` lines are refused, and more than are read.
        """
        if len(self.refused) > max(limits.REFUSED.most, n_psms):
            first = self.refused[0]
            raise LimitError(
                f"Of the first {len(self.refused) + n_psms:,} lines {len(self.refused):,} are no PSMs. "
                f"Line {first.line}: {first.reason}",
                where=self.path,
                remedy=limits.REFUSED.remedy,
            )

    def with_psms(self) -> PsmTable:
        """The table itself, if anything in it can be read.

        Raises:
            SourceError: nothing can; it says why the first line cannot.
        """
        if not self.psms:
            why = f" Line {self.refused[0].line}: {self.refused[0].reason}" if self.refused else ""
            raise SourceError(f"There is no PSM in this table.{why}", where=self.path)
        return self

    @property
    def told(self) -> list[str]:
        """The notes, with the table's name before each."""
        return [f"{Path(self.path).name}: {note}" for note in self.notes]


def _too_large(psm: Psm) -> str:
    """Why a PSM cannot be kept; ``""`` where it can."""
    if psm.charge is not None and not 0 <= psm.charge <= MAX_CHARGE:
        return f"A charge is a whole number from 1 to {MAX_CHARGE}, not {psm.charge:.4g}."
    for name, value in (("rank", psm.rank), *psm.keys.items()):
        digits = value.strip().lstrip("+-") if isinstance(value, str) and name in KEYS else ""
        if len(digits) > _DIGITS or (isinstance(value, int) and abs(value) >= 10**_DIGITS):
            return f"The {name} is larger than any that is counted to."
    return ""
