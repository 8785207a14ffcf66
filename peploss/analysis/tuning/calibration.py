"""Measures mass errors of matched fragments over a set, and the sigma they suggest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.matching import REACH_OF_A_MATCH, match
from peploss.analysis.tuning.psm_set import Psm, observed, predicted
from peploss.errors import ArgumentError
from peploss.kernels import SigmaUnit
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

WINDOW = 0.5
"""Largest distance in Th at which a fragment is looked for: wide enough for an ion trap."""
MAD_TO_SIGMA = 1.482602218505602
"""Median absolute deviation of a normal distribution -> its standard deviation, 1 / 0.6744897501960817."""
KEEP = 4.0
"""Errors farther than this many spreads from the offset count as chance matches and are left out."""
FEWEST = 20


@dataclass(frozen=True)
class Spread:
    """Where the errors lie, in one unit.

    Attributes:
        unit: ``"Da"`` or ``"ppm"``.
        offset: median of the errors that were kept.
        sigma: 1.4826 times the median absolute deviation from it: the standard deviation, if they are normal.
        n: number of errors kept.
        low, high: the window they were kept in.
    """

    unit: SigmaUnit
    offset: float
    sigma: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Mass errors of M matched fragments.

    Attributes:
        error_da, error_ppm: (M,) observed minus predicted m/z, in Th and over the predicted m/z in ppm.
        mz: (M,) observed m/z.
        intensity: (M,) observed intensity over its spectrum's highest.
        group: (M,) group of the PSM.
        n_spectra: spectra looked at.
        da, ppm: spread in both units; None where fewer than 20 fragments are matched.
        unit: the one in which the spread is more alike at low and at high m/z; None likewise.
    """

    error_da: F64
    error_ppm: F64
    mz: F64
    intensity: F64
    group: NDArray[np.str_]
    n_spectra: int
    da: Spread | None
    ppm: Spread | None
    unit: SigmaUnit | None

    @property
    def spread(self) -> Spread | None:
        """The spread in ``unit``."""
        return {"Da": self.da, "ppm": self.ppm, None: None}[self.unit]

    @property
    def suggested_sigma(self) -> float | None:
        """Sigma in ``unit`` that the errors suggest: their own spread. At it, errors leave ``overlap_kept`` of 0.82."""
        spread = self.spread
        return None if spread is None or spread.sigma == 0 else spread.sigma

    def overlap_kept(self, sigma: float, unit: SigmaUnit) -> float | None:
        """Mean overlap of a matched pair at ``sigma``, over that of a pair without error; offset included.

        Two peaks of width sigma overlap as ``exp(-e^2 / 4 sigma^2)``; taken over the errors that were kept.
        """
        spread = self.da if unit == "Da" else self.ppm
        if spread is None:
            return None
        error = self.error_da if unit == "Da" else self.error_ppm
        kept = error[(error >= spread.low) & (error <= spread.high)]
        return float(np.exp(-(kept**2) / (4 * sigma * sigma)).mean())

    def of_group(self, group: str) -> Calibration:
        """The same of one group's fragments; ``n_spectra`` stays that of the set."""
        own = self.group == group
        return _summed(self.error_da[own], self.error_ppm[own], self.mz[own], self.intensity[own], self.group[own],
                       self.n_spectra)  # fmt: skip

    def histogram(self, unit: SigmaUnit, bins: int = 81) -> tuple[F64, NDArray[np.int64]]:
        """Edges (bins + 1,) and counts (bins,) over the window of the spread doubled; all errors without a spread."""
        error, spread = (self.error_da, self.da) if unit == "Da" else (self.error_ppm, self.ppm)
        reach = None
        if spread is not None and spread.high > spread.low:
            half = spread.high - spread.offset
            reach = (spread.offset - 2 * half, spread.offset + 2 * half)
        counts, edges = np.histogram(error, bins=bins, range=reach)
        return edges, counts


