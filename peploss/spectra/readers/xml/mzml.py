"""mzML: one <spectrum> element to a spectrum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from peploss.spectra.readers.source import ByteSource
from peploss.spectra.readers.xml.element_file import XmlFile, array, number, seconds, whole, wrap
from peploss.spectra.readers.xml.index import XmlLayout
from peploss.spectra.readers.xml.mzml_plain import plain_values
from peploss.spectra.record import Record

_HEAD_LIMIT: Final = 1 << 22
_PARAM_GROUPS: Final = re.compile(rb"<referenceableParamGroupList\b.*?</referenceableParamGroupList>", re.S)
_MS_LEVEL: Final = re.compile(rb"<cvParam\b[^>]*\bMS:1000511\b[^>]*>")
_BEFORE: Final = b'<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0">'


class MzmlFile(XmlFile):
    """An mzML file, indexed or not."""

    format = "mzML"
    closing = b"</spectrum>"
    layout = XmlLayout(
        start=re.compile(
            rb"<spectrum\s(?:[^>]{0,400}?\sid|id)\s*=\s*[\"'](?P<id>[^\"'>]*)[\"'][^>]*>|<spectrum\s(?P<x>)"
        ),
        count=re.compile(rb"<spectrumList\s(?:[^>]{0,400}?\s)?count\s*=\s*[\"'](?P<n>\d{1,12})[\"']"),
        index=re.compile(rb"<index\s+name\s*=\s*[\"']spectrum[\"']\s*>"),
        offset=re.compile(rb"<offset\b[^>]*\bidRef\s*=\s*[\"'](?P<id>[^\"']*)[\"'][^>]*>\s*(?P<at>\d{1,18})\s*<"),
        pointer=re.compile(rb"<indexListOffset>\s*(?P<at>\d+)\s*</indexListOffset>"),
        end=re.compile(rb"</(?:indexed)?mzML\s*>"),
        id_format="{}",
    )

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self._param_groups: bytes | None = None
        super().__init__(source, path, index)

    def _is_survey(self, element: bytes) -> bool:
        level = _MS_LEVEL.search(element)
        return level is not None and re.search(rb"\bvalue\s*=\s*[\"']1[\"']", level.group()) is not None

    def _plain(self, element: bytes) -> dict[str, Any] | None:
        return plain_values(element, self._encoding)

    def _document(self, element: bytes) -> bytes:
        if self._param_groups is None:
            head = self._source.read_at(0, min(self._head, _HEAD_LIMIT))
            found = _PARAM_GROUPS.search(head)
            self._param_groups = found.group() if found else b""
        before = _BEFORE + self._param_groups + b"<run><spectrumList>"
        return wrap(self._encoding, before, element, b"</spectrumList></run></mzML>")

    def _fill(self, record: Record, values: dict[str, Any]) -> None:
        record.title = str(values.get("spectrum title", "")).strip()
        scan = re.search(r"\bscan=(\d{1,15})\b", record.native_id)
        record.scan = int(scan.group(1)) if scan else None
        record.ms_level = whole(values.get("ms level"))
        if record.ms_level is None and "MS1 spectrum" in values:
            record.ms_level = 1
        record.profile = True if "profile spectrum" in values else False if "centroid spectrum" in values else None
        first_scan = _first(values, "scanList", "scan")
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

    def _precursor(self, record: Record, values: dict[str, Any]) -> None:
        precursors = (values.get("precursorList") or {}).get("precursor") or []
        if len(precursors) > 1:
            record.notes.append(f"There are {len(precursors)} precursors; the first was taken.")
        precursor = _first(values, "precursorList", "precursor")
        ion = _first(precursor, "selectedIonList", "selectedIon")
        record.precursor_mz = number(ion.get("selected ion m/z"))
        record.precursor_charge = whole(ion.get("charge state"))
        if record.precursor_charge is None and "possible charge state" in ion:
            record.notes.append(f"The charge is left open: {ion['possible charge state']}.")
        target = number((precursor.get("isolationWindow") or {}).get("isolation window target m/z"))
        if record.precursor_mz is None and target is not None:
            record.precursor_mz = target
            record.notes.append("The precursor m/z is the centre of the isolation window.")


def _first(values: dict[str, Any], outer: str, inner: str) -> dict[str, Any]:
    found = (values.get(outer) or {}).get(inner) or [{}]
    return found[0] if isinstance(found, list) else found
