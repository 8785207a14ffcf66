"""Finds another spectrum: of the open source, or of another file that the app can open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from peploss.dataset.query.results import find_psm
from peploss.errors import NoSpectrumError, SourceError
from peploss.explorer.sources import received, set_files
from peploss.explorer.sources.source import PastedList, Source, from_path, listing, of_upload, stored
from peploss.explorer.sources.stored import StoredSpectra
from peploss.explorer.sources.uploads import Upload
from peploss.spectra.folder import data_folder, resolve_in
from peploss.spectra.readers import SpectrumFile
from peploss.spectra.samples import sample_files
from peploss.spectra.spectrum import Spectrum

Spectra = SpectrumFile | PastedList | StoredSpectra
IN: Final = "#"
"""Between the name of another source and its spectrum."""
MOST_NAMED: Final = 5
"""Sources that an error names."""


def elsewhere() -> dict[str, Callable[[], Spectra]]:
    """By name, what opens each other source: built-in files, those of the data folder, sets, this session's uploads.

    A name that two of them have is that of the last.

    Raises:
        SourceError: the data folder is none.
    """
    found: dict[str, Callable[[], Spectra]] = {
        sample.name: partial(_file, sample.path, "sample", sample.name) for sample in sample_files()
    }
    if (root := data_folder()) is not None:
        found |= {entry.name: partial(_in_folder, root, entry.name) for entry in listing(root)}
    found |= {one.name: partial(stored, *one.stamp) for one in set_files.available().sets}
    own = received.uploaded()
    return found | {upload.name: partial(_upload, upload, own.tables) for upload in own.spectra}


def _file(path: Path, kind: str, sample: str = "") -> Spectra:
    return from_path(path, kind, "", sample).spectra


def _in_folder(root: Path, name: str) -> Spectra:
    return _file(resolve_in(root, name), "folder")


def _upload(upload: Upload, tables: Sequence[Upload]) -> Spectra:
    return of_upload(upload, tables)[0]


def other_spectrum(source: Source, text: str, others: Mapping[str, Callable[[], Spectra]] | None = None) -> Spectrum:
    """The spectrum that a text names: its id or title in the source, else its number from 1, as the page counts.

    ``NAME#SPECTRUM`` names one of another source, where the open source has no spectrum of this name itself.

    Args:
        others: other sources, as ``elsewhere`` gives them.
    Raises:
        NoSpectrumError: there is none, or several.
        SpectrumError: it cannot be used.
        SourceError: a set has no such PSM, or the other source cannot be opened.
    """
    try:
        return _in(source.spectra, text)
    except (NoSpectrumError, SourceError):
        if others is None or IN not in text:
            raise
    within = [name for name in others if text.startswith(name + IN)]
    if not within:
        some = ", ".join(list(others)[:MOST_NAMED])
        rest = len(others) - MOST_NAMED
        raise NoSpectrumError(
            f"The open source has no spectrum {text!r}, and there is no other source {text.partition(IN)[0]!r}.",
            remedy=f"Write NAME{IN}SPECTRUM with one of {some}{f' or of {rest} more' if rest > 0 else ''}.",
        )
    name = max(within, key=len)
    return _in(others[name](), text.removeprefix(name + IN).strip())


def _in(spectra: Spectra, text: str) -> Spectrum:
    if isinstance(spectra, PastedList):
        raise NoSpectrumError(
            "A pasted list is one spectrum: there is no other beside it.",
            remedy=f"Open a file that holds both, or name one of another file: NAME{IN}SPECTRUM.",
        )
    number = int(text) - 1 if text.isdecimal() and len(text) < 12 else -1
    if isinstance(spectra, StoredSpectra):
        return spectra.read(number if 0 <= number < len(spectra) else find_psm(spectra.path, text))
    try:
        return spectra.read(text)
    except NoSpectrumError:
        if 0 <= number < len(spectra):
            return spectra.read(number)
        raise
