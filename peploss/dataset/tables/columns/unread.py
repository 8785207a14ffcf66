"""Cells that should hold a number and hold none: counted by column, and told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from peploss.dataset.tables.columns.names import number, plain

LACKING: Final = {
    "precursor_mz": "no precursor m/z of the table",
    "rt": "no retention time",
    "score": "no score",
    "q_value": "no q-value",
    "mass": "no mass to compare with",
    "mass shift": "no mass shift",
    "rank": "no rank",
}
"""Field -> what a PSM lacks where its cell holds no number."""
NOTHING: Final = frozenset({"", "-", "--", "na", "n/a", "n.a.", "nan", "null", "none", "#n/a"})
"""How tables write, in lower case, that there is no number; where that is the score, it is told, too."""


class Unread:
    """What the columns of one table hold instead of numbers.

    Args:
        chosen: which column is what.
    """

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self.chosen = chosen
        self.asked = dict.fromkeys(LACKING, 0)
        self.words = dict.fromkeys(LACKING, 0)
        self.examples: dict[str, str] = {}

    def percent(self, field: str) -> bool:
        """Whether a column says in its name that it is in percent, as ``Q-Value (%)``; scores stay as they are."""
        return field == "q_value" and plain(self.chosen.get(field, "")).endswith("%")

    def number(self, field: str, text: str) -> float | None:
        """The number in a cell; counts the cell if it holds none."""
        found = self.value(field, text)
        if text:
            self.count(field, 1, int(found is None and self.is_word(field, text)), text)
        return found

    def value(self, field: str, text: str) -> float | None:
        """The number in a cell."""
        if not self.percent(field):
            return number(text)
        share = number(text.rstrip("% "))
        return None if share is None else share / 100

    def is_word(self, field: str, text: str) -> bool:
        """Whether a cell without a number says something."""
        return text.lower() not in NOTHING or field == "score"

    def count(self, field: str, asked: int, words: int, example: str) -> None:
        """Count cells that are not blank, and those among them that hold no number."""
        self.asked[field] += asked
        self.words[field] += words
        if words:
            self.examples.setdefault(field, example)

    def notes(self) -> list[str]:
        """A sentence for each column with such cells."""
        return [
            f"The column {self.chosen[field]!r} holds no number in {n:,} of {self.asked[field]:,} rows, such as "
            f"{self.examples[field][:40]!r}: these PSMs have {LACKING[field]}."
            for field, n in self.words.items()
            if n
        ]
