"""Compares two results of the same set, PSM by PSM."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peploss.dataset.query.database import MEMORY
from peploss.dataset.store import ParquetStore
from peploss.errors import SettingsError, SourceError
from peploss.foreign import reading
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
BINS = 80


@dataclass(frozen=True, eq=False)
class Comparison:
    """How a number differs between two results.

    Args:
        moved: the PSMs that moved most: ``id``, ``peptide``, ``title``, ``a``, ``b``, ``change`` (b less a).
        n_both: PSMs with a value in both; ``n_lower`` and ``n_higher`` of them are lower and higher in b, the rest
            equal to the last bit.
        n_only_a, n_only_b: with a value in one alone.
        median_change: of those in both; None where there are none.
        edges, counts: (K + 1,) and (K,) how the change is distributed over those in both, but for the outermost 1 %,
            which ``n_beyond`` counts.
        settings: what differs between the two, by name: its value in a and in b.
        notes: other versions of peploss that wrote them.
    """

    moved: pa.Table
    n_both: int
    n_lower: int
    n_higher: int
    n_only_a: int
    n_only_b: int
    median_change: float | None
    settings: dict[str, tuple[object, object]]
    notes: tuple[str, ...]
    edges: F64 = field(default_factory=lambda: np.linspace(0.0, 1.0, BINS + 1))
    counts: I64 = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    n_beyond: int = 0


def compare(
    a: str | os.PathLike[str], b: str | os.PathLike[str], column: str = "loss", *, limit: int = 1000
) -> Comparison:
    """Compare a number of two results of one set, PSM by PSM.

    Raises:
        SourceError: a file cannot be read, or they are results of different sets.
        SettingsError: the column is not a number in both.
    """
    with ParquetStore(a, "results") as one, ParquetStore(b, "results") as other:
        if one.about["set"]["uuid"] != other.about["set"]["uuid"]:
            raise SourceError(
                "These are results of two different sets.",
                where=f"{Path(a).name} and {Path(b).name}",
                remedy="Score one set twice.",
            )
        for store in (one, other):
            kind = store.schema.field(column).type if column in store.schema.names else None
            if kind is None or not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
                raise SettingsError(f"{store.path.name} has no column {column!r} of numbers.")
        s, t = (LossSettings.from_dict(x.about["settings"]).to_dict(defaults=True) for x in (one, other))
        settings = {k: (s.get(k), t.get(k)) for k in sorted({*s, *t}) if s.get(k) != t.get(k)}
        notes = tuple(x.version_note for x in (one, other) if x.version_note)
    name = '"' + column.replace('"', '""') + '"'
    both_files = f"{Path(a).name} and {Path(b).name}"
    with reading(both_files, (duckdb.Error,)), duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        files = [str(Path(p).resolve()) for p in (a, b)]
        joined = (
            f"(SELECT coalesce(x.id, y.id) AS id, coalesce(x.peptide, y.peptide) AS peptide, "  # noqa: S608  quoted
            f"coalesce(x.title, y.title) AS title, x.{name}::DOUBLE AS a, y.{name}::DOUBLE AS b, b - a AS change "
            "FROM read_parquet($1) x FULL JOIN read_parquet($2) y ON x.id = y.id)"
        )
        row = connection.execute(
            "SELECT count(change), count(*) FILTER (change < 0), count(*) FILTER (change > 0), "  # noqa: S608
            "count(*) FILTER (a IS NOT NULL AND b IS NULL), count(*) FILTER (a IS NULL AND b IS NOT NULL), "
            f"median(change) FROM {joined}",
            files,
        ).fetchall()[0]
        changes = connection.sql(
            f"SELECT change FROM {joined} WHERE isfinite(change)",  # noqa: S608
            params=files,
        ).to_arrow_table()
        moved = connection.sql(
            f"SELECT * FROM {joined} WHERE change <> 0 ORDER BY abs(change) DESC, id LIMIT $3",  # noqa: S608
            params=[*files, limit],
        ).to_arrow_table()
    both, lower, higher, only_a, only_b, median = row
    spread = _distribution(changes.column("change").to_numpy())
    return Comparison(moved, both, lower, higher, only_a, only_b, median, settings, notes, *spread)


def _distribution(changes: F64) -> tuple[F64, I64, int]:
    if not changes.size:
        return np.linspace(0.0, 1.0, BINS + 1), np.zeros(BINS, dtype=np.int64), 0
    low, high = np.quantile(changes, [0.005, 0.995])
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(changes, bins=BINS, range=(low, high))
    return edges, counts.astype(np.int64), int(changes.size - counts.sum())


def summary(found: Comparison, names: Sequence[str] = ("a", "b")) -> str:
    """The comparison in a sentence.

    >>> summary(Comparison(pa.table({}), 3, 2, 0, 0, 0, -0.1, {"sigma": (0.05, 0.02)}, ()))
    'Of 3 PSMs in both, 2 are lower and 0 higher in b; the median change is -0.1. sigma: 0.05 in a, 0.02 in b.'
    """
    a, b = names
    told = f"Of {found.n_both:,} PSMs in both, {found.n_lower:,} are lower and {found.n_higher:,} higher in {b}"
    told += f"; the median change is {found.median_change:.3g}." if found.median_change is not None else "."
    return told + "".join(f" {k}: {x} in {a}, {y} in {b}." for k, (x, y) in found.settings.items())
