"""The spectrum loss: 1 - cosine of two Gaussian-rendered spectra."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks
from peploss.kernels.cosine import spectrum_distance
from peploss.settings import LossSettings


def spectrum_loss(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: Literal["Da", "ppm"] = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """``1 - cos(S_pred, S_obs)`` of each spectrum, where S is the spectrum rendered on the grid.

    Args:
        pred, obs: B spectra each, ragged, in any order; m/z in Th.
        sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``; ``grid=None`` is the
            continuum limit. Under ``torch.compile`` a sigma that changes from step to step should be a tensor: a
            float is part of the compiled graph, and every new one compiles again.
    Returns:
        (B,) float64 in [0, 1] for non-negative intensities: 0 for the same shape, 1 for no overlap; exactly 1, with
        exactly zero gradient, where a side is empty. (The algebraic bound of 1 - cos is [0, 2]; it takes negative
        intensities to pass 1.)
    Raises:
        ArgumentError, BackendError: as ``spectrum_cosine``.

    >>> pred, obs = Peaks.from_arrays([200.0, 300.0], [1.0, 1.0]), Peaks.from_arrays([200.0, 400.0], [5.0, 5.0])
    >>> round(float(spectrum_loss(pred, obs)[0]), 3)
    0.5
    """
    return spectrum_distance(pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=grid, backend=backend)


def spectrum_loss_at(pred: Peaks, obs: Peaks, settings: LossSettings, *, backend: Backend = "auto") -> Tensor:
    """``spectrum_loss`` at the sigma and grid of ``settings``; no other setting is applied here."""
    return spectrum_loss(
        pred, obs, sigma=settings.sigma, sigma_unit=settings.sigma_unit, grid=settings.grid, backend=backend
    )
