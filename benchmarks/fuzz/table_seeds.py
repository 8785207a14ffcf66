"""Valid PSM tables of the formats that ``benchmarks.dialects`` does not write, psm-utils' own among them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.fuzz.structured import packed

PSMS: Final = (
    {"peptidoform": "AC[Carbamidomethyl]M[Oxidation]K/2", "spectrum_id": "scan=17", "run": "run1", "rank": 1,
     "score": 2.0, "qvalue": 0.01, "is_decoy": False, "precursor_mz": 300.1, "protein_list": ["P1"]},
    {"peptidoform": "[Acetyl]-PEPTIDEK/3", "spectrum_id": "scan=18", "run": "run1", "rank": 2, "is_decoy": True},
)  # fmt: skip

DIANN: Final = {
    "File.Name": "run1.raw", "Run": "run1", "Protein.Group": "P1", "Precursor.Id": "AAC(UniMod:4)K2",
    "Modified.Sequence": "AAC(UniMod:4)K", "Stripped.Sequence": "AACK", "Precursor.Charge": 2, "Q.Value": 0.001,
    "RT": 10.5, "MS2.Scan": 17, "Precursor.Mz": 218.1,
}  # fmt: skip
ALPHADIA: Final = {
    "precursor_idx": 0, "sequence": "ACMK", "mods": "Carbamidomethyl@C;Oxidation@M", "mod_sites": "2;3", "charge": 2,
    "scan": 17, "run": "run1", "decoy": 0, "score": 1, "qval": 0.001, "mz_observed": 300, "rt_observed": 1,
    "proteins": "P1", "rank": 0,
}  # fmt: skip
FLASHLFQ: Final = {
    "File Name": "run1.raw", "Base Sequence": "PEPTIDEK", "Full Sequence": "PEPTIDEK",
    "Peptide Monoisotopic Mass": 927.45, "Scan Retention Time": 1.5, "Precursor Charge": 2, "Protein Accession": "P1",
}  # fmt: skip
PROTEOSCAPE: Final = {
    "stripped_peptide": "ACMK", "ptms": [57.021464, 15.994915], "ptm_locations": [1, 2], "precursor_charge": 2,
    "ms2_id": 17, "locus_name": ["P1"], "x_corr_score": 2.0, "precursor_mz": 300.0, "rt": 1.0, "rank": 1,
}  # fmt: skip
ANNOTATED: Final = (
    "BEGIN IONS\nTITLE=a\nPEPMASS=451.2\nCHARGE=2+\nSCANS=7\nSEQ=PEPM[Oxidation]TIDEK\n100.5 1\n200.25 3\nEND IONS\n"
    "BEGIN IONS\nTITLE=b\nPEPMASS=300\nSEQ=AK\n100 2\nEND IONS\n"
)

_MSF: Final = {
    "SchemaInfo": "Version INTEGER, Kind TEXT",
    "Peptides": "PeptideID INTEGER, SpectrumID INTEGER, TotalIonsCount INTEGER, MatchedIonsCount INTEGER, "
    "ConfidenceLevel INTEGER, SearchEngineRank INTEGER, Hidden INTEGER, Sequence TEXT, Annotation TEXT, "
    "UniquePeptideSequenceID INTEGER, MissedCleavages INTEGER, ProcessingNodeNumber INTEGER",
    "SpectrumHeaders": "SpectrumID INTEGER, MassPeakID INTEGER, ScanEventID INTEGER, LastScan INTEGER, "
    "FirstScan INTEGER, RetentionTime REAL, Hidden INTEGER, ScanNumbers TEXT, Charge INTEGER, Mass REAL, "
    "CreatingProcessingNodeNumber INTEGER, UniqueSpectrumID INTEGER",
    "MassPeaks": "MassPeakID INTEGER, Charge INTEGER, Intensity REAL, Mass REAL, ScanNumbers TEXT, FileID INTEGER, "
    "PercentIsolationInterference REAL, IonInjectTime INTEGER",
    "FileInfos": "FileID INTEGER, FileName TEXT, FileTime TEXT, FileSize INTEGER, PhysicalFileName TEXT, "
    "FileType INTEGER",
    "AminoAcidModifications": "AminoAcidModificationID INTEGER, ModificationName TEXT, DeltaMass REAL, "
    "Abbreviation TEXT, PositionType INTEGER, UnimodAccession TEXT, IsSubstitution INTEGER",
    "PeptidesAminoAcidModifications": "ProcessingNodeNumber INTEGER, PeptideID INTEGER, "
    "AminoAcidModificationID INTEGER, Position INTEGER",
    "PeptidesTerminalModifications": "ProcessingNodeNumber INTEGER, PeptideID INTEGER, TerminalModificationID INTEGER",
    "PeptidesProteins": "ProcessingNodeNumber INTEGER, PeptideID INTEGER, ProteinID INTEGER",
    "ProteinAnnotations": "ProteinAnnotationID INTEGER, ProteinID INTEGER, Description TEXT",
    "PeptideScores": "ProcessingNodeNumber INTEGER, PeptideID INTEGER, ScoreID INTEGER, ProcessingNodeID INTEGER, "
    "ScoreValue REAL",
    "ProcessingNodeScores": "ProcessingNodeID INTEGER, ScoreID INTEGER, ScoreName TEXT, IsMainScore INTEGER",
}
"""Tables of Proteome Discoverer's .msf -> their columns; those of decoys are named alike, with ``_decoy``."""
_ROWS: Final[Mapping[str, list[tuple[Any, ...]]]] = {
    "SchemaInfo": [(79, "msf")],
    "Peptides": [
        (1, 1, 20, 10, 3, 1, 0, "ACMK", "", 1, 0, 4), (2, 2, 20, 5, 3, 2, 0, "PEPTIDEK", "", 2, 0, 4),
    ],
    "SpectrumHeaders": [
        (1, 1, 1, 17, 17, 10.5, 0, "17", 2, 600.2, 1, 1), (2, 2, 1, 18, 18, 11.0, 0, "18", 3, 928.4, 1, 2),
    ],
    "MassPeaks": [(1, 2, 1e5, 300.1, "17", 1, 5.0, 20), (2, 3, 2e5, 324.2, "18", 1, 6.0, 20)],
    "FileInfos": [(1, "C:\\data\\run1.raw", "2020", 1, "run1.raw", 1)],
    "AminoAcidModifications": [
        (1, "Carbamidomethyl", 57.021464, "CAM", 0, "4", 0), (2, "Oxidation", 15.994915, "Ox", 0, "35", 0),
        (3, "Acetyl", 42.010565, "Ac", 1, "1", 0),
    ],
    "PeptidesAminoAcidModifications": [(4, 1, 1, 1), (4, 1, 2, 2)],
    "PeptidesTerminalModifications": [(4, 2, 3)],
    "PeptidesProteins": [(4, 1, 1), (4, 2, 1)],
    "ProteinAnnotations": [(1, 1, ">P1 a protein")],
    "PeptideScores": [(4, 1, 1, 2, 30.5), (4, 2, 1, 2, 12.0)],
    "ProcessingNodeScores": [(2, 1, "XCorr", 1)],
}  # fmt: skip


