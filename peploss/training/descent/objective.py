"""The settings of a ``CombinedLoss`` as plain values, so that a log can keep them and a reader compute the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from peploss.errors import SettingsError
from peploss.grid import MzGrid
from peploss.kernels import SigmaUnit
from peploss.losses.combined import CombinedLoss
from peploss.losses.precursor import DEFAULT_SCALE_PPM, PrecursorMassLoss
from peploss.losses.reduction import Reduction
from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.losses.supervision import DeepSupervisionLoss
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import UNIFORM, LossSettings

M = TypeVar("M", bound=nn.Module)
WEIGHTS = ("ce", "spectrum", "precursor", "sigma")
"""What may change from step to step, as ``weight_ce`` and so on in a log."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a training loop minimised; arguments as of ``CombinedLoss``.

    Args:
        bins: whether there is a grid; without one ``bin_size`` and ``max_mz`` say nothing.
        settings: of a loss that was made by ``CombinedLoss.from_settings``, as TOML; ``""`` for another. They then
            say which ions there are and what is done to peaks, in place of ``ion_type_names``.
        precursor_charge: that went with them.
    Raises:
        SettingsError: a name is not known or a value has another type.

    >>> Objective.of(CombinedLoss(sigma=0.2)).sigma
    0.2
    """

    ce_weight: float = 1.0
    spectrum_weight: float = 0.1
    precursor_weight: float = 0.0
    iteration_weights: str = "linear"
    label_smoothing: float = 0.0
    bin_size: float = 0.1
    max_mz: float = 2000.0
    sigma: float = 0.05
    sigma_unit: SigmaUnit = "Da"
    bins: bool = True
    settings: str = ""
    precursor_charge: int | None = None
    ion_type_names: tuple[str, ...] = ("b", "y")
    precursor_use_log: bool = True
    precursor_scale: float = DEFAULT_SCALE_PPM

    @classmethod
    def of(cls, loss: CombinedLoss) -> Self:
        """What a loss holds.

        Raises:
            SettingsError: it takes heights of fragments that a log does not keep.
        """
        spectrum = _part(loss, SpectrumMatchingLoss)
        supervision, precursor = _part(loss, DeepSupervisionLoss), _part(loss, PrecursorMassLoss)
        if spectrum.settings is not None and spectrum.settings.intensities != UNIFORM:
            raise SettingsError(
                "A log does not keep the predicted heights of fragments that this loss takes.",
                remedy="Leave loss= out and log the metrics.",
            )
        grid = spectrum.grid or MzGrid()
        return cls(
            ce_weight=loss.ce_weight,
            spectrum_weight=loss.spectrum_weight,
            precursor_weight=loss.precursor_weight,
            iteration_weights=supervision.iteration_weights,
            label_smoothing=supervision.label_smoothing,
            bin_size=grid.bin_width,
            max_mz=grid.max_mz,
            sigma=float(spectrum.sigma),
            sigma_unit=spectrum.sigma_unit,
            bins=spectrum.grid is not None,
            settings="" if spectrum.settings is None else spectrum.settings.to_toml(),
            precursor_charge=spectrum.precursor_charge,
            ion_type_names=tuple(spectrum.ion_type_names),
            precursor_use_log=precursor.use_log_loss,
            precursor_scale=precursor.loss_scale,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From what ``as_dict`` gave.

        Raises:
            SettingsError: it is no mapping, or names a setting that is not there.
        """
        if not isinstance(values, Mapping):
            raise SettingsError(f"The settings of a loss are names with their values, not {type(values).__name__}.")
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise SettingsError(f"There is no setting {sorted(unknown)[0]!r} of a loss.")
        ions = values.get("ion_type_names", cls.ion_type_names)
        return cls(**dict(values) | {"ion_type_names": tuple(ions)})

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return dataclasses.asdict(self) | {"ion_type_names": list(self.ion_type_names)}

    @property
    def weights(self) -> dict[str, float]:
        """What a curriculum may set between steps: the weight of each part and sigma, by the names of ``WEIGHTS``."""
        parts = {"ce": self.ce_weight, "spectrum": self.spectrum_weight, "precursor": self.precursor_weight}
        return parts | {"sigma": self.sigma}

    def with_weights(self, weights: Mapping[str, float]) -> Self:
        """The same at other weights and sigma, as a curriculum sets them; those not named stay."""
        fields = {name: name if name == "sigma" else f"{name}_weight" for name in WEIGHTS}
        changed: dict[str, Any] = {fields[name]: weights[name] for name in WEIGHTS if name in weights}
        return dataclasses.replace(self, **changed)

    def same_but_weights(self, other: Objective) -> bool:
        """Whether the two differ in nothing but their weights and sigma."""
        return self.with_weights(other.weights) == other

    def module(self, vocabulary: Vocabulary, *, reduction: Reduction = "none") -> CombinedLoss:
        """The loss itself."""
        grid = MzGrid(self.max_mz, self.bin_size) if self.bins else None
        if self.settings:
            settings = LossSettings.from_toml(self.settings).replace(sigma=self.sigma, sigma_unit=self.sigma_unit)
            names = ("ce_weight", "spectrum_weight", "precursor_weight", "label_smoothing", "precursor_use_log")
            return CombinedLoss.from_settings(
                settings.replace(precursor_scale=self.precursor_scale), **{name: getattr(self, name) for name in names},
                iteration_weights=self.iteration_weights,  # type: ignore[arg-type]
                precursor_charge=self.precursor_charge, grid=grid, vocabulary=vocabulary, reduction=reduction,
            )  # fmt: skip
        values = dataclasses.asdict(self)
        for name in ("bins", "settings", "precursor_charge"):
            del values[name]
        return CombinedLoss(**values, grid=grid, vocabulary=vocabulary, reduction=reduction)

    def width(self, mz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of a rendered peak at each m/z, in Th: sigma itself, or so many ppm."""
        return np.full(mz.shape, self.sigma) if self.sigma_unit == "Da" else self.sigma * 1e-6 * mz


def _part(loss: CombinedLoss, kind: type[M]) -> M:
    return next(module for module in loss.modules() if isinstance(module, kind))
