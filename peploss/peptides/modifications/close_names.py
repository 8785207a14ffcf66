"""Finds the names that come close to a word: difflib's answer, with its bounds taken for all names at once."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class CloseNames:
    """Names to be searched again and again.

    Args:
        names: each once.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._letters = {letter: k for k, letter in enumerate(sorted(set("".join(self._names))))}
        self._counts = np.zeros((len(self._names), len(self._letters)), dtype=np.int32)
        for k, name in enumerate(self._names):
            self._counts[k] = self._counted(name)
        self._lengths = np.array([len(name) for name in self._names])

    def _counted(self, word: str) -> NDArray[np.int32]:
        """How often each letter is in a word; letters of no name are left out."""
        out = np.zeros(len(self._letters), dtype=np.int32)
        for letter in word:
            if (k := self._letters.get(letter)) is not None:
                out[k] += 1
        return out

    def to(self, word: str, n: int, cutoff: float) -> list[str]:
        """Names whose ratio to a word is at least the cutoff, best first.

        Equal to ``difflib.get_close_matches(word, names, n, cutoff)``. Letters in common bound the ratio from above, so
        that only names within the bound are compared.

        Args:
            n: at most so many.
            cutoff: from 0 to 1.

        >>> CloseNames(["Oxidation", "Phospho"]).to("Oxidatoin", 3, 0.7)
        ['Oxidation']
        """
        shared = np.minimum(self._counts, self._counted(word)).sum(axis=1)
        total = self._lengths + len(word)
        # both are empty: the same, as difflib has it
        bound = np.divide(2.0 * shared, total, out=np.ones(len(total)), where=total > 0)
        matcher = difflib.SequenceMatcher()
        matcher.set_seq2(word)
        found = []
        for k in np.flatnonzero(bound >= cutoff).tolist():
            matcher.set_seq1(self._names[k])
            if (ratio := matcher.ratio()) >= cutoff:
                found.append((ratio, self._names[k]))
        return [name for _, name in heapq.nlargest(n, found)]
