"""Detects the format of a PSM table, from its content first and its name second."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

from peploss.errors import SourceError

FORMATS: Final = (
    "msms", "sage_tsv", "sage_parquet", "fragpipe", "percolator", "diann", "alphadia", "peprec", "ionbot", "msamanda",
    "flashlfq", "tsv", "mzid", "pepxml", "xtandem", "idxml", "proteome_discoverer", "proteoscape", "parquet", "json",
    "cbor", "mztab", "plain", "spectra",
)  # fmt: skip
"""Names of the formats: psm-utils' own, and ``mztab``, ``plain`` (any table by its columns), ``spectra`` (MGF, MSP)."""

_COLUMNS: Final = (
    ("msms", {"modified sequence", "raw file", "scan number"}),
    ("sage_tsv", {"scannr", "peptide", "sage_discriminant_score"}),
    ("fragpipe", {"spectrum", "spectrum file", "assigned modifications"}),
    ("diann", {"precursor.id", "modified.sequence"}),
    ("alphadia", {"precursor_idx", "mod_sites"}),
    ("percolator", {"specid", "peptide", "proteins"}),
    ("percolator", {"psmid", "peptide", "proteinids"}),
    ("peprec", {"spec_id", "modifications", "peptide"}),
    ("ionbot", {"ionbot_match_id"}),
    ("tsv", {"peptidoform", "spectrum_id"}),
    ("msamanda", {"amanda score", "protein accessions", "filename"}),
)
_ENDINGS: Final = (
    (r"sage\.parquet", "sage_parquet"), (r"candidates\.parquet", "proteoscape"), (r"\.parquet", "parquet"),
    (r"\.msf", "proteome_discoverer"), (r"\.json", "json"), (r"\.cbor", "cbor"), (r"msamanda\.csv", "msamanda"),
    (r"flashlfq\.tsv", "flashlfq"),
)  # fmt: skip
_ROOTS: Final = {"mzidentml": "mzid", "msms_pipeline_analysis": "pepxml", "bioml": "xtandem", "idxml": "idxml"}


def sniff(path: Path) -> str:
    """Which format a table is of, by its content before its name.

    Raises:
        SourceError: the file is empty.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if not head.strip():
        raise SourceError("The file is empty.", where=str(path))
    if head.startswith((b"\x1f\x8b", b"BZh", b"PK\x03\x04")):
        raise SourceError("The table is compressed.", where=str(path), remedy="Unpack it first.")
    for ending, found in _ENDINGS:
        if re.search(ending + "$", path.name, re.I):
            return found
    text = head.decode("utf-8-sig", "replace")
    root = re.search(r"<\s*(?:\w+:)?([A-Za-z_]\w*)", text)
    if text.lstrip().startswith("<") and root:
        return _ROOTS.get(root[1].lower(), "spectra")
    if re.search(r"^(MTD|PSH)\t", text, re.M):
        return "mztab"
    if re.search(r"^(BEGIN IONS|Name:)", text, re.M | re.I):
        return "spectra"
    columns = header(text)
    names = {
        c.strip().lower() for c in (columns[0].split(" ") if len(columns) == 1 else columns)
    }  # peprec may have them
    for found, needed in _COLUMNS:
        if needed <= names:
            return found
    return "plain"


def header(text: str) -> list[str]:
    """Column names from the first line that is not a comment."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return next(csv.reader([line], delimiter=separator(line)))
    return []


def separator(line: str) -> str:
    """The column delimiter: the most frequent of tab, comma and semicolon, or a space if there is none."""
    found = max("\t,;", key=line.count)
    return found if found in line else " "
