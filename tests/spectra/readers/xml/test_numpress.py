"""Numpress in Python against pynumpress, and damaged data, which must end in an error and not in the process."""

from __future__ import annotations

import numpy as np
import pynumpress
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.spectra.readers.xml.numpress import decode_linear, decode_pic, decode_slof


@given(st.lists(st.floats(50, 3000), min_size=2, max_size=200).map(sorted))
def test_linear_agrees_with_pynumpress(values: list[float]) -> None:
    encoded = pynumpress.encode_linear(np.array(values), 1e5)
    np.testing.assert_array_equal(decode_linear(encoded.tobytes()), pynumpress.decode_linear(encoded))
    np.testing.assert_allclose(decode_linear(encoded.tobytes()), values, atol=1e-5)


@given(st.lists(st.integers(0, 2**31 - 2), max_size=200))
def test_positive_integers_round_trip(values: list[int]) -> None:
    encoded = pynumpress.encode_pic(np.array(values, dtype=float))
    np.testing.assert_array_equal(decode_pic(encoded.tobytes()), np.array(values, dtype=float))


@given(st.lists(st.floats(0, 1e7), max_size=200))
def test_short_logged_floats_agree_with_pynumpress(values: list[float]) -> None:
    encoded = pynumpress.encode_slof(np.array(values, dtype=float), 3000.0)
    np.testing.assert_allclose(decode_slof(encoded.tobytes()), pynumpress.decode_slof(encoded), rtol=1e-12, atol=1e-9)


def test_short_arrays() -> None:
    scale = np.array([1e5], dtype=">f8").tobytes()
    assert decode_linear(scale).size == 0
    assert decode_linear(scale + np.array([12345678], dtype="<u4").tobytes()).tolist() == [123.45678]
    assert decode_slof(scale).size == 0
    assert decode_pic(b"").size == 0


@given(st.binary(max_size=80))
def test_any_bytes_decode_or_are_a_value_error(data: bytes) -> None:
    for decode in (decode_linear, decode_pic, decode_slof):
        try:
            assert decode(data).dtype == np.float64
        except ValueError:
            continue


@pytest.mark.parametrize("cut", [1, 7, 9, 11, 13, 15, 17])
def test_an_array_that_ends_early_says_so(cut: int) -> None:
    encoded = pynumpress.encode_linear(np.array([100.0, 200.0, 300.123, 400.4567]), 1e5).tobytes()
    with pytest.raises(ValueError, match="Numpress"):
        decode_linear(encoded[:cut])
