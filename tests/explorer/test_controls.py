from __future__ import annotations

import pytest

from peploss.errors import SettingsError
from peploss.explorer.controls import read_weights, weights_text


def test_weights_come_back_as_they_were_written() -> None:
    weights = {"b1": 0.402, "y1": 1.0, "y2": 0.0}
    assert read_weights(weights_text(weights)) == weights
    assert read_weights("") == {} == read_weights(" , ")


@pytest.mark.parametrize("bad", ["y1", "y1 much", "0.5", "y1 0.5 0.6"])
def test_what_is_no_weight_is_named(bad) -> None:
    with pytest.raises(SettingsError, match=r"like y1 0\.5"):
        read_weights(f"b1 1, {bad}")
