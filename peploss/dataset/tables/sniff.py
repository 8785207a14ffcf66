"""Detects the format of a PSM table, from its content first and its name second."""

from __future__ import annotations

import codecs
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
    ("proteoscape", {"stripped_peptide", "ptm_locations"}),
)
_PARQUET: Final = (
    ("sage_parquet", {"scannr", "peptide", "calcmass"}),
    ("proteoscape", {"stripped_peptide", "ptm_locations"}),
    ("diann", {"precursor.id", "modified.sequence"}),
    ("alphadia", {"precursor_idx", "mod_sites"}),
)
HEADER_WITHIN: Final = 400
"""Lines in which the names of the columns are looked for; Mascot writes a page of settings before them."""

_ENDINGS: Final = (
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
    if head.startswith(b"PAR1"):
        return _parquet(path)
    text = head.decode(encoding_of(head), "replace")
    root = re.search(r"<\s*(?:\w+:)?([A-Za-z_]\w*)", text)
    if text.lstrip().startswith("<") and root:
        return _ROOTS.get(root[1].lower(), "spectra")
    if re.search(r"^(MTD|PSH)\t", text, re.M):
        return "mztab"
    if re.search(r"^(BEGIN IONS|Name:)", text, re.M | re.I):
        return "spectra"
    for line in text.splitlines()[:HEADER_WITHIN]:
        cells = _cells(line)
        names = {c.strip().strip('"').lower() for c in (cells[0].split(" ") if len(cells) == 1 and cells else cells)}
        for found, needed in _COLUMNS:
            if needed <= names:
                return found
    return "plain"


def _parquet(path: Path) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = {n.lower() for n in pq.read_schema(path).names}
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"This is not a whole Parquet file: {error}"[:300], where=str(path)) from error
    return next((found for found, needed in _PARQUET if needed <= names), "parquet")


def encoding_of(start: bytes) -> str:
    """The encoding of a text, by its first bytes.

    >>> encoding_of("a,b".encode("utf-16")), encoding_of(b"a,b"), encoding_of("a,b".encode("utf-16-le"))
    ('utf-16', 'utf-8-sig', 'utf-16-le')
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = start[:200]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) > 3 and zeros.count(0) > 0.8 * len(zeros):
            return encoding
    return "utf-8-sig"


def header(text: str) -> list[str]:
    """Column names of the first line that is not a comment."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return _cells(line)
    return []


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator(line)), [])


def separator(line: str) -> str:
    """The column delimiter: the most frequent of tab, comma and semicolon, or a space if there is none."""
    found = max("\t,;", key=line.count)
    return found if found in line else " "
