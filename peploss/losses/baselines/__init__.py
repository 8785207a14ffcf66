"""The losses that the cosine is compared with, all called the same way on the same peaks.

>>> from peploss.kernels import Peaks
>>> pred = Peaks.from_list([([100.0, 200.0], [1.0, 1.0])] * 2)
>>> obs = Peaks.from_list([([100.01, 200.0], [1.0, 2.0]), ([300.0], [1.0])])
>>> for name, baseline in BASELINES.items():
...     print(name, [round(x, 3) for x in baseline(pred, obs).tolist()])
min_distance_loss [0.0, 19.98]
soft_coverage [0.007, 1.0]
soft_f1 [0.008, 1.0]
spectral_angle [0.212, 1.0]
spectral_entropy_distance [0.024, 1.0]
masked_spectral_distance [0.213, 1.0]
sqrt_cosine_distance [0.021, 1.0]
weighted_cosine_distance [0.003, 1.0]
modified_cosine_distance [0.054, 1.0]
multi_sigma_cosine_distance [0.053, 1.0]
weighted_entropy_distance [0.007, 1.0]
pearson_distance [0.055, 1.0]
binned_cross_entropy [0.064, 16.011]
wasserstein_distance [16.67, 150.0]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from types import MappingProxyType

from torch import Tensor

from peploss.deprecation import warn_renamed
from peploss.kernels import Peaks
from peploss.losses.baselines.angle import angle_distance, spectral_angle
from peploss.losses.baselines.binned import binned_cross_entropy, pearson_distance
from peploss.losses.baselines.cosines import (
    modified_cosine_distance,
    multi_sigma_cosine_distance,
    sqrt_cosine_distance,
    weighted_cosine_distance,
)
from peploss.losses.baselines.entropy import spectral_entropy_distance, weighted_entropy_distance
from peploss.losses.baselines.matching import masked_spectral_distance, min_distance_loss, soft_coverage, soft_f1
from peploss.losses.baselines.transport import wasserstein_distance
from peploss.losses.names import OLD_NAMES
from peploss.settings import LossSettings

__all__ = [
    "BASELINES",
    "Baseline",
    "angle_distance",
    "binned_cross_entropy",
    "masked_spectral_distance",
    "min_distance_loss",
    "modified_cosine_distance",
    "multi_sigma_cosine_distance",
    "pearson_distance",
    "soft_coverage",
    "soft_f1",
    "spectral_angle",
    "spectral_entropy_distance",
    "sqrt_cosine_distance",
    "wasserstein_distance",
    "weighted_cosine_distance",
    "weighted_entropy_distance",
]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """One loss, as a page or a table needs to know it.

    Its name and what it takes are read off its function. Formula and source are one line each, for a page; those of the
    function's docstring say what each sign means.

    Args:
        title: what to call it.
        formula: in words and signs, one line.
        range: lowest and highest value; infinity where it has no bound.
        unit: of its value; ``""`` for a plain number.
        source: where it comes from.
        function: ``(pred: Peaks, obs: Peaks, *, ...) -> (B,)``, differentiable.
        needs_intensities: True if it says little when every predicted intensity is 1.
    """

    title: str
    formula: str
    range: tuple[float, float]
    unit: str
    source: str
    function: Callable[..., Tensor]
    needs_intensities: bool = False

    @property
    def name(self) -> str:
        """Of its function: its key in ``BASELINES``."""
        return self.function.__name__

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """Which settings it takes, of ``sigma``, ``sigma_unit`` and ``grid``."""
        return tuple(name for name in ("sigma", "sigma_unit", "grid") if name in signature(self.function).parameters)

    @cached_property
    def takes_shift(self) -> bool:
        """True if it takes the difference of the precursors."""
        return "shift" in signature(self.function).parameters

    def __call__(
        self, pred: Peaks, obs: Peaks, settings: LossSettings | None = None, *, shift: float | Tensor = 0.0
    ) -> Tensor:
        """The loss of every spectrum at the sigma and grid of ``settings`` (None: the defaults).

        Args:
            pred, obs: B spectra each; m/z in Th. Preprocess them first: no other setting is applied here.
            shift: observed minus predicted precursor m/z in Th, a number or (B,); for the loss that takes it.
        Returns:
            (B,) float64.
        Raises:
            ArgumentError: batch sizes differ.
        """
        chosen = settings or LossSettings()
        shifted = {"shift": shift} if self.takes_shift else {}
        return self.function(pred, obs, **{name: getattr(chosen, name) for name in self.uses}, **shifted)


_ALL = (
    Baseline(
        title="Min-distance Huber",
        formula="Σ_j w_j Huber_0.2(min_i |m_i - o_j|)",
        range=(0.0, float("inf")),
        unit="Th²",
        source="Huber (1964), doi:10.1214/aoms/1177703732",
        function=min_distance_loss,
    ),
    Baseline(
        title="Soft coverage",
        formula="1 - Σ_j w_j max_i exp(-(m_i - o_j)² / 2σ²)",
        range=(0.0, 1.0),
        unit="",
        source="soft form of the share of intensity annotated",
        function=soft_coverage,
    ),
    Baseline(
        title="Soft F1-like",
        formula="1 - (soft recall + soft precision) / 2",
        range=(0.0, 1.0),
        unit="",
        source="soft form of precision and recall of matched peaks",
        function=soft_f1,
    ),
    Baseline(
        title="Spectral angle",
        formula="2 arccos(cos(S_pred, S_obs)) / π",
        range=(0.0, 1.0),
        unit="",
        source="Toprak et al. (2014), doi:10.1074/mcp.O113.036475",
        function=spectral_angle,
    ),
    Baseline(
        title="Spectral entropy distance",
        formula="(2 H((P + Q) / 2) - H(P) - H(Q)) / ln 4",
        range=(0.0, 1.0),
        unit="",
        source="Li et al. (2021), doi:10.1038/s41592-021-01331-z",
        function=spectral_entropy_distance,
    ),
    Baseline(
        title="Masked spectral distance",
        formula="2 arccos(Σ g v u / √(Σ v² Σ g u²)) / π over predicted fragments, g = exp(-(m - o)² / 2σ²)",
        range=(0.0, 1.0),
        unit="",
        source="Gessulat et al. (2019), doi:10.1038/s41592-019-0426-7",
        function=masked_spectral_distance,
        needs_intensities=True,
    ),
    Baseline(
        title="Cosine of square roots",
        formula="1 - cos(S of √a)",
        range=(0.0, 1.0),
        unit="",
        source="Stein and Scott (1994), doi:10.1016/1044-0305(94)87009-8",
        function=sqrt_cosine_distance,
    ),
    Baseline(
        title="Weighted cosine (MassBank)",
        formula="1 - cos(S of √a m²)",
        range=(0.0, 1.0),
        unit="",
        source="Horai et al. (2010), doi:10.1002/jms.1777",
        function=weighted_cosine_distance,
    ),
    Baseline(
        title="Modified cosine",
        formula="1 - Σ g a b / √(Σ a² Σ b²) over pairs of peaks one to one, moved by the precursors' difference or not",
        range=(0.0, 1.0),
        unit="",
        source="Watrous et al. (2012), doi:10.1073/pnas.1203689109",
        function=modified_cosine_distance,
    ),
    Baseline(
        title="Cosine at several sigmas",
        formula="1 - mean of cos at σ, 4σ, 16σ",
        range=(0.0, 1.0),
        unit="",
        source="after Gretton et al. (2012), NeurIPS 25",
        function=multi_sigma_cosine_distance,
    ),
    Baseline(
        title="Weighted spectral entropy",
        formula="spectral entropy distance of a^((1 + H) / 4) where H < 3",
        range=(0.0, 1.0),
        unit="",
        source="Li et al. (2021), doi:10.1038/s41592-021-01331-z",
        function=weighted_entropy_distance,
    ),
    Baseline(
        title="Pearson distance",
        formula="1 - r(S_pred, S_obs) over all bins",
        range=(0.0, 2.0),
        unit="",
        source="Degroeve and Martens (2013), doi:10.1093/bioinformatics/btt544",
        function=pearson_distance,
    ),
    Baseline(
        title="Cross-entropy of bins",
        formula="Σ_k q_k ln(q_k / p_k), p and q shares of the bins, mixed with 0.001 of an even share",
        range=(0.0, float("inf")),
        unit="nats",
        source="Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",
        function=binned_cross_entropy,
    ),
    Baseline(
        title="Wasserstein-1",
        formula="∫ |F_pred(t) - F_obs(t)| dt, F the running share of intensity",
        range=(0.0, float("inf")),
        unit="Th",
        source="Vallender (1974), doi:10.1137/1118101",
        function=wasserstein_distance,
    ),
)


class _ByName(dict[str, Baseline]):
    """Baselines by name; an old name finds its loss, with a warning."""

    def __missing__(self, name: str) -> Baseline:
        if name not in OLD_NAMES:
            raise KeyError(name)
        warn_renamed(f"BASELINES[{name!r}]", f"BASELINES[{OLD_NAMES[name]!r}]", ends_in="0.4")
        return self[OLD_NAMES[name]]


BASELINES: Mapping[str, Baseline] = MappingProxyType(_ByName({b.name: b for b in _ALL}))
"""The losses the cosine is compared with, by the name of their function."""
