"""Finds the byte offsets of spectra in mzML or mzXML, from the index at the end or by one scan.

An embedded index is used only if every check holds: it lists as many spectra as the file
announces, each at its own byte, and the spectrum with the listed id starts there. Otherwise the file is read once,
some megabytes at a time, to find the spectra.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

from peploss import limits
from peploss.spectra.readers.source import ByteSource, scan

_TAIL: Final = 1 << 12  # the pointer to the index stands in the last bytes of the file
_NEAR_TAIL: Final = 1 << 22  # where to look for the index itself when its pointer is wrong
_SHORT_TAG, _MAX_TAG = 256, 512  # bytes of a start tag that hold its id: of most, and of any
_BEFORE_FIRST: Final = 1 << 16  # bytes before the first spectrum that hold the start tag of the list
_CHECKED: Final = 4096  # offsets of an embedded index that are tried before it is believed
_REBUILT: Final = "the spectra were found by reading the whole file once."

Entry = tuple[str, int]
"""Id and offset of a spectrum."""


@dataclass(frozen=True)
class XmlLayout:
    """How one XML format marks its spectra and writes its index.

    Args:
        start: matches the start of an entry; group "id" is its id, where the tag has one.
        count: matches the start tag of the list of entries; group "n" is how many it announces.
        index: matches the start of the index of spectra.
        offset: matches one entry of the index; groups "id" and "at".
        pointer: matches the pointer to the index, at the end of the file; group "at".
        end: matches the closing tag of a whole file.
        id_format: how an id of the index is shown.
    """

    start: re.Pattern[bytes]
    count: re.Pattern[bytes]
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
    """The embedded index if it passes the checks, else one made by reading the file once."""
    tail = source.read_at(max(source.size - _TAIL, 0), _TAIL)
    notes: list[str] = []
    if not layout.end.search(tail):
        notes.append("The file is cut short: it has no closing tag at its end.")
    entries, note = _embedded(source, layout, tail)
    problem = note if not entries else _problem(source, layout, entries)
    if problem:
        listed, entries = entries, _by_scan(source, layout)
        if entries and sorted(listed) != sorted(entries):  # without any spectrum, only this matters
            notes.append(problem)
        announced = _announced(source, layout, entries[0][1]) if entries else None
        if announced is not None and announced != len(entries):
            notes.append(f"The file announces {announced:,} spectra; {len(entries):,} are there.")
    elif note:
        notes.append(note)
    offsets = [at for _, at in entries]
    ordered = sorted(offsets)
    following = dict(zip(ordered, [*ordered[1:], source.size], strict=True)) if offsets else {}
    ids = [layout.id_format.format(name) for name, _ in entries]
    return XmlIndex(ids, offsets, [following[at] for at in offsets], notes)


def _embedded(source: ByteSource, layout: XmlLayout, tail: bytes) -> tuple[list[Entry], str]:
    """What the file's own index lists, and what to say about it: why it lists nothing, or that its pointer is wrong."""
    pointer = layout.pointer.search(tail)
    if not pointer:
        return [], f"The file has no index, or none that it points to; {_REBUILT}"
    at, note = int(pointer["at"]), ""
    found = layout.index.search(source.read_at(at, _MAX_TAG)) if at < source.size else None
    if not found:
        at = max(source.size - _NEAR_TAIL, 0)
        found = layout.index.search(source.read_at(at, _NEAR_TAIL))
        note = "The file's pointer to its index is wrong; the index was searched for and found."
    if not found:
        return [], f"The file's index is not where the file says it is; {_REBUILT}"
    entries = []
    either = re.compile(layout.offset.pattern + b"|</index>")
    for hit in scan(source, either, begin=at + found.end()):
        if hit.match["at"] is None:
            break
        entries.append((_text(hit.match["id"]), int(hit.match["at"])))
        limits.hold_entries(len(entries), source.size, source.name)
    return entries, note if entries else f"The file's index is empty; {_REBUILT}"


def _problem(source: ByteSource, layout: XmlLayout, entries: list[Entry]) -> str:
    """Why the file's own index cannot be believed; ``""`` where it can.

    Every offset is tried in a file of up to ``_CHECKED`` spectra, as many spread evenly in a larger one; reading a
    spectrum tries its offset again.
    """
    if len({at for _, at in entries}) < len(entries):
        return f"The file's index is wrong (it lists a place twice); {_REBUILT}"
    step = -(-len(entries) // _CHECKED)
    for name, offset in [*entries[::step], entries[-1]]:
        found = _start_at(source, layout, offset)
        if found is None:
            return f"The file's index is wrong (nothing starts at byte {offset}); {_REBUILT}"
        if id_of(found) != name:
            return (
                f"The file's index is wrong (another spectrum than {name[:80]!r} starts at byte {offset}); {_REBUILT}"
            )
    announced = _announced(source, layout, min(at for _, at in entries))
    if announced is None:
        return f"The file's index cannot be checked, as the file does not say how many spectra it holds; {_REBUILT}"
    if announced != len(entries):
        return f"The file's index lists {len(entries):,} of {announced:,} spectra; {_REBUILT}"
    return ""


def _start_at(source: ByteSource, layout: XmlLayout, offset: int) -> re.Match[bytes] | None:
    """The start tag at a byte, None where none starts there."""
    if not 0 <= offset < source.size:
        return None
    tag = source.read_at(offset, _SHORT_TAG)
    return layout.start.match(tag if b">" in tag else source.read_at(offset, _MAX_TAG))


def _announced(source: ByteSource, layout: XmlLayout, first: int) -> int | None:
    """How many spectra the file says it holds, in the tag before the first one; None where it does not say."""
    start = max(first - _BEFORE_FIRST, 0)
    found = layout.count.search(source.read_at(start, first - start))
    return int(found["n"]) if found else None


def _by_scan(source: ByteSource, layout: XmlLayout) -> list[Entry]:
    entries = []
    for n, hit in enumerate(scan(source, layout.start), 1):
        limits.hold_entries(n, source.size, source.name)
        entries.append((id_of(hit.match) or str(n), hit.offset))
    return entries


def id_of(found: re.Match[bytes]) -> str:
    """The id in a start tag, ``""`` where it has none."""
    return _text(found["id"] or b"")


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))
