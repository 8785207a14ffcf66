"""One plain <spectrum> element of mzML as pyteomics would give it: ``index`` takes a third of the processor time.

Knows the elements that converters write around centroided fragment spectra; everything else is left to pyteomics.
``python -m benchmarks.dataset`` measures both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peploss.spectra.readers.xml.plain import NOT_READ, NotPlainError, feed
from peploss.spectra.readers.xml.unpack import decode_base64, inflate
from peploss.spectra.readers.xml.vocabulary import by_accession

_CHILDREN: Final[dict[str, tuple[str, ...]]] = {  # what may stand in what, parameters aside
    "": ("spectrum",),
    "spectrum": ("scanList", "precursorList", "binaryDataArrayList"),
    "scanList": ("scan",),
    "scan": ("scanWindowList",),
    "scanWindowList": ("scanWindow",),
    "scanWindow": (),
    "precursorList": ("precursor",),
    "precursor": ("isolationWindow", "selectedIonList", "activation"),
    "isolationWindow": (),
    "selectedIonList": ("selectedIon",),
    "selectedIon": (),
    "activation": (),
    "binaryDataArrayList": ("binaryDataArray",),
    "binaryDataArray": ("binary",),
    "binary": (),
    "cvParam": (),
}
_SEVERAL: Final = frozenset(("scan", "scanWindow", "precursor", "selectedIon", "binaryDataArray"))  # others: once
_KEPT: Final = {"spectrum": ("defaultArrayLength",), "precursor": ("spectrumRef",)}  # attributes
_FLAGS: Final = ("MS1 spectrum", "profile spectrum", "centroid spectrum", "negative scan")
_WINDOW: Final = tuple(f"isolation window {name}" for name in ("target m/z", "lower offset", "upper offset"))
_COUNTS: Final = frozenset(("index", "defaultArrayLength", "count", "arrayLength", "encodedLength"))
_RESERVED: Final = frozenset((*_CHILDREN, *_COUNTS, "text"))
_WIDTHS: Final = {"64-bit float": np.float64, "32-bit float": np.float32}
_PACKINGS: Final[dict[str, Callable[[bytes], bytes]]] = {"zlib compression": inflate, "no compression": bytes}
_ARRAYS: Final = ("m/z array", "intensity array")
_READ: Final = frozenset(
    (*_FLAGS, *_WINDOW, *_ARRAYS, *_WIDTHS, *_PACKINGS,
     "ms level", "spectrum title", "scan start time", "selected ion m/z", "charge state", "possible charge state")
)  # fmt: skip
"""Parameters whose value is used: pyteomics converts those that state a type, which this module leaves to it."""


class _Measured(float):
    """A number with its unit, as pyteomics has it."""

    unit_info: str | None = None


class _Tree:
    """Elements as nested dictionaries: parameters by name, elements by tag, lists of those that may come twice."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, Any]]] = [("", self.root)]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A start tag."""
        outer, parent = self._open[-1]
        if tag in ("cvParam", "userParam"):
            by_accession(attributes)
            name = attributes["name"]
            typed = "type" in attributes and name in _READ
            if name in parent or name in _RESERVED or typed or outer in ("", "cvParam"):
                raise NotPlainError
            parent[name] = attributes
            self._open.append(("cvParam", attributes))
            return
        if tag not in _CHILDREN[outer]:
            raise NotPlainError
        for name in _COUNTS & attributes.keys():
            attributes[name] = _count(attributes[name])  # type: ignore[assignment]
        own: dict[str, Any] = {name: attributes[name] for name in _KEPT.get(tag, ()) if name in attributes}
        if tag in _SEVERAL:
            parent.setdefault(tag, []).append(own)
        elif tag in parent:
            raise NotPlainError
        else:
            parent[tag] = own
        self._open.append((tag, own))

    def end(self, tag: str) -> None:
        """An end tag."""
        self._open.pop()

    def text(self, text: str) -> None:
        """Text between tags."""
        tag, own = self._open[-1]
        if tag == "binary":
            own["text"] = own.get("text", "") + text
        elif not text.isspace():
            raise NotPlainError


def plain_values(element: bytes, encoding: bytes) -> dict[str, Any] | None:
    """Those values of a spectrum that a ``Record`` is filled from, by pyteomics' names.

    Args:
        element: from ``<spectrum`` to ``</spectrum>``.
        encoding: of its file.
    Returns:
        None where the element is not plain, or damaged.
    """
    tree = _Tree()
    try:
        feed(element, encoding, tree)
        return _values(tree.root["spectrum"])
    except NOT_READ:
        return None


def _values(found: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"defaultArrayLength": found["defaultArrayLength"]}
    values |= {name: "" for name in _FLAGS if name in found}
    if "ms level" in found:
        values["ms level"] = _count(_value(found["ms level"]))
    if "spectrum title" in found:
        values["spectrum title"] = _value(found["spectrum title"])
        if _is_number(values["spectrum title"]):
            raise NotPlainError  # pyteomics' number is not written as the text was
    if "scanList" in found:
        values["scanList"] = {"scan": [_scan(scan) for scan in found["scanList"].get("scan", ())]}
    if "precursorList" in found:
        precursors = found["precursorList"].get("precursor", ())
        values["precursorList"] = {"precursor": [_precursor(precursor) for precursor in precursors]}
    first, second = found["binaryDataArrayList"]["binaryDataArray"]
    arrays = dict((_array(first), _array(second)))
    return values | {name: arrays[name] for name in _ARRAYS}


def _scan(scan: dict[str, Any]) -> dict[str, Any]:
    polarity = {"negative scan": ""} if "negative scan" in scan else {}
    if "scan start time" not in scan:
        return polarity
    param = scan["scan start time"]
    time = _Measured(_value(param))
    if "unitCvRef" in param or "unitName" in param:
        time.unit_info = param.get("unitName", param.get("unitAccession"))
    return polarity | {"scan start time": time}


def _precursor(precursor: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "spectrumRef" in precursor:
        found["spectrumRef"] = precursor["spectrumRef"]
    window = precursor.get("isolationWindow", {})
    limits = {name: float(_value(window[name])) for name in _WINDOW if name in window}
    if limits:
        found["isolationWindow"] = limits
    if "selectedIonList" in precursor:
        ions = precursor["selectedIonList"].get("selectedIon", ())
        found["selectedIonList"] = {"selectedIon": [_ion(ion) for ion in ions]}
    return found


def _ion(ion: dict[str, Any]) -> dict[str, Any]:
    if "possible charge state" in ion:
        raise NotPlainError
    found: dict[str, Any] = {}
    if "selected ion m/z" in ion:
        found["selected ion m/z"] = float(_value(ion["selected ion m/z"]))
    if "charge state" in ion:
        found["charge state"] = _count(_value(ion["charge state"]))
    return found


def _array(found: dict[str, Any]) -> tuple[str, NDArray[Any]]:
    text = found.pop("binary")["text"]
    if len(found) != 3 or not text.strip() or any(_value(param) for param in found.values()):
        raise NotPlainError
    (width,) = _WIDTHS.keys() & found.keys()
    (packing,) = _PACKINGS.keys() & found.keys()
    (name,) = found.keys() - {width, packing}
    return name, np.frombuffer(_PACKINGS[packing](decode_base64(text)), dtype=_WIDTHS[width])


def _value(param: dict[str, str]) -> str:
    return param.get("value", "")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NotPlainError
    return int(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
