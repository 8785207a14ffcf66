"""Sums, shares and nearest neighbours within each spectrum of a ragged batch, without loops or waiting for a GPU.

Deterministic on the CPU. On a GPU sums by ``index_add`` are deterministic, as all of torch, under
``torch.use_deterministic_algorithms(True)``.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.kernels import SigmaUnit
from peploss.kernels.arguments import check_unit, same_batch
from peploss.kernels.peaks import Peaks


class Side(NamedTuple):
    """One side of a comparison, made safe to calculate with.

    Args:
        mz: (N,) m/z in Th, float64; 0 where there is no peak.
        share: (N,) intensity over the sum of its spectrum; 0 where there is no peak.
        peak: (N,) bool; False for padding (infinite m/z) and for intensity 0, which is no peak.
        spectrum: (N,) int64, the spectrum each peak belongs to.
        empty: (B,) bool, spectra without a peak.
        invalid: (B,) bool, spectra with a NaN or an infinite intensity.
    """

    mz: Tensor
    share: Tensor
    peak: Tensor
    spectrum: Tensor
    empty: Tensor
    invalid: Tensor


def spectrum_of(peaks: Peaks) -> Tensor:
    """(N,) int64: which spectrum each peak belongs to."""
    which = torch.arange(peaks.batch, device=peaks.mz.device)
    # Not searchsorted: it wakes torch's threads however few the peaks, which a busy machine waits for.
    return torch.repeat_interleave(which, peaks.offsets.diff(), output_size=peaks.mz.shape[0])


def sum_by(spectrum: Tensor, values: Tensor, size: int) -> Tensor:
    """(size,) sums of ``values`` (N,) by ``spectrum`` (N,)."""
    return values.new_zeros(size).index_add(0, spectrum, values)


def shares(intensity: Tensor, spectrum: Tensor, batch: int) -> Tensor:
    """(N,) intensities over their spectrum's sum, at any magnitude; 0 where the sum is 0."""
    # The scale cancels, so it carries no gradient; without it 1e308 + 1e308 is infinite.
    top = intensity.new_zeros(batch).scatter_reduce(0, spectrum, intensity.detach(), "amax")
    scaled = intensity / torch.where(top > 0, top, 1.0)[spectrum]
    total = sum_by(spectrum, scaled, batch)
    return scaled / torch.where(total > 0, total, 1.0)[spectrum]


def side(peaks: Peaks) -> Side:
    """``peaks`` in float64 with padding, empty peaks and NaN found and made harmless."""
    spectrum = spectrum_of(peaks)
    mz, intensity = peaks.mz.double(), peaks.intensity.double()
    nan = torch.isnan(mz) | (~torch.isfinite(intensity) & ~torch.isinf(mz))  # padding may hold anything
    peak = torch.isfinite(mz) & (intensity > 0) & torch.isfinite(intensity)
    count = sum_by(spectrum, peak.long(), peaks.batch)
    return Side(
        mz=torch.where(peak, mz, 0.0),
        share=shares(torch.where(peak, intensity, 0.0), spectrum, peaks.batch),
        peak=peak,
        spectrum=spectrum,
        empty=count == 0,
        invalid=sum_by(spectrum, nan.long(), peaks.batch) > 0,
    )


def sides(pred: Peaks, obs: Peaks) -> tuple[Side, Side]:
    """Both sides; ArgumentError if they are not equally many spectra."""
    same_batch(pred, obs)
    return side(pred), side(obs)


def finish(values: Tensor, pred: Side, obs: Side, *, empty: float) -> Tensor:
    """(B,) values with ``empty`` (no gradient) where a side has no peak and NaN where a NaN went in."""
    values = torch.where(pred.empty | obs.empty, empty, values)
    return torch.where(pred.invalid | obs.invalid, torch.nan, values)


