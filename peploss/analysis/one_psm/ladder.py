"""Finds the backbone bonds that matched fragments prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.peptides.fragments import Fragments
from peploss.peptides.ions import C_TERMINAL, N_TERMINAL


@dataclass(frozen=True)
class Bond:
    """The bond between residue ``position`` and the next one.

    Attributes:
        position: 1-based; L - 1 bonds in a peptide of L residues.
        n_terminal: labels of the matched a, b and c ions that end at this bond.
        c_terminal: labels of the matched y, z and z+1 ions that begin after it.
    """

    position: int
    n_terminal: tuple[str, ...]
    c_terminal: tuple[str, ...]

    @property
    def covered(self) -> bool:
        """Whether either side is matched."""
        return bool(self.n_terminal or self.c_terminal)


def ladder(length: int, fragments: Fragments, matched: NDArray[np.bool_]) -> tuple[Bond, ...]:
    """The L - 1 bonds of a peptide and the fragments matched at each.

    Only intact monoisotopic ions of any charge count: the loss of water or the 13C peak of an ion whose intact form
    is not there is weak evidence for a bond.

    Args:
        length: residues of the peptide, L.
        fragments: F fragments.
        matched: (F,) whether a fragment has an observed peak.
    """
    n_side: list[list[str]] = [[] for _ in range(length)]
    c_side: list[list[str]] = [[] for _ in range(length)]
    for i in np.flatnonzero(matched):
        if fragments.neutral_loss[i] or fragments.isotope[i]:
            continue
        ordinal = int(fragments.ordinal[i])
        if fragments.ion_type[i] in N_TERMINAL:
            n_side[ordinal].append(fragments.label[i])
        elif fragments.ion_type[i] in C_TERMINAL:
            c_side[length - ordinal].append(fragments.label[i])
    return tuple(Bond(k, tuple(n_side[k]), tuple(c_side[k])) for k in range(1, length))
