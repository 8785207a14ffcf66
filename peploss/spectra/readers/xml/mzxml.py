"""mzXML: one <scan> element to a spectrum. Scans may stand inside each other; each is read on its own."""

from __future__ import annotations

import re
from typing import Any

from peploss.spectra.readers.source import MAX_ENTRY
from peploss.spectra.readers.xml.element_file import XmlFile, array, number, seconds, whole, wrap
from peploss.spectra.readers.xml.index import XmlLayout
from peploss.spectra.record import Record


class MzxmlFile(XmlFile):
    """An mzXML file, indexed or not."""

    format = "mzXML"
    closing = b"</scan>"
    layout = XmlLayout(
        start=re.compile(rb"<scan\s(?:[^>]{0,400}?\snum|num)\s*=\s*[\"'](?P<id>[^\"'>]*)[\"'][^>]*>|<scan\s(?P<x>)"),
        count=re.compile(rb"<msRun\s(?:[^>]{0,400}?\s)?scanCount\s*=\s*[\"'](?P<n>\d{1,12})[\"']"),
        index=re.compile(rb"<index\s+name\s*=\s*[\"']scan[\"']\s*>"),
        offset=re.compile(rb"<offset\b[^>]*\bid\s*=\s*[\"'](?P<id>[^\"']*)[\"'][^>]*>\s*(?P<at>\d{1,18})\s*<"),
        pointer=re.compile(rb"<indexOffset>\s*(?P<at>\d+)\s*</indexOffset>"),
        end=re.compile(rb"</mzXML\s*>"),
        id_format="scan={}",
    )

    def _is_survey(self, element: bytes) -> bool:
        tag = element[: element.find(b">")]
        return re.search(rb"\bmsLevel\s*=\s*[\"']1[\"']", tag) is not None

    def _element(self, index: int) -> bytes | None:
        whole_element = super()._element(index)
        offset, bound = self._offsets[index], self._bounds[index]
        if whole_element is not None or bound == self._source.size:
            return whole_element
        if bound - offset > MAX_ENTRY:
            return None
        # the next scan stands inside this one: what comes before it is all of this scan's own content
        return self._source.read_at(offset, bound - offset) + self.closing

    def _document(self, element: bytes) -> bytes:
        return wrap(self._encoding, b"<mzXML><msRun>", element, b"</msRun></mzXML>")

    def _fill(self, record: Record, values: dict[str, Any]) -> None:
        record.scan = whole(values.get("num"))
        record.ms_level = whole(values.get("msLevel"))
        centroided = values.get("centroided")
        record.profile = None if centroided is None else not centroided
        record.rt = seconds(values.get("retentionTime"), record) if "retentionTime" in values else None
        precursors = values.get("precursorMz") or [{}]
        if len(precursors) > 1:
            record.notes.append(f"There are {len(precursors)} precursors; the first was taken.")
        if isinstance(precursors[0], dict):
            record.precursor_mz = number(precursors[0].get("precursorMz"))
            record.precursor_charge = whole(precursors[0].get("precursorCharge"))
        else:  # pyteomics gives the bare number where the element has no attributes
            record.precursor_mz = number(precursors[0])
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
