"""The ways to add the spectrum loss to the cross-entropy that the training study compares."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.learning.spectra import VOCABULARY, Data
from peploss import MzGrid, Peaks, spectrum_loss
from peploss.losses.baselines import min_distance_loss
from peploss.losses.precursor import precursor_loss
from peploss.peptides.soft import expected_residue_masses, soft_fragments, soft_neutral_mass

MULTI = (0.05, 0.2, 0.5, 2.0, 10.0)
NEAR = 2  # residues next to a cut that keep their gradient


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is added to the cross-entropy.

    Args:
        weight, precursor: of the spectrum and the precursor loss.
        sigma: at the start and at the end, in Th; by a constant factor a step.
        bins: in Th; 0 for none.
        form: how probabilities become masses. ``"soft"``: expectation over residues. ``"absolute"``: over all tokens.
            ``"hard"``: the most probable, with the gradient of the expectation (straight-through). ``"gumbel"``: a
            drawn one, likewise. ``"near"``: the expectation, whose gradient reaches only residues near the cut.
            ``"others"``: one expected residue at each cut, all others right.
        multi: mean over the sigmas of ``MULTI``.
        heights: fragments have the heights that the spectra were made with, not 1.
        distance: min-distance loss in place of the cosine.
        balanced: the gradient on the logits is scaled to ``weight`` of that of the cross-entropy.
    """

    weight: float = 0.15
    precursor: float = 0.0
    sigma: tuple[float, float] = (0.05, 0.05)
    bins: float = 0.1
    form: str = "soft"
    multi: bool = False
    heights: bool = False
    distance: bool = False
    balanced: bool = False


VARIANTS = {
    "cross-entropy": Variant(weight=0),
    "spectrum 0.15": Variant(),
    "spectrum 0.01": Variant(weight=0.01),
    "spectrum 1": Variant(weight=1),
    "sigma 0.2": Variant(sigma=(0.2, 0.2)),
    "sigma 0.5": Variant(sigma=(0.5, 0.5)),
    "sigma 2": Variant(sigma=(2, 2)),
    "sigma annealed 5 to 0.05": Variant(sigma=(5, 0.05)),
    "multi-sigma": Variant(multi=True),
    "bins 0.01": Variant(bins=0.01),
    "no bins": Variant(bins=0),
    "precursor 0.08": Variant(weight=0, precursor=0.08),
    "spectrum and precursor": Variant(precursor=0.08),
    "min-distance": Variant(distance=True),
    "absolute expectation": Variant(form="absolute"),
    "straight-through": Variant(form="hard"),
    "gumbel straight-through": Variant(form="gumbel"),
    "gradient near the cut": Variant(form="near"),
    "others right": Variant(form="others"),
    "others right, sigma 0.5": Variant(form="others", sigma=(0.5, 0.5)),
    "others right, sigma 0.5, weight 1": Variant(form="others", sigma=(0.5, 0.5), weight=1),
    "others right, multi-sigma, weight 1": Variant(form="others", multi=True, weight=1),
    "known heights": Variant(heights=True),
    "known heights, others right, weight 1": Variant(heights=True, form="others", sigma=(0.5, 0.5), weight=1),
    "balanced 0.1": Variant(weight=0.1, balanced=True),
    "balanced 0.1, multi-sigma": Variant(weight=0.1, balanced=True, multi=True),
}


def cross_entropy(logits: Tensor, data: Data) -> Tensor:
    """(B,)."""
    each = nn.functional.cross_entropy(logits.movedim(-1, 1), data.targets, reduction="none")
    return torch.where(data.mask, each, 0.0).sum(1) / data.mask.sum(1)


def masses_of(logits: Tensor, residues: Tensor, form: str) -> Tensor:
    """(B, L) Da, 0 where there is no residue."""
    probs = logits.double().softmax(-1)
    if form == "absolute":
        return torch.where(residues, probs @ VOCABULARY.mass_tensor(), 0.0)
    soft = expected_residue_masses(probs, residue_mask=residues).masses
    if form not in ("hard", "gumbel"):
        return soft
    scores = torch.where(VOCABULARY.residue_tensor(), logits.double(), -torch.inf)
    if form == "gumbel":
        scores = scores - torch.log(-torch.log(torch.rand_like(scores).clamp(1e-12, 1 - 1e-12)))
    hard = torch.where(residues, VOCABULARY.mass_tensor()[scores.argmax(-1)], 0.0)
    return soft + (hard - soft).detach()


def kept_near(masses: Tensor, residues: Tensor, right: Tensor | None) -> tuple[Tensor, Tensor]:
    """Fragments as ``soft_fragments`` gives them, of residues that have their gradient (and, where ``right`` is given,
    their value) at a cut alone: b and y from the mass of everything else, and the last ``NEAR`` (or one) residues."""
    fixed = masses.detach() if right is None else right
    mz, valid = soft_fragments(fixed, residues)
    free = masses - fixed  # 0 where right is None, with its gradient
    length = masses.shape[1]
    forward, backward = free.clone(), free.clone()
    for k in range(1, NEAR if right is None else 1):
        forward = forward + nn.functional.pad(free, (k, 0))[:, :length]
        backward = backward + nn.functional.pad(free, (0, k))[:, -length:]
    return mz + torch.where(valid, torch.cat([forward, backward], 1), 0.0), valid


def added(logits: Tensor, data: Data, how: Variant, share: float) -> Tensor:
    """(B,) the spectrum loss, or what stands in its place, before its weight."""
    residues = VOCABULARY.residue_mask(data.targets) & data.mask
    masses = masses_of(logits, residues, how.form)
    right = torch.where(residues, VOCABULARY.mass_tensor()[data.targets], 0.0)
    if how.form in ("near", "others"):
        mz, valid = kept_near(masses, residues, right if how.form == "others" else None)
    else:
        mz, valid = soft_fragments(masses, residues)
    heights = data.heights if how.heights else torch.ones_like(mz)
    predicted = Peaks.from_padded(mz, heights, valid)
    observed = Peaks.from_padded(data.mz, data.intensity, data.peaks)
    if how.distance:
        return min_distance_loss(predicted, observed)
    grid = MzGrid(bin_width=how.bins) if how.bins else None
    start, end = how.sigma
    sigmas = MULTI if how.multi else (start * (end / start) ** share,)
    return torch.stack([spectrum_loss(predicted, observed, sigma=s, grid=grid) for s in sigmas]).mean(0)


def total(logits: Tensor, data: Data, how: Variant, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and the gradients on the logits of the cross-entropy and of what is added (without its weight)."""
    leaf = logits.detach().requires_grad_()
    ce = cross_entropy(leaf, data).mean()
    (of_ce,) = torch.autograd.grad(ce, leaf)
    of_added = torch.zeros_like(of_ce)
    slope = of_ce
    if how.weight:
        (of_added,) = torch.autograd.grad(added(leaf, data, how, share).mean(), leaf)
        scale = how.weight * (of_ce.norm() / of_added.norm().clamp(min=1e-12) if how.balanced else 1.0)
        slope = slope + scale * of_added
    if how.precursor:
        residues = VOCABULARY.residue_mask(data.targets) & data.mask
        mass = soft_neutral_mass(masses_of(leaf, residues, "soft"), residues)
        (more,) = torch.autograd.grad(precursor_loss(mass, data.mass).mean(), leaf)
        slope = slope + how.precursor * more
        of_added = of_added if how.weight else more
    # A loss with just this gradient on the logits.
    return (logits * slope).sum(), of_ce, of_added
