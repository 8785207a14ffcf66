"""Reads mzML: one <spectrum> element makes a spectrum."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from peploss import limits
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.readers.xml.element_file import XmlFile, array, number, seconds, whole, wrap
from peploss.spectra.readers.xml.index import XmlLayout
from peploss.spectra.readers.xml.mzml_plain import plain_values
from peploss.spectra.readers.xml.precursor import Isolated, of_peptide, window_note
from peploss.spectra.readers.xml.vocabulary import SECONDS, UNITS, attributes_of, with_names
from peploss.spectra.record import Record
from peploss.spectra.survey import Isolation

_HEAD_LIMIT: Final = 1 << 22
_PARAM_GROUPS: Final = (b"<referenceableParamGroupList", b"</referenceableParamGroupList>")
_MS_LEVEL: Final = b"MS:1000511"
_LEVEL: Final = re.compile(rb"\bvalue\s{0,9}=\s{0,9}[\"'](\d{1,3})[\"']")
_WINDOW: Final = ("target m/z", "lower offset", "upper offset")
_CURRENT: Final = "MS:1000285"
_TIME: Final = "MS:1000016"
_DECONVOLUTION: Final = b"MS:1000034"  # charge deconvolution, a step of data processing
_BEFORE: Final = b'<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0">'


class MzmlFile(XmlFile):
    """An mzML file, indexed or not."""

    format = "mzML"
    closing = b"</spectrum>"
    layout = XmlLayout(
        start=re.compile(
            rb"<spectrum\s(?:[^<>]{0,400}?\sid|id)\s{0,9}=\s{0,9}[\"'](?P<id>[^\"'<>]{0,2000})[\"']"
            rb"[^<>]{0,60000}>|<spectrum\s(?P<x>)"
        ),
        count=re.compile(rb"<spectrumList\s(?:[^<>]{0,400}?\s)?count\s*=\s*[\"'](?P<n>\d{1,12})[\"']"),
        index=re.compile(rb"<index\s+name\s*=\s*[\"']spectrum[\"']\s*>"),
        offset=re.compile(
            rb"<offset\b[^<>]{0,400}?\bidRef\s{0,9}=\s{0,9}[\"'](?P<id>[^\"'<>]{0,2000})[\"'][^<>]{0,400}>\s{0,400}(?P<at>\d{1,18})\s*<"
        ),
        pointer=re.compile(rb"<indexListOffset>\s*(?P<at>\d{1,18})\s*</indexListOffset>"),
        end=re.compile(rb"</(?:indexed)?mzML\s*>"),
        id_format="{}",
    )

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self._param_groups: bytes | None = None
        super().__init__(source, path, index)

    def _level(self, element: bytes) -> int | None:
        at, behind = element.find(_MS_LEVEL), 0
        while at >= 0:
            start, end = element.rfind(b"<", behind, at), element.find(b">", at)
            if end < 0:
                return None
            if start >= 0 and element.startswith(b"<cvParam", start):
                found = _LEVEL.search(element, start, end)
                return int(found.group(1)) if found else None
            at, behind = element.find(_MS_LEVEL, end), end
        return None

    def _plain(self, element: bytes) -> dict[str, Any] | None:
        return plain_values(element, self._encoding)

    def _document(self, element: bytes) -> bytes:
        if self._param_groups is None:
            head = self._source.read_at(0, min(self._head, _HEAD_LIMIT))
            start = head.find(_PARAM_GROUPS[0])
            end = head.find(_PARAM_GROUPS[1], start)
            whole_groups = start >= 0 and end >= 0 and head.count(b"<", start, end) <= limits.FIELDS.most
            self._param_groups = head[start : end + len(_PARAM_GROUPS[1])] if whole_groups else b""
        before = _BEFORE + self._param_groups + b"<run><spectrumList>"
        return with_names(wrap(self._encoding, before, element, b"</spectrumList></run></mzML>"))

    @cached_property
    def _deconvoluted(self) -> bool:
        return _DECONVOLUTION in self._source.read_at(0, min(self._head, _HEAD_LIMIT))

    def _fill(self, record: Record, values: dict[str, Any]) -> None:
        record.title = str(values.get("spectrum title", "")).strip()
        scan = re.search(r"\bscan=(\d{1,15})\b", record.native_id)
        record.scan = int(scan.group(1)) if scan else None
        record.ms_level = whole(values.get("ms level"))
        if record.ms_level is None and "MS1 spectrum" in values:
            record.ms_level = 1
        record.profile = True if "profile spectrum" in values else False if "centroid spectrum" in values else None
        if self._deconvoluted:
            record.notes.append(
                "The file says that its charges were deconvoluted: a peak may be at the mass of an ion, not at its m/z."
            )
        first_scan = _first(values, "scanList", "scan")
        record.negative = "negative scan" in values or "negative scan" in first_scan  # some writers say it of the scan
        record.rt = seconds(first_scan.get("scan start time"), record)
        self._precursor(record, values)
        mz, intensity = array(values, "m/z array"), array(values, "intensity array")
        if mz is None or intensity is None:
            missing = "m/z" if mz is None else "intensity"
            if whole(values.get("defaultArrayLength")) != 0:
                record.problem = f"The {missing} array is missing."
            return
        record.mz, record.intensity = mz, intensity
        declared = whole(values.get("defaultArrayLength"))
        if declared is not None and declared != mz.size and mz.size:
            record.notes.append(f"The file announces {declared} peaks; {mz.size} are there.")

    def _isolation(self, values: dict[str, Any]) -> tuple[str, Isolation | None]:
        precursor = _first(values, "precursorList", "precursor")
        window = precursor.get("isolationWindow") or {}
        centre, lower, upper = (number(window.get(f"isolation window {name}")) for name in _WINDOW)
        ends = None if centre is None or lower is None or upper is None else Isolation(centre - lower, centre + upper)
        return str(precursor.get("spectrumRef", "")), ends

    def _stated_current(self, head: bytes) -> tuple[float, float] | None:
        current, time = attributes_of(head, _CURRENT), attributes_of(head, _TIME)
        value, at = number(current.get("value")), number(time.get("value"))
        if value is None or at is None:
            return None
        unit = UNITS.get(time.get("unitAccession", ""), time.get("unitName", ""))
        return at * SECONDS.get(unit, SECONDS["minute"]), value

    def _precursor(self, record: Record, values: dict[str, Any]) -> None:
        precursors = (values.get("precursorList") or {}).get("precursor") or []
        isolated = [_isolated(precursor, record if i == 0 else None) for i, precursor in enumerate(precursors)]
        level = record.ms_level or 2
        found, notes = of_peptide(level, isolated, lambda name: self._stage(name, level))
        record.precursor_mz, record.precursor_charge = found.mz, found.charge
        record.notes += notes


def _isolated(precursor: Mapping[str, Any], record: Record | None) -> Isolated:
    """One <precursor>; what there is to note of it goes to the record."""
    ions = (precursor.get("selectedIonList") or {}).get("selectedIon") or []
    ion = ions[0] if ions else {}
    mz, charge = number(ion.get("selected ion m/z")), whole(ion.get("charge state"))
    window = precursor.get("isolationWindow") or {}
    centre = number(window.get("isolation window target m/z"))
    sides = [number(window.get(f"isolation window {side} offset")) for side in ("lower", "upper")]
    if record is not None:
        if len(ions) > 1:
            shown = ", ".join(str(each.get("selected ion m/z", "?")) for each in ions[:10])
            record.notes.append(f"There are {len(ions)} selected ions (m/z {shown}); the first was taken.")
        if charge is None and "possible charge state" in ion:
            open_ = ion["possible charge state"]
            shown = " or ".join(f"{z:g}" if isinstance(z, float) else str(z) for z in _several(open_))
            record.notes.append(f"The charge is left open: {shown}.")
        width = None if None in sides else math.fsum(side or 0.0 for side in sides)
        note = window_note(mz, charge, centre, width)
        if note:
            record.notes.append(note)
    mz = centre if mz is None else mz
    return Isolated(mz, charge, str(precursor.get("spectrumRef", "")), whole(window.get("ms level")))


def _several(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _first(values: dict[str, Any], outer: str, inner: str) -> dict[str, Any]:
    found = (values.get(outer) or {}).get(inner) or [{}]
    return found[0] if isinstance(found, list) else found
