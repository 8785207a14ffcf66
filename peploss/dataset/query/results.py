"""Queries on a scored set, run by DuckDB on its Parquet file: count, page, histogram, density, groups."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peploss.dataset.query.database import Asked
from peploss.errors import SourceError

Limits = tuple[float, float]
"""Least and greatest value that an axis shows."""


class Histogram(NamedTuple):
    """Counts of a column's values: ``edges`` (K + 1,), ``counts`` (K,) by group, ``""`` where there is none.

    ``n_missing`` have no finite value, ``n_below`` and ``n_above`` lie outside the edges.
    """

    edges: NDArray[np.float64]
    counts: dict[str, NDArray[np.int64]]
    n_missing: int
    n_below: int = 0
    n_above: int = 0


class Density(NamedTuple):
    """Counts (K, K) over two columns, ``x`` along the second axis, with the edges (K + 1,) of each.

    ``n_outside`` have no finite value of one of the two, or lie outside the edges.
    """

    x_edges: NDArray[np.float64]
    y_edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    n_outside: int = 0


class Results(Asked):
    """A file of results, or a set without results, and what can be asked of it; see ``Asked`` for its arguments."""

    def count(self, where: str = "") -> int:
        """How many PSMs a filter leaves. ``where`` is a condition in SQL, here and below; ``""`` is all."""
        return int(self._ask(f"SELECT count(*) FROM {self._psms} {self._where(where)}")[0][0])  # noqa: S608

    def page(
        self,
        columns: Sequence[str],
        *,
        where: str = "",
        order: str = "loss",
        descending: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> pa.Table:
        """A page of rows in a given order; rows without a value come last, equal ones stay in the order of the set."""
        names = ", ".join(self._column(c) for c in columns)
        way = "DESC" if descending else "ASC"
        key = self._column(order)
        tie = "" if order == "id" else ", id"
        kept = f"FROM {self._psms} {self._where(where)}"
        sql = f"SELECT {names} {kept} ORDER BY {key} {way} NULLS LAST{tie} LIMIT ? OFFSET ?"
        return self._table(sql, [limit, offset])

    def ids(
        self, where: str = "", *, order: str = "id", descending: bool = False, limit: int | None = None
    ) -> list[int]:
        """Ids of what a filter leaves."""
        n = self.n_rows if limit is None else limit
        found = self.page(["id"], where=where, order=order, descending=descending, limit=n)
        return [int(i) for i in found.column("id").to_pylist()]

    def rows(self, ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """The rows of some PSMs, by id."""
        names = ", ".join(self._column(c) for c in columns)
        if not len(ids):
            return self._table(f"SELECT {names} FROM {self._psms} LIMIT 0")  # noqa: S608
        # The range lets DuckDB skip whole blocks of rows.
        kept = "WHERE id BETWEEN ? AND ? AND id IN (SELECT unnest(?))"
        sql = f"SELECT {names} FROM {self._psms} {kept} ORDER BY id"  # noqa: S608
        return self._table(sql, [min(ids), max(ids), list(ids)])

    def limits(self, column: str) -> Limits:
        """What an axis of a number had best show: the middle 90 % of its values and as much again at both sides, but
        nothing beyond the least and the greatest; (0, 1) where there is no value."""
        key, low, high, span = self._range(column, "")
        few, many = self._ask(
            f"SELECT approx_quantile({key}, 0.05), approx_quantile({key}, 0.95) FROM {self._psms} "  # noqa: S608
            f"{self._where('', f'isfinite({key})')}"
        )[0]
        if few is None or few == many:
            return low, low + span
        return max(low, few - (many - few)), min(high, many + (many - few))

    def histogram(
        self, column: str, *, where: str = "", group: str | None = None, bins: int = 80, limits: Limits | None = None
    ) -> Histogram:
        """How a number is distributed, in equal bins; by a group where asked.

        Infinite values count as missing.

        Args:
            limits: of the first and the last bin; None takes the least and the greatest value.
        """
        key, low, _, span = self._range(column, where, limits)
        by = f"coalesce({self._column(group)}::VARCHAR, '')" if group else "''"
        found = self._ask(
            f"SELECT {by}, {_bucket(key, 'low', 'span', 'bins')}, count(*) FROM {self._psms} "  # noqa: S608
            f"{self._where(where)} GROUP BY ALL ORDER BY ALL",
            {"low": low, "span": span, "bins": bins},
        )
        counts: dict[str, NDArray[np.int64]] = {}
        missing = {None: 0, -1: 0, bins: 0}
        for name, at, n in found:
            if at in missing:
                missing[at] += n
            else:
                counts.setdefault(name, np.zeros(bins, dtype=np.int64))[at] = n
        return Histogram(np.linspace(low, low + span, bins + 1), counts, missing[None], missing[-1], missing[bins])

    def density(
        self,
        x: str,
        y: str,
        *,
        where: str = "",
        bins: int = 80,
        x_limits: Limits | None = None,
        y_limits: Limits | None = None,
    ) -> Density:
        """Counts over two numbers in a grid of equal cells, within limits as ``histogram`` has them."""
        a, x_low, _, x_span = self._range(x, where, x_limits)
        b, y_low, _, y_span = self._range(y, where, y_limits)
        found = self._ask(
            f"SELECT {_bucket(a, 'xl', 'xs', 'n')}, {_bucket(b, 'yl', 'ys', 'n')}, count(*) FROM {self._psms} "  # noqa: S608
            f"{self._where(where)} GROUP BY ALL",
            {"xl": x_low, "xs": x_span, "yl": y_low, "ys": y_span, "n": bins},
        )
        counts = np.zeros((bins, bins), dtype=np.int64)
        outside = 0
        for i, j, n in found:
            if i is None or j is None or not (0 <= i < bins and 0 <= j < bins):
                outside += n
            else:
                counts[j, i] = n
        x_edges, y_edges = (np.linspace(a, a + span, bins + 1) for a, span in ((x_low, x_span), (y_low, y_span)))
        return Density(x_edges, y_edges, counts, outside)

    def groups(self, column: str, value: str = "loss", *, where: str = "", limit: int = 100) -> pa.Table:
        """The most frequent values of a column, with the number of PSMs and their median of another column."""
        key, number = self._column(column), self._number(value)
        return self._table(
            f"SELECT {key} AS value, count(*) AS psms, median({number}) AS median "  # noqa: S608
            f"FROM {self._psms} {self._where(where)} GROUP BY ALL ORDER BY psms DESC, value LIMIT ?",
            [limit],
        )

    def _range(self, column: str, where: str, limits: Limits | None = None) -> tuple[str, float, float, float]:
        """The column's name, least and greatest finite value (or the limits) and their difference, 1 where it is 0."""
        key = self._number(column) + "::DOUBLE"
        low, high = (
            limits
            or self._ask(
                f"SELECT min({key}), max({key}) FROM {self._psms} {self._where(where, f'isfinite({key})')}"  # noqa: S608
            )[0]
        )
        low, high = (0.0, 0.0) if low is None else (low, high)
        return key, low, high, (high - low) or 1.0


