"""Reads mzXML: one <scan> element makes a spectrum; nested scans are read one by one."""

from __future__ import annotations

import re
from typing import Any, Final

from peploss import limits
from peploss.spectra.readers.xml.element_file import XmlFile, array, number, seconds, whole, wrap
from peploss.spectra.readers.xml.index import XmlLayout
from peploss.spectra.readers.xml.mzxml_peaks import PAIRS, Peaks, joined
from peploss.spectra.readers.xml.mzxml_plain import plain_values
from peploss.spectra.readers.xml.precursor import WIDE, Isolated, of_peptide, window_note
from peploss.spectra.record import Record
from peploss.spectra.survey import Isolation

_STATED: Final = re.compile(rb"\btotIonCurrent\s{0,9}=\s{0,9}[\"'](?P<value>[\d.eE+-]{1,40})[\"']")
_DURATION: Final = re.compile(rb"\bretentionTime\s{0,9}=\s{0,9}[\"']PT(?P<seconds>[\d.]{1,40})S[\"']")
_PEAKS: Final = re.compile(rb"<peaks\b([^<>]*+)>([^<]*+)</peaks\s*+>")


class MzxmlFile(XmlFile):
    """An mzXML file, indexed or not."""

    format = "mzXML"
    closing = b"</scan>"
    layout = XmlLayout(
        start=re.compile(
            rb"<scan\s(?:[^<>]{0,400}?\snum|num)\s{0,9}=\s{0,9}[\"'](?P<id>[^\"'<>]{0,2000})[\"'][^<>]{0,60000}>|<scan\s(?P<x>)"
        ),
        count=re.compile(rb"<msRun\s(?:[^<>]{0,400}?\s)?scanCount\s*=\s*[\"'](?P<n>\d{1,12})[\"']"),
        index=re.compile(rb"<index\s+name\s*=\s*[\"']scan[\"']\s*>"),
        offset=re.compile(
            rb"<offset\b[^<>]{0,400}?\bid\s{0,9}=\s{0,9}[\"'](?P<id>[^\"'<>]{0,2000})[\"'][^<>]{0,400}>\s{0,400}(?P<at>\d{1,18})\s*<"
        ),
        pointer=re.compile(rb"<indexOffset>\s*(?P<at>\d{1,18})\s*</indexOffset>"),
        end=re.compile(rb"</mzXML\s*>"),
        id_format="scan={}",
    )

    def _level(self, element: bytes) -> int | None:
        found = re.search(rb"\bmsLevel\s*=\s*[\"'](\d{1,3})[\"']", element[: element.find(b">")])
        return int(found.group(1)) if found else None

    def _element(self, offset: int, bound: int) -> bytes | None:
        whole_element = super()._element(offset, bound)
        if whole_element is not None or bound == self._source.size or bound - offset > limits.ENTRY.most:
            return whole_element
        # the next scan stands inside this one: what comes before it is all of this scan's own content
        return self._source.read_at(offset, bound - offset) + self.closing

    def _plain(self, element: bytes) -> dict[str, Any] | None:
        return plain_values(element, self._encoding)

    def _careful(self, element: bytes) -> dict[str, Any]:
        pieces = [Peaks.of(*found) for found in _PEAKS.findall(element)]
        if len(pieces) < 2 and all(piece.content == PAIRS for piece in pieces):
            return super()._careful(element)
        return {**super()._careful(_PEAKS.sub(b"", element)), **joined(pieces)}

    def _document(self, element: bytes) -> bytes:
        return wrap(self._encoding, b"<mzXML><msRun>", element, b"</msRun></mzXML>")

    def _fill(self, record: Record, values: dict[str, Any]) -> None:
        record.scan = whole(values.get("num"))
        record.ms_level = whole(values.get("msLevel"))
        centroided = values.get("centroided")
        record.profile = None if centroided is None else not centroided
        record.rt = seconds(values.get("retentionTime"), record) if "retentionTime" in values else None
        record.negative = str(values.get("polarity", "")).lower().startswith(("-", "neg"))
        isolated = [_isolated(found) for found in values.get("precursorMz") or []]
        level = record.ms_level or 2
        found, notes = of_peptide(level, isolated, lambda name: self._stage(name, level))
        record.precursor_mz, record.precursor_charge = found.mz, found.charge
        record.notes += notes
        first = (values.get("precursorMz") or [{}])[0]
        width = number(first.get("windowWideness")) if isinstance(first, dict) else None
        if width is not None and width >= WIDE and (note := window_note(found.mz, found.charge, found.mz, width)):
            record.notes.append(note)
        if whole(values.get("peaksCount")) == 0:
            return  # such scans carry one pair of zeros
        mz, intensity = array(values, "m/z array"), array(values, "intensity array")
        if mz is None or intensity is None:
            record.problem = "The scan has no peaks element."
            return
        record.mz, record.intensity = mz, intensity
        declared = whole(values.get("peaksCount"))
        if declared is not None and declared != mz.size:
            record.notes.append(f"The file announces {declared} peaks; {mz.size} are there.")

    def _isolation(self, values: dict[str, Any]) -> tuple[str, Isolation | None]:
        first = (values.get("precursorMz") or [None])[0]
        if not isinstance(first, dict):
            return "", None
        centre, width = number(first.get("precursorMz")), number(first.get("windowWideness"))
        ends = None if centre is None or not width else Isolation(centre - width / 2, centre + width / 2)
        return _isolated(first).spectrum, ends

    def _stated_current(self, head: bytes) -> tuple[float, float] | None:
        tag = head[: head.find(b">") + 1]
        current, time = _STATED.search(tag), _DURATION.search(tag)
        value = number(current["value"].decode()) if current else None
        at = number(time["seconds"].decode()) if time else None
        return None if value is None or at is None else (at, value)


def _isolated(found: object) -> Isolated:
    """One <precursorMz>; pyteomics gives the bare number where the element has no attributes."""
    if not isinstance(found, dict):
        return Isolated(number(found))
    seen_in = whole(found.get("precursorScanNum"))
    return Isolated(
        number(found.get("precursorMz")),
        whole(found.get("precursorCharge")),
        "" if seen_in is None else f"scan={seen_in}",
    )
