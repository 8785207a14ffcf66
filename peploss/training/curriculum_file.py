"""Reads the stages of a curriculum from TOML, and writes them."""

from __future__ import annotations

import dataclasses
import sys
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import tomli_w

from peploss.errors import SettingsError
from peploss.grid import shown
from peploss.training.curriculum import CurriculumV2, Stage
from peploss.training.synthetic import Difficulty

_STAGE: Final = ("spectrum_weight", "precursor_weight")
_DIFFICULTY: Final = {field.name: field for field in dataclasses.fields(Difficulty)}


def curriculum_of_toml(text: str) -> CurriculumV2:
    """A curriculum of one's own.

    ``ramp`` and ``steps_per_stage`` as of ``CurriculumV2``, and a ``[[stage]]`` for each stage with
    ``spectrum_weight``, ``precursor_weight`` and what ``Difficulty`` takes; what is left out is at its default, 0 for
    weights.

    Raises:
        SettingsError: it is no TOML, or a name or value is not known; the sentence names the stage.

    >>> curriculum_of_toml("steps_per_stage = 100\\n[[stage]]\\nspectrum_weight = 0.1\\nmax_length = 12").n_steps
    100
    """
    try:
        read = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of thousands of digits or brackets, too
        raise SettingsError(f"This is no TOML: {str(error).splitlines()[0]}.") from error
    rest = {name: value for name, value in read.items() if name != "stage"}
    unknown = set(rest) - {"ramp", "steps_per_stage"}
    if unknown:
        raise SettingsError(
            f"There is no setting {sorted(unknown)[0]!r} of a curriculum.",
            remedy="Use ramp, steps_per_stage and [[stage]].",
        )
    stages = read.get("stage", [])
    if not isinstance(stages, list) or not stages:
        raise SettingsError("A curriculum needs at least one [[stage]].")
    made = tuple(_stage(number, values) for number, values in enumerate(stages, start=1))
    steps = rest.get("steps_per_stage", CurriculumV2.steps_per_stage)
    if isinstance(steps, bool) or not isinstance(steps, int):
        raise SettingsError(f"steps_per_stage must be a whole number, not {steps!r}.")
    return CurriculumV2(stages=made, **rest)


def curriculum_toml(curriculum: CurriculumV2) -> str:
    """The inverse of ``curriculum_of_toml``.

    >>> curriculum_of_toml(curriculum_toml(CurriculumV2())) == CurriculumV2()
    True
    """
    stages = []
    for stage in curriculum.stages:
        values = {name: getattr(stage, name) for name in _STAGE}
        stages.append(values | dataclasses.asdict(stage.difficulty))
    head: dict[str, Any] = {"ramp": curriculum.ramp, "steps_per_stage": curriculum.steps_per_stage}
    return tomli_w.dumps(head | {"stage": stages})


def _stage(number: int, values: Mapping[str, Any]) -> Stage:
    where = f"stage {number}"
    for name, value in values.items():
        if name not in (*_STAGE, *_DIFFICULTY):
            raise SettingsError(
                f"There is no setting {name!r} of a stage.", where=where,
                remedy=f"Use some of {', '.join((*_STAGE, *_DIFFICULTY))}.",
            )  # fmt: skip
        whole = name in ("min_length", "max_length", "noise_peaks")
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise SettingsError(f"{name} must be a {'whole ' * whole}number, not {value!r}.", where=where)
    for name in _STAGE:
        if not 0 <= (weight := values.get(name, 0.0)) <= sys.float_info.max:  # whole numbers may be larger, too
            raise SettingsError(f"{name} must be finite and not negative, not {shown(weight)}.", where=where)
    weights = {name: float(values.get(name, 0.0)) for name in _STAGE}
    try:
        difficulty = Difficulty(**{name: value for name, value in values.items() if name in _DIFFICULTY})
    except SettingsError as error:
        raise SettingsError(error.problem, where=where) from error
    return Stage(number=number, difficulty=difficulty, **weights)
