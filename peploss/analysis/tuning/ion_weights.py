"""Measures what uniform fragment intensities cost right peptides, and fits weights that cost less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.scaled import scaled
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, observed
from peploss.analysis.tuning.recommendation.setting_score import score
from peploss.errors import ArgumentError, SourceError
from peploss.kernels import Peaks, pair_sums
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.fragments import Fragments, fragments
from peploss.settings import EXTRA_IONS, LossSettings

F64 = NDArray[np.float64]

STEPS = 150
RATE = 0.1
HELD_OUT = 0.3
ROUNDS = 200
DIGITS = 3
LEAST = 1e-3


@dataclass(frozen=True, eq=False)
class Floor:
    """The loss of right peptides, and what of it fragment intensities could take away.

    Attributes:
        uniform: (N,) loss with intensity 1 for every fragment.
        given: (N,) loss with the ion weights of the settings.
        best: (N,) loss with the best intensities these fragments can have, chosen for each spectrum by itself: what
            remains is peaks no fragment explains, and fragments off their peaks.
    """

    uniform: F64
    given: F64
    best: F64

    @property
    def share_of_uniform(self) -> float:
        """Share of the median loss that uniform intensities cost."""
        top = float(np.median(self.uniform))
        return (top - float(np.median(self.best))) / top if top > 0 else 0.0


@dataclass(frozen=True, eq=False)
class SplitLoss:
    """Losses of some PSMs with uniform and with fitted weights.

    Attributes:
        n: number of PSMs.
        uniform, fitted: (n,) losses.
        auc_uniform, auc_fitted: decoy separation, as in ``Separation.auc``; None where no decoys can be made.
    """

    n: int
    uniform: F64
    fitted: F64
    auc_uniform: float | None
    auc_fitted: float | None

    @property
    def medians(self) -> tuple[float, float]:
        """Median loss with uniform and with fitted weights."""
        return float(np.median(self.uniform)), float(np.median(self.fitted))


@dataclass(frozen=True, eq=False)
class IonWeights:
    """Fitted weights, as a setting, and what they do.

    Attributes:
        weights: by ion type and charge (``y1``, ``b2``), ``immonium`` or ``precursor``; the largest is 1. As
            ``LossSettings.ion_weights``.
        counts: fragments of each in the training PSMs.
        settings: the settings given, with these weights.
        train, held_out: losses of the PSMs fitted to, and of those kept apart: no peptide is in both.
        trace: (steps + 1,) mean training loss along the descent.
    """

    weights: dict[str, float]
    counts: dict[str, int]
    settings: LossSettings
    train: SplitLoss
    held_out: SplitLoss
    trace: F64


def loss_floor(psms: Sequence[Psm], settings: LossSettings) -> Floor:
    """Losses with uniform, given and best intensities.

    The best are those non-negative intensities a that make the rendered fragments most like the rendered spectrum:
    the least squares of ``|S_obs - sum_i a_i S_i|``, solved by multiplicative updates ``a <- a b / (K a)``, which
    never increase it.

    Args:
        psms: at least one.
        settings: what the loss is.
    Raises:
        SourceError: there is no PSM.
    Source:
        Lee, D. D. & Seung, H. S. (2001), Algorithms for non-negative matrix factorization, NIPS 13.
    """
    flat, ions, target = _batch(psms, settings)
    given = flat.replace(intensity=torch.from_numpy(np.concatenate([f.intensity for f in ions])))
    with torch.no_grad():
        goal = _overlaps(flat, target, settings)
        a = torch.ones_like(flat.intensity)
        for _ in range(ROUNDS):
            now = flat.replace(intensity=a)
            own = _overlaps(now, now, settings)
            a = torch.where(own > 0, a * goal / torch.where(own > 0, own, 1.0), 0.0)
        losses = [spectrum_loss_at(p, target, settings).numpy() for p in (flat, given, flat.replace(intensity=a))]
    uniform, weighted, best = losses
    return Floor(uniform=uniform, given=weighted, best=np.minimum(best, np.minimum(uniform, weighted)))


def _overlaps(a: Peaks, b: Peaks, settings: LossSettings) -> torch.Tensor:
    """(N,) overlap of each peak of a with all of b's."""
    return pair_sums(a, b, sigma=settings.sigma, sigma_unit=settings.sigma_unit, grid=settings.grid).d_intensity


