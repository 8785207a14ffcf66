"""Finds another spectrum of the open source, by its number, id or title."""

from __future__ import annotations

from peploss.dataset.query.results import find_psm
from peploss.errors import NoSpectrumError
from peploss.explorer.sources.sources import PastedList, Source
from peploss.explorer.sources.stored import StoredSpectra
from peploss.spectra.spectrum import Spectrum


def other_spectrum(source: Source, text: str) -> Spectrum:
    """The spectrum that a text names: its id or title in the source, else its number from 1, as the page counts.

    Raises:
        NoSpectrumError: there is none, or several.
        SpectrumError: it cannot be used.
        SourceError: a set has no such PSM.
    """
    spectra = source.spectra
    if isinstance(spectra, PastedList):
        raise NoSpectrumError(
            "A pasted list is one spectrum: there is no other beside it.",
            remedy="Open a file that holds both.",
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
