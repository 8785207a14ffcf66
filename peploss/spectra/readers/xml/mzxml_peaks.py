"""Peaks of an mzXML scan that are split over several elements: m/z in one and intensities in another, or in turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.spectra.readers.xml.unpack import decode_base64, inflate

PAIRS: Final = "m/z-int"
_NAMES: Final = {"m/z": "m/z array", "mz": "m/z array", "intensity": "intensity array", "int": "intensity array"}
_ATTRIBUTE: Final = re.compile(r"\b(\w++)\s*+=\s*+[\"']([^\"']*+)[\"']")


class Peaks(NamedTuple):
    """One <peaks> element: its content type, the width of its numbers in bits, and what it holds, still packed."""

    content: str
    bits: str
    compression: str
    order: str
    text: str

    @classmethod
    def of(cls, attributes: bytes, text: bytes) -> Peaks:
        """From its attributes as they are written."""
        given: dict[str, str] = dict(_ATTRIBUTE.findall(attributes.decode("latin-1")))
        return cls(
            content=given.get("contentType", given.get("pairOrder", PAIRS)).strip(),
            bits=given.get("precision", "32"),
            compression=given.get("compressionType", "none"),
            order=given.get("byteOrder", "network"),
            text=text.decode("latin-1"),
        )

    def values(self) -> NDArray[np.float64]:
        """Its numbers.

        Raises:
            ValueError: they cannot be unpacked, or are packed in an unknown way.
        """
        if self.compression not in ("none", "zlib", "") or self.bits not in ("32", "64"):
            raise ValueError(f"peaks of {self.bits} bits in {self.compression!r} compression are not known")
        data = decode_base64(self.text)
        if self.compression == "zlib":
            data = inflate(data)
        limits.PEAKS.hold(len(data) // (2 * int(self.bits) // 8))
        order = ">" if self.order in ("network", "big") else "<"
        return np.frombuffer(data, dtype=f"{order}f{int(self.bits) // 8}").astype(np.float64)


def joined(pieces: Sequence[Peaks]) -> dict[str, Any]:
    """m/z and intensities of all pieces, in their order.

    Raises:
        ValueError: a piece is damaged, or holds neither pairs, nor m/z, nor intensities.
    """
    found: dict[str, list[NDArray[np.float64]]] = {"m/z array": [], "intensity array": []}
    total = 0
    for piece in pieces:
        values = piece.values()
        total += values.size
        limits.PEAKS.hold(total // 2)
        if piece.content == PAIRS:
            if values.size % 2:
                raise ValueError("peaks have an m/z without an intensity")
            found["m/z array"].append(values[::2])
            found["intensity array"].append(values[1::2])
        elif piece.content.lower() in _NAMES:
            found[_NAMES[piece.content.lower()]].append(values)
        else:
            raise ValueError(f"peaks of the content type {piece.content!r} are not known")
    return {name: np.concatenate(values) for name, values in found.items() if values}
