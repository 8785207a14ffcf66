"""The front end of the cosine: checks, the choice of a backend, and what needs a gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import naive
from peploss.kernels.arguments import SigmaUnit, two_numbers, wide, widths
from peploss.kernels.autograd import check_offsets, cosine
from peploss.kernels.dispatch import Backend, kernels_for
from peploss.kernels.eager import compared, is_eager
from peploss.kernels.peaks import Peaks
from peploss.kernels.transforms import transformed


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

    ``<S_pred, S_obs> / sqrt(<S_pred, S_pred> <S_obs, S_obs>)``, where a spectrum is rendered as
    ``S[k] = sum_i a_i exp(-(x_k - m_i)^2 / (2 sigma^2))`` on the bin centres ``x_k`` of the grid.

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
        and sigma. NaN where a NaN, an infinite intensity or a sigma tensor that is not positive and finite went in,
        even in a peak that is not rendered; only peaks at infinite m/z (padding) may hold anything.
    Raises:
        ArgumentError: sigma is a number that is not positive and finite, or shapes do not fit.
        BackendError: the backend is not there.
    Source:
        Poisson summation of a product of Gaussians; see ``peploss.kernels.cpu.pairs``.

    >>> one = Peaks.from_arrays([100.05], [1.0])
    >>> round(float(spectrum_cosine(one, Peaks.from_arrays([100.08], [7.0]), sigma=0.05, grid=None)[0]), 4)
    0.9139
    """
    return _compared(pred, obs, sigma, sigma_unit, grid, backend, distance=False)


def spectrum_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None,
    backend: Backend = "auto",
) -> Tensor:
    """``1 - spectrum_cosine``, (B,), with its arguments and errors; eager code on the CPU takes it in one operation.

    >>> one = Peaks.from_arrays([100.0], [1.0])
    >>> spectrum_distance(one, one, sigma=0.05, grid=None)
    tensor([0.], dtype=torch.float64)
    """
    return _compared(pred, obs, sigma, sigma_unit, grid, backend, distance=True)


def _compared(
    pred: Peaks, obs: Peaks, sigma: float | Tensor, unit: SigmaUnit, grid: MzGrid | None, backend: Backend,
    *, distance: bool,
) -> Tensor:  # fmt: skip
    pred, obs = wide(pred), wide(obs)
    device = pred.mz.device
    kernels = kernels_for(backend, device)
    tensors = (pred.mz, pred.intensity, pred.offsets, obs.mz, obs.intensity, obs.offsets)
    if kernels == "cpu" and is_eager(*tensors, *((sigma,) if isinstance(sigma, Tensor) else ())):
        return compared(pred, obs, sigma, unit, grid, distance=distance)
    pred_sigma, obs_sigma = widths(pred, obs, sigma, unit)
    if kernels == "reference":
        cos = naive.cosine(pred, obs, pred_sigma, obs_sigma, grid)
        return 1 - cos if distance else cos
    grad = torch.is_grad_enabled()
    levels = [_level(side, width) if grad else 0 for side, width in ((pred, pred_sigma), (obs, obs_sigma))]
    if kernels == "triton":
        levels = [2 if level else 0 for level in levels]
    if not torch.compiler.is_compiling() and transformed():
        levels = [2, 2]
    inputs = (pred.mz, pred.intensity, pred_sigma, pred.offsets, obs.mz, obs.intensity, obs_sigma, obs.offsets)
    # Where there is no kernel for a device, the CPU's answer is the same answer.
    at = device if kernels == "triton" else torch.device("cpu")
    for side in (pred, obs):
        if side.offsets.is_cpu and at.type != "cpu":  # the last time that looking at them costs nothing
            check_offsets(side.offsets, side.mz.shape[0])
    cos = cosine(*(x.to(at) for x in inputs), *two_numbers(grid), *levels, triton=kernels == "triton").to(device)
    return 1 - cos if distance else cos


def _level(side: Peaks, sigma: Tensor) -> int:
    """Which derivatives of a side are computed: 0 for none, 1 for m/z and intensity, 2 for sigma as well."""
    if sigma.requires_grad:
        return 2
    return int(side.mz.requires_grad or side.intensity.requires_grad)
