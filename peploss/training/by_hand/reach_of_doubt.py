"""Finds where the gradient of the spectrum loss dies, as a soft peptide goes from unknown to certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide


class ReachOfDoubt(NamedTuple):
    """Loss and gradient at S sigmas and C probabilities of the right residue.

    Attributes:
        sigma: (S,) in Th.
        correct: (C,) probability of the right residue, the rest spread evenly over all residues.
        loss: (S, C) spectrum loss.
        gradient: (S, C) Euclidean norm of the loss's gradient by the logits.
        towards: (S, C) cosine in [-1, 1] of a step down the gradient with the direction that raises the right
            residues; 0 where there is no gradient.
        drift: (C,) largest error of a fragment's neutral mass in Da: how far the expected masses lie off.
    """

    sigma: NDArray[np.float64]
    correct: NDArray[np.float64]
    loss: NDArray[np.float64]
    gradient: NDArray[np.float64]
    towards: NDArray[np.float64]
    drift: NDArray[np.float64]


def reach_of_doubt(
    residues: Sequence[str],
    mz: NDArray[np.float64],
    intensity: NDArray[np.float64],
    *,
    sigmas: Sequence[float] = (0.05, 0.2, 0.5, 2.0, 10.0),
    correct: Sequence[float] = tuple(np.linspace(0, 1, 41)),
    bin_width: float = 0.1,
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
) -> ReachOfDoubt:
    """The spectrum loss of a soft peptide while its right residues become certain, for several sigmas.

    Expected masses are right only where the probabilities are: at 90 % a residue is off by a tenth of the distance to
    the mean residue mass, and the error adds up along the peptide. Where it is larger than a few sigma, no fragment
    overlaps its peak, the loss lies near 1 and its gradient is zero or noise.

    Args:
        residues: L tokens of the vocabulary.
        mz, intensity: (P,) observed peaks, m/z in Th.
        sigmas: S widths in Th.
        correct: C probabilities in [0, 1].
    """
    tokens = as_vocabulary(vocabulary)
    probs = torch.stack([soft_peptide(residues, Doubt(correct=float(c)), vocabulary=tokens) for c in correct])
    n, length = probs.shape[:2]
    mask = torch.ones(n, length, dtype=torch.bool)
    observed = torch.as_tensor(np.tile(mz, (n, 1))), torch.as_tensor(np.tile(intensity, (n, 1)))
    peaks = torch.ones_like(observed[0], dtype=torch.bool)
    right = torch.tensor([tokens.id(token) for token in residues])
    loss, gradient, towards = (np.empty((len(sigmas), n)) for _ in range(3))
    for s, sigma in enumerate(sigmas):
        logits = probs.clamp(min=1e-12).log().requires_grad_()
        module = SpectrumMatchingLoss(bin_width, sigma=sigma, vocabulary=tokens, reduction="none")
        each = module(logits.softmax(-1), *observed, peaks, residue_mask=mask)
        (slope,) = torch.autograd.grad(each.sum(), logits)
        norm = slope.flatten(1).norm(dim=1)
        # Raising the right logits and lowering all alike is what cross-entropy's step does; here its direction alone.
        wanted = torch.nn.functional.one_hot(right, len(tokens)).double().expand(n, -1, -1) - probs
        along = (-slope * wanted).sum((1, 2)) / (norm * wanted.flatten(1).norm(dim=1)).clamp(min=1e-300)
        loss[s], gradient[s], towards[s] = each.detach().numpy(), norm.numpy(), along.numpy()
    masses = torch.tensor([m or 0.0 for m in tokens.masses], dtype=torch.float64)
    error = (probs @ masses - masses[right]).cumsum(1).abs().max(1).values
    return ReachOfDoubt(np.asarray(sigmas, float), np.asarray(correct, float), loss, gradient, towards, error.numpy())