def find_psm(path: str | os.PathLike[str], psm: str) -> int:
    """Find a PSM's id in a set by its number, or by its spectrum's title or native id.

    Raises:
        SourceError: none or several spectra are called so.
    """
    if psm.isascii() and psm.isdigit():
        return int(psm)
    with Results(path, kind="set") as found:
        quoted = psm.replace("'", "''")
        rows = found.page(["id"], where=f"title = '{quoted}' OR native_id = '{quoted}'", order="id", descending=False)
    ids = rows.column("id").to_pylist()
    if len(ids) != 1:
        which = "No PSM's spectrum is" if not ids else f"{len(ids)} PSMs ({', '.join(map(str, ids[:5]))}, ...) are"
        raise SourceError(f"{which} called {psm!r}.", where=str(path), remedy="Give the id of the PSM.")
    return int(ids[0])


def _bucket(key: str, low: str, span: str, bins: str) -> str:
    """Which of equal bins a value falls into, -1 below the first, ``bins`` above the last; null where not finite."""
    place = f"floor(({key} - ${low}) / ${span} * ${bins})"
    last = f"CASE WHEN {key} <= ${low} + ${span} THEN least({place}, ${bins} - 1) ELSE ${bins} END"
    return f"CASE WHEN isfinite({key}) THEN CASE WHEN {key} < ${low} THEN -1 ELSE {last} END END::INTEGER"
