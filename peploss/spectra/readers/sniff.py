"""Identifies a spectrum file by its content; its name is only a hint."""

from __future__ import annotations

import re
from typing import Final

from peploss.errors import SourceError

HEAD: Final = 1 << 16
"""Bytes at the start that are enough to identify a file."""

_SUPPORTED: Final = "Supported are MGF, mzML, mzXML and MSP, each also gzipped."

_MAGIC: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x89HDF", "an HDF5 file (mzMLb, mz5)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x01\xa1F\x00i\x00n\x00n\x00i\x00g\x00a\x00n", "a Thermo RAW file"),
    (b"\xd0\xcf\x11\xe0", "a Microsoft compound file"),
)

_PROLOG: Final = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<!DOCTYPE", b">"))

_PSM_ROOTS: Final = {
    "mzidentml": "mzIdentML",
    "msms_pipeline_analysis": "pepXML",
    "bioml": "X!Tandem XML",
    "idxml": "idXML",
    "protein_summary": "protXML",
}

_PSM_COLUMNS: Final = (
    (("raw file", "scan number", "modified sequence"), "MaxQuant msms.txt"),
    (("psm_id", "scannr", "peptide"), "Sage results"),
    (("spectrum file", "peptide", "hyperscore"), "FragPipe psm.tsv"),
    (("spec_id", "modifications", "peptide"), "PEPREC"),
    (("specid", "scannr", "peptide"), "Percolator PIN"),
    (("psmid", "peptide", "proteinids"), "Percolator output"),
    (("precursor.id", "stripped.sequence"), "DIA-NN report"),
    (("peptidoform", "spectrum_id"), "psm_utils TSV"),
    (("title", "proforma"), "PSM table"),
)


def sniff(head: bytes, name: str) -> str:
    """``"mgf"``, ``"mzml"``, ``"mzxml"`` or ``"msp"``.

    Args:
        head: the first ``HEAD`` bytes.
        name: the file's name, for the message.
    Raises:
        SourceError: it is none of them; the message says what it seems to be.
    """
    if not head.strip(b"\x00 \t\r\n"):
        size = "0 bytes" if not head else "nothing but blanks"
        raise SourceError(f"The file is empty ({size}).", where=name, remedy="Was the download or export complete?")
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise _wrong(name, f"This is {what}, not a file of spectra.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("The file is UTF-16 text.", where=name, remedy="Save it as UTF-8 or plain ASCII.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _sniff_xml(text, name)
    if re.search(rb"(?:^|[\r\n])[ \t]*BEGIN[ \t]+IONS", text):
        return "mgf"
    if re.search(rb"(?:^|[\r\n])name[ \t]*:", text, re.I) and re.search(rb"[\r\n]num ?peaks[ \t]*:", text, re.I):
        return "msp"
    table = _psm_table(text)
    if table:
        raise SourceError(
            f"This is a PSM table ({table}), not spectra.",
            where=name,
            remedy="Open the spectrum file it was made from.",
        )
    if b"\x00" in text:
        raise _wrong(name, "This is a binary file of unknown kind, not a file of spectra.")
    if re.search(rb"(?:^|[\r\n])(?:[A-Z]+=|\d+\.\d+[ \t]+\d)", text):
        raise _wrong(name, "The text looks like a peak list, but no line says BEGIN IONS, as MGF must.")
    first = text.partition(b"\n")[0][:60].decode("utf-8", "replace")
    raise _wrong(name, f"The content is not recognised as spectra; it starts with {first!r}.")


def _sniff_xml(text: bytes, name: str) -> str:
    # comments, processing instructions and a DOCTYPE (never parsed) may come before the root element
    found = re.compile(rb"<([A-Za-z_][\w.\-]*+)(?::([A-Za-z_][\w.\-]*+))?").search(text, _after_prolog(text))
    root = (found.group(2) or found.group(1)).decode() if found else ""
    lower = root.lower()
    if lower in ("mzml", "indexedmzml"):
        return "mzml"
    if lower in ("mzxml", "msrun"):
        return "mzxml"
    if lower in _PSM_ROOTS:
        raise SourceError(
            f"This is a PSM table ({_PSM_ROOTS[lower]}), not spectra.",
            where=name,
            remedy="Open the spectrum file it was made from.",
        )
    if lower in ("html", "svg"):
        raise _wrong(name, f"This is an {root.upper()} page, not a file of spectra.")
    raise _wrong(name, f"This is XML with the root element {root!r}, not mzML or mzXML.")


def _after_prolog(text: bytes) -> int:
    """Where comments, instructions and a DOCTYPE end; each is walked over once."""
    at = 0
    while True:
        while text[at : at + 1].isspace():
            at += 1
        ending = next((e for s, e in _PROLOG if text.startswith(s, at)), None)
        if ending is None:
            return at
        inside, closed = text.find(b"[", at), text.find(ending, at)
        if text.startswith(b"<!DOCTYPE", at) and 0 <= inside < closed:
            closed = text.find(ending, max(text.find(b"]", inside), inside))
        if closed < 0:
            return len(text)
        at = closed + len(ending)


def _psm_table(text: bytes) -> str | None:
    if text.startswith(b"MTD\tmzTab-version") or re.search(rb"(?:^|\n)(?:PSH|PEH|PRH)\t", text):
        return "mzTab"
    line = text.partition(b"\n")[0].decode("utf-8", "replace").lower()
    columns = {c.strip().strip('"') for c in re.split(r"[\t,;]", line)}
    for needed, what in _PSM_COLUMNS:
        if columns.issuperset(needed):
            return what
    if len(columns) > 2 and {"peptide", "sequence", "modified sequence"} & columns:
        return "a text table with peptides"
    return None


def _wrong(name: str, problem: str) -> SourceError:
    return SourceError(problem, where=name, remedy=_SUPPORTED)
