"""One plain <scan> element of mzXML as pyteomics would give it, in a fraction of the time.

Knows a scan with its precursors and one <peaks> of pairs, or none; everything else is left to pyteomics.
"""

from __future__ import annotations

import re
from typing import Any, Final

from peploss.spectra.readers.xml.mzxml_peaks import PAIRS, Peaks, joined
from peploss.spectra.readers.xml.plain import NOT_READ, NotPlainError, feed

_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,2})?")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_DURATION: Final = re.compile(r"PT([0-9]{1,15}(?:\.[0-9]{0,40})?)S")
_SWITCH: Final = {"0": False, "1": True}


class _Minutes(float):
    """A time with its unit, as pyteomics has it."""

    unit_info = "minute"


class _Scan:
    """What is found in a scan."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.peaks: list[tuple[dict[str, str], list[str]]] = []
        self._precursors: list[tuple[dict[str, str], list[str]]] = []
        self._open = ""
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A start tag."""
        if tag == "scan" and not self._open and not self.values:
            self.values, self._open = _of_scan(attributes), "scan"
            return
        kept = {"precursorMz": self._precursors, "peaks": self.peaks}.get(tag)
        if kept is None or self._open != "scan":
            raise NotPlainError
        self._open, self._text = tag, []
        kept.append((attributes, self._text))

    def end(self, tag: str) -> None:
        """An end tag."""
        self._open = "scan" if tag != "scan" else "done"

    def text(self, text: str) -> None:
        """Text between tags."""
        if self._open in ("precursorMz", "peaks"):
            self._text.append(text)
        elif not text.isspace():
            raise NotPlainError

    def whole(self) -> dict[str, Any]:
        """Everything, by pyteomics' names."""
        if self._precursors:
            self.values["precursorMz"] = [_of_precursor(given, "".join(text)) for given, text in self._precursors]
        if len(self.peaks) > 1:
            raise NotPlainError
        for given, text in self.peaks:
            self.values |= _of_peaks(given, "".join(text))
        return self.values


def plain_values(element: bytes, encoding: bytes) -> dict[str, Any] | None:
    """Those values of a scan that a ``Record`` is filled from, by pyteomics' names.

    Args:
        element: from ``<scan`` to ``</scan>``, without the scans in it.
        encoding: of its file.
    Returns:
        None where the element is not plain, or damaged.
    """
    scan = _Scan()
    try:
        feed(element, encoding, scan)
        return scan.whole()
    except NOT_READ:
        return None


def _of_scan(given: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {"num": given["num"], "msLevel": _count(given["msLevel"])}
    if "peaksCount" in given:
        values["peaksCount"] = _count(given["peaksCount"])
    if "polarity" in given:
        values["polarity"] = given["polarity"]
    if "centroided" in given:
        values["centroided"] = _SWITCH[given["centroided"]]
    if "retentionTime" in given:
        if not (found := _DURATION.fullmatch(given["retentionTime"])):
            raise NotPlainError
        values["retentionTime"] = _Minutes(float(found[1]) / 60)
    return values


def _of_precursor(given: dict[str, str], text: str) -> dict[str, Any]:
    if not given:  # then pyteomics gives the bare text
        raise NotPlainError
    values: dict[str, Any] = {"precursorMz": _number(text.strip())}
    if "precursorScanNum" in given:
        values["precursorScanNum"] = given["precursorScanNum"]
    if "precursorCharge" in given:
        values["precursorCharge"] = _count(given["precursorCharge"])
    if "windowWideness" in given:
        values["windowWideness"] = _number(given["windowWideness"])
    return values


def _of_peaks(given: dict[str, str], text: str) -> dict[str, Any]:
    content = given.get("contentType", given.get("pairOrder", PAIRS))
    if content != PAIRS or given["precision"] not in ("32", "64") or given["byteOrder"] != "network":
        raise NotPlainError
    return joined([Peaks(content, given["precision"], given.get("compressionType", "none"), "network", text)])


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise NotPlainError
    return float(text)


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise NotPlainError
    return int(text)