def fit_ion_weights(
    psms: Sequence[Psm], settings: LossSettings, *, held_out: float = HELD_OUT, seed: int = 0, steps: int = STEPS
) -> IonWeights:
    """Fit one weight for each ion type and charge by gradient descent through the kernel.

    The mean loss of the training PSMs is minimised over the logarithms of the weights with Adam, from uniform ones.
    Neutral-loss and isotope peaks share the weight of their ion, as in the settings.

    Args:
        psms: right ones; at least two different peptides.
        settings: what the loss is; weights they already have are not looked at.
        held_out: share of the peptides kept apart, in (0, 1).
        seed: of the split and of the decoys.
        steps: of the descent.
    Raises:
        SourceError: there are fewer than two different peptides, or no fragments.
        ArgumentError: held_out is out of its range, or steps below 1.
    """
    if not 0 < held_out < 1 or steps < 1:
        raise ArgumentError(f"held_out must lie in (0, 1) and steps be at least 1; they are {held_out} and {steps}.")
    uniform = settings.replace(ion_weights={})
    train, test = _split(psms, held_out, seed)
    flat, ions, target = _batch(train, uniform)
    names = np.concatenate([_names(f) for f in ions])
    kinds, kind = np.unique(names, return_inverse=True)
    if not kinds.size:
        raise SourceError("There is no fragment to weigh.", remedy="Choose at least one ion type.")
    index = torch.from_numpy(kind.astype(np.int64))
    log_weight, trace = _descend(
        lambda w: spectrum_loss_at(flat.replace(intensity=w.exp()[index]), target, uniform).mean(), kinds.size, steps
    )
    weight = np.exp(log_weight - log_weight.max())
    weights = {str(k): round(float(w), DIGITS) if w >= LEAST else 0.0 for k, w in zip(kinds, weight, strict=True)}
    fitted = settings.replace(ion_weights=weights)
    counts = np.bincount(kind, minlength=kinds.size)
    return IonWeights(
        weights=weights,
        counts={str(k): int(n) for k, n in zip(kinds, counts, strict=True)},
        settings=fitted,
        train=_compare(train, uniform, fitted, seed),
        held_out=_compare(test, uniform, fitted, seed),
        trace=trace,
    )


def _descend(loss: Callable[[torch.Tensor], torch.Tensor], size: int, steps: int) -> tuple[F64, F64]:
    """Adam from 0: (size,) parameters and (steps + 1,) losses. By hand: loading torch's own takes seconds.

    Source:
        Kingma, D. P. & Ba, J. (2015), arXiv:1412.6980, with its constants.
    """
    at, first, second = np.zeros(size), np.zeros(size), np.zeros(size)
    trace = []
    for step in range(steps + 1):
        with torch.enable_grad():
            leaf = torch.from_numpy(at.copy()).requires_grad_()
            value = loss(leaf)
            (slope,) = torch.autograd.grad(value, leaf)
        trace.append(value.item())
        if step == steps:
            break
        first = 0.9 * first + 0.1 * slope.numpy()
        second = 0.999 * second + 0.001 * slope.numpy() ** 2
        moment, size_of_it = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        at = at - RATE * moment / (np.sqrt(size_of_it) + 1e-8)
    return at, np.array(trace)


def _names(ions: Fragments) -> NDArray[np.str_]:
    """(F,) key of each fragment in ``ion_weights``."""
    return np.array(
        [k if k in EXTRA_IONS else f"{k}{z}" for k, z in zip(ions.ion_type, ions.charge, strict=True)], dtype=np.str_
    )


def _batch(psms: Sequence[Psm], settings: LossSettings) -> tuple[Peaks, list[Fragments], Peaks]:
    """Fragments of intensity 1, the same as tables, and observed peaks, highest 1."""
    if not psms:
        raise SourceError("There is no spectrum with a peptide to look at.")
    ions = [fragments(p.peptide, settings, p.charge) for p in psms]
    peaks = [observed(p, settings) for p in psms]
    return (
        Peaks.from_list([(f.mz, np.ones(len(f))) for f in ions]),
        ions,
        Peaks.from_list([(mz, scaled(intensity)) for mz, intensity in peaks]),
    )


def _split(psms: Sequence[Psm], held_out: float, seed: int) -> tuple[list[Psm], list[Psm]]:
    """Training and held-out PSMs; those of one sequence stay together."""
    sequences = sorted({p.peptide.sequence for p in psms})
    if len(sequences) < 2:
        raise SourceError(
            "Fitting ion weights needs at least two different peptides, one of them to be kept apart.",
            remedy="Give more spectra.",
        )
    order = np.random.default_rng(seed).permutation(len(sequences))
    n = min(max(1, round(held_out * len(sequences))), len(sequences) - 1)
    apart = {sequences[i] for i in order[:n]}
    return [p for p in psms if p.peptide.sequence not in apart], [p for p in psms if p.peptide.sequence in apart]


def _compare(psms: Sequence[Psm], uniform: LossSettings, fitted: LossSettings, seed: int) -> SplitLoss:
    return SplitLoss(
        n=len(psms),
        uniform=_losses(psms, uniform),
        fitted=_losses(psms, fitted),
        auc_uniform=_auc(psms, uniform, seed),
        auc_fitted=_auc(psms, fitted, seed),
    )


def _losses(psms: Sequence[Psm], settings: LossSettings) -> F64:
    flat, ions, target = _batch(psms, settings)
    weights = torch.from_numpy(np.concatenate([f.intensity for f in ions]))
    with torch.no_grad():
        return spectrum_loss_at(flat.replace(intensity=weights), target, settings).numpy()


def _auc(psms: Sequence[Psm], settings: LossSettings, seed: int) -> float | None:
    try:
        prepared = prepare(psms, settings, limit=len(psms), seed=seed)
    except SourceError:  # no peptide of these has another order of its residues
        return None
    return score(prepared, settings.sigma, settings.sigma_unit, settings.bin_width).auc
