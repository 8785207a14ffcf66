"""Unpacks arrays of mzML and mzXML: checked base64 and size-limited zlib."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from typing import Final

MAX_ARRAY_BYTES: Final = 1 << 29  # of one unpacked array: 67 million peaks, far beyond any spectrum

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
    """zlib decompression that refuses to grow beyond ``MAX_ARRAY_BYTES``."""
    stream = zlib.decompressobj()
    out = stream.decompress(data, MAX_ARRAY_BYTES)
    if stream.unconsumed_tail:
        raise ValueError(f"a peak array unpacks to more than {MAX_ARRAY_BYTES >> 20} MB")
    if not stream.eof:
        raise ValueError("a compressed peak array ends early")
    return out


def decode_base64(text: str) -> bytes:
    """Decode base64; blanks are allowed anywhere, other foreign characters are not."""
    return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
