"""Opens files of spectra: MGF, mzML, mzXML and MSP, plain or gzipped, identified by their content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from peploss.errors import SourceError
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.sniff import HEAD, sniff
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.record import Header, Problem

__all__ = ["EXTENSIONS", "Header", "Problem", "SpectrumFile", "open_spectra"]

EXTENSIONS: Final = {".mgf": "mgf", ".mzml": "mzml", ".mzxml": "mzxml", ".msp": "msp", ".sptxt": "msp"}
"""File name endings by format; each may be followed by ``.gz``."""


_NAMES: Final = {"mgf": "MGF", "mzml": "mzML", "mzxml": "mzXML", "msp": "MSP"}


def open_spectra(
    file: str | os.PathLike[str] | BinaryIO,
    name: str | None = None,
    *,
    max_unpacked: int | None = None,
    peptides: Mapping[str, str] | None = None,
) -> SpectrumFile:
    """Open a file for random access; reads no more of it than it takes to know where its spectra are.

    An indexed mzML or mzXML is opened from the index at its end. Without one, and for MGF and MSP, the file is
    scanned once at memory speed. A gzipped file is unpacked once into a temporary file.

    Args:
        file: a path, or a seekable binary file such as an upload.
        name: what to call it; the file's own name by default.
        max_unpacked: most bytes a gzipped file may unpack to; None: what ``peploss.limits`` says.
        peptides: candidates as ProForma by id (``SpectrumFile.ids``), for entries that come without one of their own.
    Returns:
        The opened file; see ``SpectrumFile``. Close it, or use it in a ``with`` statement.
    Raises:
        SourceError: it cannot be opened, is empty, is not a file of spectra, or holds none.
        LimitError: it holds more than is read.

    >>> from peploss.spectra.samples import sample_files
    >>> with open_spectra(sample_files()[0].path) as spectra:
    ...     print(len(spectra), spectra.read(0).title)
    109 QC1.2
    """
    source = ByteSource(file, name, max_unpacked)
    try:
        opened = _open(source, os.fspath(file) if isinstance(file, (str, os.PathLike)) else source.name)
    except BaseException:
        source.close()
        raise
    opened.peptides = peptides or {}
    return opened


def open_part(source: ByteSource, path: str, index: Mapping[str, Any]) -> SpectrumFile:
    """Some entries of a file that was opened and searched before.

    Args:
        source: its bytes, which stay the caller's to close.
        path: its name.
        index: of these entries, from ``SpectrumFile.index_of``, with its ``format``.
    Raises:
        SourceError: the file is another one now.
    """
    return _reader(index["format"])(source, path, index)


def _open(source: ByteSource, path: str) -> SpectrumFile:
    kind = sniff(source.read_at(0, HEAD), source.name)
    ending = os.path.splitext(source.name.lower().removesuffix(".gz"))[1]
    expected = EXTENSIONS.get(ending)
    if expected and expected != kind:
        source.notes.append(f"The file is named {ending}, but its content is {_NAMES[kind]} and was read as that.")
    return _reader(_NAMES[kind])(source, path)


def _reader(format: str) -> type[SpectrumFile]:
    # one import a format: lxml and pyteomics are loaded only by those who read XML
    if format == "MGF":
        from peploss.spectra.readers.mgf import MgfFile

        return MgfFile
    if format == "MSP":
        from peploss.spectra.readers.msp import MspFile

        return MspFile
    if format == "mzML":
        from peploss.spectra.readers.xml.mzml import MzmlFile

        return MzmlFile
    if format == "mzXML":
        from peploss.spectra.readers.xml.mzxml import MzxmlFile

        return MzxmlFile
    raise SourceError(f"There is no reader for {format}.")
