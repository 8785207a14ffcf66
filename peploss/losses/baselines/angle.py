"""The spectral angle: the angle between two rendered spectra instead of their cosine."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit, spectrum_cosine

FLAT = 1e-12
"""How near to 1 the cosine must be for its arccos to be replaced by a straight line down to exactly 0."""


def angle_distance(cos: Tensor) -> Tensor:
    """``2 arccos(cos) / pi``, with a finite gradient where arccos has none.

    The slope of arccos at 1 is infinite. Within ``FLAT`` of 1 a chord takes its place, at most 1e-6 away from it,
    so that equal spectra are exactly 0 apart. The chord is steep (9e5), which is right: the cosine is flat there,
    and the product of the two slopes is that of a distance.

    Args:
        cos: any shape; values beyond [-1, 1] by rounding are taken as the end.
    Returns:
        the same shape, [0, 2]; [0, 1] for a cosine not below 0.

    >>> angle_distance(torch.tensor([1.0, 0.0, 0.5]))
    tensor([0.0000, 1.0000, 0.6667])
    """
    c = cos.clamp(-1.0, 1.0)
    size = torch.where(c < 0, -c, c)  # abs has no slope at 0, where spectra without overlap are
    rest = 1.0 - size
    inside = rest > FLAT
    chord = math.acos(1.0 - FLAT) / FLAT * rest
    sharp = torch.where(inside, torch.acos(torch.where(inside, size, 0.0)), chord)
    return torch.where(c < 0, math.pi - sharp, sharp) * (2.0 / math.pi)


def spectral_angle(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """Angle between the rendered spectra, as a share of a right angle.

    ``2 arccos(cos(S_pred, S_obs)) / pi``. It orders pairs of spectra as the cosine loss does, and is steeper near
    agreement.

    Args:
        pred, obs, sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``.
    Returns:
        (B,) float64 in [0, 1] for intensities that are not negative; 0 for the same shape, 1 for no overlap. 1
        without gradient where a side renders nothing.
    Raises:
        ArgumentError, BackendError: as for ``spectrum_cosine``.
    Source:
        Toprak, U. H. et al. (2014), doi:10.1074/mcp.O113.036475, as the distance rather than 1 minus it.

    >>> one = Peaks.from_arrays([100.0], [1.0])
    >>> float(spectral_angle(one, Peaks.from_arrays([500.0], [1.0]))[0])
    1.0
    """
    cos = spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=grid, backend=backend)
    return angle_distance(cos)
