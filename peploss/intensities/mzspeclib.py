"""Reads mzSpecLib text as predictions; a reader of our own, for the mzspeclib package brings SQLAlchemy along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from peploss.intensities.prediction import Ion, ion_named

FIRST: Final = "<mzSpecLib"
_FORM: Final = ("MS:1003270", "MS:1003169")  # with its charge, and without
_CHARGE: Final = "MS:1000041"
_MZPAF: Final = re.compile(r"(?:\d+@)?([^/*,]+)(?:/[^*,]*)?(?:\*[\d.]+)?")


class Entry(NamedTuple):
    """One entry of a library.

    Args:
        line: of the file at which it starts.
        peptide, charge: of its analyte; ``""`` and None where it names none.
        mz, intensity: (P,) peaks as they stand.
        labels: (P,) mzPAF of each; ``""`` where it has none.
        problem: why it cannot be used; ``""`` where it can.
    """

    line: int
    peptide: str
    charge: int | None
    mz: list[float]
    intensity: list[float]
    labels: list[str]
    problem: str = ""


def is_mzspeclib(path: Path) -> bool:
    """Whether the file starts as mzSpecLib text does."""
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(FIRST.encode())


def entries(path: Path) -> Iterator[Entry]:
    """The entries in order; one of several analytes counts with its first."""
    entry: Entry | None = None
    peaks = False
    analytes = 0
    with path.open(encoding="utf-8-sig") as file:
        for number, raw in enumerate(file, start=1):
            line = raw.strip()
            if line.startswith("<Spectrum"):
                if entry is not None:
                    yield entry
                entry, peaks, analytes = Entry(number, "", None, [], [], []), False, 0
            elif line.startswith("<"):
                peaks = line.startswith("<Peaks")
                analytes += line.startswith("<Analyte=")
            elif not line or entry is None:
                continue
            elif peaks:
                entry = _peak(entry, line, number)
            elif analytes <= 1:
                entry = _attribute(entry, line)
    if entry is not None:
        yield entry


def _attribute(entry: Entry, line: str) -> Entry:
    name, _, value = re.sub(r"^\[\d+\]", "", line).partition("=")
    accession = name.partition("|")[0]
    if accession in _FORM and not entry.peptide:
        return entry._replace(peptide=value.strip())
    if accession == _CHARGE and entry.charge is None and value.strip().lstrip("-").isdecimal():
        return entry._replace(charge=int(value))
    return entry


def _peak(entry: Entry, line: str, number: int) -> Entry:
    parts = line.split("\t")
    try:
        mz, intensity = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        return entry._replace(problem=entry.problem or f"line {number}: {line[:60]!r} is no peak (m/z, intensity).")
    entry.mz.append(mz)
    entry.intensity.append(intensity)
    entry.labels.append(parts[2].strip() if len(parts) > 2 else "")
    return entry


def labelled(entry: Entry) -> dict[Ion, float]:
    """Intensities of the peaks whose first mzPAF label is a backbone ion; isotopes and unknown peaks are left out."""
    found: dict[Ion, float] = {}
    for label, intensity in zip(entry.labels, entry.intensity, strict=True):
        match = _MZPAF.match(label)
        if match is None or label.startswith("?"):
            continue
        try:
            ion = ion_named(match[1])
        except ValueError:  # an isotope, an internal or immonium ion: no height of a fragment
            continue
        found[ion] = max(found.get(ion, 0.0), intensity)
    return found
