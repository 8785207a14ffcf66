"""The spectra of the variance study: the losses of each, their gradients in a model's last layer, its classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.every_loss import LOSSES, chosen_losses
from peploss.analysis.tuning.psm_set import Psm, observed
from peploss.errors import ArgumentError, SourceError
from peploss.kernels import Peaks
from peploss.peptides.soft import soft_fragments
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import LossSettings
from peploss.training.synthetic import Difficulty, synthetic_batch

F64 = NDArray[np.float64]

CERTAINTY = 0.999
"""Probability of the right residue where gradients are taken; the rest is spread evenly over the other residues."""
AT_ONCE = 256
_IONS = ("b", "y")


@dataclass(frozen=True, eq=False)
class StudySamples:
    """N spectra under L losses.

    Attributes:
        names: (L,).
        loss: (N, L) of the right peptide.
        gradient: (N, L, 20) by the bias of each residue's logit, which every position shares: what the bias of a
            model's last layer would get of this spectrum.
        classes: name -> (N,) text, what a spectrum is told apart by.
        certainty: probability of the right residue at which the gradient was taken.
        about: where they are from, as a sentence.
        left_out: reason -> how many.
    """

    names: tuple[str, ...]
    loss: F64
    gradient: F64
    classes: dict[str, NDArray[np.str_]]
    certainty: float
    about: str
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.loss.shape[0]


def samples_of_set(
    psms: Sequence[Psm],
    settings: LossSettings,
    names: Sequence[str] | None = None,
    *,
    certainty: float = CERTAINTY,
    about: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> StudySamples:
    """Spectra with right peptides; b and y ions of charge 1, all as high as each other.

    Args:
        psms: the set.
        settings: of the peaks, sigma and grid.
        names: losses beside the spectrum loss; None is all.
        certainty: in (0, 1].
        about: as in ``StudySamples``.
        progress: called with (spectra done, all).
    Raises:
        SourceError: there is no spectrum with peaks.
        ArgumentError: certainty is out of range.
    """
    kept = [(psm, observed(psm, settings)) for psm in psms]
    left_out = {"no peak is left": sum(not side[0].size for _, side in kept)}
    kept = [(psm, side) for psm, side in kept if side[0].size]
    if not kept:
        raise SourceError("No spectrum of this set has a peak left.", remedy="Change the filter of peaks.")
    masses = []
    for psm, _ in kept:
        own = np.array(psm.peptide.residue_masses, dtype=np.float64)
        own[0] += psm.peptide.n_term_mass
        own[-1] += psm.peptide.c_term_mass
        masses.append(own)
    shifts = torch.tensor([psm.shift for psm, _ in kept], dtype=torch.float64)
    loss, gradient = _evaluate(masses, [side for _, side in kept], shifts, settings, names, certainty, progress)
    classes = {
        "length": _groups([len(m) for m in masses]),
        "charge": np.array([f"{psm.charge}+" if psm.charge else "unknown" for psm, _ in kept]),
        "peaks": _groups([side[0].size for _, side in kept]),
        "file": np.array([psm.group or psm.spectrum.source for psm, _ in kept]),
    }
    return StudySamples(
        chosen_losses(names), loss, gradient, classes, certainty, about, {k: v for k, v in left_out.items() if v}
    )


def samples_of_curriculum(
    n: int,
    difficulty: Difficulty,
    settings: LossSettings,
    names: Sequence[str] | None = None,
    *,
    seed: int = 0,
    certainty: float = CERTAINTY,
    about: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> StudySamples:
    """Synthetic spectra of one difficulty.

    Args:
        n: how many, at least 1.
        difficulty: as ``synthetic_batch`` takes it; ``CURRICULUM_V2[k].difficulty`` is a stage's.
        seed: of the peptides and all that is done to them.
        settings, names, certainty, about, progress: as for ``samples_of_set``; no filter of peaks is applied.
    Raises:
        ArgumentError: n or certainty is out of range.
    """
    if n < 1:
        raise ArgumentError(f"n must be at least 1, not {n}.")
    vocabulary = Vocabulary()
    batch = synthetic_batch(n, difficulty, generator=torch.Generator().manual_seed(seed), vocabulary=vocabulary)
    residue = (vocabulary.residue_mask(batch.targets) & batch.target_mask).numpy()
    of_token = vocabulary.mass_tensor()[batch.targets].numpy()
    masses = [of_token[b][residue[b]] for b in range(n)]
    sides = [
        (
            batch.observed_masses[b][batch.peak_mask[b]].numpy(),
            batch.observed_intensities[b][batch.peak_mask[b]].numpy(),
        )
        for b in range(n)
    ]
    shifts = torch.zeros(n, dtype=torch.float64)
    loss, gradient = _evaluate(masses, sides, shifts, settings, names, certainty, progress)
    classes = {
        "length": _groups([len(m) for m in masses]),
        "peaks": _groups([side[0].size for side in sides]),
        "clean or noisy": np.where(batch.clean.numpy(), "clean", "noisy"),
    }
    return StudySamples(chosen_losses(names), loss, gradient, classes, certainty, about)


def _groups(values: Sequence[int]) -> NDArray[np.str_]:
    """Up to five groups of about equal size, named by their range."""
    of = np.asarray(values)
    edges = np.unique(np.quantile(of, [0.2, 0.4, 0.6, 0.8], method="nearest"))
    which = np.searchsorted(edges, of, side="left")
    names = {k: f"{of[which == k].min()} to {of[which == k].max()}" for k in np.unique(which).tolist()}
    return np.array([names[k] for k in which.tolist()])


def _evaluate(
    masses: Sequence[F64],
    sides: Sequence[tuple[F64, F64]],
    shifts: torch.Tensor,
    settings: LossSettings,
    names: Sequence[str] | None,
    certainty: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[F64, F64]:
    """Losses (N, L) of the right peptides and gradients (N, L, 20) at ``certainty``."""
    if not 0 < certainty <= 1:
        raise ArgumentError(f"certainty must lie in (0, 1], not {certainty!r}.")
    every = chosen_losses(names)
    vocabulary = Vocabulary()
    letters = vocabulary.mass_tensor()[vocabulary.residue_tensor()]
    n = len(masses)
    loss, gradient = np.empty((n, len(every))), np.empty((n, len(every), len(letters)))
    for start in range(0, n, AT_ONCE):
        some = masses[start : start + AT_ONCE]
        stop = start + len(some)
        length = max(map(len, some))
        own = torch.zeros(len(some), length, dtype=torch.float64)
        mask = torch.zeros(len(some), length, dtype=torch.bool)
        for b, of_one in enumerate(some):
            own[b, : len(of_one)], mask[b, : len(of_one)] = torch.from_numpy(of_one), True
        obs = Peaks.from_list(sides[start:stop])
        # The right letter is the nearest one; it keeps its own mass, a modification's with it.
        right = (own[:, :, None] - letters).abs().argmin(-1)
        of_letter = letters.expand(*own.shape, -1).scatter(-1, right[:, :, None], own[:, :, None])
        probs = torch.full_like(of_letter, (1 - certainty) / (len(letters) - 1))
        probs = probs.scatter(-1, right[:, :, None], certainty)
        with torch.no_grad():
            exact = _peaks(own, mask)
        moved = shifts[start:stop]
        for column, name in enumerate(every):
            with torch.no_grad():
                loss[start:stop, column] = LOSSES[name](exact, obs, settings, shift=moved).numpy()
            bias = torch.zeros(len(some), len(letters), dtype=torch.float64, requires_grad=True)
            now = (probs.log() + bias[:, None, :]).softmax(-1) if certainty < 1 else probs + 0 * bias[:, None, :]
            values = LOSSES[name](_peaks((now * of_letter).sum(-1), mask), obs, settings, shift=moved)
            (slope,) = torch.autograd.grad(values.sum(), bias)
            gradient[start:stop, column] = slope.numpy()
        if progress:
            progress(stop, n)
    return loss, gradient


def _peaks(masses: torch.Tensor, mask: torch.Tensor) -> Peaks:
    mz, valid = soft_fragments(masses, mask, _IONS)
    return Peaks.from_padded(mz, torch.ones_like(mz), valid)
