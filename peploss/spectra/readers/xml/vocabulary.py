"""Terms of mzML by their accession. A name is a courtesy of the file: the accession is what the format goes by."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

TERMS: Final = MappingProxyType({
    "MS:1000016": "scan start time",
    "MS:1000041": "charge state",
    "MS:1000127": "centroid spectrum",
    "MS:1000128": "profile spectrum",
    "MS:1000129": "negative scan",
    "MS:1000130": "positive scan",
    "MS:1000511": "ms level",
    "MS:1000514": "m/z array",
    "MS:1000515": "intensity array",
    "MS:1000521": "32-bit float",
    "MS:1000523": "64-bit float",
    "MS:1000574": "zlib compression",
    "MS:1000576": "no compression",
    "MS:1000579": "MS1 spectrum",
    "MS:1000744": "selected ion m/z",
    "MS:1000796": "spectrum title",
    "MS:1000827": "isolation window target m/z",
    "MS:1000828": "isolation window lower offset",
    "MS:1000829": "isolation window upper offset",
})  # fmt: skip
"""Names of the PSI-MS vocabulary that a spectrum is read by."""

UNITS: Final = MappingProxyType({
    "UO:0000010": "second",
    "UO:0000028": "millisecond",
    "UO:0000031": "minute",
    "UO:0000032": "hour",
})  # fmt: skip
"""Names of the unit ontology that times are given in."""

SECONDS: Final = MappingProxyType({"second": 1.0, "millisecond": 1e-3, "minute": 60.0, "hour": 3600.0})
"""Seconds in each."""

_PARAM: Final = re.compile(r"<cvParam\b(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>")  # a value may hold a ">"
_ATTRIBUTE: Final = re.compile(r"(?<![\w:])([\w:]++)(\s*+=\s*+)(\"[^\"]*\"|'[^']*')")


def by_accession(attributes: dict[str, str]) -> None:
    """Give a parameter the name of its accession, and its unit likewise; in place."""
    term = TERMS.get(attributes.get("accession", ""))
    if term:
        attributes["name"] = term
    unit = UNITS.get(attributes.get("unitAccession", ""))
    if unit:
        attributes["unitName"] = unit


def attributes_of(head: bytes, accession: str) -> dict[str, str]:
    """Attributes of the first parameter of an accession, where the text holds it whole; else none.

    >>> attributes_of(b'<cvParam accession="MS:1000285" value="5"/>', "MS:1000285")["value"]
    '5'
    """
    at = head.find(accession.encode())
    start, end = head.rfind(b"<", 0, at), head.find(b">", at)
    if at < 0 or start < 0 or end < 0 or not head.startswith(b"<cvParam", start):
        return {}
    return {name: value[1:-1] for name, _, value in _ATTRIBUTE.findall(head[start:end].decode("latin-1"))}


def with_names(document: bytes) -> bytes:
    """A document in which every parameter has the name of its accession.

    >>> with_names(b'<cvParam accession="MS:1000016" name="RT" value="1" unitAccession="UO:0000010"/>').decode()
    '<cvParam accession="MS:1000016" name="scan start time" value="1" unitAccession="UO:0000010" unitName="second"/>'
    """
    return _PARAM.sub(_named, document.decode("latin-1")).encode("latin-1")


def _named(found: re.Match[str]) -> str:
    tag = found.group()
    given = {name: value[1:-1] for name, _, value in _ATTRIBUTE.findall(tag)}
    right = dict(given)
    by_accession(right)
    if right == given:
        return tag
    tag = _ATTRIBUTE.sub(lambda m: f'{m[1]}{m[2]}"{right[m[1]]}"' if right[m[1]] != given[m[1]] else m[0], tag)
    added = "".join(f' {name}="{value}"' for name, value in right.items() if name not in given)
    end = -2 if tag.endswith("/>") else -1
    return tag[:end].rstrip() + added + tag[end:]
