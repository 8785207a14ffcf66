"""Every loss on the same spectra: right peptides and decoys, how alike the losses order them, where they disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.every_loss import SPECTRUM, chosen_losses, loss_values
from peploss.analysis.tuning.prepared_set import PreparedSet
from peploss.analysis.tuning.separation import Z95, Separation, influence, separate
from peploss.errors import ArgumentError
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

AT_ONCE = 64  # spectra in a call of every loss, all their candidates with them
OUTLIER = 0.95
"""A spectrum is an outlier under a loss that at most one in twenty right peptides exceeds."""
INLIER = 0.5
"""And fits under another where it costs less than half of them."""


@dataclass(frozen=True, eq=False)
class ComparedSet:
    """N spectra, L losses, K decoys a spectrum.

    Attributes:
        names: (L,) of the losses; the first is the spectrum loss.
        prepared: the spectra; ``prepared.psms[n]`` is row n.
        target: (N, L) losses of the right peptides.
        decoy: (N, K, L) losses of their decoys.
    """

    names: tuple[str, ...]
    prepared: PreparedSet
    target: F64
    decoy: F64

    def __len__(self) -> int:
        return self.target.shape[0]

    def at(self, name: str) -> int:
        """Column of a loss."""
        return self.names.index(name)

    def separation(self) -> Separation:
        """Right peptides against decoys, (L,) each."""
        return separate(self.target, self.decoy)

    def auc_gain(self) -> tuple[F64, F64, F64]:
        """(L,) AUC less the spectrum loss's, with a 95 % interval that knows both were measured on the same spectra.

        One spectrum has no interval: it is then infinite.
        """
        auc, effect = influence(self.target, self.decoy)
        n = len(self)
        gain = auc - auc[0]
        spread = effect - effect[:, :1]
        error = spread.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.where(np.arange(auc.size) == 0, 0.0, np.inf)
        return gain, gain - Z95 * error, gain + Z95 * error

    def places(self) -> F64:
        """(N, L) share of right peptides that cost less; ties count half."""
        return (ranks(self.target) - 0.5) / len(self)

    def rank_correlation(self) -> F64:
        """(L, L) Spearman's r of the right peptides' losses; NaN where a loss is the same for all, or N is below 3."""
        n_losses = len(self.names)
        if len(self) < 3:
            return np.full((n_losses, n_losses), np.nan)
        of = ranks(self.target)
        of = of - of.mean(axis=0)
        spread = np.sqrt((of * of).sum(axis=0))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((of.T @ of) / np.outer(spread, spread))

    def outliers_of_one(self, first: str, second: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows that are outliers under ``first`` and fit under ``second``, and the other way; widest apart first."""
        places = self.places()
        a, b = places[:, self.at(first)], places[:, self.at(second)]
        found = []
        for x, y in ((a, b), (b, a)):
            rows = np.flatnonzero((x >= OUTLIER) & (y < INLIER))
            found.append(rows[np.argsort(-(x - y)[rows], kind="stable")])
        return found[0], found[1]

    def cannot_tell(self) -> list[str]:
        """What this set says nothing of, and why, as sentences."""
        told = []
        if len(self) < 3:
            told.append(
                f"{'One spectrum has' if len(self) == 1 else 'Two spectra have'} no rank correlation, no distribution "
                "and no interval of its AUC: give at least 3."
            )
        else:
            alike = [name for name, x in zip(self.names, self.target.T, strict=True) if np.ptp(x) == 0]
            if alike:
                told.append(
                    f"All {len(self):,} spectra have the same loss under {', '.join(alike)}: it ranks none before "
                    "another."
                )
        return told


def compare_losses(
    prepared: PreparedSet,
    settings: LossSettings,
    names: Sequence[str] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ComparedSet:
    """Compute every loss of every right peptide and decoy.

    Args:
        prepared: for these settings, whatever sigma and bin width are.
        settings: at whose sigma and grid.
        names: losses to compare with the spectrum loss; None is all.
        progress: called with (spectra done, all); what it raises ends the work.
    Raises:
        SettingsError: there is no such loss.
    """
    every = chosen_losses(names)
    n, k = len(prepared), prepared.n_decoys
    out = np.empty((n, 1 + k, len(every)))
    for start in range(0, n, AT_ONCE):
        rows = range(start, min(start + AT_ONCE, n))
        pred = [side for row in rows for side in prepared.candidates[row]]
        obs = [prepared.observed[row] for row in rows for _ in range(1 + k)]
        shifts = [prepared.psms[row].shift for row in rows for _ in range(1 + k)]  # decoys weigh the same
        values = loss_values(every, pred, obs, settings, shifts)
        out[start : rows.stop] = values.reshape(len(rows), 1 + k, len(every))
        if progress:
            progress(rows.stop, n)
    return ComparedSet(every, prepared, out[:, 0], out[:, 1:])


def ranks(values: F64) -> F64:
    """(N, L) rank within each column from 1, ties at their mean.

    Raises:
        ArgumentError: it is no matrix.
    """
    if values.ndim != 2:
        raise ArgumentError(f"Values must be (N, L), not {values.shape}.")
    out = np.empty(values.shape)
    for column in range(values.shape[1]):
        _, place, counts = np.unique(values[:, column], return_inverse=True, return_counts=True)
        out[:, column] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return out


__all__ = ["INLIER", "OUTLIER", "SPECTRUM", "ComparedSet", "compare_losses", "ranks"]
