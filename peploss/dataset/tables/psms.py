"""PSM tables: what a search engine or a sequencer says of spectra, all in one form."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Psm:
    """One candidate for one spectrum.

    Args:
        peptide: as ProForma, or as near to it as the table allows; judged when it is resolved.
        spectrum: what the table calls the spectrum; ``""`` where it does not.
        line: 1-based place in the table, for messages.
        run: the spectrum file it speaks of, as written; ``""`` where it does not.
        charge, precursor_mz, rt, rank, score, q_value, protein: as the table has them, None or ``""`` where not.
        label: ``"target"``, ``"decoy"``, or the table's own word.
        keys: other names of the spectrum by kind (``scan``, ``native id``, ``index``, ``title``).
    """

    peptide: str
    spectrum: str
    line: int
    run: str = ""
    charge: int | None = None
    precursor_mz: float | None = None
    rt: float | None = None
    rank: int | None = None
    score: float | None = None
    q_value: float | None = None
    label: str = ""
    protein: str = ""
    keys: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A line of a table that is no PSM, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class PsmTable:
    """What one table says.

    Args:
        path, format: of the table.
        psms: in the table's order.
        refused: lines that could not be read.
        columns: of a plain table, which column was taken for what.
        notes: what was done to all of them that the table does not say, in sentences.
    """

    path: str
    format: str
    psms: list[Psm]
    refused: list[Refused] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """The notes, with the table's name before each."""
        return [f"{Path(self.path).name}: {note}" for note in self.notes]


def read_psms(
    path: str | os.PathLike[str],
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> PsmTable:
    """Read a PSM table.

    Args:
        format: one of ``FORMATS``; None looks at the content.
        columns: of a plain table, what is in which column: ``{"peptide": "Seq", "scan": "ScanNo"}``; see
            ``peploss.dataset.tables.plain.FIELDS``. Given, the table is read as a plain one.
        fixed: modifications that the table leaves out, by residue (or ``N-term``): ``{"C": "Carbamidomethyl"}``.
            MaxQuant's of cysteine is found by the masses that its table gives.
    Raises:
        SourceError: there is no such file, or it is not of the format, or the format is not known.
        SettingsError: a fixed modification is on no residue or has no mass.
    """
    from peploss.peptides.fixed_modifications import checked, with_fixed

    every = checked(fixed or {})
    table = _read(path, format, columns)
    if every:
        for psm in table.psms:
            psm.peptide = with_fixed(psm.peptide, every)
        table.notes.append("Fixed modifications as asked for: " + ", ".join(f"{k} {v}" for k, v in every.items()) + ".")
    return table


def _read(path: str | os.PathLike[str], format: str | None, columns: Mapping[str, str] | None) -> PsmTable:
    file = Path(path)
    if not file.is_file():
        raise SourceError("There is no such file.", where=str(path))
    chosen = "plain" if columns and format is None else format or sniff(file)
    if chosen not in FORMATS:
        raise SourceError(
            f"There is no format {chosen!r} of PSM tables.", remedy=f"The formats are {', '.join(FORMATS)}."
        )
    if chosen in ("plain", "peprec"):  # psm-utils cannot read a Peptide Record without retention times
        from peploss.dataset.tables.plain import read_plain

        return read_plain(file, columns or {}, chosen)
    if chosen == "mztab":
        from peploss.dataset.tables.mztab import read_mztab

        return read_mztab(file)
    if chosen == "idxml":
        from peploss.dataset.tables.idxml import read_idxml

        return read_idxml(file)
    if chosen == "spectra":
        from peploss.dataset.tables.annotated import read_annotated

        return read_annotated(file)
    from peploss.dataset.tables.engines import read_engine

    return read_engine(file, chosen)


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
    """Column names of the first line that is none of comments."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return next(csv.reader([line], delimiter=separator(line)))
    return []


def separator(line: str) -> str:
    """What stands between the columns: the commonest of tab, comma and semicolon; a space where there is none."""
    found = max("\t,;", key=line.count)
    return found if found in line else " "
