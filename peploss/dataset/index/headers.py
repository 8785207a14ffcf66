"""Names and precursors of the spectra of one file, for looking up."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

from peploss.dataset.index.keys import scan_in

KINDS: Final = ("native id", "title", "scan", "index")
"""What can join, in the order they are tried: of those that join most, the first counts."""
ORDINAL, COUNT = "place in the file", "ms2 count"
"""What a number may be that is no scan: Comet counts the spectra of an MGF from 1, DIA-NN those with fragments."""

NAMES: Final = ["index", "scan", "native_id", "title", "problem", "precursor_mz", "spectrum_charge", "rt"]
"""Columns of a part that joining needs."""


@dataclass
class Headers:
    """Names of the spectra of one file, for looking up; M spectra.

    Args:
        name: of the file.
        by: for each kind, key -> place among the M, -1 where several have it.
        problems: place -> why it cannot be used.
        precursor_mz, charge, rt: (M,) of each; NaN, or 0 for the charge, where it is not known.
    """

    name: str
    by: dict[str, dict[str | int, int]] = field(default_factory=lambda: {k: {} for k in KINDS})
    problems: dict[int, str] = field(default_factory=dict)
    size: int = 0
    precursor_mz: array[float] = field(default_factory=lambda: array("d"))
    charge: array[int] = field(default_factory=lambda: array("h"))
    rt: array[float] = field(default_factory=lambda: array("d"))

    def add(self, columns: dict[str, list[Any]]) -> None:
        """More spectra, as columns of a part; precursors may be missing."""
        rows = zip(*(columns[n] for n in ("index", "scan", "native_id", "title", "problem")), strict=True)
        for at, (index, scan, native_id, title, problem) in enumerate(rows, start=self.size):
            scan = scan if scan is not None else scan_in(native_id or "") if native_id else scan
            scan = scan if scan is not None else scan_in(title or "")
            for kind, key in (("native id", native_id), ("title", title), ("scan", scan), ("index", index)):
                if key not in (None, ""):
                    self.by[kind][key] = -1 if key in self.by[kind] else at
            if problem:
                self.problems[at] = problem
        n = len(columns["index"])
        nothing: Sequence[Any] = list(repeat(None, n))
        self.precursor_mz.extend(float("nan") if v is None else v for v in columns.get("precursor_mz", nothing))
        self.charge.extend(v or 0 for v in columns.get("spectrum_charge", nothing))
        self.rt.extend(float("nan") if v is None else v for v in columns.get("rt", nothing))
        self.size += n

    def place(self, kind: str, key: str | int | None, first: int = 1) -> int | None:
        """The place of a spectrum by a name of a kind; -1 where several have it, None where none has.

        Args:
            first: of ``COUNT``, what the first spectrum is counted as.
        """
        if key is None:
            return None
        if kind == ORDINAL:
            return self.by["index"].get(int(key) - 1)
        if kind == COUNT:
            place = int(key) - first
            return place if 0 <= place < self.size else None
        return self.by[kind].get(key)
