"""More losses that the spectrum loss is compared with, as modules; ``peploss.losses.modules`` lists all."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.losses.baselines import (
    binned_cross_entropy,
    modified_cosine_distance,
    multi_sigma_cosine_distance,
    pearson_distance,
    sqrt_cosine_distance,
    wasserstein_distance,
    weighted_cosine_distance,
    weighted_entropy_distance,
)
from peploss.losses.baselines.binned import check_floor
from peploss.losses.baselines.cosines import SCALES, check_powers, check_scales
from peploss.losses.modules import MatchedLoss, PeaksLoss, RenderedLoss
from peploss.losses.reduction import Reduction, reduce


class SqrtCosineLoss(RenderedLoss):
    """Cosine of square roots: ``sqrt_cosine_distance`` as a module. Arguments as of ``RenderedLoss``."""

    function = sqrt_cosine_distance


class WeightedCosineLoss(RenderedLoss):
    """``weighted_cosine_distance`` as a module.

    Args:
        sigma, sigma_unit, grid, reduction, backend: as of ``RenderedLoss``.
        intensity_power, mz_power: as for the function.
    Raises:
        ArgumentError, BackendError: a value cannot be used.
    """

    function = weighted_cosine_distance

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
        *,
        intensity_power: float = 0.5,
        mz_power: float = 2.0,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        check_powers(intensity_power, mz_power)
        super().__init__(sigma, sigma_unit, grid, reduction=reduction, backend=backend)
        self.settings |= {"intensity_power": intensity_power, "mz_power": mz_power}


class MultiSigmaCosineLoss(RenderedLoss):
    """``multi_sigma_cosine_distance`` as a module.

    Args:
        sigma, sigma_unit, grid, reduction, backend: as of ``RenderedLoss``.
        scales: as for the function.
    Raises:
        ArgumentError, BackendError: a value cannot be used.
    """

    function = multi_sigma_cosine_distance

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid | None = MzGrid(),  # noqa: B008
        *,
        scales: Sequence[float] = SCALES,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        check_scales(scales)
        super().__init__(sigma, sigma_unit, grid, reduction=reduction, backend=backend)
        self.settings |= {"scales": tuple(scales)}


class WeightedEntropyLoss(RenderedLoss):
    """``weighted_entropy_distance`` as a module. Arguments as of ``RenderedLoss``."""

    function = weighted_entropy_distance


class PearsonLoss(RenderedLoss):
    """``1 - r`` over all bins: ``pearson_distance`` as a module. Arguments as of ``RenderedLoss``, with a grid."""

    function = pearson_distance

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid = MzGrid(),  # noqa: B008
        *,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        _check_grid(grid, "PearsonLoss")
        super().__init__(sigma, sigma_unit, grid, reduction=reduction, backend=backend)


class BinnedCrossEntropyLoss(RenderedLoss):
    """``binned_cross_entropy`` as a module.

    Args:
        sigma, sigma_unit, grid, reduction, backend: as of ``RenderedLoss``; there must be a grid.
        floor: as for the function.
    Raises:
        ArgumentError, BackendError: a value cannot be used.
    """

    function = binned_cross_entropy

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid = MzGrid(),  # noqa: B008
        *,
        floor: float = 1e-3,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        _check_grid(grid, "BinnedCrossEntropyLoss")
        check_floor(floor)
        super().__init__(sigma, sigma_unit, grid, reduction=reduction, backend=backend)
        self.settings |= {"floor": floor}


class ModifiedCosineLoss(MatchedLoss):
    """``modified_cosine_distance`` as a module. Arguments as of ``MatchedLoss``; the shift comes with the spectra."""

    function = modified_cosine_distance

    def forward(self, pred: Peaks, obs: Peaks, shift: float | Tensor = 0.0) -> Tensor:
        """() or (B,) float64. ``shift`` is observed minus predicted precursor m/z in Th: a number or (B,)."""
        return reduce(modified_cosine_distance(pred, obs, shift=shift, **self.settings), self.reduction)


class WassersteinLoss(PeaksLoss):
    """``wasserstein_distance`` as a module; it has no setting but the reduction.

    >>> WassersteinLoss()(Peaks.from_arrays([100.0], [1.0]), Peaks.from_arrays([101.5], [2.0])).item()
    1.5
    """

    function = wasserstein_distance

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        super().__init__({}, reduction)


def _check_grid(grid: MzGrid | None, name: str) -> None:
    if grid is None:
        raise ArgumentError(f"{name} needs a grid, whose bins it is defined on.", remedy="Pass grid=MzGrid().")
