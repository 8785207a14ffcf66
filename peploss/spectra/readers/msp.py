"""Reads MSP libraries (NIST, ProteomeTools, MS2PIP, SpectraST's text): indexes entries and parses one.

A reader of our own: mzspeclib and matchms read MSP too, but bring SQLAlchemy or RDKit along for a format of two
dozen lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from peploss import limits
from peploss.peptides.notations import proforma_from_msp
from peploss.spectra.readers.excess import excess
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.mgf_parameters import charges, is_negative, number
from peploss.spectra.readers.source import ByteSource, scan
from peploss.spectra.record import Record

_NAME: Final = re.compile(rb"(?:Name|NAME|name)[ \t]{0,100}+:([^\r\n]{0,8192})")
_FIELD: Final = re.compile(r"([A-Za-z][\w /#.]*+)\s*+:\s*+(.*)")
_NOT_FINITE: Final = re.compile(r"(?i)(?:nan|inf)")
_DECIMAL_COMMA: Final = re.compile(r"\d++(?:,\d++\s++[\d.]|\s++\d++,\d)")
_FIELDS_WITHIN: Final = 1 << 12  # bytes before an entry's name in which its other fields may stand
_SAME_MZ: Final = 0.06  # Th: two precursors of an entry, one of them rounded to a digit
_COMMENT_FIELD: Final = re.compile(r"\b(\w++)=(\"[^\"]*\"|\S*)")


class MspFile(SpectrumFile):
    """An MSP library."""

    format = "MSP"

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self._spans: list[tuple[int, int, int]] = []  # offset, end, line
        super().__init__(source, path, index)

    def _build_index(self) -> None:
        starts: list[tuple[int, int]] = []
        for hit in scan(self._source, _NAME, lines=True):
            at = hit.match.start()
            before = hit.buffer[max(at - 3, 0) : at]
            if at == 0 or before[-1:] in b"\r\n" or before == b"\xef\xbb\xbf":
                back, lines = _fields_before(hit.buffer, at)
                starts.append((hit.offset - back, hit.line - lines))
                limits.hold_entries(len(starts), self._source.size, self.name)
                self.ids.append(_decode(hit.match.group(1)).strip() or f"spectrum {len(starts)}")
        ends = [offset for offset, _ in starts[1:]] + [self._source.size]
        self._spans = [(offset, end, line) for (offset, line), end in zip(starts, ends, strict=True)]

    def _places(self, start: int, stop: int) -> dict[str, Any]:
        return {"spans": self._spans[start:stop]}

    def _take_places(self, places: Mapping[str, Any]) -> None:
        self._spans = places["spans"]

    def _record(self, index: int) -> Record:
        offset, end, line = self._spans[index]
        if end - offset > limits.ENTRY.most:
            return Record(title=self.ids[index], problem=limits.ENTRY.over(end - offset))
        text = self._source.read_at(offset, end - offset)
        if too_much := excess(text, b";"):
            return Record(title=self.ids[index], problem=too_much)
        return parse_entry(text, line, at_end=end == self._source.size)


def parse_entry(text: bytes, first_line: int = 1, *, at_end: bool = True) -> Record:
    """One library entry.

    Args:
        text: from its ``Name:`` line to the next one.
        first_line: line of the file on which it starts, for messages.
        at_end: whether the file ends with it.
    """
    record = Record()
    fields: dict[str, str] = {}
    mz: list[float] = []
    intensity: list[float] = []
    for number_, raw in enumerate(text.splitlines(), first_line):
        line = _decode(raw).strip("\ufeff \t\r\n")
        if not line or line.startswith("#"):
            continue
        if found := _FIELD.match(line):
            fields.setdefault(found.group(1).lower().replace(" ", "").replace("_", ""), found.group(2).strip())
        elif line[0].isalpha() and not _NOT_FINITE.match(line):
            record.problem = record.problem or f"Line {number_}: {line[:60]!r} is not 'Field: value'."
        else:
            for pair in line.split(";") if '"' not in line else [line]:
                _peak(pair.strip(), number_, mz, intensity, record)
    record.mz, record.intensity = np.array(mz), np.array(intensity)
    _fill(record, fields)
    _check_count(record, fields.get("numpeaks"), len(mz), at_end and not text.endswith((b"\n", b"\r")))
    return record


def _check_count(record: Record, announced: str | None, found: int, cut: bool) -> None:
    """Hold the number of peaks against the one announced.

    Args:
        cut: whether the file ends with the entry, and inside a line.
    """
    if announced is None:
        record.problem = record.problem or "There is no 'Num peaks' line" + (
            ": the file ends inside this spectrum." if cut else "."
        )
        return
    declared = int(announced) if announced.isdecimal() and len(announced) < 12 else -1
    if declared > found and cut:
        record.problem = record.problem or (
            f"{declared} peaks are announced, {found} are there: the file ends inside this spectrum."
        )
    elif declared != found:
        said = f"{declared} peaks are announced" if declared >= 0 else f"Num peaks is {announced[:40]!r}"
        record.notes.append(f"{said}; {found} are there.")


def _fields_before(buffer: bytes, at: int) -> tuple[int, int]:
    """Bytes and lines of the fields that stand before an entry's name, behind a blank line or the start of the file."""
    if buffer[at - 1 : at] not in (b"\n", b"\r"):  # the start of the file, or a byte order mark
        return 0, 0
    first = max(at - _FIELDS_WITHIN, 0)
    start, count = at, 0
    while start > first:
        end = start - 1
        end -= buffer[end - 1 : end + 1] == b"\r\n"
        before = 1 + max(buffer.rfind(b"\n", first, end), buffer.rfind(b"\r", first, end))
        before = before or first
        line = buffer[before:end].removeprefix(b"\xef\xbb\xbf").strip()
        if not line:
            return at - start, count
        if _NAME.match(line) or not _FIELD.match(_decode(line)):
            return 0, 0  # the entry before: its name, or a peak of it
        start, count = before, count + 1
    return (at - start, count) if start == 0 else (0, 0)


