"""Parses lines of two numbers into arrays, a million at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

_NAMES: Final = ("mz", "intensity")
_CONVERT: Final = csv.ConvertOptions(
    column_types=dict.fromkeys(_NAMES, pa.float64()), null_values=[], strings_can_be_null=False, check_utf8=False
)
_PARSE: Final = csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False)
_LARGEST: Final = (1 << 31) - 1  # bytes that Arrow parses as one block

Floats = NDArray[np.float64]


def number_lines(text: bytes, lines: int) -> tuple[Floats, Floats] | None:
    """Two columns of numbers, with the values that ``float`` gives.

    Args:
        text: lines of digits, points, exponents and signs, two numbers a line, one blank between, ``\\n`` behind.
        lines: how many lines there are.
    Returns:
        (lines,) each; None where a line is anything else, for ``float`` to judge.

    >>> number_lines(b"100.5 1e3\\n200 .25\\n", 2)
    (array([100.5, 200. ]), array([1.0e+03, 2.5e-01]))
    >>> number_lines(b"100.5  1\\n", 1) is None
    True
    """
    if not 0 < len(text) < _LARGEST:
        return None
    read = csv.ReadOptions(use_threads=False, column_names=list(_NAMES), block_size=len(text) + 1)
    try:
        table = csv.read_csv(pa.py_buffer(text), read_options=read, parse_options=_PARSE, convert_options=_CONVERT)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines or any(column.null_count for column in table.columns):
        return None
    mz, intensity = (table[name].to_numpy() for name in _NAMES)
    return mz, intensity
