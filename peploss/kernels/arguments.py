"""What every front end asks of its arguments: types, the width of each peak, the grid as two numbers."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels.peaks import Peaks

SigmaUnit = Literal["Da", "ppm"]


def same_batch(pred: Peaks, obs: Peaks) -> None:
    """Raises ArgumentError unless both sides hold equally many spectra."""
    if pred.batch != obs.batch:
        raise ArgumentError(f"Predicted and observed must be as many spectra; they are {pred.batch} and {obs.batch}.")


def check_unit(unit: str) -> None:
    """Raises ArgumentError unless the unit is one of sigma's."""
    if unit not in get_args(SigmaUnit):
        raise ArgumentError(f"sigma_unit must be 'Da' or 'ppm', not {unit!r}.")


def check_sigma(sigma: float, unit: str) -> None:
    """Raises ArgumentError unless sigma is positive and finite and the unit is one of sigma's."""
    if not 0 < sigma < float("inf"):
        raise ArgumentError(f"sigma must be positive and finite, not {sigma!r}.")
    check_unit(unit)


def wide(peaks: Peaks) -> Peaks:
    """Peaks of the kernels' types, whatever came; compiled code for each mix of types would take seconds each."""
    if peaks.mz.dtype == peaks.intensity.dtype == torch.float64 and peaks.offsets.dtype == torch.int64:
        return peaks
    return Peaks(peaks.mz.double(), peaks.intensity.double(), peaks.offsets.long())


def two_numbers(grid: MzGrid | None) -> tuple[float, int]:
    """Bin width in Th and number of bins; 0 and 0 for the continuum."""
    return (0.0, 0) if grid is None else (float(grid.bin_width), grid.n_bins)


def widths(pred: Peaks, obs: Peaks, sigma: float | Tensor, unit: SigmaUnit) -> tuple[Tensor, Tensor]:
    """Width of every peak in Th, (N,) and (M,). A tensor's values are not looked at: that would stall a GPU.

    Raises:
        ArgumentError: sigma or its unit cannot be used, or batch sizes differ.
    """
    same_batch(pred, obs)
    check_sigma(1.0 if isinstance(sigma, Tensor) else sigma, unit)
    if not isinstance(sigma, Tensor):
        if unit == "ppm":
            return sigma * 1e-6 * _finite(pred.mz), sigma * 1e-6 * _finite(obs.mz)
        # One number, that the kernels read for every peak.
        one = torch.full((), sigma, dtype=torch.float64, device=pred.mz.device)
        return one.expand(pred.mz.shape[0]), one.expand(obs.mz.shape[0])
    value = sigma.to(device=pred.mz.device, dtype=torch.float64)
    if value.ndim > 1 or (value.ndim == 1 and value.shape[0] != pred.batch):
        raise ArgumentError(
            f"sigma must be one number or one for each of {pred.batch} spectra, not {tuple(value.shape)}."
        )

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
