"""Byte offsets of the spectra in an mzML or mzXML file: from the index at its end, else by one scan."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

from peploss.spectra.readers.source import ByteSource, scan

_TAIL: Final = 1 << 12  # the pointer to the index stands in the last bytes of the file
_NEAR_TAIL: Final = 1 << 22  # where to look for the index itself when its pointer is wrong
_MAX_TAG: Final = 512  # bytes of a start tag that hold its id
_CHECKED: Final = 16  # offsets of an embedded index that are tried out before it is believed


@dataclass(frozen=True)
class XmlLayout:
    """How one XML format marks its spectra and writes its index.

    Args:
        start: matches the start of an entry; group "id" is its id, where the tag has one.
        index: matches the start of the index of spectra.
        offset: matches one entry of the index; groups "id" and "at".
        pointer: matches the pointer to the index, at the end of the file; group "at".
        end: matches the closing tag of a whole file.
        id_format: how an id of the index is shown.
    """

    start: re.Pattern[bytes]
    index: re.Pattern[bytes]
    offset: re.Pattern[bytes]
    pointer: re.Pattern[bytes]
    end: re.Pattern[bytes]
    id_format: str


@dataclass(frozen=True)
class XmlIndex:
    """Ids and offsets in the order of the index, and what was wrong with the file."""

    ids: list[str]
    offsets: list[int]
    bounds: list[int]  # where the next entry, or the file, starts at the latest
    notes: list[str]


def build_index(source: ByteSource, layout: XmlLayout) -> XmlIndex:
    """The embedded index if there is one that holds, else one made by reading the file once."""
    tail = source.read_at(max(source.size - _TAIL, 0), _TAIL)
    notes: list[str] = []
    if not layout.end.search(tail):
        notes.append("The file is cut short: it has no closing tag at its end.")
    embedded = _embedded(source, layout, tail)
    if isinstance(embedded, str):
        entries = _by_scan(source, layout)
        if entries:  # without a single spectrum that alone is worth saying
            notes.append(embedded)
    else:
        entries, misplaced = embedded
        if misplaced:
            notes.append("The file's pointer to its index is wrong; the index was searched for and found.")
    offsets = [at for _, at in entries]
    following = dict(zip(sorted(offsets), [*sorted(offsets)[1:], source.size], strict=True)) if offsets else {}
    ids = [layout.id_format.format(name) for name, _ in entries]
    return XmlIndex(ids, offsets, [following[at] for at in offsets], notes)


def _embedded(source: ByteSource, layout: XmlLayout, tail: bytes) -> tuple[list[tuple[str, int]], bool] | str:
    """The file's own index and whether its pointer was wrong, or a sentence why it is not used."""
    rebuilt = "the spectra were found by reading the whole file once."
    pointer = layout.pointer.search(tail)
    if not pointer:
        return f"The file has no index; {rebuilt}"
    at = int(pointer["at"])
    text = source.read_at(at, source.size - at) if at < source.size else b""
    found = layout.index.search(text, 0, _MAX_TAG)
    misplaced = False
    if not found:
        text = source.read_at(max(source.size - _NEAR_TAIL, 0), _NEAR_TAIL)
        found = layout.index.search(text)
        misplaced = True
    if not found:
        return f"The file's index is not where the file says it is; {rebuilt}"
    close = text.find(b"</index>", found.end())
    entries = [
        (html.unescape(m["id"].decode("utf-8", "replace")), int(m["at"]))
        for m in layout.offset.finditer(text, found.end(), close if close >= 0 else len(text))
    ]
    step = max(len(entries) // _CHECKED, 1)
    for name, offset in [*entries[::step], *entries[-1:]]:
        if not starts_here(source, layout, name, offset):
            return f"The file's index is wrong (nothing starts at byte {offset}); {rebuilt}"
    return (entries, misplaced) if entries else f"The file's index is empty; {rebuilt}"


def starts_here(source: ByteSource, layout: XmlLayout, name: str, offset: int) -> bool:
    """Whether the entry of that id starts at that byte."""
    if not 0 <= offset < source.size:
        return False
    found = layout.start.match(source.read_at(offset, _MAX_TAG))
    return found is not None and _id_of(found) == name


def _by_scan(source: ByteSource, layout: XmlLayout) -> list[tuple[str, int]]:
    hits = scan(source, layout.start)
    return [(_id_of(hit.match) or str(n), hit.offset) for n, hit in enumerate(hits, 1)]


def _id_of(found: re.Match[bytes]) -> str:
    return html.unescape((found["id"] or b"").decode("utf-8", "replace"))
