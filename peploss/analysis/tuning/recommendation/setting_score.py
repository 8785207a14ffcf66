"""The scores of one setting on a set, and the limits that a setting must keep."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.landscape import Axes
from peploss.analysis.tuning.prepared_set import PreparedSet, losses
from peploss.analysis.tuning.separation import influence, separate
from peploss.analysis.tuning.set_landscape import N_LOOKED_AT, QUANTILE
from peploss.errors import ArgumentError
from peploss.kernels import SigmaUnit

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """One setting on a set.

    Attributes:
        sigma, sigma_unit, bin_width: the setting.
        n: number of spectra.
        target_median, decoy_median, win_rate, win_low, win_high, auc, auc_low, auc_high: as in ``Separation``.
        grid_artefact, phase_spread: as in ``SetLandscape``.
        reach: as in ``PreparedSet.reach``, in Th.
        target, decoy: (n,) and (n, K) losses.
    """

    sigma: float
    sigma_unit: SigmaUnit
    bin_width: float
    n: int
    target_median: float
    decoy_median: float
    win_rate: float
    win_low: float
    win_high: float
    auc: float
    auc_low: float
    auc_high: float
    grid_artefact: float
    phase_spread: float
    reach: float
    target: F64 = field(repr=False, compare=False)
    decoy: F64 = field(repr=False, compare=False)


def score(prepared: PreparedSet, sigma: float, sigma_unit: SigmaUnit, bin_width: float) -> Score:
    """What one setting does on the whole sample, whether or not it is a cell of a landscape."""
    axes = Axes(np.array([sigma]), sigma_unit, np.array([bin_width]))
    few = slice(0, min(N_LOOKED_AT, len(prepared)))
    layers = losses(prepared, few, axes, layers=True)
    every = losses(prepared, slice(0, len(prepared)), axes, layers=False).loss.reshape(len(prepared), -1)
    target, decoy = every[:, 0], every[:, 1:]
    s = separate(target, decoy)
    first = every[few, 0]
    return Score(
        sigma=float(sigma),
        sigma_unit=sigma_unit,
        bin_width=float(bin_width),
        n=s.n,
        target_median=float(s.target_median),
        decoy_median=float(s.decoy_median),
        win_rate=float(s.win_rate),
        win_low=float(s.win_low),
        win_high=float(s.win_high),
        auc=float(s.auc),
        auc_low=float(s.auc_low),
        auc_high=float(s.auc_high),
        grid_artefact=float(np.quantile(np.abs(first - layers.continuum.ravel()), QUANTILE)),
        phase_spread=float(np.quantile((layers.highest - layers.lowest).ravel(), QUANTILE)),
        reach=prepared.reach(sigma, sigma_unit),
        target=target,
        decoy=decoy,
    )


def difference(best: Score, now: Score) -> tuple[float, float]:
    """AUC of one less that of the other, and its standard error on the same spectra."""
    (a, by_a), (b, by_b) = (influence(s.target, s.decoy) for s in (best, now))
    n = len(by_a)
    return float(a - b), float((by_a - by_b).std(ddof=1) / math.sqrt(n)) if n > 1 else math.inf


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a setting must keep to, however well it separates.

    Args:
        max_grid_artefact: most the grid may change the loss of 90 % of the right peptides, against the continuum.
        max_phase_spread: most it may move that loss as it is shifted by less than a bin.
        min_reach: least distance in Th over which a peak pulls a fragment with at least 1 % of its strongest pull,
            about 5 sigma.
    Raises:
        ArgumentError: one is negative or not a number.
    """

    max_grid_artefact: float = 0.01
    max_phase_spread: float = 0.02
    min_reach: float = 0.05

    def __post_init__(self) -> None:
        for name in ("max_grid_artefact", "max_phase_spread", "min_reach"):
            if not getattr(self, name) >= 0:
                raise ArgumentError(f"{name} must be a number of at least 0, not {getattr(self, name)!r}.")

    def broken_by(self, found: Score) -> tuple[str, ...]:
        """Names of the limits a setting does not keep to."""
        return tuple(
            name
            for name, broken in (
                ("max_grid_artefact", found.grid_artefact > self.max_grid_artefact),
                ("max_phase_spread", found.phase_spread > self.max_phase_spread),
                ("min_reach", found.reach < self.min_reach),
            )
            if broken
        )


@dataclass(frozen=True)
class Change:
    """A setting that would change: its name, its value now, its value then."""

    name: str
    before: float | str
    after: float | str
