"""The truth: the dense definition in float64, written to be obvious. Every fast path is tested against it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels.peaks import Peaks

RENDER_REACH = 6.0
"""A peak is rendered where a bin centre lies within this many sigma of it (amplitude there 1.5e-8).

A peak further than that from every bin centre is off the grid, or falls between bins far wider than itself; it
is not rendered at all. A peak that is rendered is rendered on every bin.
"""


def rendered(mz: Tensor, sigma: Tensor, grid: MzGrid | None) -> Tensor:
    """(N,) bool: which peaks reach a bin. In the continuum (``grid=None``) every peak of finite m/z does."""
    if grid is None:
        return torch.isfinite(mz) | torch.isnan(mz)
    h = grid.bin_width
    nearest = torch.floor(mz / h).clamp(0, grid.n_bins - 1)
    return ~((mz - (nearest + 0.5) * h).abs() > RENDER_REACH * sigma)  # so that NaN stays in, and shows


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


def product(a: tuple[Tensor, Tensor, Tensor], b: tuple[Tensor, Tensor, Tensor], grid: MzGrid | None) -> Tensor:
    """Inner product of two rendered spectra, each ``(mz, intensity, sigma)``: a sum over bins.

    In the continuum, its limit for bin width to 0 with the bin width divided out: the integral over all m/z.
    """
    if grid is not None:
        return (render(*a, grid) * render(*b, grid)).sum()
    (m, u, s), (n, v, t) = ([x[rendered(side[0], side[2], None)] for x in side] for side in (a, b))
    variance = s[:, None] ** 2 + t[None, :] ** 2
    overlap = torch.exp(-((m[:, None] - n[None, :]) ** 2) / (2 * variance))
    area = math.sqrt(2 * math.pi) * s[:, None] * t[None, :] / variance.sqrt()
    return (u[:, None] * v[None, :] * area * overlap).sum()


def cosine(pred: Peaks, obs: Peaks, pred_sigma: Tensor, obs_sigma: Tensor, grid: MzGrid | None) -> Tensor:
    """(B,) cosine of the rendered spectra; 0 where a side renders nothing. Sigmas are (N,), in Th."""
    out = []
    for b in range(pred.batch):
        # The cosine does not change with scale; intensities of 1e-300 or 1e300 do not survive a square.
        p, o = (_scaled(_one(*side, b), grid) for side in ((pred, pred_sigma), (obs, obs_sigma)))
        po, pp, oo = product(p, o, grid), product(p, p, grid), product(o, o, grid)
        empty = (pp == 0) | (oo == 0)
        norm = torch.where(empty, torch.ones_like(pp), pp * oo).sqrt()
        out.append(torch.where(empty, po * 0, po / norm).clamp(max=1.0))
    return torch.stack(out) if out else pred.intensity.new_zeros(0)


def _one(peaks: Peaks, sigma: Tensor, b: int) -> tuple[Tensor, Tensor, Tensor]:
    at = slice(int(peaks.offsets[b]), int(peaks.offsets[b + 1]))
    return peaks.mz[at], peaks.intensity[at], sigma[at]


def _scaled(side: tuple[Tensor, Tensor, Tensor], grid: MzGrid | None) -> tuple[Tensor, Tensor, Tensor]:
    """The rendered peaks, scaled to a highest intensity of 1; a width that is none becomes NaN, and shows."""
    mz, intensity, sigma = (x[~torch.isinf(side[0])] for x in side)
    sigma = torch.where((sigma > 0) & (sigma < math.inf), sigma, math.nan)
    keep = rendered(mz, sigma, grid)
    mz, intensity, sigma = mz[keep], intensity[keep], sigma[keep]
    # max of an empty tensor raises, hence the zero put beside it
    top = torch.cat([intensity.detach().abs(), intensity.new_zeros(1)]).max()
    return mz, intensity / torch.where(top > 0, top, torch.ones_like(top)), sigma
