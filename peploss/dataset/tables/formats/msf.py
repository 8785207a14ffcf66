"""Reads the PSMs of Proteome Discoverer's databases (.msf), those of decoys with them."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any, Final

from peploss import limits
from peploss.database_file import reading_database
from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.peptides.notations import placed

_COLUMNS: Final = {
    "Peptides": ("PeptideID", "SpectrumID", "SearchEngineRank", "Sequence"),
    "SpectrumHeaders": ("SpectrumID", "MassPeakID", "LastScan", "RetentionTime", "Charge"),
    "MassPeaks": ("MassPeakID", "Mass", "FileID"),
    "FileInfos": ("FileID", "FileName"),
    "AminoAcidModifications": ("AminoAcidModificationID", "PositionType", "DeltaMass", "UnimodAccession"),
    "PeptidesAminoAcidModifications": ("PeptideID", "AminoAcidModificationID", "Position"),
    "PeptidesTerminalModifications": ("PeptideID", "TerminalModificationID"),
    "PeptidesProteins": ("PeptideID", "ProteinID"),
    "ProteinAnnotations": ("ProteinID", "Description"),
    "PeptideScores": ("PeptideID", "ScoreID", "ScoreValue"),
    "ProcessingNodeScores": ("ScoreID", "IsMainScore"),
}
_OF_DECOYS: Final = "_decoy"
_C_TERMINAL: Final = (2, 4)
"""``PositionType`` of any C-terminus and of the protein's; 1 and 3 are the N-termini."""
_REMEDY: Final = "Have Proteome Discoverer write its PSMs as text, which is read too."
_PSMS: Final = (
    "SELECT p.PeptideID, p.Sequence, p.SearchEngineRank, h.LastScan, h.RetentionTime, h.Charge, m.Mass, f.FileName "
    "FROM Peptides{of} p JOIN SpectrumHeaders h ON p.SpectrumID = h.SpectrumID "
    "JOIN MassPeaks m ON h.MassPeakID = m.MassPeakID JOIN FileInfos f ON m.FileID = f.FileID"
)
_ON_RESIDUES: Final = (
    "SELECT s.PeptideID, s.Position + 1, a.UnimodAccession, a.DeltaMass FROM PeptidesAminoAcidModifications{of} s "
    "JOIN AminoAcidModifications a ON s.AminoAcidModificationID = a.AminoAcidModificationID"
)
_ON_ENDS: Final = (
    "SELECT s.PeptideID, a.PositionType, a.UnimodAccession, a.DeltaMass FROM PeptidesTerminalModifications{of} s "
    "JOIN AminoAcidModifications a ON s.TerminalModificationID = a.AminoAcidModificationID"
)
_PROTEINS: Final = (
    "SELECT p.PeptideID, a.Description FROM PeptidesProteins{of} p "
    "JOIN ProteinAnnotations a ON p.ProteinID = a.ProteinID"
)
_SCORES: Final = (
    "SELECT s.PeptideID, s.ScoreValue FROM PeptideScores{of} s JOIN ProcessingNodeScores n ON s.ScoreID = n.ScoreID "
    "WHERE n.IsMainScore"
)

Sites = dict[Any, list[tuple[Any, str]]]


def read_msf(path: Path) -> PsmTable:
    """Read the PSMs with their modifications, main score and proteins; the spectrum is its last scan.

    Source:
        The schema of .msf files, versions 8, 53 and 79, as psm-utils 1.5 reads them.
    Raises:
        SourceError: it is no such database, or there is no PSM in it.
        LimitError: it holds more than is read.
    """
    table = PsmTable(str(path), "proteome_discoverer", [])
    needed = {
        table_name + of: columns
        for of in ("", _OF_DECOYS)
        for table_name, columns in _COLUMNS.items()
        if not of or table_name.startswith("Peptide")
    }
    with reading_database(path, needed, _REMEDY) as database:
        for of in ("", _OF_DECOYS):
            _read(database, table, of, path.stat().st_size)
    return table.with_psms()


def _read(database: sqlite3.Connection, table: PsmTable, of: str, size: int) -> None:
    """Add the PSMs of the targets, or those of the decoys."""

    def rows(question: str) -> Iterator[tuple[Any, ...]]:
        for n, row in enumerate(database.execute(question.format(of=of)), start=1):
            limits.hold_entries(n, size, table.path)
            yield row

    sites: Sites = defaultdict(list)
    for peptide, at, number, mass in rows(_ON_RESIDUES):
        sites[peptide].append((at, _tag(number, mass)))
    ends: Sites = defaultdict(list)
    for peptide, kind, number, mass in rows(_ON_ENDS):
        ends[peptide].append((kind, _tag(number, mass)))
    proteins: dict[Any, list[str]] = defaultdict(list)
    for peptide, description in rows(_PROTEINS):
        proteins[peptide].append(str(description or "").removeprefix(">"))
    scores = dict(rows(_SCORES))
    first = len(table.psms) + len(table.refused) + 1
    for line, (peptide, sequence, rank, scan, rt, charge, mz, file) in enumerate(rows(_PSMS), start=first):
        try:
            table.add(
                Psm(
                    peptide=_peptide(str(sequence or ""), sites.get(peptide, []), ends.get(peptide, [])),
                    spectrum="" if scan is None else str(scan),
                    line=line,
                    run=sys.intern(PureWindowsPath(str(file or "")).stem),
                    charge=None if charge is None else int(charge),
                    precursor_mz=_number(mz),
                    rt=_number(rt),
                    rank=None if rank is None else int(rank),
                    score=_number(scores.get(peptide)),
                    label="decoy" if of else "target",
                    protein=sys.intern(";".join(proteins.get(peptide, []))),
                )
            )
        except (ValueError, TypeError, OverflowError) as error:
            table.refused.append(Refused(line, f"{error}"))


def _peptide(sequence: str, sites: list[tuple[Any, str]], ends: list[tuple[Any, str]]) -> str:
    """In ProForma.

    Raises:
        ValueError: there is no bare sequence, or a modification lies outside of it.
    """
    if not re.fullmatch("[A-Z]+", sequence):
        raise ValueError(f"Letters of residues were expected, not {sequence[:40]!r}.")
    last = len(sequence) + 1
    placed_ends = [(last if kind in _C_TERMINAL else 0, tag) for kind, tag in ends]
    return placed(sequence, [*placed_ends, *((int(at), tag) for at, tag in sites)])


def _tag(number: Any, mass: Any) -> str:
    """The modification by its number in Unimod; by its mass where it has none."""
    text = str(number or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text):
        return f"UNIMOD:{int(text)}"
    return f"{float(mass):+.6f}" if isinstance(mass, (int, float)) else "?"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
