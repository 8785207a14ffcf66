"""Many PSMs as columns: what a million of them take is a quarter of a gigabyte, and each is still there as a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peploss.dataset.tables.psm import KEYS, Psm

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

NONE: Final = np.iinfo(np.int64).min
"""A whole number that is not there."""
NUMBERS: Final = ("precursor_mz", "rt", "score", "q_value", "mass", "mass_shift", "mass_difference")
CODED: Final = ("peptide", "run", "label", "protein", "truth")
SCORES: Final = pa.list_(pa.float32())
"""The kind of a column of lists of probabilities."""


@dataclass
class Coded:
    """(N,) texts of few kinds.

    Args:
        codes: (N,) places in ``values``.
        values: each text, once or more often.
    """

    codes: I32
    values: list[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Coded:
        """Of texts."""
        known: dict[str, int] = {}
        codes = np.array([known.setdefault(t, len(known)) for t in texts], dtype=np.int32)
        return cls(codes, list(known))

    @classmethod
    def joined(cls, parts: Sequence[Coded]) -> Coded:
        """One after the other."""
        known: dict[str, int] = {}
        codes = [np.empty(0, dtype=np.int32)]
        for part in parts:
            new = np.array([known.setdefault(v, len(known)) for v in part.values], dtype=np.int32)
            codes.append(new[part.codes] if part.codes.size else part.codes)
        return cls(np.concatenate(codes), list(known))

    def __getitem__(self, at: int) -> str:
        return self.values[self.codes[at]]

    def take(self, rows: I64) -> Coded:
        """Some of them."""
        return Coded(self.codes[rows], self.values)

    def map(self, of: Callable[[str], str]) -> None:
        """Replace each kind of text by another."""
        self.values = [of(v) for v in self.values]


@dataclass(eq=False)
class PsmColumns(Sequence[Psm]):
    """N PSMs; as a sequence, each as a row that is made when it is asked for.

    Args:
        line: (N,) place in the table.
        peptide, run, label, protein, truth: as ``Psm`` has them.
        spectrum, native_id, title: (N,) text; the latter two null where the table does not name them.
        charge: (N,) 0 where there is none.
        rank, scan, place, nth: (N,) ``NONE`` where there is none.
        precursor_mz, rt, score, q_value, mass, mass_shift, mass_difference: (N,) NaN where there is none.
        token_scores: (N,) lists of probabilities; null where there are none.
        notes: of the rows that have some.
    """

    line: I64
    peptide: Coded
    run: Coded
    label: Coded
    protein: Coded
    truth: Coded
    spectrum: pa.Array
    native_id: pa.Array
    title: pa.Array
    charge: NDArray[np.int16]
    rank: I64
    scan: I64
    place: I64
    nth: I64
    precursor_mz: F64
    rt: F64
    score: F64
    q_value: F64
    mass: F64
    mass_shift: F64
    mass_difference: F64
    token_scores: pa.Array
    notes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, psms: Sequence[Psm]) -> PsmColumns:
        """Rows as columns; columns stay as they are."""
        if isinstance(psms, PsmColumns):
            return psms
        keys = [_keys(p) for p in psms]
        several: dict[str, Any] = {name: Coded.of(getattr(p, name) for p in psms) for name in CODED}
        several |= {c: np.array([k.get(key, NONE) for k in keys], dtype=np.int64) for key, c in KEYS.items()}
        several |= {n: np.array([getattr(p, n) for p in psms], dtype=np.float64) for n in NUMBERS}
        return cls(
            line=np.array([p.line for p in psms], dtype=np.int64),
            spectrum=pa.array([p.spectrum for p in psms], pa.string()),
            native_id=pa.array([k.get("native id") for k in keys], pa.string()),
            title=pa.array([k.get("title") for k in keys], pa.string()),
            charge=np.array([p.charge or 0 for p in psms], dtype=np.int16),
            rank=np.array([NONE if p.rank is None else p.rank for p in psms], dtype=np.int64),
            token_scores=pa.array([p.token_scores or None for p in psms], SCORES),
            notes={i: p.notes for i, p in enumerate(psms) if p.notes},
            **several,
        )

    @classmethod
    def joined(cls, parts: Sequence[PsmColumns]) -> PsmColumns:
        """One after the other."""
        found: dict[str, Any] = {}
        starts = np.cumsum([0, *(len(p) for p in parts)]).tolist()
        shared: dict[tuple[int, ...], pa.Array] = {}
        found["notes"] = {s + i: n for s, p in zip(starts, parts, strict=False) for i, n in p.notes.items()}
        for each in fields(cls):
            if each.name == "notes":
                continue
            own = [getattr(p, each.name) for p in parts]
            if isinstance(own[0], Coded):
                found[each.name] = Coded.joined(own)
            elif isinstance(own[0], pa.Array):
                same = tuple(map(id, own))  # a name that is several kinds of name is kept once
                if same not in shared:
                    shared[same] = pa.concat_arrays(own)
                found[each.name] = shared[same]
            else:
                found[each.name] = np.concatenate(own)
        return cls(**found)

    def __len__(self) -> int:
        return int(self.line.size)

    @overload
    def __getitem__(self, at: int) -> Psm: ...
    @overload
    def __getitem__(self, at: slice) -> list[Psm]: ...
    def __getitem__(self, at: int | slice) -> Psm | list[Psm]:
        """A row, made anew: changing it changes nothing here."""
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        keys: dict[str, str | int] = {}
        for kind, names in (("native id", self.native_id), ("title", self.title)):
            if (name := names[at].as_py()) is not None:
                keys[kind] = name
        for kind, column in KEYS.items():
            if (value := int(getattr(self, column)[at])) != NONE:
                keys[kind] = value
        rank = int(self.rank[at])
        numbers = {name: float(getattr(self, name)[at]) for name in NUMBERS}
        return Psm(
            line=int(self.line[at]),
            **{name: getattr(self, name)[at] for name in CODED},
            spectrum=self.spectrum[at].as_py(),
            charge=int(self.charge[at]) or None,
            rank=None if rank == NONE else rank,
            **{name: None if np.isnan(value) else value for name, value in numbers.items()},  # type: ignore[arg-type]
            keys=keys,
            token_scores=tuple(self.token_scores[at].as_py() or ()),
            notes=self.notes.get(at, ""),
        )

    def __iter__(self) -> Iterator[Psm]:
        return (self[i] for i in range(len(self)))

    def add_note(self, at: int, note: str) -> None:
        """Add a sentence to the notes of a row, once."""
        there = self.notes.get(at, "")
        if note not in there:
            self.notes[at] = f"{there} {note}".strip()


def _keys(psm: Psm) -> dict[str, Any]:
    """Names of a spectrum, a number where one is expected; what is none is another name of it."""
    keys: dict[str, Any] = dict(psm.keys)
    for kind in KEYS:
        value = keys.get(kind)
        if isinstance(value, str):
            del keys[kind]
            if value.strip().lstrip("+-").isdigit():
                keys[kind] = int(value)
            else:
                keys.setdefault("native id", value)
                keys.setdefault("title", value)
    return keys
