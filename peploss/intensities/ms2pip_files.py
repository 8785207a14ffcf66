"""Reads what MS2PIP itself writes: its table of ions, with the table of PSMs beside it, and its DLIB library."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.database_file import reading_database
from peploss.errors import PeptideError, SourceError
from peploss.foreign import MET
from peploss.intensities.prediction import Ion
from peploss.peptides.fragments import fragments
from peploss.peptides.notations import placed, proforma
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

FLOOR: Final = 0.001
"""MS2PIP's table holds log2 of an intensity plus this."""
TOLERANCE: Final = 0.02
"""Th by which the m/z of an ion may differ from that of the peptide it is taken for."""
OTHERWISE: Final = "Have MS2PIP write its spectra as msp or spectronaut (--output-format): these name their peptides."
_BAD: Final[tuple[type[Exception], ...]] = (zlib.error, *MET)
_ENDINGS: Final = (".peprec", ".tsv", ".csv", ".txt")
_IONS: Final = LossSettings(ion_types=("a", "b", "c", "y", "z"), max_fragment_charge=2)


class Predicted(NamedTuple):
    """The ions of one PSM: its number or id in the table of PSMs, and intensity and m/z by ion."""

    psm: str
    ions: dict[Ion, float]
    mz: dict[Ion, float]


def is_ms2pip_table(names: list[str]) -> bool:
    """Whether these are the columns of MS2PIP's table, of version 4 or 3.

    >>> is_ms2pip_table(["psm_index", "ion_type", "ion_number", "mz", "predicted"])
    True
    """
    return {"psm_index", "ion_type", "ion_number", "mz"} <= set(names) or (
        {"spec_id", "ion", "ionnumber", "mz", "prediction"} <= set(names)
    )


def ms2pip_table(path: Path, columns: dict[str, list[Any]]) -> Iterator[tuple[Peptide, int, dict[Ion, float]] | str]:
    """Peptide, charge and intensities of each PSM, or why one cannot be used.

    The table names no peptides: it counts the PSMs of the table that MS2PIP was given, which must lie beside it, its
    name the start of the other's. The m/z of the ions must be those of the peptides found so.

    Raises:
        SourceError: there is no such table of PSMs, or no column of predictions.
    """
    beside = _beside(path)
    known = _psms(beside)
    for found in _grouped(path, columns):
        if (psm := known.get(found.psm)) is None:
            yield f"{beside.name} has no PSM {found.psm}."
            continue
        peptide, charge = psm
        if (wrong := _other_peptide(peptide, found)) is not None:
            yield f"PSM {found.psm}: {wrong} Is {beside.name} the table that MS2PIP was given?"
            continue
        yield peptide, charge, found.ions


def _grouped(path: Path, columns: dict[str, list[Any]]) -> Iterator[Predicted]:
    """The rows of each PSM, which lie together."""
    new = "psm_index" in columns
    values = next((columns[n] for n in ("predicted", "prediction", "predicted_intensity") if n in columns), None)
    if values is None or all(v is None for v in values):
        raise SourceError("The table of MS2PIP holds no predictions.", where=str(path), remedy=OTHERWISE)
    keys, types, numbers = (columns[n] for n in (("psm_index", "ion_type", "ion_number") if new else
                                                 ("spec_id", "ion", "ionnumber")))  # fmt: skip
    now: Predicted | None = None
    for key, kind, number, mz, value in zip(keys, types, numbers, columns["mz"], values, strict=True):
        if now is None or now.psm != str(key):
            if now is not None:
                yield now
            now = Predicted(str(key), {}, {})
        if value is None:
            continue
        kind = str(kind).lower()
        ion = Ion(kind[0], int(number), int(kind[1:] or 1))
        now.ions[ion] = max(2.0 ** float(value) - FLOOR, 0.0)
        now.mz[ion] = float(mz)
    if now is not None:
        yield now


def _other_peptide(peptide: Peptide, found: Predicted) -> str | None:
    """Why the ions are not those of the peptide, as a sentence; None where they are."""
    ions = fragments(peptide, _IONS, 2)
    expected = dict(zip(zip(ions.ion_type.tolist(), ions.ordinal.tolist(), ions.charge.tolist(), strict=True),
                        ions.mz.tolist(), strict=True))  # fmt: skip
    for ion, mz in found.mz.items():
        right = expected.get((ion.ion_type, ion.ordinal, ion.charge))
        if right is None:
            return f"{peptide.proforma} has no {ion.ion_type}{ion.ordinal}."
        if abs(right - mz) > TOLERANCE:
            return f"{ion.ion_type}{ion.ordinal} of {peptide.proforma} lies at {right:.4f}, not at {mz:.4f}."
    return None


