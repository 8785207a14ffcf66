"""Names and precursors of the spectra of one file, for looking up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.dataset.index.keys import scan_in

KINDS: Final = ("native id", "title", "scan", "index")
"""What can join, in the order they are tried: of those that join most, the first counts."""
ORDINAL, COUNT = "place in the file", "ms2 count"
"""What a number may be that is no scan: Comet counts the spectra of an MGF from 1, DIA-NN those with fragments."""

NAMES: Final = ["index", "scan", "native_id", "title", "problem", "precursor_mz", "spectrum_charge", "rt"]
"""Columns of a part that joining needs."""


_TEXTS: Final = ("native id", "title")
_KNOWN: Final[dict[str, tuple[Any, float]]] = {
    "precursor_mz": (np.float64, np.nan),
    "spectrum_charge": (np.int16, 0.0),
    "rt": (np.float64, np.nan),
}

NOWHERE, SEVERAL = -2, -1
"""Places of names that no spectrum has, and that several have."""


class Headers:
    """Names of the M spectra of one file, for looking up, as columns: a million take a tenth of a gigabyte.

    Args:
        name: of the file.

    Attributes:
        problems: place -> why it cannot be used.
        precursor_mz, charge, rt: (M,) of each; NaN, or 0 for the charge, where it is not known.
    """

    def __init__(self, name: str) -> None:
        self.name, self.size = name, 0
        self.problems: dict[int, str] = {}
        self._names: dict[str, list[pa.Array]] = {kind: [] for kind in KINDS}
        self._known: dict[str, list[NDArray[Any]]] = {n: [] for n in _KNOWN}

    def add(self, columns: Mapping[str, Sequence[Any] | pa.Array]) -> None:
        """More spectra, as columns of a part; precursors may be missing."""
        n = len(columns["index"])
        native, title = (pa.array(columns[c], pa.string()) for c in ("native_id", "title"))
        scan = pa.array(columns["scan"], pa.int64())
        if scan.null_count:
            rows = zip(scan.to_pylist(), native.to_pylist(), title.to_pylist(), strict=True)
            scan = pa.array([_scan(*row) for row in rows], pa.int64())
        named = {"native id": native, "title": title, "scan": scan, "index": pa.array(columns["index"], pa.int64())}
        for kind, names in named.items():
            self._names[kind].append(pc.if_else(pc.equal(names, ""), None, names) if kind in _TEXTS else names)
        problems = pa.array(columns["problem"], pa.string())
        if problems.null_count < n:
            self.problems |= {self.size + at: p for at, p in enumerate(problems.to_pylist()) if p}
        for column, (number, missing) in _KNOWN.items():
            given = columns.get(column)
            values = pa.nulls(n, pa.float64()) if given is None else pa.array(given, pa.float64())
            filled = np.asarray(pc.fill_null(values, missing), dtype=np.float64)
            self._known[column].append(filled.astype(number))
        self.size += n

    def _column(self, column: str) -> NDArray[Any]:
        parts = self._known[column]
        if len(parts) != 1:
            parts[:] = [np.concatenate([np.empty(0, _KNOWN[column][0]), *parts])]
        return parts[0]

    @property
    def precursor_mz(self) -> NDArray[np.float64]:
        """(M,) Th."""
        return self._column("precursor_mz")

    @property
    def charge(self) -> NDArray[np.int16]:
        """(M,)"""
        return self._column("spectrum_charge")

    @property
    def rt(self) -> NDArray[np.float64]:
        """(M,) seconds."""
        return self._column("rt")

    def places(self, kind: str, keys: pa.Array, first: int = 1) -> NDArray[np.int64]:
        """Places of spectra by names of a kind, ``SEVERAL`` where several have it, ``NOWHERE`` where none has.

        Args:
            keys: (n,) text, or whole numbers of ``scan``, ``index``, ``ORDINAL`` and ``COUNT``; null finds nothing.
            first: of ``COUNT``, what the first spectrum is counted as.
        """
        if kind == COUNT:
            at = np.asarray(pc.fill_null(keys, first - 1), dtype=np.int64) - first
            return np.where((at >= 0) & (at < self.size), at, NOWHERE)
        if kind == ORDINAL:
            kind, keys = "index", pc.subtract(keys, 1)
        names = pa.concat_arrays(self._names[kind]) if self._names[kind] else pa.nulls(0, keys.type)
        found = np.asarray(pc.fill_null(pc.index_in(keys, value_set=names, skip_nulls=True), NOWHERE), dtype=np.int64)
        if (found >= 0).any() and len(names) - names.null_count > pc.count_distinct(names, mode="only_valid").as_py():
            codes = np.asarray(pc.fill_null(names.dictionary_encode().indices, -1), dtype=np.int64)
            counts = np.bincount(codes[codes >= 0], minlength=1)
            twice = np.where(codes >= 0, counts[np.maximum(codes, 0)] > 1, False)
            found = np.where((found >= 0) & twice[np.maximum(found, 0)], SEVERAL, found)
        return found


def _scan(scan: int | None, native_id: str | None, title: str | None) -> int | None:
    if scan is None and native_id:
        scan = scan_in(native_id)
    return scan if scan is not None else scan_in(title or "")
