"""Renders the two curves that the loss compares, with each bin's part of the cosine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.scaled import scaled
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
        real = height > 0
        sides.append(
            render_nonzero(
                mz[real],
                height[real],
                sigma=settings.sigma,
                sigma_unit=settings.sigma_unit,
                grid=settings.grid,
            )
        )
    (p_bins, p), (o_bins, o) = sides
    pieces = list(_shared_stretches(p_bins, o_bins))
    product = np.concatenate([np.zeros(0), *(p[i] * o[j] for i, j in pieces)])
    bins = np.concatenate([np.zeros(0, dtype=np.int64), *(p_bins[i] for i, _ in pieces)])
    there = product > 0
    bins, product = bins[there], product[there]
    norm = float(np.sqrt(p @ p) * np.sqrt(o @ o))
    return Curves(
        predicted=Curve(p_bins, scaled(p)),
        observed=Curve(o_bins, scaled(o)),
        shared_bins=bins,
        shared_mz=np.multiply(bins + 0.5, settings.bin_width, dtype=np.float64),
        contribution=product / norm if norm > 0 else product,
    )


def _shared_stretches(a: I64, b: I64) -> Iterator[tuple[slice, slice]]:
    """Where two ascending lists of bins hold the same ones, as slices into both.

    By stretches without a gap, of which there are no more than peaks, while bins there may be millions.
    """
    left, right = _stretches(a), _stretches(b)
    i = j = 0
    while i < len(left) and j < len(right):
        (a_first, a_last, a_at), (b_first, b_last, b_at) = left[i], right[j]
        first, last = max(a_first, b_first), min(a_last, b_last)
        if first <= last:
            n = last - first + 1
            a_from, b_from = a_at + first - a_first, b_at + first - b_first
            yield slice(a_from, a_from + n), slice(b_from, b_from + n)
        if a_last <= b_last:
            i += 1
        else:
            j += 1


def _stretches(bins: I64) -> list[tuple[int, int, int]]:
    """First bin, last bin and place in ``bins`` of each stretch without a gap."""
    if bins.size == 0:
        return []
    start = np.concatenate([[0], np.flatnonzero(np.diff(bins) > 1) + 1])
    stop = np.append(start[1:], bins.size)
    return list(zip(bins[start].tolist(), bins[stop - 1].tolist(), start.tolist(), strict=True))
