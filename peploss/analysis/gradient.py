"""Where the loss pulls each fragment, and which fragments it no longer reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.batching import as_peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

DEAD_BELOW = 0.01
"""A pull under this share of the strongest one a peak can exert counts as none."""


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
            fragment's width. Exactly 0 where either side renders nothing.
        out_of_reach: (F,) whether the gradient is dead: no observed peak lies within ``REACH`` sigma of the fragment,
            or the loss does not render the fragment.
    """

    by_mz: F64
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
        peaks = as_peaks([pred])
        peaks.mz.requires_grad_()
        loss = spectrum_loss_at(peaks, as_peaks([obs]), settings).sum()  # of one spectrum
        (slope,) = torch.autograd.grad(loss, peaks.mz)
    return loss.item(), Gradient(
        by_mz=slope.numpy(),
        out_of_reach=~(pred_seen & _within_reach(pred[0], np.sort(obs[0][obs_seen]), settings)),
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
