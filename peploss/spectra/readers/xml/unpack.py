"""Unpacks arrays of mzML and mzXML: checked base64 and size-limited zlib."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from typing import Final

from peploss import limits
from peploss.errors import LimitError

_PER_PEAK: Final = 16  # bytes of a peak in one array: mzXML has m/z and intensity in turns, 64 bits each
DAMAGE: Final = (  # what decoding of damaged content raises
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    StopIteration,
    RuntimeError,
    MemoryError,
    zlib.error,
    binascii.Error,
    struct.error,
)


def inflate(data: bytes) -> bytes:
    """zlib decompression that refuses to grow beyond the limit of peaks.

    Raises:
        LimitError: it would.
        ValueError: the data ends early.
    """
    stream = zlib.decompressobj()
    most = min(limits.PEAKS.most * _PER_PEAK, limits.DECODED.most)
    out = stream.decompress(data, most)
    if stream.unconsumed_tail:
        raise LimitError(limits.PEAKS.over())
    if not stream.eof:
        raise ValueError("a compressed peak array ends early")
    return out


def decode_base64(text: str) -> bytes:
    """Decode base64; blanks are allowed anywhere, other foreign characters are not."""
    return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
