"""What the page asks of a set: each answer kept for as long as the same is asked of the same content."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import streamlit as st

from peploss.dataset.query.results import Density, Histogram, Limits, Results
from peploss.explorer.outliers.filters import NOT_JUDGED, Filter

MOST_POINTS = 500


@dataclass(frozen=True, eq=False)
class Look:
    """A part of a set that questions are put to.

    Attributes:
        content: the same text for the same content of the file.
        key: the same text for the same part of the same content.
        results: where to ask.
        whole: all of the set.
        where: what is left of the filter to be asked, as a condition; ``""`` for nothing.
        asked: the filter.
        n: how many PSMs it has.
    """

    content: str
    key: str
    results: Results
    whole: Results
    where: str
    asked: Filter
    n: int

    def limits(self, column: str) -> Limits:
        """Of an axis: the filter's own, else those of the whole set, so that a filter does not move the picture."""
        return self.asked.ranges.get(column) or _limits(self.content, column, self)

    def histogram(self, column: str, group: str | None) -> Histogram:
        """How a number is distributed."""
        return _histogram(self.key, column, group, self.limits(column), self)

    def density(self, x: str, y: str) -> Density:
        """How many PSMs lie where over two numbers."""
        return _density(self.key, x, y, self.limits(x), self.limits(y), self)

    def worst(self, x: str, y: str) -> dict[str, list]:
        """The PSMs of highest loss within the axes of ``density``; none where there are no losses."""
        return _worst(self.key, x, y, self.limits(x), self.limits(y), self)

    def causes(self) -> dict[str, int]:
        """How many PSMs have which cause, the commonest first."""
        return dict(_causes(self.key, self))

    def page(self, columns: tuple[str, ...], order: str, descending: bool, limit: int, offset: int) -> pd.DataFrame:
        """Rows of the table; not to be changed."""
        return _page(self.key, columns, order, descending, limit, offset, self)

    def ids(self, *, order: str = "id", descending: bool = False, limit: int | None = None) -> list[int]:
        """Ids of its PSMs in an order."""
        return self.results.ids(self.where, order=order, descending=descending, limit=limit)


@st.cache_resource(max_entries=400, show_spinner=False)
def _limits(content: str, column: str, _look: Look) -> Limits:
    return _look.whole.limits(column)


@st.cache_resource(max_entries=100, show_spinner=False)
def _histogram(key: str, column: str, group: str | None, limits: Limits, _look: Look) -> Histogram:
    return _look.results.histogram(column, where=_look.where, group=group, limits=limits)


@st.cache_resource(max_entries=60, show_spinner=False)
def _density(key: str, x: str, y: str, x_limits: Limits, y_limits: Limits, _look: Look) -> Density:
    return _look.results.density(x, y, where=_look.where, x_limits=x_limits, y_limits=y_limits)


@st.cache_resource(max_entries=60, show_spinner=False)
def _worst(key: str, x: str, y: str, x_limits: Limits, y_limits: Limits, _look: Look) -> dict[str, list]:
    if "loss" not in _look.results.columns:
        return {"id": [], "loss": [], "peptide": [], "x": [], "y": []}
    inside = [f'"{name}" BETWEEN {low:.17g} AND {high:.17g}' for name, (low, high) in ((x, x_limits), (y, y_limits))]
    where = " AND ".join([*([_look.where] if _look.where else []), *inside, "loss IS NOT NULL"])
    found = _look.results.page(list(dict.fromkeys(["id", "loss", "peptide", x, y])), where=where, limit=MOST_POINTS)
    names = {"id": "id", "loss": "loss", "peptide": "peptide", "x": x, "y": y}
    return {name: found.column(column).to_pylist() for name, column in names.items()}


@st.cache_resource(max_entries=200, show_spinner=False)
def _causes(key: str, _look: Look) -> dict[str, int]:
    if "cause" not in _look.results.columns:
        return {}
    found = _look.results.groups("cause", "id", where=_look.where)
    return {c or NOT_JUDGED: n for c, n in zip(found["value"].to_pylist(), found["psms"].to_pylist(), strict=True)}


@st.cache_resource(max_entries=60, show_spinner=False)
def _page(
    key: str, columns: tuple[str, ...], order: str, descending: bool, limit: int, offset: int, _look: Look
) -> pd.DataFrame:
    found: pa.Table = _look.results.page(
        columns, where=_look.where, order=order, descending=descending, limit=limit, offset=offset
    )
    return found.to_pandas()
