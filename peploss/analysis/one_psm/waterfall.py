"""Splits the loss into four steps: what each kind of disagreement adds.

Each step compares two partial spectra with the loss itself, so the steps add up to it by construction:

1. intensity mismatch: matched peaks only, each matched fragment moved onto its peak. Never negative.
2. m/z misalignment: the same at the fragments' real positions.
3. missing fragments: the unmatched fragments join the predicted side.
4. unexplained peaks: the unmatched observed peaks join the observed side, which is the whole comparison.

Steps 2 to 4 can be negative. A fragment that is not the nearest to a peak still overlaps
with it, so adding it can raise the cosine; so can an unmatched peak beside a matched one. Moving a fragment off
its peak can move it onto its neighbour's, or onto a bin centre that the peak itself misses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.matching import Matches
from peploss.kernels import Peaks, spectrum_cosine
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
Side = tuple[F64, F64]
StepName = Literal["intensity", "position", "missing", "unexplained", "missing and unexplained"]

TITLES: dict[StepName, str] = {
    "intensity": "Intensity mismatch",
    "position": "m/z misalignment",
    "missing": "Missing fragments",
    "unexplained": "Unexplained peaks",
    "missing and unexplained": "Missing fragments and unexplained peaks",
}


@dataclass(frozen=True)
class Step:
    """One bar, from the loss before it to the loss after it.

    Attributes:
        name: key of the step.
        start, end: loss before and after; the first starts at 0, the last ends at the loss, to the last bit.
    """

    name: StepName
    start: float
    end: float

    @property
    def value(self) -> float:
        """Height of the bar; negative where this step improves the match."""
        return self.end - self.start

    @property
    def title(self) -> str:
        """The step as it is called on a figure."""
        return TITLES[self.name]


def waterfall(
    loss: float,
    fragment_mz: F64,
    fragment_weight: F64,
    peak_mz: F64,
    peak_intensity: F64,
    matches: Matches,
    settings: LossSettings,
) -> tuple[Step, ...]:
    """The four steps to ``loss``.

    If nothing matches, or no matched peak is rendered because bins are far wider than sigma, the first two steps are 0
    and the last two are given as one: neither side can be built up alone.

    Args:
        loss: the loss of the whole comparison.
        fragment_mz, fragment_weight: (F,) m/z in Th and predicted intensity.
        peak_mz, peak_intensity: (P,) m/z in Th and observed intensity.
        matches: which belong together.
        settings: the grid and sigma.
    """
    levels = [1.0, 1.0, 1.0]
    if len(matches):
        partial, matched = partial_sides((fragment_mz, fragment_weight), (peak_mz, peak_intensity), matches)
        cosines = spectrum_cosine(
            Peaks.from_list(partial),
            Peaks.from_list([matched] * 3),
            sigma=settings.sigma,
            sigma_unit=settings.sigma_unit,
            grid=settings.grid,
        )
        levels = [1.0 - c for c in cosines.tolist()]
    return steps_to(loss, levels)


def partial_sides(pred: Side, obs: Side, matches: Matches) -> tuple[list[Side], Side]:
    """The predicted sides of the first three steps, and the matched peaks that each is compared with."""
    f, p = matches.fragment, matches.peak
    at = (pred[0][f], pred[1][f])
    return [(obs[0][p], pred[1][f]), at, pred], (obs[0][p], obs[1][p])


def steps_to(loss: float, levels: Sequence[float]) -> tuple[Step, ...]:
    """The bars to ``loss``, from the losses of ``partial_sides``; ``[1, 1, 1]`` where nothing matches."""
    moved, placed, complete = levels
    if moved >= 1.0:
        return (Step("intensity", 0.0, 0.0), Step("position", 0.0, 0.0), Step("missing and unexplained", 0.0, loss))
    return (
        Step("intensity", 0.0, moved),
        Step("position", moved, placed),
        Step("missing", placed, complete),
        Step("unexplained", complete, loss),
    )
