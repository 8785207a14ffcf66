"""One plain <spectrum> element of mzML as pyteomics would give it, in a fifth of the time.

Knows the elements that converters write around centroided fragment spectra, and gives up on everything else: what
pyteomics makes of that is for pyteomics to say.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from peploss.spectra.unpack import DAMAGE, decode_base64, inflate

_PARAMS: Final = frozenset(("cvParam", "userParam"))
_CHILDREN: Final[dict[str, tuple[str, ...]]] = {  # what may stand in what, parameters aside
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
}
_SEVERAL: Final = frozenset(("scan", "scanWindow", "precursor", "selectedIon", "binaryDataArray"))  # others: once
_COUNTS: Final = frozenset(("index", "defaultArrayLength", "count", "arrayLength", "encodedLength"))
_WIDTHS: Final = {"64-bit float": np.float64, "32-bit float": np.float32}
_PACKINGS: Final = {"zlib compression": inflate, "no compression": bytes}
_ARRAYS: Final = ("m/z array", "intensity array")


class _Measured(float):
    """A number with its unit, as pyteomics has it."""

    unit_info: str | None = None


class _NotPlainError(ValueError):
    """This spectrum has something that this module does not know."""


def plain_values(element: bytes, encoding: bytes) -> dict[str, Any] | None:
    """Those values of a spectrum that a ``Record`` is filled from, by pyteomics' names.

    Args:
        element: from ``<spectrum`` to ``</spectrum>``.
        encoding: of its file.
    Returns:
        None where the element is not plain, or damaged.
    """
    try:
        parser = etree.XMLParser(remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
        root = etree.fromstring(b'<?xml version="1.0" encoding="' + encoding + b'"?>' + element, parser)
        return _values(root)
    except (etree.LxmlError, *DAMAGE):
        return None


def _values(root: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"defaultArrayLength": int(_checked(root)["defaultArrayLength"])}
    own = _params(root, ("ms level", "spectrum title", "MS1 spectrum", "profile spectrum", "centroid spectrum"))
    if "ms level" in own:
        own["ms level"] = _count(own["ms level"])
    if "spectrum title" in own and _is_number(own["spectrum title"]):
        raise _NotPlainError  # pyteomics' number is not written as the text was
    values |= own
    for child in root:
        if child.tag == "scanList":
            values["scanList"] = {"scan": [_scan(scan) for scan in child.findall("scan")]}
        elif child.tag == "precursorList":
            values["precursorList"] = {"precursor": [_precursor(x) for x in child.findall("precursor")]}
        elif child.tag == "binaryDataArrayList":
            arrays = dict(map(_array, child.findall("binaryDataArray")))
            if len(child.findall("binaryDataArray")) != 2 or set(arrays) != set(_ARRAYS):
                raise _NotPlainError
            values |= arrays
    return values


def _checked(root: Any) -> Any:
    """Attributes of the spectrum, once every element in it is known to be plain."""
    if root.tag != "spectrum":
        raise _NotPlainError
    for element in root.iter():
        tag = element.tag
        if tag in _PARAMS:
            name = element.get("name")
            if name is None or name in _CHILDREN or name in _COUNTS or element.get("type") is not None or len(element):
                raise _NotPlainError
            continue
        for name, value in element.items():
            if name in _COUNTS:
                _count(value)
        if tag != "binary" and element.text and not element.text.isspace():
            raise _NotPlainError
        inner = [child.tag for child in element if child.tag not in _PARAMS]
        if not set(inner).issubset(_CHILDREN[tag]) or len([t for t in inner if t not in _SEVERAL]) != len(
            {t for t in inner if t not in _SEVERAL}
        ):
            raise _NotPlainError
    return root.attrib


def _scan(scan: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for param in _param_elements(scan, ("scan start time",)):
        time = _Measured(param.get("value", ""))
        if param.get("unitCvRef") is not None or param.get("unitName") is not None:
            time.unit_info = param.get("unitName", param.get("unitAccession"))
        found["scan start time"] = time
    return found


def _precursor(precursor: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in precursor:
        if child.tag == "isolationWindow":
            window = _params(child, ("isolation window target m/z",))
            found["isolationWindow"] = {name: float(value) for name, value in window.items()}
        elif child.tag == "selectedIonList":
            found["selectedIonList"] = {"selectedIon": [_ion(ion) for ion in child.findall("selectedIon")]}
    return found


def _ion(ion: Any) -> dict[str, Any]:
    found: dict[str, Any] = _params(ion, ("selected ion m/z", "charge state", "possible charge state"))
    if "possible charge state" in found:
        raise _NotPlainError
    if "selected ion m/z" in found:
        found["selected ion m/z"] = float(found["selected ion m/z"])
    if "charge state" in found:
        found["charge state"] = _count(found["charge state"])
    return found


def _array(element: Any) -> tuple[str, NDArray[Any]]:
    names = [child.get("name") for child in element if child.tag in _PARAMS]
    (width,) = (_WIDTHS[n] for n in names if n in _WIDTHS)
    (unpack,) = (_PACKINGS[n] for n in names if n in _PACKINGS)
    (name,) = (n for n in names if n in _ARRAYS)
    text = element.findtext("binary")
    if len(names) != 3 or not text or any(child.get("value") for child in element if child.tag in _PARAMS):
        raise _NotPlainError
    return name, np.frombuffer(unpack(decode_base64(text)), dtype=width)


def _param_elements(element: Any, wanted: tuple[str, ...]) -> list[Any]:
    found = [child for child in element if child.tag in _PARAMS and child.get("name") in wanted]
    if len({child.get("name") for child in found}) != len(found):
        raise _NotPlainError  # pyteomics makes a list of them
    return found


def _params(element: Any, wanted: tuple[str, ...]) -> dict[str, Any]:
    return {child.get("name"): child.get("value", "") for child in _param_elements(element, wanted)}


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise _NotPlainError
    return int(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
