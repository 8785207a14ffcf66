"""Optimises logits under one or several losses from a partly wrong start, to see how far each finds back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.kernels.threads import one_thread
from peploss.losses.baselines import BASELINES
from peploss.losses.precursor import precursor_loss
from peploss.losses.spectrum import spectrum_loss
from peploss.peptides.soft import expected_residue_masses, soft_fragments, soft_neutral_mass
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import LossSettings
from peploss.training.schedule import SigmaSchedule

CROSS_ENTROPY: Final = "cross_entropy"
SPECTRUM: Final = "spectrum"
PRECURSOR: Final = "precursor"
OBJECTIVES: Final = (CROSS_ENTROPY, SPECTRUM, PRECURSOR, *BASELINES)
"""What can be descended, alone or in a weighted sum."""
SMALL: Final = 500_000
"""Logits, up to which one thread is faster than several."""


@dataclass(frozen=True, kw_only=True)
class Descent:
    """How the logits are optimised.

    Args:
        weights: objective -> weight, of ``OBJECTIVES``; finite, not all 0.
        steps: of Adam.
        learning_rate: of Adam, positive.
        sigma: width in Th at the start and at the end; in between it falls (or rises) by a constant factor a step.
        bin_width, max_mz: of the grid, in Th.
    Raises:
        SettingsError: a value is out of its range.
    """

    weights: Mapping[str, float]
    steps: int = 300
    learning_rate: float = 0.1
    sigma: tuple[float, float] = (0.05, 0.05)
    bin_width: float = 0.1
    max_mz: float = 2000.0

    def __post_init__(self) -> None:
        unknown = [name for name in self.weights if name not in OBJECTIVES]
        if unknown:
            raise SettingsError(
                f"There is no objective {unknown[0]!r}.", remedy=f"Use some of {', '.join(OBJECTIVES)}."
            )
        if not any(self.weights.values()) or not all(np.isfinite(w) for w in self.weights.values()):
            raise SettingsError("At least one weight must differ from 0, and all must be finite.")
        if self.steps < 1 or not self.learning_rate > 0:
            raise SettingsError("steps must be at least 1 and learning_rate positive.")
        for sigma in self.sigma:
            LossSettings(sigma=sigma, bin_width=self.bin_width, max_mz=self.max_mz)

    def sigma_at(self, step: int) -> float:
        """Width in Th at a step, from 0 to ``steps - 1``."""
        return SigmaSchedule(start=self.sigma[0], end=self.sigma[1], steps=self.steps).at(step)


class Trajectory(NamedTuple):
    """What happened on the way. B spectra, N steps; row k is before step k.

    Attributes:
        loss: (N, B) the weighted sum.
        parts: objective -> (N, B), before its weight.
        accuracy: (N, B) share of residues whose most probable token is right.
        ppm: (N, B) signed error of the expected mass against the right peptide's.
        gradient: (N, B) norm of the gradient by the logits.
        probs: (B, L, V) at the end.
    """

    loss: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]
    accuracy: NDArray[np.float64]
    ppm: NDArray[np.float64]
    gradient: NDArray[np.float64]
    probs: NDArray[np.float64]


def descend(
    probs: Tensor,  # (B, L, V)
    targets: Tensor,  # (B, L)
    mask: Tensor,  # (B, L)
    observed: Peaks,
    how: Descent,
    *,
    ions: Sequence[str] = ("b", "y"),
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trajectory:
    """Optimise the logits of B soft peptides, each on its own spectrum; they share nothing but the call.

    Args:
        probs: where they start; below 1e-6 they are raised to it, or no step would bring them back.
        targets: the right tokens.
        mask: True on residues.
        observed: B spectra.
        ions: fragments of the spectrum and the other losses, of ``peploss.peptides.soft.ION_NAMES``.
        progress: called with (steps done, all); what it raises ends the descent.
    Raises:
        SettingsError: shapes do not fit.
    """
    tokens = as_vocabulary(vocabulary)
    if probs.shape[:2] != targets.shape or mask.shape != targets.shape or probs.shape[-1] != len(tokens):
        raise SettingsError(
            f"probs must be (B, L, V = {len(tokens)}), targets and mask (B, L), not {tuple(probs.shape)}, "
            f"{tuple(targets.shape)} and {tuple(mask.shape)}."
        )
    logits = probs.double().clamp(min=1e-6).log().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=how.learning_rate)
    masses = torch.tensor([m or 0.0 for m in tokens.masses], dtype=torch.float64)
    right_mass = soft_neutral_mass(torch.where(mask, masses[targets], 0.0), mask)
    n, n_residues = len(targets), mask.sum(1).clamp(min=1)
    out = {name: np.empty((how.steps, n)) for name in ("loss", "accuracy", "ppm", "gradient")}
    parts = {name: np.empty((how.steps, n)) for name in how.weights}
    # Some ten small operations a step, for which torch would wake its threads each time.
    with one_thread() if logits.numel() <= SMALL else nullcontext():
        for step in range(how.steps):
            settings = LossSettings(sigma=how.sigma_at(step), bin_width=how.bin_width, max_mz=how.max_mz)
            now = logits.softmax(-1)
            soft = expected_residue_masses(now, vocabulary=tokens, residue_mask=mask)
            mz, valid = soft_fragments(soft.masses, soft.mask, tuple(ions))
            predicted = Peaks.from_padded(mz, torch.ones_like(mz), valid)
            mass = soft_neutral_mass(soft.masses, soft.mask)
            each = {
                name: _objective(name, logits, targets, mask, predicted, observed, mass, right_mass, settings)
                for name in how.weights
            }
            total = torch.stack([how.weights[name] * value for name, value in each.items()]).sum(0)
            (slope,) = torch.autograd.grad(total.sum(), logits)
            with torch.no_grad():
                out["loss"][step] = total.numpy()
                hits = (logits.argmax(-1) == targets) & mask
                out["accuracy"][step] = (hits.sum(1) / n_residues).numpy()
                out["ppm"][step] = ((mass - right_mass) / right_mass * 1e6).numpy()
                out["gradient"][step] = slope.flatten(1).norm(dim=1).numpy()
                for name, value in each.items():
                    parts[name][step] = value.numpy()
            logits.grad = slope
            optimizer.step()
            if progress:
                progress(step + 1, how.steps)
    end = logits.detach().softmax(-1).numpy()
    return Trajectory(parts=parts, probs=end, **out)


def _objective(
    name: str,
    logits: Tensor,
    targets: Tensor,
    mask: Tensor,
    predicted: Peaks,
    observed: Peaks,
    mass: Tensor,
    right_mass: Tensor,
    settings: LossSettings,
) -> Tensor:
    """(B,) float64."""
    if name == CROSS_ENTROPY:
        each = torch.nn.functional.cross_entropy(logits.movedim(-1, 1), targets, reduction="none")
        return torch.where(mask, each, 0.0).sum(1) / mask.sum(1).clamp(min=1)
    if name == SPECTRUM:
        return spectrum_loss(predicted, observed, sigma=settings.sigma, grid=settings.grid)
    if name == PRECURSOR:
        return precursor_loss(mass, right_mass)
    return BASELINES[name](predicted, observed, settings)
