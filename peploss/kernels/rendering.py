"""The front ends of rendering: what the loss never needs, and people want to see."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import naive
from peploss.kernels.arguments import SigmaUnit, check_sigma, two_numbers, wide, widths
from peploss.kernels.autograd import arrays, check
from peploss.kernels.dispatch import Backend, kernels_for
from peploss.kernels.peaks import Peaks


def render(
    peaks: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid,
    backend: Backend = "auto",
) -> Tensor:
    """Spectra rendered on all bins of the grid: ``S[k] = sum_i a_i exp(-(x_k - m_i)^2 / (2 sigma^2))``.

    Args:
        peaks: B spectra.
        sigma, sigma_unit, grid, backend: as for ``spectrum_cosine``. All but the reference leave out what a peak has
            beyond 8.5 sigma, 2e-16 of its height.
    Returns:
        (B, n_bins) float64; NaN in a spectrum with a NaN, an infinite intensity or a width that is none.
    Raises:
        ArgumentError: as for ``spectrum_cosine``.
        BackendError: the backend is not there, or is not the reference and a gradient would have to pass.

    >>> curve = render(Peaks.from_arrays([100.05], [2.0]), sigma=0.05, grid=MzGrid())
    >>> curve.shape, round(float(curve[0, 1000]), 6)
    (torch.Size([1, 20000]), 2.0)
    """
    peaks = wide(peaks)
    sigmas, _ = widths(peaks, peaks, sigma, sigma_unit)
    kernels = kernels_for(backend, peaks.mz.device)
    if kernels == "reference":
        return naive.render_batch(peaks, sigmas, grid)
    if torch.is_grad_enabled() and any(x.requires_grad for x in (peaks.mz, peaks.intensity, sigmas)):
        raise BackendError(
            f"Rendering by the {kernels} kernels has no gradient.",
            remedy="Use backend='reference', or detach() what is rendered. The loss itself has gradients.",
        )
    if kernels == "triton":
        from peploss.kernels.gpu.render import render as on_gpu

        side = check(*(x.to(peaks.mz.device) for x in (peaks.mz, peaks.intensity, sigmas, peaks.offsets)))
        return on_gpu(side, *two_numbers(grid))
    from peploss.kernels.cpu import render as cpu_render

    m, a, s, ends = arrays(*(x.cpu() for x in (peaks.mz, peaks.intensity, sigmas, peaks.offsets)))
    out = np.zeros((peaks.batch, grid.n_bins))
    # As in the other kernels: a number would hide that something has gone wrong.
    wrong = ~np.isinf(m) & (np.isnan(m) | ~np.isfinite(a) | ~((s > 0) & np.isfinite(s)))
    for b in range(peaks.batch):
        own = slice(ends[b], ends[b + 1])
        bins, values = cpu_render.render_nonzero(m[own], a[own], s[own], *two_numbers(grid))
        out[b, bins] = values
        out[b] = np.nan if wrong[own].any() else out[b]
    return torch.from_numpy(out).to(peaks.mz.device)


def render_nonzero(
    mz: ArrayLike, intensity: ArrayLike, *, sigma: float, sigma_unit: SigmaUnit = "Da", grid: MzGrid
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One spectrum rendered on the bins near its peaks: within 8.5 sigma, where amplitude falls to 2e-16.

    Args:
        mz, intensity: (P,), any order; m/z in Th.
        sigma, sigma_unit, grid: as for ``spectrum_cosine``.
    Returns:
        bins (K,) ascending bin numbers, values (K,) rendered intensity; every other bin is zero.
    Raises:
        ArgumentError: sigma or its unit cannot be used.
    """
    from peploss.kernels.cpu import render as cpu_render

    m = np.ascontiguousarray(mz, dtype=np.float64)
    check_sigma(sigma, sigma_unit)
    s = np.full_like(m, sigma) if sigma_unit == "Da" else sigma * 1e-6 * m
    return cpu_render.render_nonzero(m, np.ascontiguousarray(intensity, dtype=np.float64), s, *two_numbers(grid))
