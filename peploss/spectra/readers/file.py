"""An open file of spectra, with the interface that all formats share."""

from __future__ import annotations

import difflib
import itertools
import operator
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Self

from peploss import foreign, limits
from peploss.errors import NoSpectrumError, PeplossError, SourceError, SpectrumError
from peploss.spectra.batch import PEAKS, Batch, usable
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.record import NOT_MS2, Header, Problem, Record
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.survey import Context, IonCurrent

_COMPARED: Final = 20_000
"""Ids that an unknown one is compared with, to say what may have been meant."""


class SpectrumFile(ABC):
    """Spectra of one file, read one at a time by byte offset; may be shared between threads.

    ``len`` counts every entry of the file, usable or not. Text from the file (ids, titles, reasons) is data:
    escape it wherever it is drawn.

    Attributes:
        path: the file's name as it was opened.
        format: ``"MGF"``, ``"mzML"``, ``"mzXML"`` or ``"MSP"``: what the content is, whatever the name says.
        ids: one per entry, at once from the index: title (MGF), native id (mzML, mzXML) or name (MSP).
        notes: what to know about the whole file: index rebuilt, cut short, read under another format's name.
        peptides: candidates known from elsewhere as ProForma, by id, for entries that come without one.

    Args:
        source: its bytes.
        path: its name as it was opened.
        index: where some of its entries lie, from ``index_of``: then only these are there, counted from 0, and
            nothing is searched. None: all of them, found by searching.
    """

    format: str

    peptides: Mapping[str, str]

    def __init__(self, source: ByteSource, path: str, index: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.peptides = {}
        self.name = source.name
        self.ids: list[str] = []
        self._source = source
        self._notes: list[str] = []
        self._positions: dict[str, list[int]] | None = None  # by id
        self._headers: list[Header] | None = None
        self._headers_lock = threading.Lock()
        self._first = 0  # place in the file of entry 0
        if index is not None:
            self._take_index(index)
            return
        self._build_index()
        if not self.ids:
            raise SourceError(
                f"The file is {self.format} but holds no spectra.", where=self.name, remedy=" ".join(self.notes) or None
            )

    @abstractmethod
    def _build_index(self) -> None:
        """Fill ``ids`` and remember where each entry lies; add to ``_notes`` what is wrong with the file."""

    @abstractmethod
    def _places(self, start: int, stop: int) -> dict[str, Any]:
        """Where entries start to stop lie, and what of the whole file is needed to read them, as plain values."""

    @abstractmethod
    def _take_places(self, places: Mapping[str, Any]) -> None:
        """Restore what ``_places`` gave."""

    @abstractmethod
    def _record(self, index: int) -> Record:
        """Read and parse one entry; what is wrong with it goes into its ``problem``."""

    def _labelled(self, index: int) -> Record:
        try:
            record = self._record(index)
        except PeplossError:
            raise
        except foreign.MET as error:  # one entry must not make its file unreadable
            record = Record(title=self.ids[index], problem=foreign.damage(error))
        record.peptide = record.peptide or self.peptides.get(self.ids[index])
        return record

    def __len__(self) -> int:
        return len(self.ids)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the whole file, one sentence each."""
        return tuple(dict.fromkeys([*self._source.notes, *self._notes]))

    @property
    def bytes_read(self) -> int:
        """Bytes read from the file so far."""
        return self._source.bytes_read

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {len(self):,} spectra>"

    def __getitem__(self, which: int | str) -> Spectrum:
        """``read``, with negative positions from the end: ``spectra[3]``, ``spectra["QC1.175"]``, ``spectra[-1]``."""
        if not isinstance(which, str) and -len(self) <= operator.index(which) < 0:
            which = operator.index(which) + len(self)
        return self.read(which)

    def __iter__(self) -> Iterator[Spectrum]:
        """Every spectrum that can be used, in the file's order; ``problems`` has the others, with their reasons."""
        for index in range(len(self)):
            try:
                spectrum = self.read(index)
            except SpectrumError:  # told by ``problems``
                continue
            yield spectrum

    def position(self, which: int | str) -> int:
        """The 0-based position of a spectrum given by its position or its id.

        Raises:
            NoSpectrumError: there is none, or more than one of that id.
        """
        if not isinstance(which, str):
            index = operator.index(which)
            if not 0 <= index < len(self):
                raise NoSpectrumError(
                    f"There is no spectrum at position {index}; the file has {len(self):,}, counted from 0.",
                    where=self.name,
                )
            return index
        if self._positions is None:
            found: dict[str, list[int]] = {}
            for index, name in enumerate(self.ids):
                found.setdefault(name, []).append(index)
            self._positions = found
        at = self._positions.get(which)
        if at is None:
            close = difflib.get_close_matches(which, itertools.islice(self._positions, _COMPARED), n=3, cutoff=0.7)
            raise NoSpectrumError(
                f"There is no spectrum with the id {which[:80]!r}.",
                where=self.name,
                remedy=f"Did you mean {' or '.join(close)}?" if close else f"An id here looks like {self.ids[0]!r}.",
            )
        if len(at) > 1:
            places = ", ".join(map(str, at[:5])) + (", …" if len(at) > 5 else "")
            raise NoSpectrumError(
                f"{len(at):,} spectra have the id {which[:80]!r}.",
                where=self.name,
                remedy=f"Name one by its position: {places}.",
            )
        return at[0]

    def read(self, which: int | str) -> Spectrum:
        """One spectrum, without reading the others.

        Args:
            which: its 0-based position in the file, or its id as in ``ids``.
        Raises:
            NoSpectrumError: there is none of that position or id, or more than one of that id.
            SpectrumError: it cannot be used; ``problem`` is the reason, ``where`` names file and spectrum.
            SourceError: the file was closed or changed.
        """
        index = self.position(which)
        record = self._labelled(index)
        try:
            return record.spectrum(index, self.name)
        except SpectrumError as error:
            label = record.title or record.native_id
            place = f"{self.name}, spectrum {index + 1}" + (f" ({label})" if label else "")
            raise SpectrumError(error.problem, where=place) from error

    def context(self, which: int | str) -> Context | None:
        """Survey scan and isolation window of a spectrum; None of a format that holds no survey scans.

        Args:
            which: as for ``read``.
        Raises:
            NoSpectrumError: there is no such spectrum.
            SpectrumError: the survey scan is damaged.
        """
        return None

    def ion_current(self) -> IonCurrent | None:
        """The total ion current of survey scans; None where the file states none."""
        return None

    def index_of(self, start: int, stop: int) -> dict[str, Any]:
        """The index of entries start to stop as plain values, with which another process opens just these."""
        places = self._places(start, stop)
        return {"format": self.format, "first": start, "size": self._source.size, "ids": self.ids[start:stop], **places}

    def _take_index(self, index: Mapping[str, Any]) -> None:
        if index["size"] != self._source.size:
            raise SourceError("The file changed since it was searched.", where=self.name, remedy="Start again.")
        self._first, self.ids = index["first"], index["ids"]
        self._take_places(index)

    def batches(self) -> Iterator[Batch]:
        """Everything in the file but survey scans, some megabytes at a time; the same as ``read`` gives, but faster."""
        records: list[Record] = []
        peaks = 0
        for index in range(len(self)):
            records.append(self._labelled(index))
            peaks += records[-1].mz.size
            if peaks >= PEAKS:
                yield self._batch(index + 1 - len(records), records)
                records, peaks = [], 0
        if records:
            yield self._batch(len(self) - len(records), records)

    def _batch(self, start: int, records: list[Record]) -> Batch:
        """Entries from ``start`` on as columns; those that need no second look are checked together."""
        batch = Batch()
        good = iter(usable([record for record in records if record.plain]))
        for index, record in enumerate(records, start):
            if record.plain and next(good):
                record.settle_precursor()
                batch.add(self._first + index, record, record.mz.size, record.unread)
                batch.mz.append(record.mz)
                batch.intensity.append(record.intensity)
                continue
            try:
                spectrum = record.spectrum(index, self.name)
            except SpectrumError as error:
                if error.problem != NOT_MS2:
                    batch.add_problem(self._first + index, self.ids[index], error.problem)
            else:
                batch.add(self._first + index, spectrum, len(spectrum), record.unread)
                batch.mz.append(spectrum.mz)
                batch.intensity.append(spectrum.intensity)
        return batch

    def headers(self, progress: Callable[[int, int], None] | None = None) -> list[Header]:
        """One header for every entry, usable or not, read in one pass over the file and kept.

        Args:
            progress: called with (done, total) now and then.
        Raises:
            LimitError: it takes too long for a file of its size.
        """
        with self._headers_lock:  # a second session waits for the first one's pass instead of making its own
            if self._headers is None:
                headers = []
                total = len(self)
                clock = limits.Clock(self._source.size, self.name)
                for index in range(total):
                    clock.look()
                    headers.append(self._labelled(index).header(index, self.name))
                    if progress and (index % 64 == 0 or index + 1 == total):
                        progress(index + 1, total)
                self._headers = headers
            return list(self._headers)

    @property
    def problems(self) -> list[Problem]:
        """Every spectrum that cannot be used, with its reason; survey scans are not among them."""
        return [
            Problem(h.index, h.name, h.problem) for h in self.headers() if h.problem is not None and h.ms_level != 1
        ]

    @property
    def not_ms2(self) -> int:
        """How many entries are MS1 survey scans."""
        return sum(h.ms_level == 1 for h in self.headers())

    def close(self) -> None:
        """Close the file; reading from it afterwards is an error."""
        self._source.close()
