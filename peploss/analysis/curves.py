"""What the loss compares, bin by bin: both rendered curves and each bin's part of the cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.batching import scaled
from peploss.kernels import render_nonzero
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Curve:
    """One rendered spectrum on the bins near its peaks; every other bin is zero.

    Attributes:
        bins: (K,) ascending bin numbers; the centre of bin k is ``(k + 1/2) * bin_width``.
        values: (K,) rendered intensity over its own maximum, for display: the cosine does not depend on scale.
    """

    bins: I64
    values: F64


@dataclass(frozen=True, eq=False)
class Curves:
    """Both curves, and the product of the two that is the cosine.

    Attributes:
        predicted, observed: the two sides.
        shared_bins: (K,) ascending numbers of the bins where both sides are not zero.
        shared_mz: (K,) their centres in Th.
        contribution: (K,) part of each in the cosine; sums to it.
    """

    predicted: Curve
    observed: Curve
    shared_bins: I64
    shared_mz: F64
    contribution: F64


def render_curves(pred: tuple[F64, F64], obs: tuple[F64, F64], settings: LossSettings) -> Curves:
    """Both rendered curves and the contribution of each bin to the cosine.

    Args:
        pred, obs: (F,) and (P,) m/z in Th and intensity.
        settings: the grid and sigma.
    """
    sides = []
    for mz, intensity in (pred, obs):
        height = scaled(intensity)
        there = height > 0
        sides.append(
            render_nonzero(
                mz[there],
                height[there],
                sigma=settings.sigma,
                sigma_unit=settings.sigma_unit,
                grid=settings.grid,
            )
        )
    (p_bins, p), (o_bins, o) = sides
    bins, in_p, in_o = np.intersect1d(p_bins, o_bins, assume_unique=True, return_indices=True)
    product = p[in_p] * o[in_o]
    norm = float(np.sqrt(p @ p) * np.sqrt(o @ o))
    both = product > 0
    contribution = product[both] / norm if norm > 0 else np.zeros(0)
    return Curves(
        predicted=Curve(p_bins, scaled(p)),
        observed=Curve(o_bins, scaled(o)),
        shared_bins=bins[both],
        shared_mz=np.multiply(bins[both] + 0.5, settings.bin_width, dtype=np.float64),
        contribution=contribution,
    )
