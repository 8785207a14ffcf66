"""Holds many spectra of a file as columns, the form that an index stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.spectra.record import NO_CHARGE, NO_PRECURSOR, Record
from peploss.spectra.spectrum import Spectrum

PEAKS: Final = 1 << 18
"""A batch is full after this many peaks, 4 MB."""


@dataclass
class Batch:
    """Consecutive entries of a file; survey scans are left out.

    One value an entry; M entries. What cannot be used has its reason in ``problem``, a name and no peaks.

    Args:
        index: 0-based place in the file.
        scan, native_id, title, precursor_mz, precursor_charge, rt, peptide: as in ``Spectrum``; None where there is
            a problem, names excepted.
        n_peaks: how many of ``mz`` and ``intensity`` are its.
        problem: why it cannot be used; None when it can.
        notes: what a reader had to assume or leave out, in sentences; None where that is nothing.
        unread: why the peptide that stands there is not ``peptide``; None where none does.
        mz, intensity: peaks of all entries, float64, in any number of pieces.
    """

    index: list[int] = field(default_factory=list)
    scan: list[int | None] = field(default_factory=list)
    native_id: list[str] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    precursor_mz: list[float | None] = field(default_factory=list)
    precursor_charge: list[int | None] = field(default_factory=list)
    rt: list[float | None] = field(default_factory=list)
    peptide: list[str | None] = field(default_factory=list)
    n_peaks: list[int] = field(default_factory=list)
    problem: list[str | None] = field(default_factory=list)
    notes: list[str | None] = field(default_factory=list)
    unread: list[str | None] = field(default_factory=list)
    mz: list[NDArray[np.float64]] = field(default_factory=list)
    intensity: list[NDArray[np.float64]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.index)

    def add(self, index: int, entry: Spectrum | Record, n_peaks: int, unread: str | None = None) -> None:
        """The names and numbers of a usable entry; its peaks are the caller's to add."""
        self.index.append(index)
        self.scan.append(entry.scan)
        self.native_id.append(entry.native_id)
        self.title.append(entry.title)
        self.precursor_mz.append(entry.precursor_mz)
        self.precursor_charge.append(entry.precursor_charge)
        self.rt.append(entry.rt)
        self.peptide.append(entry.peptide)
        self.n_peaks.append(n_peaks)
        self.problem.append(None)
        self.unread.append(unread)
        said = [note for note in dict.fromkeys(entry.notes) if note not in (NO_CHARGE, NO_PRECURSOR)]  # a null says so
        self.notes.append(" ".join(said) or None)

    def add_problem(self, index: int, name: str, problem: str) -> None:
        """An entry that cannot be used."""
        self.add(index, Record(title=name, native_id=name), 0)
        self.problem[-1] = problem


def usable(records: Sequence[Record]) -> list[bool]:
    """Which plain records need no further check: sorted, nothing negative, infinite or at m/z 0, not all intensities 0.

    Args:
        records: M of ``Record.plain``, so that none is empty.
    """
    if not records:
        return []
    mz = np.concatenate([record.mz for record in records])
    intensity = np.concatenate([record.intensity for record in records])
    starts = np.cumsum([0, *(record.mz.size for record in records[:-1])])
    good = (np.maximum.reduceat(intensity, starts) > 0) & (np.minimum.reduceat(mz, starts) > 0)
    good &= (np.minimum.reduceat(intensity, starts) >= 0) & (np.maximum.reduceat(mz, starts) < np.inf)
    good &= np.maximum.reduceat(intensity, starts) < np.inf  # NaN is passed on by all of these, and none holds for it
    down = np.flatnonzero(mz[1:] < mz[:-1]) + 1
    down = down[~np.isin(down, starts)]  # a spectrum may start below the end of the one before
    good[np.searchsorted(starts, down, side="right") - 1] = False
    return good.tolist()
