"""Whether a PSM and the spectrum it is joined to speak of one precursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import ISOTOPE_SPACING, PROTON
from peploss.dataset.index.headers import Headers
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.masses import neutral_masses

ALLOWED: Final = 0.05
"""Share of a file's PSMs that may disagree with their spectra."""
LEAST: Final = 2
"""PSMs there must be to call a join suspect; a single one that disagrees is marked."""
_BY_PEPTIDE: Final = 0.8, 5
"""Where a table gives no m/z and the peptides' own masses are compared: the share, and how many PSMs there must be.
Peptides may lack modifications, and predictions are often wrong."""
_ISOTOPE: Final = 1.1  # Da, an isotope and what instruments are off
_ISOTOPES: Final = (2, 3)
_NEAR: Final = 0.1
_RT: Final = 120.0  # seconds by which an apex may lie from a scan
_COUNTED_RT: Final = 3.0  # seconds, where the retention time decides which spectrum is meant
_WIDEST: Final = 25.0  # Th, half of the widest isolation window there is in use


@dataclass(frozen=True)
class Pairs:
    """PSMs and the spectra of one file that they are held against.

    Args:
        psms: all of a table.
        rows: (n,) which of them.
        file: of the spectra.
        places: (n,) of the spectra.
    """

    psms: PsmColumns
    rows: NDArray[np.int64]
    file: Headers
    places: NDArray[np.int64]


@dataclass
class Agreement:
    """How the PSMs of a table and the spectra of a file agree.

    Args:
        compared: PSMs of which both sides say something.
        examples: what disagrees, in words, the first three.
        said: the same of every PSM that disagrees, by its row.
        by_peptide: whether only the peptides' own masses could be compared.
    """

    compared: int = 0
    disagreeing: int = 0
    examples: list[str] = field(default_factory=list)
    by_peptide: bool = False
    said: dict[int, str] = field(default_factory=dict)

    @property
    def suspect(self) -> bool:
        """Whether more of them disagree than may."""
        share, least = _BY_PEPTIDE if self.by_peptide else (ALLOWED, LEAST)
        return self.compared >= least and self.disagreeing > share * self.compared

    @property
    def mostly(self) -> bool:
        """Whether nearly all of them disagree, however few there are."""
        return self.disagreeing > _BY_PEPTIDE[0] * self.compared

    @property
    def confirmed(self) -> bool:
        """Whether there is something to go by, and it agrees."""
        return self.compared > 0 and not self.by_peptide and not self.suspect


def agreement(pairs: Sequence[Pairs], within_rt: float = _RT) -> Agreement:
    """Compare precursor m/z, else charge, and retention time of PSMs and spectra of one or several files."""
    unit = _unit(pairs)
    there = [p for p in pairs if p.rows.size]
    found = Agreement(by_peptide=bool(there) and all(np.isnan(p.psms.precursor_mz[p.rows]).all() for p in there))
    said: list[tuple[int, str]] = []
    for p in there:
        compared, different = _compared(p, unit, within_rt)
        found.compared += int(compared.sum())
        found.disagreeing += different.size
        said += [(int(p.rows[i]), text) for i, text in zip(different.tolist(), _words(p, different, unit), strict=True)]
    found.said = dict(sorted(said))
    found.examples = [f"line {there[0].psms.line[row]}: {text}" for row, text in list(found.said.items())[:3]]
    return found


