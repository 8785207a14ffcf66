"""Reads what lies around a fragment spectrum of mzML or mzXML: survey scan, isolation window, total ion current."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from peploss.errors import SpectrumError
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.record import Record
from peploss.spectra.survey import LOOK_BACK, MOST_POINTS, IonCurrent, Survey, centroided

HEAD: Final = 6000
"""Bytes at the start of an entry in which its level, time and ion current stand."""
Level = Callable[[bytes], int | None]
Place = tuple[int, int]
"""Where an entry starts, and ends at the latest."""


def survey_place(places: list[Place], index: int, source: ByteSource, level: Level) -> int | None:
    """The last survey scan before an entry; None where there is none within ``LOOK_BACK`` entries."""
    for at in range(index - 1, max(index - LOOK_BACK, 0) - 1, -1):
        offset, bound = places[at]
        if level(source.read_at(offset, min(HEAD, bound - offset))) == 1:
            return at
    return None


def survey_of(
    record: Record, values: dict[str, Any], fill: Callable[[Record, dict[str, Any]], None], named: bool
) -> Survey:
    """A survey scan from what was parsed of it.

    Args:
        record: empty but for its native id.
        fill: copies the values into it.
    Raises:
        SpectrumError: its peaks cannot be read.
    """
    fill(record, values)
    wrong = record.problem or (None if record.mz.shape == record.intensity.shape else "its arrays differ in length")
    good = np.isfinite(record.mz) & np.isfinite(record.intensity) if not wrong else np.empty(0, dtype=bool)
    if wrong or not (record.mz[good] > 0).all():
        raise SpectrumError(
            f"The survey scan cannot be read: {wrong or 'an m/z is not positive'}.", where=record.native_id
        )
    mz, intensity = centroided(record.mz[good], np.maximum(record.intensity[good], 0.0))
    return Survey(mz, intensity, record.native_id, record.rt, named)


def ion_current(
    places: list[Place], source: ByteSource, level: Level, stated: Callable[[bytes], tuple[float, float] | None]
) -> IonCurrent | None:
    """The total ion current of survey scans, of at most ``MOST_POINTS`` entries; None where no scan states one.

    Args:
        stated: time in seconds and ion current in the head of an entry.
    """
    looked = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST_POINTS)).astype(int)).tolist()
    found = []
    for at in looked:
        offset, bound = places[at]
        head = source.read_at(offset, min(HEAD, bound - offset))
        if level(head) == 1 and (one := stated(head)) is not None:
            found.append(one)
    if not found:
        return None
    points = np.array(sorted(found), dtype=np.float64)
    return IonCurrent(points[:, 0], points[:, 1], len(looked))
