"""Finds the fragments that tell two candidates apart, with their evidence in the spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.candidates.compare import Compared
from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.matching import REACH_OF_A_MATCH
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Deciding:
    """Fragments of one candidate at whose places another has none.

    Attributes:
        fragment: (D,) their indices in the candidate's fragments, ascending in m/z.
        peak: (D,) observed peak of each; -1 where there is none.
        share: of the observed intensity on the grid, in the peaks of these fragments; in [0, 1].
    """

    fragment: I64
    peak: I64
    share: float

    def __len__(self) -> int:
        return int(self.fragment.size)

    @property
    def n_found(self) -> int:
        """How many of them have a peak."""
        return int((self.peak >= 0).sum())


def deciding(of: Compared, against: Compared, settings: LossSettings) -> Deciding:
    """The fragments of one candidate that another candidate does not predict.

    A fragment decides if it has weight, lies on the grid, and no fragment of the other lies within 3 sigma, so that a
    peak there speaks for one of the two alone.

    Args:
        of, against: of one ``compare_candidates``.
    """
    mz, weight = on_grid((of.fragments.mz, of.fragments.intensity), settings)
    other = against.fragments.mz[on_grid((against.fragments.mz, against.fragments.intensity), settings)[1] > 0]
    sigma = settings.sigma if settings.sigma_unit == "Da" else settings.sigma * 1e-6 * mz
    alone = (weight > 0) & (distance(mz, other) > REACH_OF_A_MATCH * sigma)
    fragment = np.flatnonzero(alone)
    fragment = fragment[np.argsort(mz[fragment], kind="stable")]
    peak = of.matches.peak_of_fragment[fragment]
    seen = on_grid((of.observed.mz, of.observed.intensity), settings)[1]
    total = float(seen.sum())
    return Deciding(fragment, peak, float(seen[peak[peak >= 0]].sum()) / total if total > 0 else 0.0)


def distance(mz: F64, among: F64) -> F64:
    """(N,) Th from each m/z to the nearest of others; infinite where there is none.

    >>> distance(np.array([1.0, 5.0]), np.array([4.5, 2.0])).tolist()
    [1.0, 0.5]
    """
    if not among.size:
        return np.full(mz.shape, np.inf)
    ordered = np.sort(among)
    right = np.clip(np.searchsorted(ordered, mz), 1, ordered.size) if ordered.size > 1 else np.ones(mz.size, np.int64)
    left = right - 1
    right = np.minimum(right, ordered.size - 1)
    return np.minimum(np.abs(mz - ordered[left]), np.abs(mz - ordered[right]))


def rival_of(shown: int, compared: list[Compared]) -> int | None:
    """The candidate that one is to be told from: the best of the others; None where there is none."""
    others = [i for i in range(len(compared)) if i != shown]
    return min(others, key=lambda i: compared[i].loss) if others else None


def verdict(first: Deciding, second: Deciding, names: tuple[str, str]) -> str:
    """How the evidence of two candidates against one another stands, as one sentence.

    Args:
        first, second: of each against the other.
        names: what the two are called.
    """
    if not len(first) and not len(second):
        return f"No fragment tells {names[0]} from {names[1]} at this sigma: their ions lie at the same places."
    parts = [
        f"{d.n_found} of {len(d)} that only {name} predicts have a peak ({d.share:.1%} of the intensity)"
        for d, name in zip((first, second), names, strict=True)
    ]
    return f"Deciding fragments: {parts[0]}; {parts[1]}."
