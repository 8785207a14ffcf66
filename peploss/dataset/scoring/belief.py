"""How far the causes of a set can be believed: decoys of some of its PSMs are judged as those are, and counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from peploss.analysis.causes.diagnosis import Diagnosis
from peploss.analysis.causes.false_discovery import NamedCause, decoy_psms, false_discovery
from peploss.analysis.causes.rules import Cause, cause_label
from peploss.analysis.causes.run import Run
from peploss.analysis.tuning.psm_set import Psm
from peploss.dataset.psm_row import psm_of
from peploss.dataset.scoring.causes import judged
from peploss.dataset.scoring.rows import rows_of
from peploss.dataset.scoring.runs import runs_among
from peploss.dataset.store import ParquetStore
from peploss.settings import LossSettings

STEP: Final = 16
"""PSMs judged between two looks whether they are still wanted."""
MOST: Final = 200
"""PSMs whose decoy is judged: the share of decoys named so has a standard error of at most 3.5 %."""


def some_of(ids: Sequence[int]) -> list[int]:
    """At most ``MOST`` of the PSMs, evenly spaced."""
    return [ids[i] for i in np.unique(np.linspace(0, len(ids) - 1, min(len(ids), MOST)).astype(int))]


def causes_of_decoys(
    store: ParquetStore, ids: Sequence[int], settings: LossSettings, seed: int, runs: dict[str, Run]
) -> list[Cause]:
    """The causes named for the first decoy of each of these PSMs; those without a decoy are passed over."""
    psms = [psm_of(row) for row in rows_of(store, ids).to_pylist()]
    found = judged(decoy_psms(psms, seed), settings, seed, runs)
    return [each.cause for each in found if isinstance(each, Diagnosis)]


@dataclass(frozen=True)
class Belief:
    """How often each cause is named for PSMs and for their decoys."""

    psms: Counter[Cause]
    decoys: Counter[Cause]

    def share(self, cause: Cause) -> float | None:
        """As ``NamedCause.false_discovery``; None also where it is named for no PSM."""
        named = false_discovery(self.psms.elements(), self.decoys.elements())
        return next((one.false_discovery for one in named if one.cause == cause), None)


def belief_among(
    psms: Sequence[Psm], settings: LossSettings, *, seed: int = 0, progress: Callable[[float], None] | None = None
) -> Belief:
    """PSMs and the first decoy of each, judged with what is known of their runs, as those of a set are.

    Args:
        progress: called with the share that is done, before each ``STEP`` of them; it may raise, to end the work.
    """
    runs = runs_among(psms, settings, seed)
    right = [(psm.spectrum, psm.peptide) for psm in psms]
    both = (right, decoy_psms(right, seed))
    n, done = sum(map(len, both)), 0
    counted: list[Counter[Cause]] = []
    for those in both:
        causes: Counter[Cause] = Counter()
        for start in range(0, len(those), STEP):
            if progress:
                progress(done / n)
            part = those[start : start + STEP]
            found = judged(part, settings, seed, runs)
            causes.update(each.cause for each in found if isinstance(each, Diagnosis))
            done += len(part)
        counted.append(causes)
    return Belief(*counted)


def to_about(found: Sequence[NamedCause]) -> dict[str, dict[str, Any]]:
    """For the results' metadata: by cause."""
    return {f.cause: {"n": f.n, "n_decoys": f.n_decoys, "wrong": f.false_discovery} for f in found}


def belief_of(results: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """What results say of it; empty where no causes of worst PSMs were looked for."""
    with ParquetStore(results, "results") as scored:
        found: dict[str, dict[str, Any]] = scored.about.get("belief", {})
        return found


def in_words(about: dict[str, dict[str, Any]]) -> str:
    """What the metadata say of them, as a sentence; ``""`` for nothing.

    >>> in_words({"noise": {"n": 9, "n_decoys": 3, "wrong": 0.25}, "wrong peptide": {"wrong": None}})
    'Wrong peptides among the PSMs named so, as estimated from decoys: noise 25 % of 9.'
    """
    named = [(cause, one["wrong"], one["n"]) for cause, one in about.items() if one["wrong"] is not None]
    shares = [f"{cause_label(cause)} {100 * wrong:.0f} % of {n:,}" for cause, wrong, n in named]
    return f"Wrong peptides among the PSMs named so, as estimated from decoys: {', '.join(shares)}." if shares else ""
