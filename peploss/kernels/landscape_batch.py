"""Landscapes of a batch of tensors, where they lie: on a GPU nothing is copied to the CPU and back."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import SigmaUnit
from peploss.kernels.dispatch import Backend, kernels_for
from peploss.kernels.landscape import CELLS_AT_ONCE, Side, axes_of, loss_landscapes
from peploss.kernels.peaks import Peaks


def loss_landscape(
    pred: Peaks,
    obs: Peaks,
    *,
    sigmas: ArrayLike,
    sigma_unit: SigmaUnit = "Da",
    bin_widths: ArrayLike,
    max_mz: float = 2000.0,
    backend: Backend = "auto",
) -> Tensor:
    """The loss of each spectrum at every sigma and bin width, ``1 - spectrum_cosine`` there; no gradient.

    Args:
        pred, obs: B spectra each, ragged or padded, in any order; m/z positive, intensities finite and not negative.
        sigmas: (S,) widths in ``sigma_unit``, positive and finite, any order.
        bin_widths: (H,) in Th, positive and finite, any order.
        max_mz: end of the grid in Th, as in ``MzGrid``.
        backend: ``"auto"`` is Triton's kernel for CUDA tensors, to 2e-6 of a loss, and the CPU for all others.
    Returns:
        (B, S, H) float64 on the device of ``pred``; 1 where a side renders nothing. On a GPU, where nobody looks at
        values, NaN where a spectrum's are not as said above.
    Raises:
        BackendError: the backend is not there, or has no landscapes.
        ValueError: there are not as many predicted as observed spectra, a sigma is not positive and finite, or, on
            the CPU, a value of a peak is not as said above.
        SettingsError: a bin width or max_mz makes no grid.

    >>> one = Peaks.from_arrays([100.05], [1.0])
    >>> loss_landscape(one, Peaks.from_arrays([300.0], [1.0]), sigmas=[0.05], bin_widths=[0.1, 0.2]).tolist()
    [[[1.0, 1.0]]]
    """
    if pred.batch != obs.batch:
        raise ValueError(f"Predicted and observed must be as many spectra; they are {pred.batch} and {obs.batch}.")
    kernels = kernels_for(backend, pred.mz.device)
    if kernels == "reference":
        raise BackendError("The reference computes no landscapes.", remedy="Use backend='auto', 'cpu' or 'triton'.")
    axes = axes_of(sigmas, sigma_unit, bin_widths)
    if kernels == "cpu":
        found = loss_landscapes(
            [[side] for side in _arrays(pred)], _arrays(obs), sigmas=axes[0], sigma_unit=sigma_unit,
            bin_widths=axes[1], max_mz=max_mz, backend="cpu",
        )  # fmt: skip
        return torch.from_numpy(found.loss).to(pred.mz.device)
    with torch.no_grad():
        return _by_triton(pred, obs, axes, sigma_unit, max_mz)


def _arrays(peaks: Peaks) -> list[Side]:
    """The spectra as pairs of arrays, without padding."""
    m, a, ends = (x.detach().cpu().numpy() for x in (peaks.mz, peaks.intensity, peaks.offsets))
    sides = [(m[i:j], a[i:j]) for i, j in itertools.pairwise(ends)]
    return [(mz[~np.isinf(mz)], intensity[~np.isinf(mz)]) for mz, intensity in sides]


def _by_triton(pred: Peaks, obs: Peaks, axes: tuple[np.ndarray, np.ndarray], unit: SigmaUnit, max_mz: float) -> Tensor:
    from peploss.kernels.gpu.landscape import losses

    device = pred.mz.device
    pred, obs = (_ordered(side.to(device)) for side in (pred, obs))
    starts, counts = zip(*(_spans(side) for side in (pred, obs)), strict=True)
    spans = torch.stack((starts[0], counts[0], starts[1] + pred.mz.shape[0], counts[1]), 1)
    mz, intensity = torch.cat((pred.mz, obs.mz)), torch.cat((pred.intensity, obs.intensity))
    n_bins = np.array([MzGrid(max_mz, float(x)).n_bins for x in axes[1]], dtype=np.int64)
    s, h, n = (torch.from_numpy(x).to(device) for x in (*axes, n_bins))
    parts = spans.split(max(1, CELLS_AT_ONCE // max(1, axes[0].size * axes[1].size)))
    found = torch.cat([losses(mz, intensity, part, s, h, n, ppm=unit == "ppm")[..., 0] for part in parts])
    wrong = torch.stack([_any_wrong(side) for side in (pred, obs)]).any(0)
    return found.masked_fill(wrong[:, None, None], float("nan"))


def _owners(peaks: Peaks) -> Tensor:
    """(N,) whose peak each one is; within the batch whatever the offsets are."""
    at = torch.arange(peaks.mz.shape[0], device=peaks.mz.device)
    return torch.searchsorted(peaks.offsets[1:].contiguous(), at, right=True).clamp(max=max(peaks.batch - 1, 0))


def _spans(peaks: Peaks) -> tuple[Tensor, Tensor]:
    """(B,) starts and numbers of peaks, within the peaks there are."""
    ends = peaks.offsets.clamp(0, peaks.mz.shape[0])
    return ends[:-1], ends.diff().clamp(min=0)


def _ordered(peaks: Peaks) -> Peaks:
    """Every spectrum ascending, and to a highest intensity of 1: float32 has no room for more magnitudes.

    Padding weighs nothing and is put at the end. What makes no sense weighs NaN.
    """
    mz, intensity, offsets = peaks.mz.double(), peaks.intensity.double(), peaks.offsets.long()
    peaks = Peaks(mz, intensity, offsets)
    owner = _owners(peaks)
    padding = torch.isinf(mz)
    good = padding | ((mz > 0) & (intensity >= 0) & (intensity < float("inf")))
    weight = torch.where(padding | ~good, 0.0, intensity)
    top = weight.new_zeros(peaks.batch).scatter_reduce(0, owner, weight, "amax")
    weight = torch.where(good, weight / torch.where(top > 0, top, 1.0)[owner], float("nan"))
    real = good & ~padding
    by_mz = torch.argsort(torch.where(real, mz, float("inf")), stable=True)
    order = by_mz[torch.argsort(owner[by_mz], stable=True)]
    # A finite m/z for padding as well, for a width in ppm would be infinite; it is that of the last peak.
    last = mz.new_ones(peaks.batch).scatter_reduce(0, owner, torch.where(real, mz, 1.0), "amax")
    return Peaks(torch.where(real, mz, last[owner])[order], weight[order], offsets)


def _any_wrong(peaks: Peaks) -> Tensor:
    """(B,) whether a spectrum holds a weight that is none, or its offsets do not fit."""
    n, ends = peaks.mz.shape[0], peaks.offsets
    wrong = torch.zeros(peaks.batch, device=peaks.mz.device).scatter_reduce(
        0, _owners(peaks), peaks.intensity.isnan().float(), "amax"
    )
    return (wrong > 0) | (ends.diff() < 0) | (ends[:-1] < 0) | (ends[1:] > n) | (ends[0] != 0) | (ends[-1] != n)
