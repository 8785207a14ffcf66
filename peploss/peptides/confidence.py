"""How sure a model says it is of each residue of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.errors import PeptideError

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Confidence:
    """A model's confidence in a peptide of L residues.

    Attributes:
        residues: (L,) in [0, 1], from the N-terminus on.
        n_term: of the modifications of the N-terminus, where they are tokens of their own; None where they are not.
    """

    residues: F64
    n_term: float | None = None

    def __len__(self) -> int:
        return int(self.residues.size)

    @property
    def with_n_term(self) -> F64:
        """(L,) that of the first residue times that of the modifications of the N-terminus."""
        if self.n_term is None:
            return self.residues
        return np.concatenate([self.residues[:1] * self.n_term, self.residues[1:]])


def aligned(scores: Sequence[float], length: int, n_terminal: int = 0, *, may_end: bool = False) -> Confidence:
    """Give each residue its score.

    A modification of the N-terminus is a token of its own in the alphabets of Casanovo and InstaNovo, and stands first;
    the scores of several are multiplied.

    Args:
        scores: a probability for each token, in the order of the peptide.
        length: residues of the peptide, L.
        n_terminal: modifications of its N-terminus.
        may_end: whether one score more than all these can only be that of the end of the sequence, which comes last
            in the beams of InstaNovo. It cannot where the first residue is modified: that may be a token, too.
    Raises:
        PeptideError: they are no probabilities, or there are more or fewer than tokens.

    >>> aligned([0.9, 0.8, 0.7], 2, 1)
    Confidence(residues=array([0.8, 0.7]), n_term=0.9)
    >>> aligned([0.8, 0.7, 1.0], 2, may_end=True)
    Confidence(residues=array([0.8, 0.7]), n_term=None)
    """
    values = np.asarray(scores, dtype=np.float64)
    extra = values.size - length
    if may_end and extra == n_terminal + 1:
        values, extra = values[:-1], n_terminal
    if not 0 <= extra <= n_terminal:
        ends = f" and {n_terminal} N-terminal modification{'s' if n_terminal > 1 else ''}" if n_terminal else ""
        raise PeptideError(
            f"The table gives {values.size} scores for {length} residues{ends}, so none is used.",
            remedy="One more is read as the end of the sequence where the first residue is not modified.",
        )
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        raise PeptideError(
            f"A score of a residue is a probability from 0 to 1, not {values[wrong][0]:g}; none is used."
        )
    n_term = float(values[:extra].prod()) if extra else None
    return Confidence(values[extra:], n_term)
