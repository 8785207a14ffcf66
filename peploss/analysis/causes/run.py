"""A run: how the fragments of its confident PSMs lie off and scatter, and the sigma that fits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from peploss.intensities.heights import charge_remedy, predicts_no
from peploss.settings import LossSettings

SIGMA_PER_SCATTER: Final = 1.8
"""Sigma that fits, over the scatter: wide enough that most fragments overlap with their peaks."""
OFFSET_SCATTERS: Final = 3.0
OFFSET_PPM: Final = 10.0


@dataclass(frozen=True)
class BetterHeights:
    """A model of fragment heights that fits a run better than the one that is used.

    Attributes:
        source: of the better one, as ``LossSettings.intensities`` names it.
        used: the one that is used.
        lower: what the better one takes off the loss of a confident PSM, in the middle.
        share: of the confident PSMs whose loss it lowers.
    """

    source: str
    used: str
    lower: float
    share: float

    @property
    def told(self) -> str:
        """What is found, as a sentence."""
        return (
            f"Wrong model: {self.source} lowers the loss of {self.share:.0%} of this run's confident PSMs, by "
            f"{self.lower:.3f} in the middle, against {self.used}. Use intensities = {self.source!r}."
        )


@dataclass(frozen=True)
class ChargesWithoutHeights:
    """Confident PSMs of a run that have fragments of a charge which the source of heights does not predict.

    Attributes:
        used: the source, as ``LossSettings.intensities`` names it.
        highest: the highest fragment charge that it predicts for them; 0 where it predicts no fragment.
        n: how many PSMs they are, ``of`` all confident ones.
    """

    used: str
    highest: int
    n: int
    of: int

    @property
    def told(self) -> str:
        """What is found, as a sentence."""
        return (
            f"Charges without heights: {predicts_no(self.used, self.highest)}. {self.n} of this run's {self.of} "
            f"confident PSMs have such fragments, which get no height.{charge_remedy(self.used, self.highest)}"
        )


@dataclass(frozen=True)
class Run:
    """Mass errors of the confident PSMs of a run.

    Attributes:
        n_psms: confident PSMs; ``n_fragments`` matched fragments of them.
        offset_da, offset_ppm: median error.
        scatter_da, scatter_ppm: standard deviation around it, from the median distance.
        better_heights: the model that fits the run better than that of the settings; None where none does, or the
            settings use none.
        without_heights: fragments of charges that the settings' source of heights does not predict; None where there
            are none.
    """

    n_psms: int
    n_fragments: int
    offset_da: float
    scatter_da: float
    offset_ppm: float
    scatter_ppm: float
    better_heights: BetterHeights | None = None
    without_heights: ChargesWithoutHeights | None = None

    def offset(self, unit: str) -> float:
        """Median error in a unit."""
        return self.offset_da if unit == "Da" else self.offset_ppm

    def scatter(self, unit: str) -> float:
        """Spread of the errors in a unit."""
        return self.scatter_da if unit == "Da" else self.scatter_ppm

    def fitting_sigma(self, unit: str) -> float:
        """A round sigma that fits the scatter, in a unit."""
        return float(f"{SIGMA_PER_SCATTER * self.scatter(unit):.1g}")

    def too_narrow(self, settings: LossSettings) -> bool:
        """Whether peaks scatter by more than sigma."""
        return self.scatter(settings.sigma_unit) > settings.sigma

    def fitted(self, settings: LossSettings) -> LossSettings:
        """The settings, with the sigma that fits where theirs is too narrow: causes are judged at these."""
        if not self.too_narrow(settings):
            return settings
        return settings.replace(sigma=self.fitting_sigma(settings.sigma_unit))

    def notes(self, settings: LossSettings) -> tuple[str, ...]:
        """What is wrong with all of the run, told once: sigma too narrow, an offset of all fragments, a wrong model,
        charges that the model does not predict."""
        out = []
        unit = settings.sigma_unit
        if self.too_narrow(settings):
            out.append(
                f"Settings too narrow: fragments of this run scatter by {self.scatter(unit):.2g} {unit}, more than "
                f"sigma {settings.sigma:g}. Sigma {self.fitting_sigma(unit):g} {unit} fits; causes are judged at it."
            )
        if abs(self.offset_ppm) >= max(OFFSET_PPM, OFFSET_SCATTERS * self.scatter_ppm):
            out.append(
                f"Calibration: all fragments of this run lie {self.offset_ppm:+.3g} ppm off and scatter by "
                f"{self.scatter_ppm:.2g} ppm only."
            )
        of_heights = (self.better_heights, self.without_heights)
        out += [found.told for found in of_heights if found is not None and found.used == settings.intensities]
        return tuple(out)
