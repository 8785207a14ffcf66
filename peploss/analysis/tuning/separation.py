"""Measures how well a loss separates right peptides from decoys: win rate and AUC with 95 % intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.errors import ArgumentError

F64 = NDArray[np.float64]

Z95 = 1.959963984540054  # standard normal, 97.5 %
BLOCK = 100  # cells at a time, so that what is sorted stays in the cache


@dataclass(frozen=True, eq=False)
class Separation:
    """Targets against decoys, cell by cell of any shape; every array has that shape.

    Attributes:
        n: number of spectra, each with one target and the same number of decoys.
        target_median, decoy_median: median losses.
        win_rate: share of (spectrum, decoy) in which the target costs less than that spectrum's own decoy; a tie
            counts half.
        win_low, win_high: its 95 % interval: Wilson's for ``n`` spectra, which several decoys a spectrum make
            narrower than it says.
        auc: chance that a target of any spectrum costs less than a decoy of any spectrum; a tie counts half.
        auc_low, auc_high: its 95 % interval, from ``influence``, on the logit scale so that it stays in [0, 1].
            Where every target beats every decoy, the exact binomial bound for ``n`` wins of ``n``.
    """

    n: int
    target_median: F64
    decoy_median: F64
    win_rate: F64
    win_low: F64
    win_high: F64
    auc: F64
    auc_low: F64
    auc_high: F64


def separate(target: NDArray[np.floating], decoy: NDArray[np.floating]) -> Separation:
    """Separation of N targets from their decoys.

    Args:
        target: (N, ...) losses, N at least 1.
        decoy: (N, K, ...) losses of each spectrum's K decoys, K at least 1.
    Raises:
        ArgumentError: there is nothing to compare, or shapes do not fit.
    """
    n, k, cells = _check(target, decoy)
    wins = ((target[:, None] < decoy).mean(1) + 0.5 * (target[:, None] == decoy).mean(1)).mean(0)
    auc, effect = influence(target, decoy)
    error = effect.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(cells, np.inf)
    win_low, win_high = wilson(wins, n)
    auc_low, auc_high = logit_interval(auc, error, n)
    return Separation(
        n=n,
        target_median=np.median(target, axis=0).astype(np.float64),
        decoy_median=np.median(decoy.reshape(n * k, *cells), axis=0).astype(np.float64),
        win_rate=np.asarray(wins, dtype=np.float64),
        win_low=win_low,
        win_high=win_high,
        auc=auc,
        auc_low=auc_low,
        auc_high=auc_high,
    )


def influence(target: NDArray[np.floating], decoy: NDArray[np.floating]) -> tuple[F64, F64]:
    """AUC, and what each spectrum adds to it.

    A spectrum's target and decoys meet the same peaks, so they are not independent, and spectra are what is drawn.
    The structural components of DeLong's method are therefore added up by spectrum. The standard error of the AUC
    is ``std(effect) / sqrt(N)``, and that of the difference of two cells ``std(effect_a - effect_b) / sqrt(N)``:
    both were measured on the same spectra.

    Args:
        target, decoy: as for ``separate``.
    Returns:
        auc (...), effect (N, ...), float64.
    Source:
        DeLong, E. R. et al. (1988), doi:10.2307/2531595; for clustered data Obuchowski, N. A. (1997),
        doi:10.2307/2533958.

    >>> auc, effect = influence(np.array([0.1, 0.6]), np.array([[0.5], [0.9]]))
    >>> float(auc), effect.tolist()
    (0.75, [1.5, 1.5])
    """
    n, k, cells = _check(target, decoy)
    losses = np.concatenate([target.reshape(n, -1), decoy.reshape(n * k, -1)])
    auc, effect = np.empty(losses.shape[1]), np.empty((n, losses.shape[1]))
    for start in range(0, losses.shape[1], BLOCK):
        block = slice(start, start + BLOCK)
        right_below, wrong_below = _below(np.ascontiguousarray(losses[:, block].T), n)
        beaten = 1.0 - wrong_below[:, :n] / (n * k)  # share of decoys above each target
        beats = right_below[:, n:].reshape(-1, n, k).mean(axis=2) / n  # share of targets below its decoys
        effect[:, block] = (beaten + beats).T
        auc[block] = beaten.mean(axis=1)
    return auc.reshape(cells), effect.reshape(n, *cells)


def _below(losses: NDArray[np.floating], n: int) -> tuple[F64, F64]:
    """For each value of (M, T) rows, how many of the row's first n, and of the rest, lie below; ties count half."""
    rows, total = losses.shape
    order = np.argsort(losses, axis=1)
    ascending = np.take_along_axis(losses, order, axis=1)
    right = (order < n).astype(np.float64)
    upto = np.cumsum(right, axis=1)
    place = np.arange(total)
    same = ascending[:, 1:] == ascending[:, :-1]
    first = np.broadcast_to(place, (rows, total))
    last = first
    if same.any():
        fresh, ends = np.zeros((rows, total), np.int64), np.full((rows, total), total - 1)
        fresh[:, 1:] = np.where(same, 0, place[1:])
        ends[:, :-1] = np.where(same, total - 1, place[:-1])
        first = np.maximum.accumulate(fresh, axis=1)
        last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    before = np.take_along_axis(upto - right, first, axis=1)
    right_below = 0.5 * (before + np.take_along_axis(upto, last, axis=1))
    wrong_below = 0.5 * (first + last + 1) - right_below
    out = np.empty((2, rows, total))
    np.put_along_axis(out[0], order, right_below, axis=1)
    np.put_along_axis(out[1], order, wrong_below, axis=1)
    return out[0], out[1]


def wilson(share: F64, n: int) -> tuple[F64, F64]:
    """95 % interval of a share of n.

    Source:
        Wilson, E. B. (1927), doi:10.2307/2276774.

    >>> [round(float(x), 3) for x in wilson(np.array(1.0), 10)]
    [0.722, 1.0]
    """
    z = Z95**2 / n
    middle = (share + z / 2) / (1 + z)
    half = np.sqrt(share * (1 - share) * Z95**2 / n + z * z / 4) / (1 + z)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def logit_interval(auc: F64, error: F64, n: int) -> tuple[F64, F64]:
    """95 % interval of an AUC of standard error ``error``; see ``Separation``."""
    inside = (auc > 0) & (auc < 1)
    safe = np.where(inside, auc, 0.5)
    logit = np.log(safe / (1 - safe))
    half = Z95 * error / (safe * (1 - safe))
    with np.errstate(over="ignore"):
        low, high = 1 / (1 + np.exp(half - logit)), 1 / (1 + np.exp(-half - logit))
    bound = 0.025 ** (1 / n)
    low = np.where(inside, low, np.where(auc >= 1, bound, 0.0))
    high = np.where(inside, high, np.where(auc <= 0, 1 - bound, 1.0))
    return low, high


def _check(target: NDArray[np.floating], decoy: NDArray[np.floating]) -> tuple[int, int, tuple[int, ...]]:
    if decoy.ndim != target.ndim + 1 or decoy.shape[:1] + decoy.shape[2:] != target.shape or 0 in decoy.shape[:2]:
        raise ArgumentError(
            "Targets must be (N, ...) and decoys (N, K, ...), at least one of each; "
            f"they are {target.shape} and {decoy.shape}."
        )
    return decoy.shape[0], decoy.shape[1], target.shape[1:]
