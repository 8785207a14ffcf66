"""The truth: every operation as it is defined, dense, in float64, written to be obvious.

This is ``backend="reference"``, and what every fast form is tested against: ``render_batch``, ``pair_sums``,
``cosine`` and ``landscape``. All are plain torch, so torch differentiates them as often as you like. Memory grows with
peaks times bins, which is what the fast forms are there to avoid.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels.arguments import SigmaUnit, widths
from peploss.kernels.peaks import Peaks

RENDER_REACH = 6.0
"""A peak is rendered where a bin centre lies within this many sigma of it (amplitude there 1.5e-8).

A peak further than that from every bin centre is off the grid, or falls between bins far wider than itself; it
is not rendered at all. A peak that is rendered is rendered on every bin.
"""


class Side(NamedTuple):
    """One spectrum: (P,) m/z in Th, intensity, and sigma in Th."""

    mz: Tensor
    intensity: Tensor
    sigma: Tensor


def sides_of(peaks: Peaks, sigma: Tensor) -> list[Side]:
    """The spectra of a batch one by one; sigma is (N,)."""
    ends = itertools.pairwise(peaks.offsets.tolist())
    return [Side(peaks.mz[i:j], peaks.intensity[i:j], sigma[i:j]) for i, j in ends]


def rendered(mz: Tensor, sigma: Tensor, grid: MzGrid | None) -> Tensor:
    """(N,) bool: which peaks reach a bin. In the continuum (``grid=None``) every peak of finite m/z does."""
    if grid is None:
        return torch.isfinite(mz) | torch.isnan(mz)
    h = grid.bin_width
    nearest = torch.floor(mz / h).clamp(0, grid.n_bins - 1)
    return ~((mz - (nearest + 0.5) * h).abs() > RENDER_REACH * sigma)  # NaN stays in, and shows


def nonsense(side: Side) -> bool:
    """Whether a peak, rendered or not, has no m/z, intensity or width to calculate with. Padding may hold anything."""
    width = (side.sigma > 0) & (side.sigma < math.inf)
    wrong = torch.isnan(side.mz) | ~torch.isfinite(side.intensity) | ~width
    return bool((wrong & ~torch.isinf(side.mz)).any())


def render(mz: Tensor, intensity: Tensor, sigma: Tensor, grid: MzGrid) -> Tensor:
    """One spectrum on the grid: ``S[k] = sum_i a_i exp(-(x_k - m_i)^2 / (2 sigma_i^2))``.

    Args:
        mz, intensity, sigma: (P,) each; m/z and sigma in Th.
    Returns:
        (n_bins,) float64.
    """
    keep = rendered(mz, sigma, grid)
    m, a, s = mz[keep], intensity[keep], sigma[keep]
    x = torch.from_numpy(grid.centers).to(mz.device)
    z = (x[None, :] - m[:, None]) / s[:, None]  # (P, n_bins): the memory the fast paths never take
    return (a[:, None] * torch.exp(-0.5 * z * z)).sum(0)


def render_batch(peaks: Peaks, sigma: Tensor, grid: MzGrid) -> Tensor:
    """(B, n_bins) rendered spectra; NaN where a spectrum holds nonsense. Sigma is (N,), in Th."""
    rows = [render(*s, grid) + (_nan(s) if nonsense(s) else 0.0) for s in sides_of(peaks, sigma)]
    return torch.stack(rows) if rows else peaks.mz.new_zeros((0, grid.n_bins))


def product(a: Side, b: Side, grid: MzGrid | None) -> Tensor:
    """Inner product of two rendered spectra: ``sum_k S_a[k] S_b[k]``.

    In the continuum, its limit for bin width to 0 with the bin width divided out: the integral over all m/z.
    """
    if grid is not None:
        return (render(*a, grid) * render(*b, grid)).sum()
    (m, u, s), (n, v, t) = ([x[rendered(side.mz, side.sigma, None)] for x in side] for side in (a, b))
    variance = s[:, None] ** 2 + t[None, :] ** 2
    overlap = torch.exp(-((m[:, None] - n[None, :]) ** 2) / (2 * variance))
    area = math.sqrt(2 * math.pi) * s[:, None] * t[None, :] / variance.sqrt()
    return (u[:, None] * v[None, :] * area * overlap).sum()


def pair_sums(
    a: Peaks, b: Peaks, a_sigma: Tensor, b_sigma: Tensor, grid: MzGrid | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Inner products (B,) and, by torch's own rules, their derivatives by a's intensities and m/z, (N,) each.

    Sigmas are (N,) and (M,), in Th, and held still.
    """
    with torch.enable_grad():
        leaf = Peaks(a.mz.detach().requires_grad_(), a.intensity.detach().requires_grad_(), a.offsets)
        values = [
            product(p, o, grid) + (_nan(p, o) if nonsense(p) or nonsense(o) else 0.0)
            for p, o in zip(sides_of(leaf, a_sigma.detach()), sides_of(b.detach(), b_sigma.detach()), strict=True)
        ]
        if not values:
            return a.mz.new_zeros(0), a.mz.new_zeros(0), a.mz.new_zeros(0)
        value = torch.stack(values)
        by_mz, by_intensity = torch.autograd.grad(value.sum(), (leaf.mz, leaf.intensity))
    return value.detach(), by_intensity, by_mz


