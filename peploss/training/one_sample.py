"""One sample through the refinement steps of a model: its loss as it was trained, part by part, with its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.errors import SourceError
from peploss.losses.precursor import PPM
from peploss.losses.supervision import iteration_weights
from peploss.peptides.ions import N_TERMINAL, IonKind
from peploss.peptides.soft import expected_residue_masses, soft_fragments, soft_neutral_mass
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.descent.objective import Objective
from peploss.training.logged_run import LoggedSample, LoggedSpectrum

F64 = NDArray[np.float64]


class Refinement(NamedTuple):
    """T refinement steps of a sample of L tokens, R of them residues of the target, F fragments.

    Attributes:
        probs: (T, L, V).
        decoded, target: (T, L) and (L,) token ids.
        residue: (L,) bool, a residue by the target.
        ce, ce_weight: (T,) cross-entropy of each step in nats, and its weight in the sum.
        spectrum, precursor: (T,) as if the step were the last; NaN without peaks or precursor mass.
        total: (T,) the whole loss, likewise; the last is what was trained.
        gradient: part -> (T, L) norm of the gradient of its weighted value by the logits of a token.
        special: (T, L) probability on special tokens.
        ppm: (T,) signed: observed less expected mass, against the observed; NaN without a mass.
        fragment: (F,) names, b1 ... by ion and ordinal.
        right: (F,) m/z by the target.
        drift: (T, F) expected less right m/z, in Th.
        observed: (F,) nearest observed peak less right m/z, in Th; NaN without peaks.
    """

    probs: F64
    decoded: NDArray[np.int64]
    target: NDArray[np.int64]
    residue: NDArray[np.bool_]
    ce: F64
    ce_weight: F64
    spectrum: F64
    precursor: F64
    total: F64
    gradient: dict[str, F64]
    special: F64
    ppm: F64
    fragment: list[str]
    right: F64
    drift: F64
    observed: F64

    @property
    def edits(self) -> NDArray[np.bool_]:
        """(T, L) where a step decodes another token than the one before; none in the first."""
        changed = np.zeros(self.decoded.shape, dtype=bool)
        changed[1:] = self.decoded[1:] != self.decoded[:-1]
        return changed


def refinement(
    sample: LoggedSample, spectrum: LoggedSpectrum | None, objective: Objective, vocabulary: Vocabulary
) -> Refinement:
    """Compute all of it again from the logits that were logged.

    Args:
        sample: with logits and a target.
        spectrum: its peaks and precursor mass; without them these parts are NaN and left out of the total.
        objective: the settings of the loss. Its weights count where the sample has none of its own.
    Raises:
        SourceError: the sample has no logits or no target, or they are not finite.
    """
    if sample.logits is None or not len(sample.target):
        what = "no logits" if sample.logits is None else "no right answer"
        raise SourceError(
            f"Sample {sample.id!r} was logged with {what}.", remedy="Log with SampleLog(full_logits=True) and targets."
        )
    if not np.isfinite(sample.logits).all():
        raise SourceError(f"The logits of sample {sample.id!r} at step {sample.step} are not all finite numbers.")
    how = objective.with_weights(sample.weights)
    loss = how.module(vocabulary)
    logits = torch.tensor(np.array(sample.logits)).unsqueeze(1)  # (T, 1, L, V)
    target = torch.tensor(sample.target).unsqueeze(0)
    everything = torch.ones_like(target, dtype=torch.bool)
    has_peaks = spectrum is not None and len(spectrum.mz) > 0
    mz = torch.tensor(spectrum.mz if spectrum else []).reshape(1, -1)
    intensity = torch.tensor(spectrum.intensity if spectrum else []).reshape(1, -1)
    mass = None
    if spectrum is not None and spectrum.precursor_mass is not None:
        mass = torch.tensor([spectrum.precursor_mass], dtype=torch.float64)
    peaks = (mz, intensity, torch.ones_like(mz, dtype=torch.bool), mass)

    n_steps = len(logits)
    numbers = {name: np.full(n_steps, np.nan) for name in ("spectrum", "precursor", "total")}
    parts = {"ce": how.ce_weight, "spectrum": how.spectrum_weight * has_peaks, "precursor": how.precursor_weight}
    if not has_peaks:
        loss.spectrum_weight = 0.0
    every = how.with_weights({"ce": 1.0, "spectrum": 1.0, "precursor": 1.0}).module(vocabulary)
    with torch.no_grad():
        for t in range(n_steps):
            metrics = every(logits[: t + 1], target, everything, *peaks)[1]
            numbers["spectrum"][t] = float(metrics["spectrum_loss"]) if has_peaks else np.nan
            numbers["precursor"][t] = float(metrics["precursor_loss"]) if mass is not None else np.nan
            numbers["total"][t] = float(loss(logits[: t + 1], target, everything, *peaks)[0])
        ce = np.array([float(metrics[f"ce_step_{t}"]) for t in range(n_steps)])
    gradient = {}
    for name, weight in parts.items():
        if not weight:
            continue
        alone = how.with_weights({"ce": 0.0, "spectrum": 0.0, "precursor": 0.0} | {name: weight}).module(vocabulary)
        free = logits.clone().requires_grad_()
        (slope,) = torch.autograd.grad(alone(free, target, everything, *peaks)[0].sum(), free)
        gradient[name] = slope[:, 0].norm(dim=-1).double().numpy()

    probs = logits[:, 0].double().softmax(-1)  # (T, L, V)
    residue = vocabulary.residue_mask(target)  # (1, L)
    mask = residue.expand(n_steps, -1)
    ions = loss.spectrum_loss.ions
    soft = expected_residue_masses(probs, vocabulary=vocabulary, residue_mask=mask)
    expected, valid = soft_fragments(soft.masses, soft.mask, ions)
    right, _ = soft_fragments(vocabulary.mass_tensor()[target], residue, ions)
    keep = valid[0]
    right_mz = right[0][keep].numpy()
    ppm = np.full(n_steps, np.nan)
    if mass is not None:
        ppm = ((mass - soft_neutral_mass(soft.masses, soft.mask)) / mass * PPM).numpy()
    return Refinement(
        probs=probs.numpy(),
        decoded=sample.decoded,
        target=sample.target,
        residue=residue[0].numpy(),
        ce=ce,
        ce_weight=np.array(iteration_weights(how.iteration_weights, n_steps)),  # type: ignore[arg-type]
        gradient=gradient,
        special=torch.where(vocabulary.residue_tensor(), 0.0, probs).sum(-1).numpy(),
        ppm=ppm,
        fragment=_names(ions, residue[0].numpy(), keep.numpy()),
        right=right_mz,
        drift=(expected[:, keep] - right[:, keep]).numpy(),
        observed=_nearest(spectrum.mz if spectrum else np.empty(0), right_mz),
        **numbers,
    )


def _names(ions: Sequence[IonKind], residue: NDArray[np.bool_], keep: NDArray[np.bool_]) -> list[str]:
    """Of the fragments kept, of slots as ``soft_fragments`` orders them."""
    from_n = np.cumsum(residue)
    from_c = np.cumsum(residue[::-1])[::-1]
    names = []
    for ion in ions:
        of = from_n if ion.kind in N_TERMINAL else from_c
        charges, loss = "+" * ion.charge if ion.charge > 1 else "", f"-{ion.loss}" if ion.loss else ""
        isotope = f" +{ion.isotope} 13C" if ion.isotope else ""
        number = [""] * len(of) if ion.kind == "precursor" else [str(n) for n in of]
        names += [f"{ion.kind}{n}{charges}{loss}{isotope}" for n in number]
    return [name for name, kept in zip(names, keep, strict=True) if kept]


def _nearest(mz: F64, to: F64) -> F64:
    """(F,) the nearest peak less its m/z; NaN where there is no peak."""
    if not len(mz):
        return np.full(len(to), np.nan)
    at = np.searchsorted(mz, to)
    left, right = mz[np.clip(at - 1, 0, len(mz) - 1)] - to, mz[np.clip(at, 0, len(mz) - 1)] - to
    return np.where(np.abs(left) <= np.abs(right), left, right)