def write_msf(path: Path) -> Path:
    """A database of Proteome Discoverer with two PSMs, and two decoys alike; the file must not be there."""
    with closing(sqlite3.connect(path)) as database, database:
        for name, columns in _MSF.items():
            of_decoys = (name, f"{name}_decoy") if name.startswith("Peptide") else (name,)
            for table in of_decoys:
                database.execute(f"CREATE TABLE {table} ({columns})")
                marks = ", ".join("?" for _ in _ROWS[name][0])
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", _ROWS[name])
    return path


def _text(path: Path, row: Mapping[str, Any], separator: str = "\t") -> Path:
    line = separator.join(str(value) for value in row.values())
    path.write_text("\n".join([separator.join(row), line, line]) + "\n", encoding="utf-8")
    return path


def more_tables(folder: Path) -> list[Path]:
    """One file of each of these formats, in a folder."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = [
        _text(folder / "report.tsv", DIANN), _text(folder / "precursors.tsv", ALPHADIA),
        _text(folder / "x.flashlfq.tsv", FLASHLFQ),
        _text(folder / "psms.tsv", {k: v for k, v in PSMS[0].items() if not isinstance(v, list)}),
    ]  # fmt: skip
    for name, row in (("report", DIANN), ("precursors", ALPHADIA), ("x.candidates", PROTEOSCAPE)):
        made.append(folder / f"{name}.parquet")
        pq.write_table(pa.Table.from_pylist([row, row]), made[-1])
    made.append(folder / "psms.json")
    made[-1].write_text(json.dumps(PSMS))
    made.append(folder / "psms.cbor")
    made[-1].write_bytes(packed(list(PSMS)))
    made.append(folder / "annotated.mgf")
    made[-1].write_text(ANNOTATED)
    made.append(folder / "utf16.tsv")
    made[-1].write_text("scan\tpeptide\tcharge\n17\tPEPTIDEK\t2\n", encoding="utf-16")
    return [*made, write_msf(folder / "x.msf")]
