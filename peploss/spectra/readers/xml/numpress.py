"""Decodes MS-Numpress in Python.

pynumpress, the field's package, ends the whole process on damaged data (a C++ exception that nobody catches), which
one bad upload must not do to a server. Here damaged data is a ValueError. The tests hold both against each other.

Source: Teleman et al., Mol. Cell. Proteomics 13 (2014) 1537; https://github.com/ms-numpress/ms-numpress
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.errors import LimitError

_ENDS_EARLY: Final = "a Numpress array ends early"


def decode_linear(data: bytes) -> NDArray[np.float64]:
    """Linear prediction (MS:1002312): m/z values. Raises ValueError on damaged data."""
    scale = _fixed_point(data)
    if len(data) == 8:
        return np.empty(0)
    if len(data) != 12 and len(data) < 16:
        raise ValueError(_ENDS_EARLY)
    values = list(struct.unpack_from(f"<{min((len(data) - 8) // 4, 2)}I", data, 8))
    for difference in _integers(data[16:], signed=True):
        values.append(2 * values[-1] - values[-2] + difference)
    with np.errstate(over="ignore"):
        return np.array(values, dtype=np.float64) / scale


def decode_pic(data: bytes) -> NDArray[np.float64]:
    """Positive integers (MS:1002313): ion counts. Raises ValueError on damaged data."""
    return np.array(_integers(data, signed=False), dtype=np.float64)


def decode_slof(data: bytes) -> NDArray[np.float64]:
    """Short logged floats (MS:1002314): intensities. Raises ValueError on damaged data."""
    scale = _fixed_point(data)
    if len(data) % 2:
        raise ValueError(_ENDS_EARLY)
    limits.PEAKS.hold(len(data) // 2)
    with np.errstate(over="ignore"):  # an infinite intensity is refused later, with its place
        return np.expm1(np.frombuffer(data, dtype="<u2", offset=8) / scale)


def _fixed_point(data: bytes) -> float:
    if len(data) < 8:
        raise ValueError(_ENDS_EARLY)
    (scale,) = struct.unpack_from(">d", data)
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"a Numpress array has the scale {scale}")
    return float(scale)


def _integers(data: bytes, *, signed: bool) -> list[int]:
    """Integers of 32 bits as half bytes, the lowest first, behind a half byte that counts the leading 0s or Fs left
    out (0-8 zeros, 9-15: 1-7 Fs)."""
    most = limits.PEAKS.most
    limits.PEAKS.hold(len(data) // 5)  # an integer takes five bytes at most
    digits = data.hex()
    out: list[int] = []
    at, size = 0, len(digits)
    while at < size:
        if len(out) == most:
            raise LimitError(limits.PEAKS.over())
        head = int(digits[at], 16)
        if head == 0 and at == size - 1:  # padding to a whole byte
            break
        left_out = head if head <= 8 else head - 8
        end = at + 9 - left_out
        if end > size:
            raise ValueError(_ENDS_EARLY)
        value = int(digits[end - 1 : at : -1], 16) if end > at + 1 else 0
        if head > 8:
            value |= 0xFFFFFFFF << (4 * (8 - left_out)) & 0xFFFFFFFF
        out.append(value - (1 << 32) if signed and value >> 31 else value)
        at = end
    return out
