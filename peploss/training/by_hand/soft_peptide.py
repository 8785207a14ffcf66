"""Makes a model's output by hand: probabilities that are right, unsure, confused or leaking to a chosen degree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from peploss.errors import SettingsError
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """How far a soft peptide lies from its right answer.

    Args:
        correct: probability in [0, 1] of the right residue before the other changes; the rest is spread evenly over
            all residue tokens.
        confused: residue positions, counted from 0, that are taken for another residue.
        confusion: probability in [0, 1] that moves from the right residue to the other one at these positions.
        confused_with: that residue; None takes the one whose mass is nearest and differs by more than 0.01 Da.
        leak: probability in [0, 1] that moves to special tokens, evenly, at every residue.
        temperature: of a softmax over the logarithm of what these changes gave; positive. 1 changes nothing.
    Raises:
        SettingsError: a value is out of its range.
    """

    correct: float = 1.0
    confused: tuple[int, ...] = ()
    confusion: float = 1.0
    confused_with: str | None = None
    leak: float = 0.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        for name in ("correct", "confusion", "leak"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} must lie in [0, 1], not {getattr(self, name)!r}.")
        if not 0 < self.temperature < float("inf"):
            raise SettingsError(f"temperature must be positive and finite, not {self.temperature!r}.")


def soft_peptide(
    residues: Sequence[str],
    doubt: Doubt | None = None,
    *,
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
) -> Tensor:
    """Probabilities of a peptide whose residues are doubted.

    Args:
        residues: L tokens of the vocabulary that are residues.
        doubt: None: the right residues, with certainty.
        vocabulary: None is the default of 24 tokens.
    Returns:
        (L, V) float64; each row sums to 1.
    Raises:
        SettingsError: a token is no residue, a confused position lies outside the peptide, or there is no special
            token to leak to.

    >>> soft_peptide("GA", Doubt(correct=0.81)).max(-1).values.tolist()  # 0.81 and a twentieth of the rest
    [0.8195, 0.8195]
    """
    tokens = as_vocabulary(vocabulary)
    doubt = doubt or Doubt()
    right = torch.tensor([tokens.id(token) for token in residues], dtype=torch.int64)
    is_residue = tokens.residue_tensor()
    if not bool(is_residue[right].all()):
        raise SettingsError(f"{''.join(residues)!r} holds a token that is no residue.")
    outside = [place for place in doubt.confused if not 0 <= place < len(right)]
    if outside:
        raise SettingsError(f"There is no position {outside[0]} in a peptide of {len(right)} residues.")
    special = ~is_residue
    if doubt.leak and not bool(special.any()):
        raise SettingsError("The vocabulary has no special token that probability could leak to.")
    even = is_residue.double() / is_residue.sum()
    one_hot = torch.nn.functional.one_hot(right, len(tokens)).double()
    probs = doubt.correct * one_hot + (1 - doubt.correct) * even
    for place in doubt.confused:
        here = int(right[place])
        other = tokens.id(doubt.confused_with) if doubt.confused_with else _nearest(tokens, here)
        moved = doubt.confusion * float(probs[place, here])
        probs[place, here] -= moved
        probs[place, other] += moved
    if doubt.leak:
        probs = (1 - doubt.leak) * probs + doubt.leak * special.double() / special.sum()
    return probs if doubt.temperature == 1 else (probs.log() / doubt.temperature).softmax(-1)


def _nearest(tokens: Vocabulary, here: int) -> int:
    """The residue token nearest in mass that a spectrum can tell from this one."""
    mass = tokens.masses[here] or 0.0
    others = [(abs(m - mass), i) for i, m in enumerate(tokens.masses) if m is not None and abs(m - mass) > 0.01]
    if not others:
        raise SettingsError("The vocabulary has no other residue to confuse this one with.")
    return min(others)[1]
