"""The PSMs of a set, with the face of a spectrum file: one entry a PSM, its peptide with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import overload

from peploss.dataset.psm_row import COLUMNS, psm_of
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError, SpectrumError
from peploss.spectra.readers import Header, Problem
from peploss.spectra.spectrum import Spectrum

_HEADER = ["id", "title", "native_id", "precursor_mz", "charge", "rt", "n_peaks", "peptide"]


class Titles(Sequence[str]):
    """Names of the PSMs, each read when it is asked for: a million of them are not held."""

    def __init__(self, spectra: StoredSpectra) -> None:
        self._spectra = spectra

    def __len__(self) -> int:
        return len(self._spectra)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        return f"PSM {range(len(self))[at]}"


class StoredSpectra:
    """A set as a spectrum file.

    Raises:
        SourceError: it cannot be read.
    """

    format = "set"
    not_ms2 = 0
    problems: tuple[Problem, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.name = path.name
        self._store = ParquetStore(path)
        self._lock = Lock()  # sessions share it
        note = self._store.version_note
        self.notes = (note,) if note else ()
        self.ids = Titles(self)

    def __len__(self) -> int:
        return self._store.n_rows

    def read(self, index: int) -> Spectrum:
        """The spectrum of a PSM, its candidate with the charge that the table gave.

        Raises:
            SpectrumError: there is no such PSM, or it makes no sense.
        """
        try:
            with self._lock:
                row = self._store.row(index, list(COLUMNS))
        except SourceError as error:
            raise SpectrumError(str(error)) from error
        spectrum, peptide = psm_of(row)
        text = peptide.text
        if peptide.charge and peptide.charge != spectrum.precursor_charge and "/" not in text:
            text = f"{text}/{peptide.charge}"
        return replace(spectrum, index=index, peptide=text)

    def place_of(self, index: int) -> tuple[str, int]:
        """Spectrum file of a PSM, and the place in that file.

        Raises:
            SourceError: there is no such PSM.
        """
        with self._lock:
            row = self._store.row(index, ["file", "index"])
        return row["file"], row["index"]

    def headers(self, progress: Callable[[int, int], None] | None = None) -> list[Header]:
        """A line for every PSM."""
        return list(self._headers(progress))

    def _headers(self, progress: Callable[[int, int], None] | None) -> Iterator[Header]:
        for group in range(self._store.n_groups):
            with self._lock:
                batch = self._store.group(group, _HEADER)
            for row in batch.to_pylist():
                yield Header(
                    index=row["id"],
                    title=row["title"] or row["native_id"] or "",
                    precursor_mz=row["precursor_mz"],
                    precursor_charge=row["charge"],
                    rt=row["rt"],
                    n_peaks=row["n_peaks"],
                    peptide=row["peptide"],
                )
            if progress:
                progress(int(self._store.starts[group + 1]), len(self))
