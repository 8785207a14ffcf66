"""What a figure weighs on the way to the browser: one JSON head and the arrays behind it as plain bytes.

Layout, little-endian: ``uint32`` length of the head, the head as UTF-8 JSON, zeros up to a multiple of 8, then the
arrays one after the other, each starting at a multiple of 8. In the head an array stands as
``{"$b": [offset, count, dtype]}`` with ``offset`` counted from the first array. ``frontend/wire.js`` is the inverse.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

DTYPES = {"float32": "f4", "float64": "f8", "int32": "i4", "uint8": "u1"}
"""What a JavaScript typed array can hold, by numpy name."""


def pack(value: Any) -> bytes:
    """Nested dicts, lists, numbers, strings and one-dimensional numpy arrays as one block of bytes.

    Args:
        value: arrays inside must be one-dimensional with a dtype of ``DTYPES``. A float that is not finite
            becomes ``null`` in the head; inside arrays NaN travels as it is (a gap in a line).
    Raises:
        TypeError: something has no place in JSON or in a typed array.

    >>> len(pack({"x": np.zeros(3, np.float32)})) % 8
    0
    """
    blocks: list[bytes] = []
    size = 0

    def plain(item: Any) -> Any:
        nonlocal size
        if isinstance(item, np.ndarray):
            if item.ndim != 1 or item.dtype.name not in DTYPES:
                raise TypeError(f"An array on the wire is one-dimensional and of {list(DTYPES)}, not {item.dtype}.")
            block = np.ascontiguousarray(item).tobytes()
            reference = {"$b": [size, int(item.size), DTYPES[item.dtype.name]]}
            block += bytes(-len(block) % 8)
            blocks.append(block)
            size += len(block)
            return reference
        if isinstance(item, dict):
            return {str(key): plain(entry) for key, entry in item.items()}
        if isinstance(item, (list, tuple)):
            return [plain(entry) for entry in item]
        if isinstance(item, np.generic):
            item = item.item()
        if isinstance(item, float) and not math.isfinite(item):
            return None
        return item

    head = json.dumps(plain(value), separators=(",", ":"), allow_nan=False).encode()
    return struct.pack("<I", len(head)) + head + bytes(-(4 + len(head)) % 8) + b"".join(blocks)
