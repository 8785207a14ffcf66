"""Computes where the loss pulls each fragment, and which fragments no peak pulls.

The loss falls where a fragment moves towards a peak, and on a coarse grid also where it merely moves to a place in
its bin where its own norm is smaller. A fragment that no peak pulls therefore has a slope of its own on the grid; the
slope in the continuum limit beside it tells the two apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.one_psm.grid_effects import continuum
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

DEAD_BELOW = 0.01
"""A pull below this share of a peak's strongest pull counts as none."""


def reach(share: float) -> float:
    """Distance in sigma beyond which a peak pulls a fragment with less than ``share`` of its strongest pull.

    The overlap of two peaks of width sigma falls with their distance x as ``exp(-x^2 / 4 sigma^2)`` and its slope,
    the pull, as ``x exp(-x^2 / 4 sigma^2)``, which is strongest at ``sqrt(2) sigma``.

    >>> round(reach(0.01), 2)
    5.05
    """

    def pull(x: float) -> float:
        return x * math.exp(-x * x / 4)

    low, high = math.sqrt(2), 40.0
    floor = share * pull(low)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if pull(middle) > floor else (low, middle)
    return (low + high) / 2


REACH = reach(DEAD_BELOW)


@dataclass(frozen=True, eq=False)
class Gradient:
    """Slope of the loss by the fragments' m/z.

    Attributes:
        by_mz: (F,) in 1/Th. Negative: the loss falls as the fragment moves up. In ppm it includes the change of the
            fragment's width. Exactly 0 where either side renders nothing, and for a fragment that is not rendered.
        continuum_loss: the loss for infinitely narrow bins, of the peaks in the grid's range.
        continuum_by_mz: (F,) the same of the loss for infinitely narrow bins: without what the grid adds. Exactly 0
            for a fragment out of the grid's range.
        out_of_reach: (F,) whether no observed peak pulls a fragment that the loss sees: none lies within ``REACH``
            sigma. Its slope need not be 0 where sigma is less than a bin; a fragment the loss does not see is no
            part of these.
    """

    by_mz: F64
    continuum_loss: float
    continuum_by_mz: F64
    out_of_reach: NDArray[np.bool_]


def loss_and_gradient(
    pred: tuple[F64, F64],
    obs: tuple[F64, F64],
    pred_seen: NDArray[np.bool_],
    obs_seen: NDArray[np.bool_],
    settings: LossSettings,
) -> tuple[float, Gradient]:
    """The spectrum loss and its gradient by each fragment's m/z.

    Args:
        pred, obs: (F,) and (P,) m/z in Th and intensity.
        pred_seen, obs_seen: (F,) and (P,) whether the loss renders a peak, and its intensity is not 0.
        settings: the grid and sigma.
    """
    with torch.enable_grad():
        peaks = Peaks.from_list([pred])
        peaks.mz.requires_grad_()
        loss = spectrum_loss_at(peaks, Peaks.from_list([obs]), settings).sum()  # of one spectrum
        (slope,) = torch.autograd.grad(loss, peaks.mz)
    without_bins, slope_without = continuum(pred, obs, settings)
    return loss.item(), Gradient(
        by_mz=slope.numpy(),
        continuum_loss=without_bins,
        continuum_by_mz=slope_without,
        out_of_reach=pred_seen & ~_within_reach(pred[0], np.sort(obs[0][obs_seen]), settings),
    )


def _within_reach(fragment_mz: F64, peak_mz: F64, settings: LossSettings) -> NDArray[np.bool_]:
    """(F,) whether a peak is near enough to pull; peaks ascend. Only the neighbours on both sides can be nearest."""
    if peak_mz.size == 0:
        return np.zeros(fragment_mz.size, dtype=bool)
    right = np.searchsorted(peak_mz, fragment_mz)
    near = np.stack([peak_mz[np.maximum(right - 1, 0)], peak_mz[np.minimum(right, peak_mz.size - 1)]])
    if settings.sigma_unit == "Da":
        width: float | F64 = settings.sigma
    else:  # widths s and t act as one of variance (s^2 + t^2) / 2
        width = settings.sigma * 1e-6 * np.sqrt((near**2 + fragment_mz**2) / 2)
    return np.asarray((np.abs(near - fragment_mz) <= REACH * width).any(axis=0), dtype=bool)
