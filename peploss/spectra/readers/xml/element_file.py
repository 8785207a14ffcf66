"""The shared part of mzML and mzXML files: an offset index, and elements parsed one at a time.

A spectrum is read by cutting its element out of the file and wrapping it into a small document of its own. So
the cost does not grow with the file, damage stays inside one spectrum, and no DOCTYPE or entity declaration of
the file ever reaches the XML parser: nothing can expand, and nothing is fetched.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.errors import SpectrumError
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.readers.xml.index import XmlLayout, build_index, id_of
from peploss.spectra.readers.xml.precursor import Isolated
from peploss.spectra.readers.xml.surveys import ion_current, survey_of, survey_place
from peploss.spectra.readers.xml.vocabulary import SECONDS, UNITS
from peploss.spectra.record import Record
from peploss.spectra.survey import Context, IonCurrent, Isolation

_PIECE: Final = 1 << 20
_WHOLE: Final = 1e15  # a greater "whole number" is no count, charge or scan
_STAGES_WITHIN: Final = 256  # spectra before a part among which the earlier stages of its own are
_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.\-]+)[\"']")


class XmlFile(SpectrumFile):
    """A file of XML elements, one a spectrum."""

    layout: ClassVar[XmlLayout]
    closing: ClassVar[bytes]

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self._offsets: list[int] = []
        self._bounds: list[int] = []
        self._encoding = b"utf-8"
        self._head = 0  # bytes before the spectra
        self._before: dict[str, tuple[int, int]] = {}  # where spectra before the first one here lie
        self._numbers: dict[str, int] | None = None
        super().__init__(source, path, index)

    def _build_index(self) -> None:
        found = _ENCODING.search(self._source.read_at(0, 256))
        if found:
            self._encoding = found.group(1)
        index = build_index(self._source, self.layout)
        self.ids, self._offsets, self._bounds = index.ids, index.offsets, index.bounds
        self._notes += index.notes
        self._head = self._offsets[0] if self._offsets else 0

    def _places(self, start: int, stop: int) -> dict[str, Any]:
        return {
            "offsets": self._offsets[start:stop],
            "bounds": self._bounds[start:stop],
            "encoding": self._encoding.decode("ascii"),
            "head": self._head,
            "before": {
                self.ids[i]: (self._offsets[i], self._bounds[i]) for i in range(max(start - _STAGES_WITHIN, 0), start)
            },
        }

    def _take_places(self, places: Mapping[str, Any]) -> None:
        self._offsets, self._bounds = places["offsets"], places["bounds"]
        self._encoding, self._head = places["encoding"].encode("ascii"), places["head"]
        self._before = places["before"]

    def _plain(self, element: bytes) -> dict[str, Any] | None:
        """Values of an element that is plain enough to parse without pyteomics; None if it is not."""
        return None

    @abstractmethod
    def _document(self, element: bytes) -> bytes:
        """An element wrapped into a document of its own."""

    @abstractmethod
    def _fill(self, record: Record, values: dict[str, Any]) -> None:
        """Copy what pyteomics found into the record."""

    @abstractmethod
    def _level(self, element: bytes) -> int | None:
        """The MS level in the text of an element, without parsing it."""

    @abstractmethod
    def _isolation(self, values: dict[str, Any]) -> tuple[str, Isolation | None]:
        """Id of the spectrum in which the ion was seen, ``""`` for none, and the window that was isolated."""

    @abstractmethod
    def _stated_current(self, head: bytes) -> tuple[float, float] | None:
        """Time in seconds and total ion current in the first bytes of an entry."""

    def context(self, which: int | str) -> Context:
        """As ``SpectrumFile.context``; reads the spectrum, and entries before it up to its survey scan."""
        index = self.position(which)
        named, isolation = self._isolation(self._values_at(index))
        at = None
        if named:
            if self._numbers is None:
                self._numbers = {name: i for i, name in enumerate(self.ids)}
            at = self._numbers.get(named)
            at = at if at is not None and self._level(self._element(*self._place(at)) or b"") == 1 else None
        by_name = at is not None
        if at is None:
            at = survey_place(list(zip(self._offsets, self._bounds, strict=True)), index, self._source, self._level)
        if at is None:
            return Context(None, isolation)
        record = Record(native_id=self.ids[at])
        return Context(survey_of(record, self._values_at(at), self._fill, by_name), isolation)

    def ion_current(self) -> IonCurrent | None:
        """As ``SpectrumFile.ion_current``; reads the first bytes of entries only."""
        places = list(zip(self._offsets, self._bounds, strict=True))
        return ion_current(places, self._source, self._level, self._stated_current)

    def _place(self, index: int) -> tuple[int, int]:
        return self._offsets[index], self._bounds[index]

    def _values_at(self, index: int) -> dict[str, Any]:
        """What is found in an entry, of any level.

        Raises:
            SpectrumError: it is damaged.
        """
        from peploss.spectra.readers.xml.by_pyteomics import DECODE_ERRORS

        element = self._element(*self._place(index))
        if element is None or element.count(b"<") > limits.FIELDS.most:
            raise SpectrumError("The entry is not closed, or has too many elements.", where=self.ids[index])
        try:
            plain = self._plain(element)
            return self._careful(element) if plain is None else plain
        except DECODE_ERRORS as error:
            what = "survey scan" if self._level(element) == 1 else "spectrum"
            raise SpectrumError(
                f"The {what} cannot be decoded ({_first_line(error)}).", where=self.ids[index]
            ) from error

    def _record(self, index: int) -> Record:
        return self._record_at(self.ids[index], self._offsets[index], self._bounds[index])

    def _record_at(self, native_id: str, offset: int, bound: int) -> Record:
        record = Record(native_id=native_id)
        element = self._element(offset, bound)
        if element is None:
            record.problem = self._unclosed(offset, bound)
            return record
        if (tags := element.count(b"<")) > limits.FIELDS.most:
            record.problem = limits.FIELDS.over(tags)
            return record
        start = self.layout.start.match(element)
        if not start:
            record.problem = "The file's index is wrong here: no spectrum starts at this place."
            return record
        if (name := id_of(start)) and self.layout.id_format.format(name) != record.native_id:
            record.problem = f"The file's index is wrong here: the spectrum {name[:80]!r} starts at this place."
            return record
        if self._level(element) == 1:
            record.ms_level = 1
            return record
        plain = self._plain(element)
        if plain is not None:
            self._fill(record, plain)
            return record
        from peploss.spectra.readers.xml.by_pyteomics import DECODE_ERRORS

        try:
            self._fill(record, self._careful(element))
        except DECODE_ERRORS as error:
            record.problem = f"The spectrum cannot be decoded ({_first_line(error)})."
        return record

    def _careful(self, element: bytes) -> dict[str, Any]:
        """What pyteomics finds in an element."""
        from peploss.spectra.readers.xml.by_pyteomics import one_spectrum

        return one_spectrum(self.format, self._document(element))

    def _stage(self, native_id: str, below: int) -> tuple[int, Isolated] | None:
        """MS level and precursor of another spectrum, where it is there and of a level below the one given."""
        if self._numbers is None:
            self._numbers = {name: i for i, name in enumerate(self.ids)}
        index = self._numbers.get(native_id)
        place = self._before.get(native_id) if index is None else (self._offsets[index], self._bounds[index])
        element = self._element(*place) if place else None
        level = self._level(element) if element else None
        if place is None or level is None or level >= below:
            return None
        if level == 1:
            return 1, Isolated()
        record = self._record_at(native_id, *place)
        return level, Isolated(record.precursor_mz, record.precursor_charge)

    def _element(self, offset: int, bound: int) -> bytes | None:
        """Bytes of the element up to its closing tag; None where that is missing.

        Args:
            offset: where it starts.
            bound: where the next one, or the file, ends it at the latest.
        """
        bound = min(bound, offset + limits.ENTRY.most)
        data = bytearray()
        while offset + len(data) < bound:
            searched = max(len(data) - len(self.closing), 0)
            data += self._source.read_at(offset + len(data), min(_PIECE, bound - offset - len(data)))
            end = data.find(self.closing, searched)
            if end >= 0:
                return bytes(data[: end + len(self.closing)])
        return None

    def _unclosed(self, offset: int, bound: int) -> str:
        """Why an entry has no closing tag."""
        if bound - offset > limits.ENTRY.most:
            return f"{limits.ENTRY.over()} It may also be that its element is not closed."
        if bound == self._source.size:
            return "The file ends inside this spectrum."
        return "The spectrum's element is not closed."


def number(value: object) -> float | None:
    """A finite number, or None for what is missing, empty or text."""
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return result if np.isfinite(result) else None


def whole(value: object) -> int | None:
    """A whole number, or None."""
    result = number(value)
    return int(result) if result is not None and abs(result) < _WHOLE and result == int(result) else None


def array(values: Mapping[str, Any], name: str) -> NDArray[np.float64] | None:
    """One array of peaks as float64, or None where the spectrum has none of that name."""
    found = values.get(name)
    return None if found is None else np.asarray(found, dtype=np.float64).reshape(-1)


def seconds(value: object, record: Record) -> float | None:
    """A time of pyteomics with its unit, in seconds."""
    time = number(value)
    unit = str(getattr(value, "unit_info", None) or "")
    if time is None or unit == "duration":  # mzXML's, which pyteomics gives in seconds
        return time
    unit = UNITS.get(unit, unit)
    if unit not in SECONDS:
        said = f"has the unit {unit!r}" if unit else "has no unit"
        record.notes.append(f"The retention time {said}; it was taken as minutes.")
    return time * SECONDS.get(unit, SECONDS["minute"])


def wrap(encoding: bytes, before: bytes, element: bytes, after: bytes) -> bytes:
    """A document around one element, in the encoding of its file."""
    return b"".join((b'<?xml version="1.0" encoding="', encoding, b'"?>', before, element, after))


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__
