"""Whether a PSM and the spectrum it is joined to speak of one precursor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from peploss.constants import ISOTOPE_SPACING, PROTON
from peploss.dataset.index.headers import Headers
from peploss.dataset.index.resolve import resolve
from peploss.dataset.tables.psm import Psm

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

Pair = tuple[Psm, Headers, int]


@dataclass
class Agreement:
    """How the PSMs of a table and the spectra of a file agree.

    Args:
        compared: PSMs of which both sides say something.
        examples: what disagrees, in words, the first three.
        said: the same of every PSM that disagrees, by its ``id``.
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
    def confirmed(self) -> bool:
        """Whether there is something to go by, and it agrees."""
        return self.compared > 0 and not self.by_peptide and not self.suspect


def agreement(pairs: Sequence[Pair], within_rt: float = _RT) -> Agreement:
    """Compare precursor m/z, else charge, and retention time of PSMs and spectra.

    Args:
        pairs: PSM, file and place of its spectrum.
    """
    found = Agreement(by_peptide=bool(pairs) and all(p.precursor_mz is None for p, *_ in pairs))
    unit = _unit(pairs)
    windows: dict[int, float] = {}
    for psm, file, at in pairs:
        if id(file) not in windows:
            windows[id(file)] = _half_window(file)
        said = _precursor(psm, file, at, windows[id(file)])
        if said is None and psm.precursor_mz is None and psm.charge and file.charge[at]:
            said = "" if psm.charge == file.charge[at] else f"charge {psm.charge} against {file.charge[at]}"
        if not said and unit and psm.rt is not None and not math.isnan(file.rt[at]):
            late = abs(psm.rt * unit - file.rt[at])
            said = said or (f"{psm.rt * unit:.0f} s against {file.rt[at]:.0f} s" if late > within_rt else "")
        if said is None:
            continue
        found.compared += 1
        if said:
            found.disagreeing += 1
            found.said[id(psm)] = said
            if len(found.examples) < 3:
                found.examples.append(f"line {psm.line}: {said}")
    return found


def counted(pairs_of: Sequence[Sequence[Pair]]) -> int | None:
    """Which way of counting fits, of several: the first whose retention times and windows agree, None if none does."""
    for at, pairs in enumerate(pairs_of):
        timed = any(p.rt is not None and not math.isnan(f.rt[i]) for p, f, i in pairs)
        found = agreement(pairs, _COUNTED_RT)
        if timed and found.disagreeing <= ALLOWED * found.compared:
            return at
    return None


def _unit(pairs: Sequence[Pair]) -> float:
    """Seconds in a unit of the tables' retention times: 1 or 60, by which the spectra's are nearer; 0 without any."""
    times = [(p.rt, f.rt[at]) for p, f, at in pairs if p.rt is not None and not math.isnan(f.rt[at])]
    if not times:
        return 0.0
    told, known = np.array(times[:2000]).T
    return min((1.0, 60.0), key=lambda unit: float(np.median(np.abs(told * unit - known))))


def _precursor(psm: Psm, file: Headers, at: int, window: float) -> str | None:
    """How the m/z disagree, ``""`` where they agree, None where one is not known."""
    observed = file.precursor_mz[at]
    charge = psm.charge or file.charge[at] or 0
    if math.isnan(observed):
        return None
    if psm.precursor_mz is not None and _near(psm.precursor_mz, observed, charge, window):
        return ""
    peptide = resolve(psm.peptide) if charge else ""  # what was found may fit where the table's own number does not
    of_peptide = None if isinstance(peptide, str) else peptide.mass / charge + PROTON
    if of_peptide is not None and _near(of_peptide, observed, charge, window):
        return ""
    mz = of_peptide if psm.precursor_mz is None else psm.precursor_mz
    return None if mz is None else f"m/z {mz:.2f} against {observed:.2f}"


def _near(mz: float, observed: float, charge: int, window: float) -> bool:
    off = abs(mz - observed) * (charge or 1)
    isotopes = any(abs(off - k * ISOTOPE_SPACING) <= _NEAR for k in _ISOTOPES)
    return off <= _ISOTOPE or abs(mz - observed) <= window or isotopes


def _half_window(file: Headers) -> float:
    """Half of the isolation window of a file whose spectra share few precursors (DIA), 0 of any other."""
    known = np.array(file.precursor_mz, dtype=float)
    known = known[np.isfinite(known)]
    centres = np.unique(known.round(1))
    if known.size < 6 or centres.size > known.size / 3 or centres.size < 2:
        return 0.0
    return float(min(np.diff(centres).max() / 2 + 1.0, _WIDEST))