def cosine(pred: Peaks, obs: Peaks, pred_sigma: Tensor, obs_sigma: Tensor, grid: MzGrid | None) -> Tensor:
    """(B,) ``<S_pred, S_obs> / sqrt(<S_pred, S_pred> <S_obs, S_obs>)``; 0 where a side renders nothing.

    Sigmas are (N,) and (M,), in Th.
    """
    pairs = zip(sides_of(pred, pred_sigma), sides_of(obs, obs_sigma), strict=True)
    out = [_cosine(p, o, grid) for p, o in pairs]
    return torch.stack(out) if out else pred.intensity.new_zeros(0)


def _cosine(pred: Side, obs: Side, grid: MzGrid | None) -> Tensor:
    if nonsense(pred) or nonsense(obs):
        return _nan(pred, obs)
    # The cosine does not change with scale; intensities of 1e-300 or 1e300 do not survive a square.
    p, o = _scaled(pred, grid), _scaled(obs, grid)
    po, pp, oo = product(p, o, grid), product(p, p, grid), product(o, o, grid)
    empty = (pp == 0) | (oo == 0)
    norm = torch.where(empty, torch.ones_like(pp), pp * oo).sqrt()
    return torch.where(empty, po * 0, po / norm).clamp(max=1.0)


def _scaled(side: Side, grid: MzGrid | None) -> Side:
    """The rendered peaks, scaled to a highest intensity of 1."""
    keep = rendered(side.mz, side.sigma, grid) & ~torch.isinf(side.mz)
    mz, intensity, sigma = (x[keep] for x in side)
    # max of an empty tensor raises, hence the zero put beside it
    top = torch.cat([intensity.detach().abs(), intensity.new_zeros(1)]).max()
    return Side(mz, intensity / torch.where(top > 0, top, torch.ones_like(top)), sigma)


def _nan(*sides: Side) -> Tensor:
    """NaN whose gradient is NaN in every peak: a number would hide that something has gone wrong."""
    return torch.stack([x.sum() for side in sides for x in side]).sum() * math.nan


def landscape(
    pred: Peaks,
    obs: Peaks,
    sigmas: Sequence[float],
    unit: SigmaUnit,
    grids: Sequence[MzGrid],
    *,
    shift: float = 0.0,
    continuum: bool = False,
) -> Tensor:
    """(B, S, H) ``1 - cosine`` at every sigma and grid.

    Args:
        shift: how far each grid is moved up, as a share of its bins. Peaks out of range of a grid at rest stay out.
        continuum: take the peaks in range of a grid, and the continuum cosine of those.
    """
    cells = [_cell(pred, obs, float(s), unit, grid, shift, continuum) for s in sigmas for grid in grids]
    if not cells:
        return pred.mz.new_zeros((pred.batch, len(sigmas), len(grids)))
    return torch.stack(cells, 1).reshape(pred.batch, len(sigmas), len(grids))


def _cell(
    pred: Peaks, obs: Peaks, sigma: float, unit: SigmaUnit, grid: MzGrid, shift: float, continuum: bool
) -> Tensor:
    of_pred, of_obs = widths(pred, obs, sigma, unit)
    low, high = 0.5 * grid.bin_width, (grid.n_bins - 0.5) * grid.bin_width  # the first and the last bin centre

    def moved(peaks: Peaks, width: Tensor) -> Peaks:
        reach = RENDER_REACH * width
        inside = (peaks.mz + reach >= low) & (peaks.mz - reach <= high)
        return peaks.replace(mz=torch.where(inside, peaks.mz - shift * grid.bin_width, math.inf))

    return 1.0 - cosine(moved(pred, of_pred), moved(obs, of_obs), of_pred, of_obs, None if continuum else grid)
