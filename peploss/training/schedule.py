"""Sigma over training: wide while a model is unsure, narrow when it is right."""

from __future__ import annotations

from dataclasses import dataclass

from peploss.errors import SettingsError
from peploss.losses.checks import is_finite_number


@dataclass(frozen=True, kw_only=True)
class SigmaSchedule:
    """A width that falls (or rises) by a constant factor a step, from ``start`` to ``end``, and stays there.

    Set it between steps: ``loss.sigma = schedule.at(step)``.

    Args:
        start, end: positive and finite, in the loss's unit of sigma.
        steps: how many steps it takes, at least 1; the last of them has ``end``.
    Raises:
        SettingsError: a value is out of its range.

    >>> schedule = SigmaSchedule(start=1.0, end=0.01, steps=5)
    >>> [round(schedule.at(step), 3) for step in (0, 1, 2, 4, 100)]
    [1.0, 0.316, 0.1, 0.01, 0.01]
    """

    start: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if not (is_finite_number(value) and value > 0):
                raise SettingsError(f"{name} must be a positive finite sigma, not {value!r}.")
        if self.steps < 1:
            raise SettingsError(f"steps must be at least 1, not {self.steps!r}.")

    def at(self, step: int) -> float:
        """Sigma at a training step, counted from 0.

        Raises:
            SettingsError: the step is negative.
        """
        if step < 0:
            raise SettingsError(f"A training step must be at least 0, not {step!r}.")
        share = min(1.0, step / (self.steps - 1)) if self.steps > 1 else 1.0
        return self.start * (self.end / self.start) ** share
