"""What a join found: the PSMs of each file, and those that are in no file with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.dataset.index.headers import COUNT, KINDS, ORDINAL
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns

I64 = NDArray[np.int64]
_ALL: Final = (*KINDS, ORDINAL, COUNT)


@dataclass(frozen=True)
class NotJoined:
    """A PSM that is not in the set, and why."""

    table: str
    line: int
    spectrum: str
    peptide: str
    reason: str


class OfFile(Mapping[int, list[tuple[Psm, str, str]]]):
    """PSMs of one file: place of a spectrum -> its PSMs with the name of their table and what joined them.

    Args:
        tables: all that were joined.

    Attributes:
        place, table, row, kind: (n,) of each PSM, in the order of places: its spectrum, its table and row in that, and
            what joined it, of ``KINDS``, ``ORDINAL`` and ``COUNT``.
    """

    def __init__(self, tables: Sequence[PsmTable]) -> None:
        self._tables = [(t, PsmColumns.of(t.psms)) for t in tables]
        self.place, self.table, self.row, self.kind = (np.empty(0, dtype=np.int64) for _ in range(4))

    def add(self, table: int, rows: I64, places: I64, kind: str) -> None:
        """More PSMs of one table."""
        parts = ((self.place, places), (self.table, table), (self.row, rows), (self.kind, _ALL.index(kind)))
        place, of, row, by = (np.concatenate([a, np.broadcast_to(b, rows.shape)]) for a, b in parts)
        order = np.lexsort((row, of, place))
        self.place, self.table, self.row, self.kind = place[order], of[order], row[order], by[order]

    def between(self, start: int, stop: int) -> Iterator[tuple[int, Psm, str, str]]:
        """Place, PSM, table and what joined, of the spectra from start to stop."""
        low, high = np.searchsorted(self.place, [start, stop]).tolist()
        columns = (c[low:high].tolist() for c in (self.place, self.table, self.row, self.kind))
        for place, of, row, kind in zip(*columns, strict=True):
            table, psms = self._tables[of]
            yield place, psms[row], table.path, _ALL[kind]

    def __getitem__(self, place: int) -> list[tuple[Psm, str, str]]:
        found = [(psm, path, kind) for _, psm, path, kind in self.between(place, place + 1)]
        if not found:
            raise KeyError(place)
        return found

    def __iter__(self) -> Iterator[int]:
        return iter(self.place[self._first()].tolist())

    def __len__(self) -> int:
        return int(self._first().sum())

    def _first(self) -> NDArray[np.bool_]:
        """Where a spectrum's PSMs begin: ``numpy.unique`` does not know that places rise, and takes a second."""
        return np.diff(self.place, prepend=-1) > 0


@dataclass
class Joined:
    """PSMs by the spectra they belong to.

    Args:
        psms: for each file, what is joined to it.
        counts: (table, file, kind) -> PSMs.
        not_joined: the rest.
    """

    psms: list[OfFile]
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    not_joined: list[NotJoined] = field(default_factory=list)
