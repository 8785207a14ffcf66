from __future__ import annotations

import itertools
import math

import pytest

from peploss.errors import SettingsError
from peploss.training.schedule import SigmaSchedule


def test_each_step_is_the_same_factor_and_then_it_stays() -> None:
    schedule = SigmaSchedule(start=2.0, end=0.02, steps=11)
    values = [schedule.at(step) for step in range(15)]
    assert values[0] == 2.0
    assert values[10:] == [pytest.approx(0.02)] * 5
    factors = [b / a for a, b in itertools.pairwise(values[:11])]
    assert factors == [pytest.approx(0.01 ** (1 / 10))] * 10
    assert SigmaSchedule(start=1.0, end=0.5, steps=1).at(0) == 0.5


@pytest.mark.parametrize(
    ("start", "end", "steps"), [(0.0, 1.0, 2), (1.0, math.inf, 2), (1.0, math.nan, 2), (1.0, 1.0, 0), ("1", 1.0, 2)]
)
def test_what_is_no_schedule_is_refused(start: float, end: float, steps: int) -> None:
    with pytest.raises(SettingsError):
        SigmaSchedule(start=start, end=end, steps=steps)


def test_a_negative_step_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 0, not -1"):
        SigmaSchedule(start=1.0, end=0.5, steps=5).at(-1)
