"""Reads any text or Parquet table with a column of peptides and one that names spectra."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from peploss.dataset.tables.columns.by_columns import ColumnReading
from peploss.dataset.tables.columns.by_rows import Reading
from peploss.dataset.tables.columns.modifications import reader_of
from peploss.dataset.tables.columns.names import FIELDS, IGNORE, SPECTRUM, guess, meanings, plain
from peploss.dataset.tables.columns.rows import open_rows
from peploss.dataset.tables.psm import PsmTable
from peploss.errors import SourceError

_CROSS_LINKED: Final = {"linkpos1", "linkpos2", "pepseq1", "pepseq2", "crosslink position1", "crosslinker", "link type",
                        "alpha peptide", "beta peptide", "beta sequence", "beta peptide full sequence"}  # fmt: skip
_OF_PRECURSORS: Final = ("eg modifiedpeptide", "eg modifiedsequence", "eg precursorid", "fg charge", "precursor id")
_OWN: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "fragpipe": {"peptide": ("peptide",), "title": ("spectrum",), "run": ("spectrum file",)},
    "msms": {"run": ("raw file",), "scan": ("scan number",)},
    "percolator": {"title": ("specid", "psmid"), "q_value": ("q value",)},
    "ionbot": {"precursor_mz": ("m z",), "rt": ("observed retention time",)},
    "alphadia": {"modifications": ("mods",), "rt": ("rt observed",)},
    "sage_tsv": {"rt": ("rt",), "mass": ("calcmass",)},
    "sage_parquet": {"rt": ("rt",), "mass": ("calcmass",)},
    "proteoscape": {"peptide": ("stripped peptide",), "scan": ("ms2 id",)},
}
"""Columns of an engine's own table that its names alone would not choose."""


def read_plain(path: Path, columns: Mapping[str, str], format: str = "plain", *, by_rows: bool = False) -> PsmTable:
    """Read a TSV, CSV or Parquet file; what ``columns`` does not name is guessed.

    Args:
        columns: field -> column; ``ignore`` names columns that are not looked at, between tabs.
        by_rows: read row by row, which says the same ten times as slowly.
    Raises:
        SourceError: a column is not there, none holds peptides or none names spectra, or one that looks like
            modifications cannot be read.
    """
    where = str(path)
    asked = {what: column for what, column in columns.items() if what != IGNORE}
    ignored = {c for c in columns.get(IGNORE, "").split("\t") if c}
    rows = open_rows(path, lambda names: _complete(names, asked))
    for what in asked:
        if what not in FIELDS:
            raise SourceError(f"A column can be {', '.join(FIELDS)}; {what!r} is none of them.", where=where)
    for column in (*asked.values(), *ignored):
        if column not in rows.names:
            raise SourceError(f"There is no column {column!r}; the columns are {_shown(rows.names)}.", where=where)
    chosen = _chosen(rows.names, asked, ignored, format)
    _whole(chosen, rows.names, where)
    table = PsmTable(where, format, [], [], chosen, rows.notes)
    if "mass" in chosen:
        table.mass_column, table.mass_meanings = chosen["mass"], meanings(chosen["mass"])
    table.shift_column = chosen.get("mass shift", "")
    modified = reader_of(rows, chosen, set(asked), ignored, where)
    reading = Reading(table, rows, chosen, modified, "peptide" in asked)
    if by_rows or reading.beams:  # further candidates in a row are read with it
        reading.read()
    else:
        ColumnReading(reading).read()
    return table.with_psms()


def _shown(names: list[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 300 else text[:300] + " …"


def _complete(names: list[str], asked: Mapping[str, str]) -> bool:
    if asked and not set(asked.values()) <= set(names):
        return False
    found = guess(names) | dict(asked)
    return "peptide" in found and (any(k in found for k in SPECTRUM) or plain_has(names, "ms2 scan", "frame start"))


def plain_has(names: list[str], *wanted: str) -> bool:
    """Whether one of the columns is known by one of these names."""
    return any(plain(n) in wanted for n in names)


def _chosen(names: list[str], asked: Mapping[str, str], ignored: set[str], format: str) -> dict[str, str]:
    by_name = {plain(n): n for n in reversed(names)}
    own = {field: by_name[k] for field, known in _OWN.get(format, {}).items() for k in reversed(known) if k in by_name}
    chosen = guess([n for n in names if n not in ignored]) | own | dict(asked)
    spectrum = [k for k in SPECTRUM if k in asked]
    if spectrum:  # who names one column of spectra does not want another that was guessed
        chosen = {k: v for k, v in chosen.items() if k not in SPECTRUM or k in spectrum}
    numbered = plain(chosen.get("title", "")) in ("psm id", "psmid") and bool({"scan", "native id"} & set(chosen))
    if numbered and format != "percolator" and "title" not in asked:
        del chosen["title"]  # a number of its own
    if plain(chosen.get("native id", "")) == "spectrum id" == plain(chosen.get("title", "")):
        del chosen["native id"]
    return chosen


def _whole(chosen: dict[str, str], names: list[str], where: str) -> None:
    """Whether the columns name a peptide and a spectrum.

    Raises:
        SourceError: they do not, or they are those of cross-links, or of frames.
    """
    if crossed := [n for n in names if plain(n) in _CROSS_LINKED or n.lower() in _CROSS_LINKED]:
        raise SourceError(
            f"This is a table of cross-links (column {crossed[0]!r}): a pair of peptides has no fragments of one.",
            where=where,
            remedy="Give a table of linear peptides.",
        )
    spectrum = any(k in chosen for k in SPECTRUM)
    if "peptide" in chosen and not spectrum and plain_has(names, "frame start"):
        raise SourceError(
            "alphaDIA counts frames of its own (frame_start), which are no scans of the spectrum file.",
            where=where,
            remedy="Name a column of scans, titles or native ids: --column scan=NAME.",
        )
    if "peptide" in chosen and not spectrum and plain_has(names, *_OF_PRECURSORS) and not plain_has(names, "ms2 scan"):
        raise SourceError(
            "This is a report of precursors, which does not say in which spectrum each was found, as Spectronaut's and "
            "those of DIA-NN without MS2.Scan.",
            where=where,
            remedy="Name a column of scans, titles or native ids: --column scan=NAME.",
        )
    missing = [] if "peptide" in chosen else ["peptide"]
    if not spectrum and not plain_has(names, "ms2 scan"):
        missing.append(" or ".join(SPECTRUM))
    if missing:
        raise SourceError(
            f"No column holds the {' and none the '.join(missing)} of a PSM; the columns are {_shown(names)}.",
            where=where,
            remedy="Say which it is, as in --column peptide=NAME --column scan=NAME.",
        )
