"""Cosine similarity of Gaussian-rendered spectra: one meaning, several ways to compute it.

``reference`` is the dense definition in float64; ``cpu`` the closed form in numba; ``triton`` the same on a GPU, in
float32 where that loses nothing that counts. ``backend="auto"`` may change speed, never meaning.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import naive
from peploss.kernels.autograd import arrays, check, check_offsets, cosine
from peploss.kernels.dispatch import BACKENDS, Backend, kernels_for
from peploss.kernels.peaks import Peaks
from peploss.kernels.threads import split

__all__ = ["BACKENDS", "Backend", "PairSums", "Peaks", "pair_sums", "render", "render_nonzero", "spectrum_cosine"]

SigmaUnit = Literal["Da", "ppm"]


def spectrum_cosine(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None,
    backend: Backend = "auto",
) -> Tensor:
    """Cosine similarity of two Gaussian-rendered spectra, without rendering them.

    Args:
        pred: B spectra; m/z in Th and intensity, ragged, in any order.
        obs: likewise, the same number of spectra.
        sigma: standard deviation of a rendered peak: a number, a tensor of no dimension, or (B,), one for each
            spectrum. Positive and finite.
        sigma_unit: ``"Da"``, or ``"ppm"`` for a width proportional to each peak's m/z.
        grid: the grid the cosine is defined on; None for its continuum limit.
        backend: one of ``BACKENDS``; ``auto`` is Triton's kernels for CUDA tensors. Those take every pair of peaks in
            float32, its distance and sums over peaks in float64 or as exactly: 2e-6 of the cosine, 1e-5 of the largest
            gradient.
    Returns:
        (B,) float64, in [0, 1] for non-negative intensities; exactly 0, with exactly zero gradient, where a side
        renders nothing (no peak, no intensity, no peak within 6 sigma of a bin). Gradients reach m/z, intensities
        and sigma. NaN where a NaN, an infinite intensity or a sigma tensor that is not positive and finite went in.
    Raises:
        ValueError: sigma is a number that is not positive and finite, or shapes do not fit.
        BackendError: the backend is not there.
    Source:
        Poisson summation of a product of Gaussians; see ``peploss.kernels.cpu.pairs``.

    >>> one = Peaks.from_arrays([100.05], [1.0])
    >>> round(float(spectrum_cosine(one, Peaks.from_arrays([100.08], [7.0]), sigma=0.05, grid=None)[0]), 4)
    0.9139
    """
    pred, obs = _wide(pred), _wide(obs)
    pred_sigma, obs_sigma = _sigmas(pred, obs, sigma, sigma_unit)
    kernels = kernels_for(backend, pred.mz.device)
    if kernels == "reference":
        return naive.cosine(pred, obs, pred_sigma, obs_sigma, grid)
    grad = torch.is_grad_enabled()
    grad_pred = grad and (pred.mz.requires_grad or pred.intensity.requires_grad or pred_sigma.requires_grad)
    grad_obs = grad and (obs.mz.requires_grad or obs.intensity.requires_grad or obs_sigma.requires_grad)
    inputs = (pred.mz, pred.intensity, pred_sigma, pred.offsets, obs.mz, obs.intensity, obs_sigma, obs.offsets)
    # Where there is no kernel for a device, the CPU's answer is the same answer.
    at = pred.mz.device if kernels == "triton" else torch.device("cpu")
    for side in (pred, obs):
        if side.offsets.is_cpu and at.type != "cpu":  # the last time that looking at them costs nothing
            check_offsets(side.offsets, side.mz.shape[0])
    cos = cosine(*(x.to(at) for x in inputs), *_grid(grid), grad_pred, grad_obs, triton=kernels == "triton")
    return cos.to(pred.mz.device)


class PairSums(NamedTuple):
    """Inner products of two batches of rendered spectra.

    Args:
        value: (B,) ``sum_k S_a[k] S_b[k] = sum_ij a_i b_j K_ij``; in the continuum the integral over m/z, in Th.
        d_intensity: (N,) derivative by each of the first side's intensities, ``sum_j b_j K_ij``; times the
            intensity it is that peak's additive share.
        d_mz: (N,) derivative by each of the first side's m/z, per Th.
    """

    value: Tensor
    d_intensity: Tensor
    d_mz: Tensor


def pair_sums(
    a: Peaks,
    b: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None,
    backend: Backend = "auto",
) -> PairSums:
    """Inner products of rendered spectra and what each peak of ``a`` adds to them; no autograd.

    Arguments and errors as for ``spectrum_cosine``. In ppm, ``d_mz`` holds the width of a peak still.

    >>> one = Peaks.from_arrays([100.05], [2.0])
    >>> sums = pair_sums(one, one, sigma=0.2, grid=MzGrid())
    >>> bool(torch.isclose(sums.value, sums.d_intensity * 2.0))
    True
    """
    from peploss.kernels.cpu import pairs

    a, b = _wide(a), _wide(b)
    a_sigma, b_sigma = _sigmas(a, b, sigma, sigma_unit)
    kernels = kernels_for(backend, a.mz.device)
    if kernels == "reference":
        raise BackendError("There are no pair sums in the reference.", remedy="Use backend='auto'.")
    if kernels == "triton":
        from peploss.kernels.gpu.launch import product

        at = a.mz.device
        sides = [check(*(x.to(at) for x in (p.mz, p.intensity, s, p.offsets))) for p, s in ((a, a_sigma), (b, b_sigma))]
        total, by_place, by_weight = product(sides[0], sides[1], *_grid(grid))
        return PairSums(total, by_weight, by_place)
    inputs = arrays(a.mz.cpu(), a.intensity.cpu(), a_sigma.cpu(), a.offsets.cpu())
    others = arrays(b.mz.cpu(), b.intensity.cpu(), b_sigma.cpu(), b.offsets.cpu())
    value, by_mz, by_w = np.empty(a.batch), np.zeros(len(a.mz)), np.zeros(len(a.mz))

    def run(start: int, stop: int) -> None:
        pairs.product_range(start, stop, *inputs, *others, *_grid(grid), value, by_mz, by_w)

    split(run, inputs[3] + others[3])
    return PairSums(*(torch.from_numpy(x).to(a.mz.device) for x in (value, by_w, by_mz)))


def render(
    peaks: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid,
    backend: Backend = "auto",
) -> Tensor:
    """Spectra rendered on all bins of the grid: what the loss never needs, and people want to see.

    Args:
        peaks: B spectra.
        sigma, sigma_unit, grid, backend: as for ``spectrum_cosine``. All but the reference leave out what a peak has
            beyond 8.5 sigma, 2e-16 of its height.
    Returns:
        (B, n_bins) float64; NaN in a spectrum with a NaN, an infinite intensity or a width that is none.
    Raises:
        ValueError: as for ``spectrum_cosine``.
        BackendError: the backend is not there, or is not the reference and a gradient would have to pass.

    >>> curve = render(Peaks.from_arrays([100.05], [2.0]), sigma=0.05, grid=MzGrid())
    >>> curve.shape, round(float(curve[0, 1000]), 6)
    (torch.Size([1, 20000]), 2.0)
    """
    peaks = _wide(peaks)
    widths, _ = _sigmas(peaks, peaks, sigma, sigma_unit)
    kernels = kernels_for(backend, peaks.mz.device)
    if kernels == "reference":
        ends = zip(peaks.offsets[:-1].tolist(), peaks.offsets[1:].tolist(), strict=True)
        rows = [naive.render(peaks.mz[i:j], peaks.intensity[i:j], widths[i:j], grid) for i, j in ends]
        return torch.stack(rows) if rows else peaks.mz.new_zeros((0, grid.n_bins))
    if torch.is_grad_enabled() and any(x.requires_grad for x in (peaks.mz, peaks.intensity, widths)):
        raise BackendError(
            f"Rendering by the {kernels} kernels has no gradient.",
            remedy="Use backend='reference', or detach() what is rendered. The loss itself has gradients.",
        )
    if kernels == "triton":
        from peploss.kernels.gpu.render import render as on_gpu

        side = check(*(x.to(peaks.mz.device) for x in (peaks.mz, peaks.intensity, widths, peaks.offsets)))
        return on_gpu(side, *_grid(grid))
    from peploss.kernels.cpu import render as cpu_render

    m, a, s, ends_ = arrays(*(x.cpu() for x in (peaks.mz, peaks.intensity, widths, peaks.offsets)))
    out = np.zeros((peaks.batch, grid.n_bins))
    # As in the other kernels: an answer would hide that something has gone wrong.
    wrong = ~np.isinf(m) & (np.isnan(m) | ~np.isfinite(a) | ~((s > 0) & np.isfinite(s)))
    for b in range(peaks.batch):
        own = slice(ends_[b], ends_[b + 1])
        bins, values = cpu_render.render_nonzero(m[own], a[own], s[own], *_grid(grid))
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
    """
    from peploss.kernels.cpu import render as cpu_render

    m = np.ascontiguousarray(mz, dtype=np.float64)
    _check_sigma(sigma, sigma_unit)
    s = np.full_like(m, sigma) if sigma_unit == "Da" else sigma * 1e-6 * m
    return cpu_render.render_nonzero(m, np.ascontiguousarray(intensity, dtype=np.float64), s, *_grid(grid))


