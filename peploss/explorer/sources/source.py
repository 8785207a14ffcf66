"""An opened source of spectra: files, uploads, sets and pasted lists, opened once and shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from peploss.errors import SourceError, SpectrumError
from peploss.explorer.sources.beside import peptides
from peploss.explorer.sources.stored import StoredSpectra
from peploss.explorer.sources.uploads import Upload
from peploss.spectra.folder import FolderFile, list_folder
from peploss.spectra.readers import Header, Problem, SpectrumFile, open_spectra
from peploss.spectra.samples import sample_labels
from peploss.spectra.spectrum import Spectrum

EAGER_BYTES = 30_000_000  # up to this size all headers are read at once when a file is opened


class PastedList:
    """One pasted spectrum, with the face of a file."""

    format = "peak list"
    ids = ("pasted",)
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_ms2 = 0

    def __init__(self, spectrum: Spectrum) -> None:
        self.spectrum = spectrum
        self.name = "pasted"
        self.path = "pasted.mgf"

    def __len__(self) -> int:
        return 1

    def read(self, index: int) -> Spectrum:
        """The spectrum, at index 0."""
        if index != 0:
            raise SpectrumError("There is one pasted spectrum.")
        return self.spectrum

    def headers(self, progress: Callable[[int, int], None] | None = None) -> list[Header]:
        """Its line in the table; nothing to wait for."""
        s = self.spectrum
        return [
            Header(
                index=0,
                title="pasted",
                precursor_mz=s.precursor_mz,
                precursor_charge=s.precursor_charge,
                n_peaks=len(s),
                notes=s.notes,
            )
        ]


@dataclass(frozen=True, eq=False)
class Source:
    """An opened source.

    Attributes:
        key: the same text for the same content, for caches.
        spectra: the opened file, pasted list or set.
        in_link: whether a link alone can open it again.
        eager: whether its headers are read at once.
        about: one line on what it is.
        sample: name of the built-in file, ``""`` for any other.
    """

    key: str
    spectra: SpectrumFile | PastedList | StoredSpectra
    in_link: bool
    eager: bool
    about: str = ""
    sample: str = ""


@st.cache_resource(max_entries=8, show_spinner=False)
def stored(path: str, mtime_ns: int, size: int) -> StoredSpectra:
    """The PSMs of a set, opened once for all sessions; time of change and size tell contents apart."""
    return StoredSpectra(Path(path))


@st.cache_data(ttl=10, max_entries=4, show_spinner=False)
def listing(root: Path) -> list[FolderFile]:
    """Files of spectra in the data folder, as of a few seconds ago."""
    return list_folder(root)


def from_path(path: Path, kind: str, about: str = "", sample: str = "") -> Source:
    """A file, opened once for all sessions.

    Args:
        kind: of the source, for its key.
        about: one line on what it is.
        sample: name of the built-in file, ``""`` for any other.
    Raises:
        SourceError: it cannot be opened as spectra.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise SourceError(f"The file cannot be opened: {error.strerror}.", where=path.name) from error
    stamp = (str(path), stat.st_mtime_ns, stat.st_size)
    spectra = _opened(*stamp, sample)
    return Source(f"{kind}:{stamp}", spectra, True, stat.st_size <= EAGER_BYTES, about, sample)


@st.cache_resource(max_entries=8, show_spinner="Opening the file…")
def _opened(path: str, mtime_ns: int, size: int, sample: str) -> SpectrumFile:
    labels = sample_labels(sample) if sample else {}
    return open_spectra(path, peptides={title: label.proforma for title, label in labels.items()})


def of_upload(upload: Upload, tables: Sequence[Upload]) -> tuple[SpectrumFile, tuple[str, ...]]:
    """An upload with the peptides of the tables uploaded beside it, and what to tell of them."""
    return _with_peptides(str(upload.path), upload.digest, tuple((str(t.path), t.digest) for t in tables))


@st.cache_resource(max_entries=8, show_spinner="Opening the upload…")
def _with_peptides(path: str, digest: str, tables: tuple[tuple[str, str], ...]) -> tuple[SpectrumFile, tuple[str, ...]]:
    """A file with the peptides of the tables beside it, and what to tell of them; digests tell contents apart."""
    spectra = open_spectra(path)
    if not tables:
        return spectra, ()
    found = peptides(spectra, [Path(table) for table, _ in tables])
    spectra.peptides = found.peptides
    return spectra, tuple(found.told)
