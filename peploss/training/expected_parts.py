"""What each part of the loss costs, on average, at every stage of a curriculum for a model of a given accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.losses.combined import CombinedLoss
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.curriculum import Stage
from peploss.training.synthetic import synthetic_batch

F64 = NDArray[np.float64]


class ExpectedParts(NamedTuple):
    """(S,) each, of S stages: medians over the samples, before weights; ``share`` (S,) of the weighted spectrum and
    precursor loss in the whole."""

    ce: F64
    spectrum: F64
    precursor: F64
    share: F64


def expected_parts(
    stages: Sequence[Stage],
    *,
    accuracy: float,
    confidence: float = 0.9,
    sigma: float = 0.05,
    samples: int = 64,
    seed: int = 0,
) -> ExpectedParts:
    """Draw spectra of each stage and answer them as a model of this accuracy would.

    Args:
        accuracy: chance in [0, 1] that the most probable token of a position is the right one.
        confidence: probability that the model gives its most probable token, in (0, 1); the rest is spread evenly.
        sigma: of the spectrum loss, in Th.
        samples: spectra of each stage.
    """
    vocabulary = Vocabulary()
    loss = CombinedLoss(spectrum_weight=1.0, precursor_weight=1.0, sigma=sigma, vocabulary=vocabulary, reduction="none")
    rows = []
    for stage in stages:
        generator = torch.Generator().manual_seed(seed)
        batch = synthetic_batch(samples, stage.difficulty, generator=generator)
        answer = torch.where(
            torch.rand(batch.targets.shape, generator=generator) < accuracy,
            batch.targets,
            torch.randint(4, len(vocabulary), batch.targets.shape, generator=generator),
        )
        rest = (1 - confidence) / (len(vocabulary) - 1)
        probs = torch.full((*answer.shape, len(vocabulary)), rest).scatter(-1, answer[..., None], confidence)
        metrics = loss(
            probs.log()[None], batch.targets, batch.target_mask, batch.observed_masses, batch.observed_intensities,
            batch.peak_mask, batch.precursor_mass,
        )[1]  # fmt: skip
        parts = [float(metrics[name].double().median()) for name in ("ce_final", "spectrum_loss", "precursor_loss")]
        added = stage.spectrum_weight * parts[1] + stage.precursor_weight * parts[2]
        rows.append([*parts, added / (parts[0] + added)])
    return ExpectedParts(*np.array(rows).T)
