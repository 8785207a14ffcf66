"""Explained intensity: the share of the observed intensity that lies in matched peaks.

One definition for the page (one PSM), for scores (many PSMs) and for the facts about causes (one spectrum, many
candidates). Peaks and fragments out of the grid's m/z range are no part of it, nor of the whole it is a share of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm import matching
from peploss.analysis.one_psm.grid_effects import in_range
from peploss.analysis.scaled import scaled
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Side = tuple[F64, F64]
Ragged = tuple[F64, F64, I64]


def on_grid(side: Side, settings: LossSettings) -> Side:
    """The same side with no height where it lies out of the grid's m/z range, or at infinite m/z: no ion at all."""
    mz, height = side
    return mz, np.where(in_range(mz, settings), height, 0.0)


def explained_share(intensity: F64, matched: Bools) -> float:
    """Share of the intensity in matched peaks; 0 of nothing.

    Args:
        intensity: (P,) 0 for a peak out of the grid's range.
        matched: (P,) whether a peak has a fragment.
    """
    part = scaled(intensity)
    total = float(part.sum())
    return float(part[matched].sum()) / total if total > 0 else 0.0


def explained_by_row(predicted: Ragged, observed: Ragged, settings: LossSettings) -> tuple[F64, I64]:
    """(B,) explained share, and (B,) matched peaks, of B PSMs.

    Args:
        predicted: fragments; one at infinite m/z is none.
        observed: peaks.
    """
    out, matched = np.empty(observed[2].size - 1), np.empty(observed[2].size - 1, np.int64)
    matching.explained_by_row(
        *on_grid(predicted[:2], settings), predicted[2], *on_grid(observed[:2], settings), observed[2],
        settings.sigma, settings.sigma_unit == "ppm", matching.REACH_OF_A_MATCH, out, matched,
    )  # fmt: skip
    return out, matched


def matched_by_candidate(ions: F64, weight: F64, peaks: Side, settings: LossSettings) -> Bools:
    """(C, P) which peaks of one spectrum each candidate matches.

    Args:
        ions, weight: (C, F) m/z in Th, infinite where there is none, and predicted intensity.
        peaks: as ``on_grid`` gives them.
    """
    out = np.empty((len(ions), peaks[0].size), dtype=bool)
    ions, weight = (np.ascontiguousarray(side) for side in on_grid((ions, weight), settings))
    matching.matched_by_row(
        ions, weight, np.array(peaks[0]), peaks[1],  # a spectrum's own arrays cannot be written
        settings.sigma, settings.sigma_unit == "ppm", matching.REACH_OF_A_MATCH, out,
    )  # fmt: skip
    return out
