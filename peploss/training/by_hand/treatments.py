"""The right treatment of soft peptides beside the known wrong ones, on the same probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.soft import expected_residue_masses, soft_fragments, soft_neutral_mass
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import LossSettings

RIGHT: Final = "residues only"
ABSOLUTE: Final = "special tokens weigh 0"
PADDED: Final = "padding counts as residues"
TREATMENTS: Final[Mapping[str, str]] = {
    RIGHT: "The expectation is over residue tokens alone, renormalised; padding is masked. This is what peploss does.",
    ABSOLUTE: "The expectation is over all tokens, special ones with mass 0: probability there shrinks every mass "
    "behind it.",
    PADDED: "As the one before, and padding is not masked: whatever probability it has on residues makes fragments "
    "that do not exist, and every y ion is shifted by them.",
}
"""What they are called, and what they do."""


class Treated(NamedTuple):
    """Of one treatment: ``loss`` of the spectrum, norm of its ``gradient`` by the logits, ``mz`` (F,) of the
    fragments it makes, neutral ``mass`` in Da."""

    loss: float
    gradient: float
    mz: NDArray[np.float64]
    mass: float


def treatments(
    probs: Tensor,  # (L, V)
    n_residues: int,
    mz: NDArray[np.float64],
    intensity: NDArray[np.float64],
    settings: LossSettings,
    *,
    ions: tuple[str, ...] = ("b", "y"),
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
) -> dict[str, Treated]:
    """The spectrum loss of one soft peptide under each of ``TREATMENTS``.

    Args:
        probs: (L, V), rows of the residues first, then padding.
        n_residues: number of residues, at most L.
        mz, intensity: (P,) observed peaks.
        settings: sigma and grid.
    Raises:
        SettingsError: shapes do not fit.
    """
    tokens = as_vocabulary(vocabulary)
    if probs.ndim != 2 or probs.shape[1] != len(tokens) or not 0 <= n_residues <= len(probs):
        raise SettingsError(
            f"probs must be (L, V = {len(tokens)}) with at least {n_residues} rows, not {tuple(probs.shape)}."
        )
    observed = Peaks.from_arrays(mz, intensity)
    mask = (torch.arange(len(probs)) < n_residues)[None]
    out = {}
    for name in TREATMENTS:
        logits = probs.double().clamp(min=1e-12).log().requires_grad_()
        now = logits.softmax(-1)[None]
        if name == RIGHT:
            masses, used = expected_residue_masses(now, vocabulary=tokens, residue_mask=mask)[:2]
        else:
            used = mask if name == ABSOLUTE else torch.ones_like(mask)
            masses = torch.where(used, now @ tokens.mass_tensor(), 0.0)
        at, valid = soft_fragments(masses, used, ions)
        loss = spectrum_loss_at(Peaks.from_padded(at, torch.ones_like(at), valid), observed, settings)
        (slope,) = torch.autograd.grad(loss.sum(), logits)
        out[name] = Treated(
            float(loss.detach()),
            float(slope.norm()),
            at[valid].detach().numpy(),
            float(soft_neutral_mass(masses.detach(), used)),
        )
    return out


def with_padding(probs: Tensor, n: int, sure: float, *, vocabulary: Vocabulary | None = None) -> Tensor:
    """Rows of padding behind those of a soft peptide: ``sure`` of the padding token, the rest even over residues.

    Args:
        probs: (L, V).
        n: number of rows to add.
        sure: probability in [0, 1].
    Returns:
        (L + n, V).
    Raises:
        SettingsError: the vocabulary has no padding token.
    """
    tokens = as_vocabulary(vocabulary)
    if tokens.pad is None:
        raise SettingsError("The vocabulary has no padding token.")
    is_residue = tokens.residue_tensor()
    row = (1 - sure) * is_residue.double() / is_residue.sum()
    row[tokens.id(tokens.pad)] += sure
    return torch.cat([probs, row.expand(n, -1)])
