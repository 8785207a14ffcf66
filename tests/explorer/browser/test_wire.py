from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from peploss.explorer.browser.wire import DTYPES, pack


def unpack(block: bytes) -> Any:
    """What ``frontend/wire.js`` does."""
    (length,) = struct.unpack_from("<I", block)
    start = -(-(4 + length) // 8) * 8
    names = {short: name for name, short in DTYPES.items()}

    def revive(value: dict[str, Any]) -> Any:
        if "$b" in value:
            offset, count, kind = value["$b"]
            assert (start + offset) % 8 == 0
            return np.frombuffer(block, names[kind], count, start + offset)
        return value

    return json.loads(block[4 : 4 + length], object_hook=revive)


ARRAYS = st.sampled_from(list(DTYPES)).flatmap(lambda d: hnp.arrays(d, st.integers(0, 9)))


@given(st.dictionaries(st.text(), ARRAYS, max_size=4), st.text())
def test_arrays_and_text_come_back_as_they_went(arrays: dict[str, np.ndarray], text: str) -> None:
    block = pack({"nested": [arrays], "text": text})
    back = unpack(block)
    assert back["text"] == text
    assert back["nested"][0].keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back["nested"][0][name], array)
        assert back["nested"][0][name].dtype == array.dtype


def test_numbers_that_are_not_finite_become_null_outside_arrays() -> None:
    back = unpack(pack({"a": float("nan"), "b": np.float64("inf"), "c": np.int64(3), "d": np.array([np.nan])}))
    assert (back["a"], back["b"], back["c"]) == (None, None, 3)
    assert np.isnan(back["d"]).all()


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros(2, complex), np.array(["a"]), object()])
def test_what_has_no_place_on_the_wire_is_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        pack({"bad": bad})