def _beside(path: Path) -> Path:
    """The table of PSMs whose name begins that of the predictions; of several the one with the longest name."""
    stem = path.name.partition(".")[0]
    found = [
        other for other in path.parent.iterdir()
        if other != path and other.suffix.lower() in _ENDINGS and stem.startswith(other.name.partition(".")[0])
        and other.name.partition(".")[0] != stem
    ]  # fmt: skip
    if not found:
        raise SourceError(
            "MS2PIP's table counts PSMs and does not name their peptides; the table of PSMs that it was given is not "
            "beside it.",
            where=str(path),
            remedy=f"Put it there, its name the start of this one's ({stem.rsplit('_', 1)[0]}.peprec). Or: {OTHERWISE}",
        )
    return max(found, key=lambda other: len(other.name))


def _psms(path: Path) -> dict[str, tuple[Peptide, int]]:
    """PSMs by number from 0 and, where the table has them, by id. Reads PEPREC and psm-utils' TSV.

    Raises:
        SourceError: it is neither.
    """
    with path.open(encoding="utf-8-sig") as file:
        head = file.readline().rstrip("\r\n")
        sign = next((s for s in ("\t", ",", " ") if s in head), "\t")
        names = [name.strip().lower() for name in head.split(sign)]
        if not ({"peptidoform"} <= set(names) or {"peptide", "modifications"} <= set(names)):
            raise SourceError(
                f"This is no PEPREC and no TSV of psm-utils: its columns are {', '.join(names)[:200]}.",
                where=str(path),
                remedy=OTHERWISE,
            )
        known: dict[str, tuple[Peptide, int]] = {}
        rows = [line.rstrip("\r\n").split(sign) for line in file if line.strip()]
    for number, cells in enumerate(rows):
        row = dict(zip(names, cells, strict=False))
        try:
            psm = _psm(row)
        except (PeptideError, ValueError):  # asked for by no ion, or told as missing where it is
            continue
        known[str(number)] = psm
        if name := row.get("spec_id") or row.get("spectrum_id"):
            known.setdefault(name, psm)
    return known


def _psm(row: dict[str, str]) -> tuple[Peptide, int]:
    if text := row.get("peptidoform"):
        peptide = Peptide.parse(proforma(text))
    else:
        listed = row["modifications"].split("|") if row["modifications"] not in ("-", "") else []
        length = len(row["peptide"])
        sites = [
            (length + 1 if int(at) < 0 else int(at), name) for at, name in zip(listed[::2], listed[1::2], strict=True)
        ]
        peptide = Peptide.parse(placed(row["peptide"], sites))
    charge = peptide.charge or int(row.get("charge") or row.get("precursor_charge") or 0)
    if charge < 1:
        raise ValueError("The PSM has no charge.")
    return peptide, charge


def dlib(path: Path) -> Iterator[tuple[str, int, NDArray[np.float64], NDArray[np.float64]]]:
    """Peptide as written, charge, m/z in Th and intensities of each entry of a DLIB library.

    Source:
        EncyclopeDIA's file formats: arrays of big-endian numbers under zlib.
    Raises:
        SourceError: the database is not of this form, or damaged.
        LimitError: it holds more than is read.
    """
    columns = ("PeptideModSeq", "PrecursorCharge", "MassArray", "IntensityArray")
    size = path.stat().st_size
    try:
        with reading_database(path, {"entries": columns}, OTHERWISE) as database:
            rows = database.execute(f"SELECT {', '.join(columns)} FROM entries")  # noqa: S608
            for n, (text, charge, masses, heights) in enumerate(rows, start=1):
                limits.hold_entries(n, size, path.name)
                mz, intensity = _numbers(masses, ">f8"), _numbers(heights, ">f4")
                if mz.size != intensity.size:
                    raise SourceError(f"{text}: {mz.size} masses but {intensity.size} intensities.", where=str(path))
                yield str(text), int(charge), mz, intensity
    except SourceError:
        raise
    except _BAD as error:
        raise SourceError(
            f"This is no DLIB library that can be read: {error}.", where=str(path), remedy=OTHERWISE
        ) from error


def _numbers(packed: bytes, kind: str) -> NDArray[np.float64]:
    most = limits.PEAKS.most * np.dtype(kind).itemsize
    unpacked = zlib.decompressobj().decompress(packed, most)
    return np.frombuffer(unpacked, dtype=kind).astype(np.float64)
