"""Predicted heights of a batch of peptides in the order of soft fragments, for losses that take ``(B, F)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.intensities.heights import kind_heights, predictions
from peploss.intensities.prediction import Prediction
from peploss.peptides.ions import N_TERMINAL, IonKind
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings


class SoftHeights(NamedTuple):
    """Heights of B peptides.

    Attributes:
        intensities: (B, F) float64, as ``SpectrumMatchingLoss`` takes ``fragment_intensities``; 1 throughout in rows
            without a prediction, 0 in slots that are no fragment and for ions that are not predicted.
        unpredicted: row -> why it has no prediction.
    """

    intensities: Tensor
    unpredicted: dict[int, str]


def soft_heights(
    peptides: Sequence[Peptide],
    charges: Sequence[int | None],
    residue_mask: Tensor,  # (B, L) bool
    ions: Sequence[IonKind],
    settings: LossSettings,
) -> SoftHeights:
    """Predict the fragments of peptides, all in one request, in the order of ``soft_fragments``.

    Args:
        peptides: B, the right ones where a model is trained: heights of what it should say.
        charges: of their precursors.
        residue_mask: (B, L) True on their residues, as many as each peptide has.
        ions: of the loss, ``loss.ions``. Their weights are left to the loss.
        settings: where the heights come from, and whether they are replaced by their square root.
    Raises:
        ArgumentError: counts do not fit.
        SettingsError, BackendError, SourceError: the source is not there.

    >>> peptide, mask = Peptide.parse("GAS"), torch.tensor([[False, True, True, True]])
    >>> soft_heights([peptide], [2], mask, [IonKind("y", 1)], LossSettings()).intensities.tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    n, length = residue_mask.shape
    if not len(peptides) == len(charges) == n:
        raise ArgumentError(
            f"There must be one peptide and charge for each of {n} rows, not {len(peptides)} and {len(charges)}."
        )
    heights = torch.ones(n, len(ions) * length, dtype=torch.float64)
    plain = [kind._replace(weight=1.0) for kind in ions]
    unpredicted: dict[int, str] = {}
    found = predictions(peptides, settings, charges)
    for row, (peptide, answer) in enumerate(zip(peptides, found, strict=True)):
        places = residue_mask[row].nonzero()[:, 0].cpu()
        if len(places) != len(peptide):
            raise ArgumentError(f"Row {row} has {len(places)} residues and its peptide {len(peptide)}.")
        if isinstance(answer, str):
            unpredicted[row] = answer
        if isinstance(answer, Prediction):
            heights[row] = _in_order(answer, plain, places, length)
    return SoftHeights(heights.to(residue_mask.device), unpredicted)


def _in_order(found: Prediction, ions: Sequence[IonKind], places: Tensor, length: int) -> Tensor:
    """(F,) heights of one peptide whose residues stand at ``places``."""
    out = torch.zeros(len(ions), length, dtype=torch.float64)
    for i, kind in enumerate(ions):
        values = torch.from_numpy(kind_heights([kind], len(places), found))  # of ordinals 1 to n - 1
        if not len(values):  # immonium ions and the precursor: no model predicts them, they keep their weight
            out[i, places] = 1.0
        elif kind.kind in N_TERMINAL:
            out[i, places[:-1]] = values
        else:
            out[i, places[1:]] = values.flip(0)
    return out.reshape(-1)