def calibrate(psms: Sequence[Psm], settings: LossSettings, *, window: float = WINDOW) -> Calibration:
    """Mass errors of fragments and their peaks: mutual nearest pairs within ``window``.

    Fragments and peaks are those of the settings; sigma plays no part. Chance matches lie anywhere in the window,
    true ones together, so the spread is found by narrowing the window down to 4 spreads around the median until
    it no longer moves.

    Args:
        window: in Th, positive.
    Raises:
        ArgumentError: window is not positive and finite.
    """
    if not 0 < window < math.inf:
        raise ArgumentError(f"window must be positive and finite, not {window!r}.")
    wide = settings.replace(sigma=window / REACH_OF_A_MATCH, sigma_unit="Da")
    da, ppm, mz, intensity, group = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)], [np.zeros(0)], []
    for psm in psms:
        pred, obs = predicted(psm, settings), observed(psm, settings)
        found = match(*pred, *obs, wide)
        da.append(found.error_da)
        ppm.append(found.error_ppm)
        mz.append(obs[0][found.peak])
        intensity.append(obs[1][found.peak] / max(float(obs[1].max(initial=0.0)), np.finfo(float).tiny))
        group.extend([psm.group] * len(found))
    return _summed(
        np.concatenate(da), np.concatenate(ppm), np.concatenate(mz), np.concatenate(intensity),
        np.array(group, dtype=np.str_), len(psms),
    )  # fmt: skip


def _summed(da: F64, ppm: F64, mz: F64, intensity: F64, group: NDArray[np.str_], n_spectra: int) -> Calibration:
    in_da, in_ppm = robust_spread(da, "Da"), robust_spread(ppm, "ppm")
    return Calibration(
        error_da=da,
        error_ppm=ppm,
        mz=mz,
        intensity=intensity,
        group=group,
        n_spectra=n_spectra,
        da=in_da,
        ppm=in_ppm,
        unit=None if in_da is None or in_ppm is None else _steadier(da, ppm, mz, in_da, in_ppm),
    )


def robust_spread(error: F64, unit: SigmaUnit) -> Spread | None:
    """Median and MAD-based sigma of what lies together among errors that are partly chance; None of too few.

    >>> rng = np.random.default_rng(0)
    >>> errors = np.concatenate([rng.normal(0.01, 0.02, 900), rng.uniform(-0.5, 0.5, 300)])
    >>> spread = robust_spread(errors, "Da")
    >>> round(spread.offset, 2), round(spread.sigma, 2)
    (0.01, 0.02)
    """
    if error.size < FEWEST:
        return None
    low, high = float(error.min()), float(error.max())
    for _ in range(100):
        kept = error[(error >= low) & (error <= high)]
        offset = float(np.median(kept))
        sigma = MAD_TO_SIGMA * float(np.median(np.abs(kept - offset)))
        window = max(low, offset - KEEP * sigma), min(high, offset + KEEP * sigma)
        if sigma == 0 or window == (low, high):
            break
        low, high = window
    return Spread(unit=unit, offset=offset, sigma=sigma, n=int(kept.size), low=low, high=high)


def _steadier(da: F64, ppm: F64, mz: F64, in_da: Spread, in_ppm: Spread) -> SigmaUnit:
    """The unit in which the spread below and above the median m/z differs by the smaller factor."""
    factors = []
    for error, spread in ((da, in_da), (ppm, in_ppm)):
        near = (error >= spread.low) & (error <= spread.high)
        error, at = error[near], mz[near]
        middle = np.median(at)
        halves = [
            float(np.median(np.abs(e - np.median(e)))) for e in (error[at <= middle], error[at > middle]) if e.size
        ]
        factors.append(abs(math.log(halves[1] / halves[0])) if len(halves) == 2 and min(halves) > 0 else math.inf)
    return "ppm" if factors[1] < factors[0] else "Da"
