"""What a file says around a fragment spectrum: the survey scan before it, the isolation window, the ion current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.spectra.record import looks_like_profile

F64 = NDArray[np.float64]

LOOK_BACK: Final = 256
"""Entries before a fragment spectrum among which its survey scan is looked for."""
MOST_POINTS: Final = 4000
"""Entries that are looked at for the ion current, evenly over the file."""


@dataclass(frozen=True, eq=False)
class Survey:
    """A survey scan (MS1).

    Attributes:
        mz, intensity: (P,) peaks in order of m/z; of profile data, the highest sample of each peak.
        native_id: as the file has it.
        rt: in seconds, None where it is not given.
        named: whether the fragment spectrum names it; otherwise it is the last one before it.
    """

    mz: F64
    intensity: F64
    native_id: str
    rt: float | None
    named: bool


@dataclass(frozen=True)
class Isolation:
    """The window that was isolated, in Th."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Context:
    """What lies around a fragment spectrum.

    Attributes:
        survey: None where there is none within ``LOOK_BACK`` entries.
        isolation: None where the file does not say.
    """

    survey: Survey | None
    isolation: Isolation | None


@dataclass(frozen=True, eq=False)
class IonCurrent:
    """The total ion current of survey scans.

    Attributes:
        rt: (N,) in seconds, ascending.
        current: (N,) as the file states it.
        n_looked_at: entries that were looked at; of a long file not every one.
    """

    rt: F64
    current: F64
    n_looked_at: int


def centroided(mz: F64, intensity: F64) -> tuple[F64, F64]:
    """Peaks by m/z; of a profile the highest sample of each peak, which says where it is to half a sample."""
    order = np.argsort(mz, kind="stable")
    mz, intensity = mz[order], intensity[order]
    if not looks_like_profile(mz, intensity):
        return mz, intensity
    top = np.zeros(mz.size, dtype=bool)
    top[1:-1] = (intensity[1:-1] >= intensity[:-2]) & (intensity[1:-1] > intensity[2:]) & (intensity[1:-1] > 0)
    return mz[top], intensity[top]
