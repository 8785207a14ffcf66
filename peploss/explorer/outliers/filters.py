"""What of a set is looked at: a search, clicks on charts and a condition in SQL, as one filter."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from peploss.analysis.causes.rules import cause_label
from peploss.dataset.query.database import TEXT
from peploss.explorer.outliers.columns import label

NOT_JUDGED = "not judged"
"""Shown for PSMs whose cause was not looked for."""
LONGEST_SEARCH, LONGEST_SQL = 200, 3000
"""Letters; together with all ranges less than a condition may have."""
_BEFORE = re.compile(r"^\s*where\b", re.IGNORECASE)
"""What people write before a condition because it belongs there in a whole query; behind it, a semicolon."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """All of it must hold.

    Args:
        search: letters in a peptide, protein or title, whatever their case.
        cause: one cause, or ``NOT_JUDGED``; ``""`` for any.
        tag: one of the user's own; the PSMs that have it are found in the notes beside the set, not by ``where``.
        ranges: least and greatest value of a number, by column.
        sql: a condition of the user's own, checked where it is used.
    """

    search: str = ""
    cause: str = ""
    tag: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sql: str = ""

    @classmethod
    def of(cls, link: Mapping[str, Any]) -> Filter:
        """From a link; a range that makes no sense is left out."""
        ranges = {}
        for part in str(link.get("range", "")).split("~"):
            column, _, limits = part.partition(":")
            try:
                low, high = map(float, limits.split("_"))
            except ValueError:
                continue
            if column and math.isfinite(low) and math.isfinite(high) and low <= high:
                ranges[column] = (low, high)
        return cls(
            search=str(link.get("find", "")).strip()[:LONGEST_SEARCH],
            cause=str(link.get("cause", "")),
            tag=str(link.get("tag", "")),
            ranges=ranges,
            sql=_BEFORE.sub("", str(link.get("where", ""))).rstrip("; \t\r\n").strip(),
        )

    def link(self) -> dict[str, str]:
        """As parameters of an address, the limits with all their digits."""
        ranges = "~".join(f"{column}:{low!r}_{high!r}" for column, (low, high) in self.ranges.items())
        parts = {"find": self.search, "where": self.sql, "cause": self.cause, "tag": self.tag, "range": ranges}
        return {name: value for name, value in parts.items() if value}

    def where(self, columns: Mapping[str, bool]) -> str:
        """As a condition in SQL on the columns that are there, each with whether it is a number; ``""`` for all PSMs.

        What ``unasked`` names is left out.
        """
        parts = []
        if self.search:
            parts.append(f"contains({TEXT}, {_quoted(' '.join(self.search.lower().split()))})")
        if self.cause and "cause" in columns:
            parts.append("cause IS NULL" if self.cause == NOT_JUDGED else f"cause = {_quoted(self.cause)}")
        for column, (low, high) in self.ranges.items():
            if columns.get(column):
                parts.append(f'"{column}" BETWEEN {low:.17g} AND {high:.17g}')
        if self.sql:
            parts.append(f"(\n{self.sql}\n)")
        return " AND ".join(parts)

    def unasked(self, columns: Mapping[str, bool]) -> list[str]:
        """Columns that the filter names, but these scores do not have (as numbers, where a range is asked)."""
        named = ["cause"] if self.cause and "cause" not in columns else []
        return [*named, *(column for column in self.ranges if not columns.get(column))]

    def chips(self) -> dict[str, str]:
        """What clicks on charts set, in words, by the name that ``without`` takes."""
        out = {
            name: f"{name}: {value}" for name, value in (("cause", cause_label(self.cause)), ("tag", self.tag)) if value
        }
        for column, (low, high) in self.ranges.items():
            out[f"range:{column}"] = f"{label(column)} {low:.4g} to {high:.4g}"
        return out

    def without(self, chip: str) -> Filter:
        """The same with one chip taken away."""
        if chip in ("cause", "tag"):
            return replace(self, **{chip: ""})  # type: ignore[arg-type]
        column = chip.partition(":")[2]
        return replace(self, ranges={name: limits for name, limits in self.ranges.items() if name != column})

    def of_cause(self, cause: str) -> Filter:
        """The same of one cause, ``""`` for any."""
        return replace(self, cause=cause)

    def within(self, limits: Mapping[str, tuple[float, float]]) -> Filter:
        """The same within these limits, in place of what the columns had."""
        return replace(self, ranges={**self.ranges, **limits})


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
