"""The losses of peaks as modules: each holds the settings of one function, and reduces its values.

======================  ==============================================
module                  function
======================  ==============================================
SpectrumLoss            ``peploss.spectrum_loss``
MinDistanceLoss         ``peploss.min_distance_loss``
SoftCoverageLoss        ``peploss.soft_coverage``
SoftF1Loss              ``peploss.soft_f1``
SpectralAngleLoss       ``peploss.spectral_angle``
SpectralEntropyLoss     ``peploss.spectral_entropy_distance``
MaskedSpectralLoss      ``peploss.masked_spectral_distance``
SqrtCosineLoss          ``peploss.sqrt_cosine_distance``
WeightedCosineLoss      ``peploss.weighted_cosine_distance``
ModifiedCosineLoss      ``peploss.modified_cosine_distance``
MultiSigmaCosineLoss    ``peploss.multi_sigma_cosine_distance``
WeightedEntropyLoss     ``peploss.weighted_entropy_distance``
PearsonLoss             ``peploss.pearson_distance``
BinnedCrossEntropyLoss  ``peploss.binned_cross_entropy``
WassersteinLoss         ``peploss.wasserstein_distance``
======================  ==============================================

All take two batches of peaks, ``loss(pred, obs)``. The losses of soft peptides, which take probabilities, are
``SpectrumMatchingLoss``, ``PrecursorMassLoss`` and ``DeepSupervisionLoss``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.kernels.arguments import check_sigma
from peploss.kernels.dispatch import check_backend
from peploss.losses.baselines import (
    masked_spectral_distance,
    min_distance_loss,
    soft_coverage,
    soft_f1,
    spectral_angle,
    spectral_entropy_distance,
)
from peploss.losses.baselines.matching import check_delta
from peploss.losses.reduction import Reduction, check_reduction, reduce
from peploss.losses.spectrum import spectrum_loss
from peploss.settings import LossSettings


class PeaksLoss(nn.Module):
    """A function of two batches of peaks, its settings, and a reduction.

    Attributes:
        function: what is computed for each spectrum; see it for the formula and the range.
        settings: the function's keyword arguments.
        reduction: ``"mean"``, ``"sum"`` or ``"none"`` over the batch.
    """

    function: ClassVar[Callable[..., Tensor]]
    __call__: Callable[..., Tensor]

    def __init__(self, settings: dict[str, Any], reduction: Reduction) -> None:
        super().__init__()
        self.settings = settings
        self.reduction: Reduction = check_reduction(reduction)

    def forward(self, pred: Peaks, obs: Peaks) -> Tensor:
        """The loss of B predicted spectra against B observed ones: () or, with ``reduction="none"``, (B,), float64.

        Raises:
            ArgumentError: batch sizes differ.
        """
        return reduce(type(self).function(pred, obs, **self.settings), self.reduction)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in (*self.settings.items(), ("reduction", self.reduction)))


class RenderedLoss(PeaksLoss):
    """Losses of rendered spectra.

    Args:
        sigma: width of a rendered peak in ``sigma_unit``; positive and finite.
        sigma_unit: ``"Da"`` or ``"ppm"``.
        grid: the grid to render on; None for its continuum.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        backend: of the kernel.
    Raises:
        ArgumentError, BackendError: a value cannot be used.
    """

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
        *,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        check_sigma(sigma, sigma_unit)
        check_backend(backend)
        super().__init__({"sigma": sigma, "sigma_unit": sigma_unit, "grid": grid, "backend": backend}, reduction)

    @classmethod
    def from_settings(cls, settings: LossSettings, *, reduction: Reduction = "mean", backend: Backend = "auto") -> Self:
        """At the sigma and grid of ``settings``; no other setting is applied here."""
        return cls(settings.sigma, settings.sigma_unit, settings.grid, reduction=reduction, backend=backend)


class SpectrumLoss(RenderedLoss):
    """``1 - cos(S_pred, S_obs)``: ``spectrum_loss`` as a module. Arguments as of ``RenderedLoss``.

    >>> one = Peaks.from_arrays([100.0], [1.0])
    >>> SpectrumLoss.from_settings(LossSettings(sigma=0.02))(one, one).item()
    0.0
    """

    function = spectrum_loss


class SpectralAngleLoss(RenderedLoss):
    """``2 arccos(cos(S_pred, S_obs)) / pi``: ``spectral_angle`` as a module. Arguments as of ``RenderedLoss``."""

    function = spectral_angle


class SpectralEntropyLoss(PeaksLoss):
    """``(2 H(M) - H(P) - H(Q)) / ln 4``: ``spectral_entropy_distance`` as a module.

    Args:
        sigma, sigma_unit, grid, weighted: as for the function; sigma positive and finite.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    Raises:
        ArgumentError: a value cannot be used.
    """

    function = spectral_entropy_distance

    def __init__(
        self,
        sigma: float = 0.05,
        sigma_unit: SigmaUnit = "Da",
        grid: MzGrid | None = MzGrid(),  # noqa: B008
        *,
        weighted: bool = False,
        reduction: Reduction = "mean",
    ) -> None:
        check_sigma(sigma, sigma_unit)
        super().__init__({"sigma": sigma, "sigma_unit": sigma_unit, "grid": grid, "weighted": weighted}, reduction)

    @classmethod
    def from_settings(cls, settings: LossSettings, *, weighted: bool = False, reduction: Reduction = "mean") -> Self:
        """At the sigma and grid of ``settings``; no other setting is applied here."""
        return cls(settings.sigma, settings.sigma_unit, settings.grid, weighted=weighted, reduction=reduction)


class MatchedLoss(PeaksLoss):
    """Losses that match nearest peaks.

    Args:
        sigma: width of a match in ``sigma_unit``; positive and finite.
        sigma_unit: ``"Da"`` or ``"ppm"``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    Raises:
        ArgumentError: a value cannot be used.
    """

    def __init__(self, sigma: float = 0.05, sigma_unit: SigmaUnit = "Da", *, reduction: Reduction = "mean") -> None:
        check_sigma(sigma, sigma_unit)
        super().__init__({"sigma": sigma, "sigma_unit": sigma_unit}, reduction)

    @classmethod
    def from_settings(cls, settings: LossSettings, *, reduction: Reduction = "mean") -> Self:
        """At the sigma of ``settings``; no other setting is applied here."""
        return cls(settings.sigma, settings.sigma_unit, reduction=reduction)


class SoftCoverageLoss(MatchedLoss):
    """One minus the share of intensity explained: ``soft_coverage`` as a module. Arguments as of ``MatchedLoss``."""

    function = soft_coverage


class SoftF1Loss(MatchedLoss):
    """One minus the mean of soft recall and precision: ``soft_f1`` as a module. Arguments as of ``MatchedLoss``."""

    function = soft_f1


class MaskedSpectralLoss(MatchedLoss):
    """Angle at predicted fragments: ``masked_spectral_distance`` as a module. Arguments as of ``MatchedLoss``."""

    function = masked_spectral_distance


class MinDistanceLoss(PeaksLoss):
    """Huber-penalised distance to the nearest predicted peak: ``min_distance_loss`` as a module.

    Args:
        delta: where the penalty turns from square to linear, in Th; positive and finite.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    Raises:
        ArgumentError: a value cannot be used.

    >>> MinDistanceLoss(delta=0.1)
    MinDistanceLoss(delta=0.1, reduction='mean')
    """

    function = min_distance_loss

    def __init__(self, delta: float = 0.2, *, reduction: Reduction = "mean") -> None:
        check_delta(delta)
        super().__init__({"delta": delta}, reduction)