def _compared(p: Pairs, unit: float, within_rt: float) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which pairs can be compared, and the places among them of those that disagree."""
    mz, observed, charge = p.psms.precursor_mz[p.rows], p.file.precursor_mz[p.places], _charges(p)
    window = _half_window(p.file)
    near = _near(mz, observed, charge, window)
    unsure = np.flatnonzero(~near & ~np.isnan(observed) & (charge > 0))
    of_peptide = np.full(p.rows.size, np.nan)  # what was found may fit where the table's own number does not
    of_peptide[unsure] = _peptide_mz(p.psms, p.rows[unsure], charge[unsure])
    near |= _near(of_peptide, observed, charge, window)
    compared = near | (~np.isnan(observed) & ~(np.isnan(mz) & np.isnan(of_peptide)))
    wrong = compared & ~near
    told, known = p.psms.charge[p.rows], p.file.charge[p.places]
    by_charge = ~compared & np.isnan(mz) & (told > 0) & (known > 0)
    compared |= by_charge
    wrong |= by_charge & (told != known)
    if unit:
        late = np.abs(p.psms.rt[p.rows] * unit - p.file.rt[p.places])
        compared |= ~np.isnan(late) & (late > within_rt)
        wrong |= late > within_rt
    return compared, np.flatnonzero(wrong)


def _words(p: Pairs, different: NDArray[np.int64], unit: float) -> list[str]:
    """How some pairs disagree."""
    some = Pairs(p.psms, p.rows[different], p.file, p.places[different])
    mz, observed, charge = p.psms.precursor_mz[some.rows], p.file.precursor_mz[some.places], _charges(some)
    of_peptide = _peptide_mz(p.psms, some.rows, charge)
    window = _half_window(p.file)
    by_mz = ~np.isnan(observed) & ~_near(mz, observed, charge, window) & ~_near(of_peptide, observed, charge, window)
    stated = np.where(np.isnan(mz), of_peptide, mz)
    by_mz &= ~np.isnan(stated)
    told, known = p.psms.charge[some.rows], p.file.charge[some.places]
    out = []
    for i in range(different.size):
        if by_mz[i]:
            out.append(f"m/z {stated[i]:.2f} against {observed[i]:.2f}")
        elif np.isnan(mz[i]) and told[i] and known[i] and told[i] != known[i]:
            out.append(f"charge {told[i]} against {known[i]}")
        else:
            out.append(f"{p.psms.rt[some.rows[i]] * unit:.0f} s against {p.file.rt[some.places[i]]:.0f} s")
    return out


def _charges(p: Pairs) -> NDArray[np.int64]:
    told = p.psms.charge[p.rows].astype(np.int64)
    return np.where(told > 0, told, p.file.charge[p.places])


def _peptide_mz(psms: PsmColumns, rows: NDArray[np.int64], charge: NDArray[np.int64]) -> NDArray[np.float64]:
    """m/z of peptides, each distinct one read once; NaN where it cannot be used or no charge is known."""
    kinds, place = np.unique(psms.peptide.codes[rows], return_inverse=True)
    masses = neutral_masses([psms.peptide.values[k] for k in kinds.tolist()])[place] if rows.size else np.empty(0)
    return np.where(charge > 0, masses / np.maximum(charge, 1) + PROTON, np.nan)


def counted(pairs_of: Sequence[Sequence[Pairs]]) -> int | None:
    """Which way of counting fits, of several: the first whose retention times and windows agree, None if none does."""
    for at, pairs in enumerate(pairs_of):
        timed = any((~np.isnan(p.psms.rt[p.rows]) & ~np.isnan(p.file.rt[p.places])).any() for p in pairs)
        found = agreement(pairs, _COUNTED_RT)
        if timed and found.disagreeing <= ALLOWED * found.compared:
            return at
    return None


def _unit(pairs: Sequence[Pairs]) -> float:
    """Seconds in a unit of the tables' retention times: 1 or 60, by which the spectra's are nearer; 0 without any."""
    if not pairs:
        return 0.0
    told = np.concatenate([p.psms.rt[p.rows] for p in pairs])
    known = np.concatenate([p.file.rt[p.places] for p in pairs])
    both = np.flatnonzero(~np.isnan(told) & ~np.isnan(known))[:2000]
    if not both.size:
        return 0.0
    return min((1.0, 60.0), key=lambda unit: float(np.median(np.abs(told[both] * unit - known[both]))))


def _near(
    mz: NDArray[np.float64], observed: NDArray[np.float64], charge: NDArray[np.int64], window: float
) -> NDArray[np.bool_]:
    apart = np.abs(mz - observed)
    off = apart * np.maximum(charge, 1)
    near = (off <= _ISOTOPE) | (apart <= window)
    for k in _ISOTOPES:
        near |= np.abs(off - k * ISOTOPE_SPACING) <= _NEAR
    return near


def _half_window(file: Headers) -> float:
    """Half of the isolation window of a file whose spectra share few precursors (DIA), 0 of any other."""
    known = file.precursor_mz[np.isfinite(file.precursor_mz)]
    centres = np.unique(known.round(1))
    if known.size < 6 or centres.size > known.size / 3 or centres.size < 2:
        return 0.0
    return float(min(np.diff(centres).max() / 2 + 1.0, _WIDEST))