def _grid(grid: MzGrid | None) -> tuple[float, int]:
    return (0.0, 0) if grid is None else (float(grid.bin_width), grid.n_bins)


def _check_sigma(sigma: float, unit: str) -> None:
    if not 0 < sigma < float("inf"):
        raise ValueError(f"sigma must be positive and finite, not {sigma!r}.")
    if unit not in ("Da", "ppm"):
        raise ValueError(f"sigma_unit must be 'Da' or 'ppm', not {unit!r}.")


def _wide(peaks: Peaks) -> Peaks:
    """Peaks of the kernels' types, whatever came; compiled code for each mix of types would take seconds each."""
    return Peaks(peaks.mz.double(), peaks.intensity.double(), peaks.offsets.long())


def _sigmas(pred: Peaks, obs: Peaks, sigma: float | Tensor, unit: SigmaUnit) -> tuple[Tensor, Tensor]:
    """Width of every peak in Th, (N,) and (M,). A tensor's values are not looked at: that would stall a GPU."""
    if pred.batch != obs.batch:
        raise ValueError(f"Predicted and observed must be as many spectra; they are {pred.batch} and {obs.batch}.")
    _check_sigma(1.0 if isinstance(sigma, Tensor) else sigma, unit)
    if not isinstance(sigma, Tensor):
        if unit == "ppm":
            return sigma * 1e-6 * _finite(pred.mz), sigma * 1e-6 * _finite(obs.mz)
        if pred.mz.is_cpu:
            return torch.full_like(pred.mz, sigma), torch.full_like(obs.mz, sigma)
        # One number, that the kernels read for every peak.
        one = torch.full((), sigma, dtype=torch.float64, device=pred.mz.device)
        return one.expand(pred.mz.shape[0]), one.expand(obs.mz.shape[0])
    value = sigma.to(device=pred.mz.device, dtype=torch.float64)
    if value.ndim > 1 or (value.ndim == 1 and value.shape[0] != pred.batch):
        raise ValueError(f"sigma must be one number or one for each of {pred.batch} spectra, not {tuple(value.shape)}.")

    def of(peaks: Peaks) -> Tensor:
        if value.ndim == 0:
            width = value.expand(peaks.mz.shape[0])
        else:
            width = torch.repeat_interleave(value, peaks.offsets.diff(), output_size=peaks.mz.shape[0])
        return width if unit == "Da" else width * 1e-6 * _finite(peaks.mz)

    return of(pred), of(obs)


def _finite(mz: Tensor) -> Tensor:
    """Padding lies at infinite m/z, and no width may come of that: its gradient would be NaN."""
    return torch.where(torch.isinf(mz), 1.0, mz)
