"""The settings of a ``CombinedLoss`` as plain values, so that a log can keep them and a reader compute the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from torch import nn

from peploss.errors import SettingsError
from peploss.losses.combined import CombinedLoss
from peploss.losses.precursor import DEFAULT_SCALE_PPM, PrecursorMassLoss
from peploss.losses.reduction import Reduction
from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.losses.supervision import DeepSupervisionLoss
from peploss.peptides.vocabulary import Vocabulary

M = TypeVar("M", bound=nn.Module)
WEIGHTS = ("ce", "spectrum", "precursor", "sigma")
"""What may change from step to step, as ``weight_ce`` and so on in a log."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a training loop minimised; arguments as of ``CombinedLoss``.

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
    ion_type_names: tuple[str, ...] = ("b", "y")
    precursor_use_log: bool = True
    precursor_scale: float = DEFAULT_SCALE_PPM

    @classmethod
    def of(cls, loss: CombinedLoss) -> Self:
        """What a loss holds.

        Raises:
            SettingsError: it renders in another way than on a grid with one sigma in Da, which a log cannot keep yet.
        """
        spectrum = _part(loss, SpectrumMatchingLoss)
        supervision, precursor = _part(loss, DeepSupervisionLoss), _part(loss, PrecursorMassLoss)
        if spectrum.grid is None or spectrum.sigma_unit != "Da":
            raise SettingsError(
                "A log keeps losses on a grid with one sigma in Da.", remedy="Leave loss= out and log the metrics."
            )
        return cls(
            ce_weight=loss.ce_weight,
            spectrum_weight=loss.spectrum_weight,
            precursor_weight=loss.precursor_weight,
            iteration_weights=supervision.iteration_weights,
            label_smoothing=supervision.label_smoothing,
            bin_size=spectrum.grid.bin_width,
            max_mz=spectrum.grid.max_mz,
            sigma=float(spectrum.sigma),
            ion_type_names=tuple(spectrum.ion_type_names),
            precursor_use_log=precursor.use_log_loss,
            precursor_scale=precursor.loss_scale,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From what ``as_dict`` gave."""
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
        return CombinedLoss(**dataclasses.asdict(self), vocabulary=vocabulary, reduction=reduction)


def _part(loss: CombinedLoss, kind: type[M]) -> M:
    return next(module for module in loss.modules() if isinstance(module, kind))
