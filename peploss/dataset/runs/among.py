"""Which samples of a run are asked about, as a condition of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Who = Literal["all", "improved", "worse", "learned", "forgot"]
WHO: Final[dict[str, str]] = {
    "all": "TRUE",
    "improved": "b.loss < a.loss",
    "worse": "b.loss > a.loss",
    "learned": 'NOT a."right" AND b."right"',
    "forgot": 'a."right" AND NOT b."right"',
}
"""The condition of each: ``a`` and ``b`` are the rows of a sample at the two checkpoints compared."""


@dataclass(frozen=True, kw_only=True)
class Among:
    """Which samples are asked about.

    Args:
        search: in the id or the sequence, whatever its case.
        low, high: length in tokens, both included; None for no bound.
        charge: of the precursor; None for all.
        part: the part that dominates the loss, ``"cross-entropy"``, ``"spectrum"`` or ``"precursor"``; ``""`` for all.
        cause: what was wrong with the answer at the second checkpoint, of ``MISTAKES``; ``""`` for all.
        who: those that changed so between the two checkpoints compared.
    """

    search: str = ""
    low: int | None = None
    high: int | None = None
    charge: int | None = None
    part: str = ""
    cause: str = ""
    who: Who = "all"

    def where(self, a: int, b: int) -> tuple[str, dict[str, object]]:
        """A condition of SQL on ``s`` (samples), ``a`` and ``b`` (their rows at the checkpoints), and its values."""
        values: dict[str, object] = {"a": a, "b": b}
        parts = [] if self.who == "all" else [WHO[self.who]]
        if self.search:
            parts.append("(contains(lower(s.id), $search) OR contains(lower(sequence), $search))")
            values["search"] = self.search.lower()
        for name, test in (("low", "s.length >= $low"), ("high", "s.length <= $high"), ("charge", "charge = $charge")):
            if getattr(self, name) is not None:
                parts.append(test)
                values[name] = getattr(self, name)
        if self.cause:
            parts.append("cause = $cause")
            values["cause"] = self.cause
        if self.part:
            parts.append("part = $part")
            values["part"] = self.part
        return " AND ".join(parts) or "TRUE", values
