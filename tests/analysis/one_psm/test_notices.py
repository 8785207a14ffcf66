from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.notices import BY_DEFINITION, charge_notice, no_fragments, no_peaks, side_notices
from peploss.settings import LossSettings


def told(intensity, in_range, rendered, name: str = "fragment") -> list[str]:
    arrays = (np.array(intensity, dtype=float), np.array(in_range, dtype=bool), np.array(rendered, dtype=bool))
    return side_notices(name, *arrays, LossSettings(), none="Nothing is left")


@pytest.mark.parametrize(
    ("side", "said"),
    [
        (([], [], []), "Nothing is left, "),
        (([0, 0], [1, 1], [1, 1]), "No fragment has any weight, "),
        (([1, 1], [0, 0], [0, 0]), "All 2 fragments lie beyond the grid's end at m/z 2000, "),
        (([1], [0], [0]), "The only fragment lies beyond the grid's end at m/z 2000, "),
        (([1, 1, 0], [1, 1, 1], [0, 0, 1]), "All 2 fragments fall between bins, "),
        (([1], [1], [0]), "The only fragment falls between bins, "),
    ],
)
def test_an_empty_side_is_told_with_its_reason(side, said: str) -> None:
    assert told(*side) == [said + BY_DEFINITION]


def test_a_part_beyond_the_grid_is_counted_and_a_side_in_full_sight_is_silent() -> None:
    assert told([1, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]) == [
        "2 of 3 fragments lie beyond the grid's end at m/z 2000 and are not seen."
    ]
    assert told([1, 1], [1, 0], [1, 0], "observed peak") == [
        "1 of 2 observed peaks lies beyond the grid's end at m/z 2000 and is not seen."
    ]
    assert told([1, 1], [1, 1], [1, 0]) == []
    assert told([1, 0], [1, 0], [1, 0]) == []


def test_nothing_at_all_is_told_with_its_reason() -> None:
    assert no_peaks(0) != no_peaks(5)
    assert "filtering" in no_peaks(5)
    assert "ion type" in no_fragments(8, LossSettings(ion_types=()))
    assert "one residue" in no_fragments(1, LossSettings())


def test_charges_are_compared_where_both_are_known() -> None:
    assert charge_notice(2, 2) is charge_notice(None, 2) is charge_notice(2, None) is None
    assert "3+" in (charge_notice(3, 2) or "")
