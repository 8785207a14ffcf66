"""Curriculum V2: ten stages of loss weights and data difficulty, and the stage of a training step."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from peploss.errors import SettingsError
from peploss.training.synthetic import Difficulty


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a stretch of training uses.

    Args:
        number: 1 for the first stage.
        difficulty: of the data, as ``synthetic_batch`` takes it.
        spectrum_weight, precursor_weight: for ``CombinedLoss``; at least 0.
    """

    number: int
    difficulty: Difficulty
    spectrum_weight: float
    precursor_weight: float


def _stage(
    number: int,
    max_length: int,
    clean_percent: float,
    noise_peaks: int,
    dropout_percent: float,
    mass_error_ppm: float,
    spectrum_weight: float,
    precursor_weight: float,
) -> Stage:
    difficulty = Difficulty(
        min_length=7,
        max_length=max_length,
        clean_share=clean_percent / 100,
        noise_peaks=noise_peaks,
        dropout=dropout_percent / 100,
        mass_error_ppm=mass_error_ppm,
    )
    return Stage(
        number=number,
        difficulty=difficulty,
        spectrum_weight=spectrum_weight,
        precursor_weight=precursor_weight,
    )


CURRICULUM_V2 = (
    #  stage, up to residues, clean %, noise peaks, dropout %, mass error ppm, spectrum weight, precursor weight
    _stage(1, 10, 100, 0, 0, 0, 0.00, 0.00),
    _stage(2, 10, 100, 0, 0, 0, 0.05, 0.01),
    _stage(3, 12, 100, 0, 0, 0, 0.08, 0.02),
    _stage(4, 14, 100, 0, 0, 0, 0.10, 0.03),
    _stage(5, 15, 80, 1, 0, 1, 0.12, 0.04),
    _stage(6, 16, 60, 2, 0, 2, 0.13, 0.05),
    _stage(7, 17, 40, 3, 0, 5, 0.14, 0.06),
    _stage(8, 18, 20, 5, 5, 8, 0.14, 0.07),
    _stage(9, 20, 10, 7, 8, 12, 0.15, 0.08),
    _stage(10, 20, 0, 10, 10, 15, 0.15, 0.08),
)
"""The ten stages, peptides from 7 residues on. Intensity variation is not part of them: it is 0."""


@dataclass(frozen=True, kw_only=True)
class CurriculumV2:
    """Weights and data difficulty for every training step.

    Args:
        ramp: ``"step"`` holds a stage's values until the next begins. ``"linear"`` moves from them to the next stage's
            over the stage, so that both agree where a stage begins; lengths and numbers of peaks are rounded.
        steps_per_stage: at least 1.
        stages: at least one. The last holds for good.
    Raises:
        SettingsError: a value is out of its range.

    >>> curriculum = CurriculumV2(ramp="linear")
    >>> stage = curriculum.at(15_000)
    >>> stage.number, round(stage.spectrum_weight, 3), stage.difficulty.max_length
    (2, 0.065, 11)
    >>> CurriculumV2().at(15_000).spectrum_weight
    0.05
    """

    ramp: Literal["step", "linear"] = "step"
    steps_per_stage: int = 10_000
    stages: tuple[Stage, ...] = CURRICULUM_V2

    def __post_init__(self) -> None:
        if self.ramp not in ("step", "linear"):
            raise SettingsError(f"ramp must be 'step' or 'linear', not {self.ramp!r}.")
        if self.steps_per_stage < 1:
            raise SettingsError(f"steps_per_stage must be at least 1, not {self.steps_per_stage!r}.")
        if not self.stages:
            raise SettingsError("A curriculum needs at least one stage.")

    @property
    def n_steps(self) -> int:
        """Number of steps until the end of the last stage."""
        return self.steps_per_stage * len(self.stages)

    def at(self, step: int) -> Stage:
        """The stage of a training step, counted from 0; under the linear ramp with its values at that step.

        Raises:
            SettingsError: the step is negative.
        """
        if step < 0:
            raise SettingsError(f"A training step must be at least 0, not {step!r}.")
        index = min(step // self.steps_per_stage, len(self.stages) - 1)
        stage = self.stages[index]
        if self.ramp == "step" or index == len(self.stages) - 1:
            return stage
        return _between(stage, self.stages[index + 1], step / self.steps_per_stage - index)


def _between(a: Stage, b: Stage, share: float) -> Stage:
    def mixed(x: float, y: float) -> float:
        return x + (y - x) * share

    values: dict[str, Any] = {}
    for field in dataclasses.fields(Difficulty):
        x, y = getattr(a.difficulty, field.name), getattr(b.difficulty, field.name)
        whole = field.name in ("min_length", "max_length", "noise_peaks")
        values[field.name] = round(mixed(x, y)) if whole else mixed(x, y)
    return Stage(
        number=a.number,
        difficulty=Difficulty(**values),
        spectrum_weight=mixed(a.spectrum_weight, b.spectrum_weight),
        precursor_weight=mixed(a.precursor_weight, b.precursor_weight),
    )
