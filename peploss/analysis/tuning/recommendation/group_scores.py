"""Scores one setting on a set, for each instrument or file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from peploss.analysis.tuning.recommendation.setting_score import Score
from peploss.analysis.tuning.separation import Separation, separate
from peploss.errors import ArgumentError


def by_group(found: Score, groups: Sequence[str]) -> dict[str, Separation]:
    """Separation of each group's targets and decoys, by name; empty where there is only one group.

    Args:
        found: of the whole set.
        groups: (n,) group of each of its spectra.
    Raises:
        ArgumentError: there are not as many groups as spectra.
    """
    names = np.array(groups, dtype=np.str_)
    if names.size != found.n:
        raise ArgumentError(f"There must be a group for each of {found.n} spectra, not {names.size}.")
    each = sorted(set(groups))
    if len(each) < 2:
        return {}
    return {name: separate(found.target[names == name], found.decoy[names == name]) for name in each}