def nearest(query: Side, target: Side) -> tuple[Tensor, Tensor]:
    """The nearest peak of the same spectrum on the other side: O((N + M) log (N + M)).

    Both sides are sorted together by spectrum and m/z; the neighbours to the left and right of a query are then
    a running maximum and minimum of the targets' places.

    Args:
        query: N peaks to find a neighbour for.
        target: M peaks to find it among.
    Returns:
        index (N,) int64 into target, of two equally near the one of lower m/z; M where there is none.
        found (N,) bool.
    """
    n, m = query.mz.shape[0], target.mz.shape[0]
    device = query.mz.device
    with torch.no_grad():
        if m == 0 or n == 0:
            return torch.full((n,), m, device=device), torch.zeros(n, dtype=torch.bool, device=device)
        mz = torch.cat([target.mz, query.mz])
        own = torch.cat([torch.where(target.peak, target.spectrum, -1), query.spectrum])  # -1 meets no query
        order = torch.sort(mz, stable=True).indices
        order = order[torch.sort(own[order], stable=True).indices]
        place = torch.arange(n + m, device=device)
        is_target = order < m
        left = torch.cummax(torch.where(is_target, place, -1), 0).values
        right = torch.cummin(torch.where(is_target, place, n + m).flip(0), 0).values.flip(0)

        def neighbour(at: Tensor) -> tuple[Tensor, Tensor]:
            index = order[at.clamp(0, n + m - 1)]
            same = (at >= 0) & (at < n + m) & (own[index] == own[order])
            return index, torch.where(same, (mz[index] - mz[order]).abs(), torch.inf)

        (left_index, left_gap), (right_index, right_gap) = neighbour(left), neighbour(right)
        best = torch.where(left_gap <= right_gap, left_index, right_index)
        best = torch.where(torch.minimum(left_gap, right_gap) < torch.inf, best, m)
        index = torch.empty_like(best).scatter_(0, order, best)[m:]
        return index, index < m


def gap_to_nearest(query: Side, target: Side) -> tuple[Tensor, Tensor, Tensor]:
    """Signed distance of every query to its nearest target, differentiable in both.

    Returns:
        gap (N,) query minus target in Th, measured from m/z 0 where there is no target; index (N,) as in
        ``nearest``; found (N,) bool.
    """
    index, found = nearest(query, target)
    padded = torch.cat([target.mz, target.mz.new_zeros(1)])
    return query.mz - padded[index], index, found


def width_at(sigma: float | Tensor, sigma_unit: SigmaUnit, mz: Tensor, spectrum: Tensor, batch: int) -> Tensor:
    """(N,) width in Th of peaks at ``mz``; ``sigma`` one number, or a tensor () or (B,).

    Raises:
        ArgumentError: the number is not positive and finite, the tensor has another shape, or the unit is not known. A
            tensor's values are not looked at: that would stall a GPU.
    """
    check_unit(sigma_unit)
    if isinstance(sigma, Tensor):
        if sigma.ndim > 1 or (sigma.ndim == 1 and sigma.shape[0] != batch):
            raise ArgumentError(
                f"sigma must be one number or one for each of {batch} spectra, not {tuple(sigma.shape)}."
            )
        value = sigma.to(device=mz.device, dtype=torch.float64)
        width = value.expand(mz.shape[0]) if value.ndim == 0 else value[spectrum]
    elif 0 < sigma < float("inf"):
        width = torch.full_like(mz, float(sigma))
    else:
        raise ArgumentError(f"sigma must be positive and finite, not {sigma!r}.")
    return width if sigma_unit == "Da" else width * 1e-6 * mz


def gaussian(gap: Tensor, width: Tensor, found: Tensor) -> Tensor:
    """``exp(-gap^2 / (2 width^2))``, 0 where nothing was found."""
    z = torch.where(found, gap, 0.0) / torch.where(found, width, 1.0)
    return torch.where(found, torch.exp(-0.5 * z * z), 0.0)
