"""Reads MGF: indexes its blocks and parses one block into a spectrum.

The blocks are found and parsed here and not by pyteomics, whose indexed reader gives no spectra where TITLE is
missing, loses the first one behind a byte order mark, and raises on annotated peaks; the tests hold this reader
against pyteomics on the files that it can read.

Format: https://www.matrixscience.com/help/data_file_help.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from peploss import limits
from peploss.spectra.batch import Batch
from peploss.spectra.readers.excess import excess
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.mgf_parameters import AGAIN, fill
from peploss.spectra.readers.source import ByteSource, scan
from peploss.spectra.record import Record

_IONS: Final = re.compile(rb"IONS")
_TITLE: Final = re.compile(rb"[\r\n][ \t]*(?:TITLE[ \t]*=([^\r\n]*)|END[ \t]+IONS|BEGIN[ \t]+IONS)")
_FRAME: Final = ([b"BEGIN", b"IONS"], [b"END", b"IONS"])
_NUMBER: Final = rb"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?i:nan|inf|infinity))"
_PEAK: Final = re.compile(_NUMBER + rb"\s+" + _NUMBER + rb"(?:\s|$)")
_FIRST_PEAK: Final = re.compile(rb"[\r\n](?=\d)")
_NUMERIC: Final = b"0123456789.eE+- \t\r\n"
_COMMENT: Final = (b"#", b";", b"!", b"/")
_DECIMAL_COMMA: Final = re.compile(r"[\d.]++(?:,\d++[\s;]|\s++\d++,\d)")
_STRAY: Final = re.compile(rb"(?:^|[\r\n])[ \t]*+[^#;!/\s]")
_TITLE_WITHIN: Final = 1 << 13  # bytes after BEGIN IONS in which the index looks for a title
_ONCE: Final = ("SEQ", "SEQUENCE", "TITLE", "PEPMASS", "CHARGE", "SCANS", "RTINSECONDS")  # told where two differ
_LINE_WITHIN: Final = 64  # bytes before IONS in which its line starts, if it is a BEGIN or END line
_HEADER_LIMIT: Final = 1 << 20
_TOGETHER: Final = 1 << 22  # bytes of blocks that are parsed together


class _Block(NamedTuple):
    offset: int
    length: int
    line: int  # 1-based, of BEGIN IONS
    problem: str | None


class MgfFile(SpectrumFile):
    """An MGF file."""

    format = "MGF"

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self._blocks: list[_Block] = []
        self._globals: dict[str, str] = {}
        super().__init__(source, path, index)

    def _build_index(self) -> None:
        begin: tuple[int, int, str] | None = None  # offset, line, title of the block that is open
        outside = 0  # where the text after the last block starts
        for hit in scan(self._source, _IONS, lines=True):
            at, end = hit.match.span()
            near = max(at - _LINE_WITHIN, 0)
            start = 1 + max(hit.buffer.rfind(b"\n", near, at), hit.buffer.rfind(b"\r", near, at), near - 1)
            word = hit.buffer[start:end].removeprefix(b"\xef\xbb\xbf").split()
            offset = hit.base + start
            if word == _FRAME[0]:
                if begin:
                    self._add(begin, offset, f"No END IONS before the next BEGIN IONS at line {hit.line}.")
                elif not self._blocks:
                    self._read_globals(offset)
                elif _stray(hit.buffer[max(outside - hit.base, 0) : start]):
                    self._notes.append(f"Text between two spectra, before line {hit.line}, was ignored.")
                title = _TITLE.search(hit.buffer, end, end + _TITLE_WITHIN)
                begin = offset, hit.line, _decode(title.group(1) or b"").strip() if title else ""
            elif word == _FRAME[1] and begin:
                outside = hit.base + end
                self._add(begin, outside, None)
                begin = None
        if begin:
            self._add(begin, self._source.size, "The file ends inside this spectrum (no END IONS).")
            self._notes.append("The file is cut short: it ends inside its last spectrum.")

    def _add(self, begin: tuple[int, int, str], end: int, problem: str | None) -> None:
        offset, line, title = begin
        self._blocks.append(_Block(offset, end - offset, line, problem))
        limits.hold_entries(len(self._blocks), self._source.size, self.name)
        self.ids.append(title or f"spectrum {len(self._blocks)}")

    def _read_globals(self, first_block: int) -> None:
        for line in self._source.read_at(0, min(first_block, _HEADER_LIMIT)).splitlines():
            key, equals, value = _decode(line).partition("=")
            if equals and not line.lstrip().startswith(_COMMENT):
                self._globals.setdefault(key.strip().upper(), value.strip())

    def _places(self, start: int, stop: int) -> dict[str, Any]:
        return {"blocks": self._blocks[start:stop], "globals": self._globals}

    def _take_places(self, places: Mapping[str, Any]) -> None:
        self._blocks = [_Block(*block) for block in places["blocks"]]
        self._globals = places["globals"]

    def batches(self) -> Iterator[Batch]:
        """As for any file; the peaks of some megabytes of blocks are parsed together."""
        start = 0
        while start < len(self):
            first, stop = self._blocks[start].offset, start + 1
            if self._blocks[start].length > limits.ENTRY.most:
                yield self._batch(start, [self._labelled(start)])
                start = stop
                continue
            while stop < len(self) and self._end(stop) - first <= _TOGETHER:
                stop += 1
            text = self._source.read_at(first, self._end(stop - 1) - first)
            texts = [text[b.offset - first : b.offset - first + b.length] for b in self._blocks[start:stop]]
            yield self._batch(start, self._records(start, texts))
            start = stop

    def _end(self, index: int) -> int:
        return self._blocks[index].offset + self._blocks[index].length

    def _records(self, start: int, texts: list[bytes]) -> list[Record]:
        """Blocks from ``start`` on; blocks that are not plain are parsed line by line."""
        from peploss.spectra.readers.mgf_blocks import plain_peaks

        bounds = [None if excess(text) else _plain_body(text) for text in texts]
        peaks = plain_peaks([text[slice(*b)] if b else b"" for text, b in zip(texts, bounds, strict=True)])
        records = []
        for index, (text, body, found) in enumerate(zip(texts, bounds, peaks, strict=True), start):
            if body is None or found is None or self._blocks[index].problem:
                records.append(self._labelled(index))
                continue
            record = Record()
            record.mz, record.intensity = found
            fill(record, _values(text[: body[0]].splitlines()), self._globals)
            record.peptide = record.peptide or self.peptides.get(self.ids[index])
            records.append(record)
        return records

    def _record(self, index: int) -> Record:
        block = self._blocks[index]
        if block.length > limits.ENTRY.most:
            return Record(title=self.ids[index], problem=limits.ENTRY.over(block.length))
        text = self._source.read_at(block.offset, block.length)
        if too_much := excess(text):
            return Record(title=self.ids[index], problem=too_much)
        record = parse_block(text, block.line, self._globals)
        record.problem = block.problem or record.problem
        return record


def parse_block(text: bytes, first_line: int = 1, defaults: dict[str, str] | None = None) -> Record:
    """One ``BEGIN IONS`` block.

    Args:
        text: the block, with or without its BEGIN and END lines.
        first_line: line of the file on which it starts, for messages.
        defaults: parameters from the head of the file, by upper-case name.
    """
    record = Record(problem=excess(text))
    if record.problem:
        return record
    lines = text.splitlines()
    peaks: list[tuple[int, bytes]] = []
    bounds = _plain_body(text)
    plain = bounds and _plain_peaks(text[slice(*bounds)])
    values = _values(text[: bounds[0]].splitlines() if plain and bounds else lines, peaks, first_line)
    if plain:
        record.mz, record.intensity = plain
    else:
        _read_peaks(record, peaks)
    fill(record, values, defaults or {})
    return record


def _values(lines: list[bytes], peaks: list[tuple[int, bytes]] | None = None, first_line: int = 1) -> dict[str, str]:
    """Parameters by upper-case name; lines that must be peaks go with their numbers into ``peaks``."""
    values: dict[str, str] = {}
    for line_number, raw in enumerate(lines, first_line):
        line = raw.strip()
        if b"=" in line and not line[:1].isdigit() and not line.startswith(_COMMENT):
            key, _, value = _decode(line).partition("=")
            name, value = key.strip().upper(), value.strip()
            if values.setdefault(name, value) != value and name in _ONCE:
                values[AGAIN] = ", ".join(dict.fromkeys([*filter(None, [values.get(AGAIN)]), name]))
        elif line and not line.startswith(_COMMENT) and not _is_frame(line) and peaks is not None:
            peaks.append((line_number, line))
    return values


def _is_frame(line: bytes) -> bool:
    return line.removeprefix(b"\xef\xbb\xbf").split() in _FRAME


def _plain_body(text: bytes) -> tuple[int, int] | None:
    """Where the peaks of a block start and end, if from there on all is made of numbers, as nearly always.

    None: the block must be parsed line by line.
    """
    found = _FIRST_PEAK.search(text)
    if found is None:
        return None
    start = found.end()
    for line in text[:start].splitlines():
        if b"=" not in line and line.strip() and line.split() not in _FRAME:
            return None  # a comment, or a peak that starts with no digit
    stop = text.rfind(b"END", start)
    if stop >= 0 and text[stop:].split() != _FRAME[1]:
        return None
    stop = stop if stop >= 0 else len(text)
    return None if text[start:stop].translate(None, _NUMERIC) else (start, stop)


def _plain_peaks(body: bytes) -> tuple[np.ndarray, np.ndarray] | None:
    """m/z and intensities of lines of two numbers each; None where they are not."""
    if set(map(len, map(bytes.split, body.splitlines()))) != {2}:
        return None
    try:
        numbers = np.array(list(map(float, body.split())))
    except ValueError:
        return None
    return numbers[::2].copy(), numbers[1::2].copy()


def _read_peaks(record: Record, lines: list[tuple[int, bytes]]) -> None:
    rows = [line.split(None, 2) for _, line in lines]
    try:
        if any(b"_" in row[0] or b"_" in row[1] for row in rows):  # float() takes 1_000
            raise ValueError
        record.mz = np.array([float(row[0]) for row in rows])
        record.intensity = np.array([float(row[1]) for row in rows])
    except (ValueError, IndexError):
        number_, line = next(((n, line) for n, line in lines if not _PEAK.match(line)), lines[0])
        record.problem = f"Line {number_}: {_bad_line(_decode(line))}"
        return
    if any(len(row) > 2 for row in rows):
        record.notes.append("The third column of the peaks (a charge or an annotation) is not used.")


def _bad_line(line: str) -> str:
    shown = repr(line if len(line) <= 60 else line[:57] + "...")
    if _DECIMAL_COMMA.match(line):
        return f"{shown} has decimal commas; write decimal points."
    return f"{shown} is neither NAME=value nor a peak (m/z, intensity)."


def _stray(between: bytes) -> bool:
    return _STRAY.search(between) is not None


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
