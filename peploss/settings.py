"""The settings that define the loss, as one frozen object that TOML, links, options and Parquet files carry."""

from __future__ import annotations

import dataclasses
import functools
import operator
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from peploss.errors import SettingsError
from peploss.grid import MzGrid, shown
from peploss.ion_names import ION_TYPES as ION_TYPES
from peploss.ion_names import NEUTRAL_LOSSES as NEUTRAL_LOSSES
from peploss.ion_names import read_ion

EXTRA_IONS = ("immonium", "precursor")
UNIFORM = "uniform"
"""Source of intensities that gives every fragment the weight of its ion type."""

PREDICTED = ("MS2PIP ", "file:")
"""Prefixes of the names of all other sources."""


SIGMAS: Final = {"Da": (1e-7, 1e5), "ppm": (1e-6, 1e7)}
"""Least and greatest sigma by unit: from below what any instrument resolves to beyond what any measures."""
SCALES: Final = (1e-9, 1e12)
"""Least and greatest tolerance in Th and scale of a precursor loss."""
HUGE: Final = 1e30
"""Of any number: the square of a larger one would be infinite in single precision, its product with peaks in double."""
MOST: Final = 1_000_000_000
"""Largest number of peaks or charges that can be asked for."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LossSettings:
    """Settings of the spectrum loss and of the peaks it compares. The defaults give the loss as first defined.

    Args:
        max_mz, bin_width: the grid, in Th.
        sigma: standard deviation of a rendered peak, in ``sigma_unit``; within ``SIGMAS``.
        sigma_unit: ``"Da"`` (one width for all peaks) or ``"ppm"`` (width proportional to a peak's m/z).
        ion_types: backbone ion types, of ``ION_TYPES``.
        max_fragment_charge: highest fragment charge; never above the precursor's. None: 1, and 2 from
            precursor charge 3 on.
        neutral_losses: losses added to every backbone ion, of ``NEUTRAL_LOSSES``.
        immonium, precursor: add immonium ions, add the intact precursor.
        isotopes: 0, or 1 to add the first 13C isotope peak of every fragment.
        ion_weights: predicted intensity by ion; 1 where not named. A key is an ion type (``"y"``: at every charge), an
            ion type with its charge (``"y2"`` or ``"y++"``), which goes before that, or one of ``EXTRA_IONS``. See
            ``peploss.ion_names``.
        intensities: where the fragments' heights come from: ``"uniform"``; ``"MS2PIP HCD2019"`` or another of its
            models; or ``"file:PATH"``, a table or a library of predictions. Weights above multiply them.
        sqrt: take the square root of observed and of predicted intensities.
        sqrt_predicted: take the square root of predicted intensities alone, where a file holds square roots already.
        top_n: keep the n most intense observed peaks; None keeps all.
        relative_threshold: drop observed peaks below this share of the highest; [0, 1).
        remove_precursor: drop observed peaks within ``precursor_tolerance`` (Th) of the precursor at any of its
            charges.
        min_peak_mz, max_peak_mz: window on observed m/z, in Th; None leaves that side open.
        precursor_scale: scale of the precursor loss ``log1p(ppm / precursor_scale)``.
    Raises:
        SettingsError: naming the setting, what was expected and what came.

    >>> LossSettings(sigma=0.02).grid.n_bins
    20000
    >>> LossSettings.from_toml(LossSettings(top_n=50).to_toml()).top_n
    50
    """

    max_mz: float = 2000.0
    bin_width: float = 0.1
    sigma: float = 0.05
    sigma_unit: Literal["Da", "ppm"] = "Da"
    ion_types: tuple[str, ...] = ("b", "y")
    max_fragment_charge: int | None = None
    neutral_losses: tuple[str, ...] = ()
    immonium: bool = False
    precursor: bool = False
    isotopes: int = 0
    ion_weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    intensities: str = UNIFORM
    sqrt: bool = False
    sqrt_predicted: bool = False
    top_n: int | None = None
    relative_threshold: float = 0.0
    remove_precursor: bool = False
    precursor_tolerance: float = 0.5
    min_peak_mz: float | None = None
    max_peak_mz: float | None = None
    precursor_scale: float = 100_000.0

    def __post_init__(self) -> None:
        _ = self.grid  # validates max_mz and bin_width
        _one_of("sigma_unit", self.sigma_unit, ("Da", "ppm"))
        _positive("sigma", self.sigma, *SIGMAS[self.sigma_unit])
        _positive("precursor_scale", self.precursor_scale, *SCALES)
        _positive("precursor_tolerance", self.precursor_tolerance, *SCALES)
        object.__setattr__(self, "ion_types", _subset("ion_types", self.ion_types, ION_TYPES))
        object.__setattr__(self, "neutral_losses", _subset("neutral_losses", self.neutral_losses, NEUTRAL_LOSSES))
        for name in ("immonium", "precursor", "sqrt", "sqrt_predicted", "remove_precursor"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(f"{name} must be true or false, not {shown(getattr(self, name))}.")
        _one_of("isotopes", self.isotopes, (0, 1))
        source = self.intensities
        if source != UNIFORM and not (
            isinstance(source, str) and source.startswith(PREDICTED) and source.split(" ")[-1]
        ):
            raise SettingsError(
                f"intensities must be {UNIFORM}, MS2PIP with a model, or file:PATH, not {shown(source)}.",
                remedy="For example MS2PIP HCD2019.",
            )
        for name in ("max_fragment_charge", "top_n"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or not 1 <= value <= MOST):
                raise SettingsError(
                    f"{name} must be a whole number of at least 1, or not given, not {shown(value)}.",
                    remedy=f"Give no more than {MOST:,}.",
                )
        if not (_is_number(self.relative_threshold) and 0 <= self.relative_threshold < 1):
            raise SettingsError(f"relative_threshold must lie in [0, 1), not {shown(self.relative_threshold)}.")
        for name in ("min_peak_mz", "max_peak_mz"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value >= 0):
                raise SettingsError(f"{name} must be an m/z of at least 0, or not given, not {shown(value)}.")
        low, high = self.min_peak_mz, self.max_peak_mz
        if low is not None and high is not None and low >= high:
            raise SettingsError(f"min_peak_mz ({low}) must lie below max_peak_mz ({high}).")
        if not isinstance(self.ion_weights, Mapping):
            raise SettingsError(f"ion_weights must map ion names to weights, not {shown(self.ion_weights)}.")
        object.__setattr__(self, "ion_weights", _weights(self.ion_weights))

    def __hash__(self) -> int:
        return hash((frozenset(self.ion_weights.items()), *_PLAIN(self)))

    def __repr__(self) -> str:
        """What differs from the defaults, as it is written in Python."""
        changed = ((name, getattr(self, name)) for name in self.to_dict())
        return f"LossSettings({', '.join(f'{name}={value!r}' for name, value in changed)})"

    @functools.cached_property
    def grid(self) -> MzGrid:
        """The m/z grid of these settings."""
        return MzGrid(self.max_mz, self.bin_width)

    @property
    def changes_peaks(self) -> bool:
        """Whether any setting leaves out observed peaks or changes their intensity."""
        window = self.min_peak_mz is not None or self.max_peak_mz is not None
        fewer = self.remove_precursor or self.relative_threshold > 0 or self.top_n is not None
        return window or fewer or self.sqrt

    def sigma_in_th(self, mz: float) -> float:
        """Width in Th of a peak at ``mz``."""
        return self.sigma if self.sigma_unit == "Da" else self.sigma * 1e-6 * mz

    def replace(self, **changes: Any) -> LossSettings:
        """These settings with some changed; raises SettingsError like the constructor."""
        _known(changes)
        return dataclasses.replace(self, **changes)

    def to_dict(self, *, defaults: bool = False) -> dict[str, Any]:
        """Plain values by name: only what differs from the defaults, or all with ``defaults=True``."""
        out: dict[str, Any] = {}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            default = f.default if f.default is not dataclasses.MISSING else {}
            if defaults or value != default:
                out[f.name] = list(value) if isinstance(value, tuple) else value
        return out

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LossSettings:
        """Inverse of ``to_dict``; an unknown name is an error, a missing one its default."""
        _known(values)
        arguments: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**arguments)

    def to_toml(self) -> str:
        """All settings as TOML, floats to the last digit; what is not given (None) is left out."""
        import tomli_w

        return tomli_w.dumps({k: v for k, v in self.to_dict(defaults=True).items() if v is not None})

    @classmethod
    def from_toml(cls, text: str) -> LossSettings:
        """Inverse of ``to_toml``.

        Raises:
            SettingsError: the text is not TOML, or a setting is unknown or out of range.
        """
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # of thousands of digits or brackets, too
            raise SettingsError(f"The settings are not valid TOML: {str(error).splitlines()[0]}.") from error
        return cls.from_dict(values)


_PLAIN: Final = operator.attrgetter(*(f.name for f in dataclasses.fields(LossSettings) if f.name != "ion_weights"))
"""The values of all settings but the weights, which are a mapping and have no hash."""


def _known(values: Mapping[str, Any]) -> None:
    names = {f.name for f in dataclasses.fields(LossSettings)}
    for name in values:
        if name not in names:
            raise SettingsError(
                f"There is no setting {shown(name)}.", remedy=f"The settings are {', '.join(sorted(names))}."
            )


def _weights(given: Mapping[str, float]) -> dict[str, float]:
    """Weights by ion in one spelling; raises SettingsError for an ion that is none or a weight that is none."""
    out: dict[str, float] = {}
    for written, weight in given.items():
        if not (_is_number(weight) and weight >= 0):
            raise SettingsError(
                f"ion_weights[{shown(written)}] must be a finite number of at least 0, not {shown(weight)}."
            )
        ion = read_ion(written)
        if written not in EXTRA_IONS and (ion is None or ion.loss):
            raise SettingsError(
                f"ion_weights has no ion {shown(written)}.",
                remedy=f"Use an ion type ({', '.join(ION_TYPES)}), with a charge behind it if need be (y2), or "
                f"{', '.join(EXTRA_IONS)}.",
            )
        name = written if ion is None else ion.text
        if name in out:
            raise SettingsError(f"ion_weights names the ion {name} twice.")
        out[name] = weight
    return out


def _is_number(value: object) -> bool:
    # Compared, and not asked whether it is finite: a whole number of 400 digits is, and no float holds it.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -HUGE <= value <= HUGE


def _positive(name: str, value: object, least: float, most: float) -> None:
    if not (_is_number(value) and least <= value <= most):  # type: ignore[operator]
        raise SettingsError(
            f"{name} must be a positive finite number, not {shown(value)}.", remedy=f"Give {least:g} to {most:g}."
        )


def _one_of(name: str, value: object, options: tuple[object, ...]) -> None:
    if value not in options or isinstance(value, bool):
        raise SettingsError(f"{name} must be one of {', '.join(map(str, options))}, not {shown(value)}.")


def _subset(name: str, values: object, options: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, (list, tuple)):
        raise SettingsError(f"{name} must be a list of names, not {shown(values)}.")
    for value in values:
        _one_of(name, value, options)
    return tuple(o for o in options if o in values)  # one order, so that equal sets are equal settings