def _peak(text: str, line: int, mz: list[float], intensity: list[float], record: Record) -> None:
    if not text:
        return
    if _DECIMAL_COMMA.match(text):
        record.problem = record.problem or f"Line {line}: {text[:60]!r} has decimal commas; write decimal points."
        return
    parts = text.replace(",", " ").split(None, 2) if "\t" not in text else text.split("\t", 2)
    values = [number(part.strip()) for part in parts[:2]]
    if len(values) < 2 or values[0] is None or values[1] is None:
        record.problem = record.problem or f"Line {line}: {text[:60]!r} is not a peak (m/z, intensity)."
        return
    mz.append(values[0])
    intensity.append(values[1])


def _fill(record: Record, fields: dict[str, str]) -> None:
    record.title = fields.get("name", "")
    comment = {
        k.lower(): v.strip('"') for k, v in _COMMENT_FIELD.findall(fields.get("comment", fields.get("comments", "")))
    }
    record.negative = is_negative(fields.get("ionmode", fields.get("polarity", comment.get("ionmode", ""))))
    mods = comment.get("mods", fields.get("mods", "0"))
    record.peptide, note = proforma_from_msp(record.title, mods)
    if record.peptide and mods == "0" and "@" in comment.get("modstring", ""):
        record.peptide, note = None, f"Mods=0 and ModString={comment['modstring'][:60]} contradict each other."
    if note:
        record.notes.append(note)
        record.unread = note if record.peptide is None else None
    for text in (fields.get("precursormz"), comment.get("parent"), comment.get("precursormz")):
        value = number(text.split()[0]) if text and text.strip() else None
        if record.precursor_mz is None:
            record.precursor_mz = value
        elif value is not None and abs(value - record.precursor_mz) > _SAME_MZ:
            record.notes.append(f"The precursor m/z is {record.precursor_mz:g} and {value:g}; the first was taken.")
    in_name = re.search(r"/(\d{1,2})(?!\d)", record.title) if record.peptide else None
    adduct = re.search(r"\](\d*)([+-])", fields.get("precursortype", ""))
    record.negative = record.negative or (adduct is not None and adduct.group(2) == "-")
    for text in (
        fields.get("charge", ""),
        comment.get("charge", ""),
        in_name.group(1) if in_name else "",
        (adduct.group(1) or "1") + adduct.group(2) if adduct else "",
    ):
        found = charges(text)
        if record.precursor_charge is None and len(found) == 1:
            record.precursor_charge = found[0]
        elif len(found) == 1 and found[0] != record.precursor_charge:
            record.notes.append(f"The charge is {record.precursor_charge} and {found[0]}; the first was taken.")
    scan_text = comment.get("scan", fields.get("scannumber", ""))
    record.scan = int(scan_text) if scan_text.isdecimal() and len(scan_text) < 16 else None
    record.rt = number(fields.get("rtinseconds", comment.get("rtinseconds", "")))


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
