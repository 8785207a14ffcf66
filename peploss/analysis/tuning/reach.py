"""Measures how far the gradient reaches: the loss as one or all fragments are moved off their places.

Where sigma is less than a bin a fragment feels the grid itself: its own norm changes with where it falls in its bin,
and it is pulled without a peak in sight. Such a basin is as wide as a bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.one_psm.gradient import DEAD_BELOW
from peploss.analysis.tuning.psm_set import Psm, Side, observed, predicted
from peploss.constants import ISOTOPE_SPACING
from peploss.errors import ArgumentError
from peploss.kernels import Peaks, SigmaUnit
from peploss.losses.baselines import min_distance_loss
from peploss.losses.spectrum import spectrum_loss
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

FARTHEST = 2.0
STEP = 0.005
DEAMIDATION = 0.984016
"""Da that deamidation adds (Asn to Asp, Gln to Glu): Unimod record 7."""
CALIBRATION_PPM = 10.0
HUBER = 0.2
"""Delta of the min-distance loss, in Th."""


@dataclass(frozen=True)
class Mark:
    """A shift worth knowing, to be drawn on the axis.

    Attributes:
        name: ``"isotope"``, ``"deamidation"`` or ``"calibration"``.
        text: what to call it.
        shift: in Th, for ions of charge 1.
    """

    name: str
    text: str
    shift: float


def marks(precursor_mz: float | None) -> tuple[Mark, ...]:
    """The shifts of common errors; a calibration error of 10 ppm only where the precursor's m/z is known.

    >>> [(m.name, round(m.shift, 4)) for m in marks(600.0)]
    [('calibration', 0.006), ('deamidation', 0.984), ('isotope', 1.0034)]
    """
    known = (
        Mark("deamidation", "deamidation, 0.984 Da", DEAMIDATION),
        Mark("isotope", "isotope error, 1.003 Da", ISOTOPE_SPACING),
    )
    if precursor_mz is None:
        return known
    size = CALIBRATION_PPM * 1e-6 * precursor_mz
    return (Mark("calibration", "10 ppm at the precursor", size), *known)


@dataclass(frozen=True, eq=False)
class ShiftCurve:
    """A loss over the shift, and how wide its basin at shift 0 is.

    Attributes:
        sigma, sigma_unit: of the curve; None for the min-distance loss, which has no sigma.
        loss: (N,) at each shift.
        gradient: (N,) slope by the shift, in units of the loss per Th.
        minimum: shift of the bottom of the basin in which shift 0 lies.
        basin: shifts where the slope first turns back on both sides; inside, descent ends at ``minimum``. An end
            of the range where it does not turn back before.
        reach: the same two shifts, or nearer to the bottom, where the slope first falls under 1 % of its peak
            within the basin: what lies outside is not pulled back. None where nothing pulls at all.
    """

    sigma: float | None
    sigma_unit: SigmaUnit
    loss: F64
    gradient: F64
    minimum: float
    basin: tuple[float, float]
    reach: tuple[float, float] | None

    @property
    def basin_width(self) -> float:
        """Width of the basin in Th."""
        return self.basin[1] - self.basin[0]

    @property
    def reach_width(self) -> float:
        """Width of what is pulled back, in Th; 0 where nothing pulls."""
        return self.reach[1] - self.reach[0] if self.reach else 0.0


@dataclass(frozen=True, eq=False)
class Reach:
    """What a shift of the fragments does to the losses.

    Attributes:
        shift: (N,) ascending, in Th; 0 is among them.
        fragment: index of the one fragment that is shifted; None where all are.
        curves: the spectrum loss, one curve a sigma.
        min_distance: the min-distance Huber loss of the same peaks.
        kinks: (M,) shifts at which its slope jumps: an observed peak is as near to one fragment as to another.
        jumps: (M,) by how much the slope falls there, in Th; above 0.
        marks: shifts of common errors.
    """

    shift: F64
    fragment: int | None
    curves: tuple[ShiftCurve, ...]
    min_distance: ShiftCurve
    kinks: F64
    jumps: F64
    marks: tuple[Mark, ...]


def reach_curves(
    psm: Psm,
    settings: LossSettings,
    sigmas: Sequence[float],
    *,
    fragment: int | None = None,
    farthest: float = FARTHEST,
    step: float = STEP,
) -> Reach:
    """Loss and gradient against a shift of all fragments or of one.

    Args:
        settings: everything but sigma.
        sigmas: in the unit of the settings.
        fragment: index of the one to shift, as ``fragments`` lists them; None shifts all. Charges do not count: a shift
            is one of m/z.
        farthest: the range goes from minus to plus this, in Th.
        step: between two shifts, in Th. A basin narrower than that is not seen: take no sigma below ``step``.
    Raises:
        ArgumentError: there is no such fragment, or farthest or step is not positive.
        Peploss errors of preprocessing and fragmentation.
    """
    if not (0 < step <= farthest):
        raise ArgumentError(f"step must be positive and at most farthest; they are {step} and {farthest}.")
    pred, obs = predicted(psm, settings), observed(psm, settings)
    if fragment is not None and not 0 <= fragment < pred[0].size:
        raise ArgumentError(f"There is no fragment {fragment}; there are {pred[0].size}.")
    n = round(farthest / step)
    shift = np.asarray(np.arange(-n, n + 1) * step, dtype=np.float64)
    moves = np.ones(pred[0].size) if fragment is None else np.eye(pred[0].size)[fragment]
    curves = tuple(_spectrum_curve(pred, obs, moves, shift, sigma, settings) for sigma in sigmas)
    kinks, jumps = _kinks(pred, obs, fragment, farthest)
    with torch.enable_grad():
        at, peaks, target = _batch(pred, obs, moves, shift)
        loss = min_distance_loss(peaks, target, delta=HUBER)
        (slope,) = torch.autograd.grad(loss.sum(), at, allow_unused=True)
    gradient = np.zeros(shift.size) if slope is None else slope.numpy()
    return Reach(
        shift=shift,
        fragment=fragment,
        curves=curves,
        min_distance=_curve(shift, loss.detach().numpy(), gradient, None, settings.sigma_unit),
        kinks=kinks,
        jumps=jumps,
        marks=marks(psm.spectrum.precursor_mz),
    )


def _spectrum_curve(pred: Side, obs: Side, moves: F64, shift: F64, sigma: float, settings: LossSettings) -> ShiftCurve:
    with torch.enable_grad():
        at, peaks, target = _batch(pred, obs, moves, shift)
        loss = spectrum_loss(peaks, target, sigma=sigma, sigma_unit=settings.sigma_unit, grid=settings.grid)
        (slope,) = torch.autograd.grad(loss.sum(), at)
    return _curve(shift, loss.detach().numpy(), slope.numpy(), float(sigma), settings.sigma_unit)


def _batch(pred: Side, obs: Side, moves: F64, shift: F64) -> tuple[torch.Tensor, Peaks, Peaks]:
    """The shifts as a leaf, and a batch of the fragments at each against the peaks."""
    at = torch.from_numpy(shift.copy()).requires_grad_()
    mz = torch.from_numpy(pred[0].copy())[None] + at[:, None] * torch.from_numpy(moves)[None]
    return at, Peaks.from_list([(mz, pred[1])]), Peaks.from_list([obs] * shift.size)


def _curve(shift: F64, loss: F64, gradient: F64, sigma: float | None, unit: SigmaUnit) -> ShiftCurve:
    """Basin and reach by walking downhill from shift 0, then uphill on both sides."""
    bottom = int(np.abs(shift).argmin())
    while bottom > 0 and loss[bottom - 1] < loss[bottom]:
        bottom -= 1
    while bottom < loss.size - 1 and loss[bottom + 1] < loss[bottom]:
        bottom += 1
    left = right = bottom
    while left > 0 and loss[left - 1] > loss[left]:
        left -= 1
    while right < loss.size - 1 and loss[right + 1] > loss[right]:
        right += 1
    pull = np.abs(gradient)
    peak = pull[left : right + 1].max()
    reach = None
    if peak > 0:
        reach = (
            float(shift[_falls(pull, bottom, left, peak)]),
            float(shift[_falls(pull, bottom, right, peak)]),
        )
    return ShiftCurve(
        sigma=sigma,
        sigma_unit=unit,
        loss=loss,
        gradient=gradient,
        minimum=float(shift[bottom]),
        basin=(float(shift[left]), float(shift[right])),
        reach=reach,
    )


def _falls(pull: F64, bottom: int, end: int, peak: float) -> int:
    """First place from the steepest one outwards where the pull is under 1 % of the peak; the end if there is none."""
    step = 1 if end >= bottom else -1
    walk = np.arange(bottom, end + step, step)
    outside = walk[int(pull[walk].argmax()) :]
    dead = outside[pull[outside] < DEAD_BELOW * peak]
    return int(dead[0]) if dead.size else end


def _kinks(pred: Side, obs: Side, fragment: int | None, farthest: float) -> tuple[F64, F64]:
    """Shifts where an observed peak changes the fragment nearest to it, and by how much the slope falls there."""
    ions = np.unique(pred[0][pred[1] > 0])
    peaks, share = obs[0][obs[1] > 0], obs[1][obs[1] > 0]
    if not ions.size or not peaks.size:
        return np.zeros(0), np.zeros(0)
    share = share / share.sum()
    if fragment is None:
        half = np.diff(ions) / 2
        at = peaks[None] - (ions[:-1] + half)[:, None]  # (F - 1, P)
        # On one side the distance grows with the shift, on the other it falls: twice the Huber slope.
        fall = 2 * share[None] * np.minimum(half, HUBER)[:, None]
    else:
        others = ions[ions != pred[0][fragment]]
        if not others.size or not pred[1][fragment] > 0:
            return np.zeros(0), np.zeros(0)
        gap = np.abs(peaks[:, None] - others[None]).min(axis=1)
        at = np.stack([peaks - gap, peaks + gap]) - pred[0][fragment]  # (2, P)
        fall = np.stack([share * np.minimum(gap, HUBER)] * 2)
    keep = (np.abs(at) <= farthest) & (fall > 0)
    order = np.argsort(at[keep], kind="stable")
    return at[keep][order], fall[keep][order]
