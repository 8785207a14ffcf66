"""Reads facts off an observed spectrum and a candidate's ions, without computing a loss."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.scaled import scaled
from peploss.kernels.cpu.sort import first_at_least
from peploss.kernels.jit import jit
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

SHIFT_DA = 0.5
SHIFT_PPM = 50.0
VOTE_STEP = 0.25  # of the width that the votes are smoothed with
PPM_WIDTH = 4.0
"""Spread in ppm over which m/z errors count as one, where the shift is sought in ppm."""
SAMPLE_GAP = 0.1  # Th: samples of one peak lie closer
FEWEST_SAMPLES = 4


class Agreement(NamedTuple):
    """How much of the intensity agrees on one shift, for each of C candidates.

    Args:
        shift: (C,) the shift on which most agree, 0 where nothing lies near.
        votes: (C,) how much does, in units of their own.
    """

    shift: F64
    votes: F64


def likeliest_shifts(
    ions: F64, weight: F64, mz: F64, intensity: F64, settings: LossSettings
) -> tuple[Agreement, Agreement]:
    """The shifts within 0.5 Da, and within 50 ppm, that most of the intensity agrees on.

    Each pair of an ion and a peak votes with its product of intensities for the difference of its m/z; votes are
    smoothed by the width of two rendered peaks. In the continuum the smoothed votes in Da are the cosine itself, up
    to a factor, so their top is the best shift; the loss is then taken there by the kernel. The best of so many shifts
    always gains something: what it gains for decoys, each at its own best shift, says what that is worth.

    Args:
        ions, weight: (C, F) m/z in Th and predicted intensity of each candidate.
        mz, intensity: (P,) peaks, ascending.
    """
    typical = settings.sigma_in_th(float(np.median(mz))) if mz.size else settings.sigma
    wide = float(np.sqrt(2.0)) * typical
    sides = np.array(ions), np.array(weight), np.array(mz), scaled(intensity)
    return (
        Agreement(*_agreements(*sides, SHIFT_DA, _votes_width(wide, SHIFT_DA), False)),
        Agreement(*_agreements(*sides, SHIFT_PPM, _votes_width(PPM_WIDTH, SHIFT_PPM), True)),
    )


def _votes_width(width: float, half: float) -> float:
    return min(max(width, half / 500), half / 2)


@jit
def _agreements(
    ions: F64, weight: F64, mz: F64, intensity: F64, half: float, width: float, ppm: bool
) -> tuple[F64, F64]:
    """(C,) likeliest shift within ``half``, and (C,) its smoothed votes."""
    step = VOTE_STEP * width
    n = math.ceil(half / step)
    reach = math.ceil(4.0 / VOTE_STEP)
    smoother = np.exp(-0.5 * (np.arange(-reach, reach + 1) * VOTE_STEP) ** 2)
    shifts, votes = np.zeros(len(ions)), np.zeros(len(ions))
    counts = np.zeros(2 * n + 1)
    for row in range(len(ions)):
        counts[:] = 0.0
        for f in range(ions.shape[1]):
            ion, height = ions[row, f], weight[row, f]
            if not (height > 0.0 and ion < np.inf):
                continue
            near = ion * half * 1.1e-6 if ppm else half
            i = first_at_least(mz, ion - near)
            while i < mz.size and mz[i] <= ion + near:
                at = (mz[i] - ion) / mz[i] * 1e6 if ppm else mz[i] - ion
                if abs(at) <= half:
                    counts[round(at / step) + n] += height * intensity[i]
                i += 1
        best = 0.0
        for k in range(2 * n + 1):
            smooth = 0.0
            for j in range(max(k - reach, 0), min(k + reach, 2 * n) + 1):
                smooth += counts[j] * smoother[j - k + reach]
            # Of equal tops the one nearest to no shift.
            nearer = abs((k - n) * step) < abs(shifts[row])
            if smooth > best * (1 + 1e-9) or (smooth >= best * (1 - 1e-9) and smooth > 0.0 and nearer):
                best = max(best, smooth)
                shifts[row] = (k - n) * step
        votes[row] = best
    return shifts, votes


def sampled_share(mz: F64, intensity: F64) -> float:
    """Share of the intensity in runs of at least four peaks no more than 0.1 Th apart that rise to one top and fall.

    Such a run is one peak in profile mode. Centroids of real ions lie farther apart.
    """
    total = float(intensity.sum())
    if mz.size < FEWEST_SAMPLES or not total > 0:
        return 0.0
    return float(_in_profile(mz, intensity)) / total


@jit
def _in_profile(mz: F64, intensity: F64) -> float:
    """Summed intensity of such runs."""
    found, first = 0.0, 0
    for last in range(mz.size):
        if last + 1 < mz.size and mz[last + 1] - mz[last] <= SAMPLE_GAP:
            continue
        n, first_of_next, whole, tops = last + 1 - first, last + 1, intensity[first], 0
        for i in range(first + 1, last + 1):
            whole += intensity[i]
            if i < last:
                tops += np.sign(intensity[i + 1] - intensity[i]) < np.sign(intensity[i] - intensity[i - 1])
        if n >= FEWEST_SAMPLES and tops and n / tops >= FEWEST_SAMPLES - 1:
            found += whole
        first = first_of_next
    return found
