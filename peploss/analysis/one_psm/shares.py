"""Splits the cosine and the loss into shares of fragments and of observed peaks.

With ``K_ij`` the overlap of two rendered peaks, ``cos = sum_ij a_i K_ij o_j / (|p| |o|)``. Read by rows it is a sum
over fragments, read by columns a sum over observed peaks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.scaled import scaled
from peploss.kernels import Peaks, pair_sums
from peploss.settings import LossSettings

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Additive shares. Where one side renders nothing the cosine and its shares are 0.

    Attributes:
        fragment_cosine: (F,) share of each fragment in the cosine; sums to it.
        peak_cosine: (P,) share of each observed peak in the cosine; sums to it.
        fragment_loss: (F,) share of each fragment in the loss, written as ``|p|^2 / |p|^2 - cos``: what it costs in
            norm less what it earns in overlap, so it is negative for a fragment that earns more. Sums to the loss,
            and is all 0 where no fragment is rendered.
        peak_loss: (P,) share of each observed peak in the loss, written as ``|o|^2 / |o|^2 - cos``, likewise.
    """

    fragment_cosine: F64
    peak_cosine: F64
    fragment_loss: F64
    peak_loss: F64


def decompose(pred: tuple[F64, F64], obs: tuple[F64, F64], settings: LossSettings) -> Decomposition:
    """Shares of the fragments and of the observed peaks in the cosine and in the loss.

    Args:
        pred: (F,) m/z in Th and predicted intensity.
        obs: (P,) m/z in Th and observed intensity.
        settings: the grid and sigma.
    """
    p, o = (pred[0], scaled(pred[1])), (obs[0], scaled(obs[1]))
    sums = pair_sums(
        Peaks.from_list([p, o, p, o]),
        Peaks.from_list([o, p, p, o]),
        sigma=settings.sigma,
        sigma_unit=settings.sigma_unit,
        grid=settings.grid,
    )
    _, _, pp, oo = sums.value.tolist()
    n, m = pred[0].size, obs[0].size
    by_weight, by_intensity, self_weight, self_intensity = np.split(sums.d_intensity.numpy(), np.cumsum([n, m, n]))

    both = pp > 0 and oo > 0
    norm = math.sqrt(pp) * math.sqrt(oo)
    fragment_cosine = p[1] * by_weight / norm if both else np.zeros(n)
    peak_cosine = o[1] * by_intensity / norm if both else np.zeros(m)
    fragment_norm = p[1] * self_weight / pp if pp > 0 else np.zeros(n)
    peak_norm = o[1] * self_intensity / oo if oo > 0 else np.zeros(m)
    return Decomposition(
        fragment_cosine=fragment_cosine,
        peak_cosine=peak_cosine,
        fragment_loss=fragment_norm - fragment_cosine,
        peak_loss=peak_norm - peak_cosine,
    )
