"""Valid files of predicted heights, of every form that ``peploss.intensities.from_file`` reads."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from peploss.intensities.from_file import COLUMNS
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

PEPTIDE: Final = "PEPTIDEK"
PEPREC: Final = "spec_id modifications peptide charge\ns0 - PEPTIDEK 2\ns1 2|Carbamidomethyl ACDK 2\n"
"""The table of PSMs that must lie beside MS2PIP's."""
_MSP: Final = 'Name: PEPTIDEK/2\nNum peaks: 2\n98.06\t1\t"b1/0.0"\n147.11\t3\t"y1/0.0"\n'
_MZLIB: Final = (
    "<mzSpecLib>\nMS:1003186|library format version=1.0\n<Spectrum=1>\n"
    "MS:1003061|library spectrum name=PEPTIDEK/2\n"
    "<Analyte=1>\nMS:1003270|proforma peptidoform ion notation=PEPTIDEK/2\nMS:1000041|charge state=2\n<Peaks>\n"
    "98.06\t1\tb1\n147.11\t3\ty1\n"
)
_SPECTRONAUT: Final = (
    "ModifiedPeptide,PrecursorCharge,FragmentType,FragmentNumber,FragmentCharge,FragmentLossType,RelativeIntensity\n"
    "_PEPTIDEK_,2,b,2,1,noloss,0.5\n_PEPTIDEK_,2,y,3,1,H2O,1\n"
)


def libraries(folder: Path) -> dict[str, Path]:
    """Form -> a file of it, in a folder."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ions = fragments(Peptide.parse(PEPTIDE), LossSettings(), 2)
    known = list(zip(ions.ion_type, ions.ordinal, ions.mz, strict=True))
    rows = [(PEPTIDE, 2, str(kind), int(n), 1, "", 0.5) for kind, n, _ in known]
    pq.write_table(pa.table(dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))), folder / "a.parquet")
    plain = ["\t".join(map(str, row)) for row in rows]
    new = [f"0\t{kind}\t{n}\t{mz:.8f}\t-1.5" for kind, n, mz in known]
    old = [f"s0,2,{str(kind).upper()},{n},{mz:.8f},-1.5" for kind, n, mz in known]
    texts = {
        "table": ("a.tsv", "\n".join(["\t".join(COLUMNS), *plain]) + "\n"),
        "Spectronaut": ("b.csv", _SPECTRONAUT),
        "MS2PIP 4": ("c_predictions.tsv", "\n".join(["psm_index\tion_type\tion_number\tmz\tpredicted", *new]) + "\n"),
        "MS2PIP 3": ("d_predictions.csv", "\n".join(["spec_id,charge,ion,ionnumber,mz,prediction", *old]) + "\n"),
        "mzSpecLib": ("a.mzlib.txt", _MZLIB),
        "MSP": ("a.msp", _MSP),
        "sptxt": ("a.sptxt", _MSP),
        "MGF": ("a.mgf", "BEGIN IONS\nTITLE=PEPTIDEK/2\nPEPMASS=464.7\nCHARGE=2+\n98.06 1\n147.11 3\nEND IONS\n"),
    }
    made = {"Parquet": folder / "a.parquet"}
    for form, (name, text) in texts.items():
        made[form] = folder / name
        made[form].write_text(text)
    made["DLIB"] = folder / "a.dlib"
    _dlib(made["DLIB"], [mz for *_, mz in known])
    return made


def _dlib(path: Path, mz: list[float]) -> None:
    packed = [zlib.compress(np.asarray(mz, dtype=kind).tobytes()) for kind in (">f8", ">f4")]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE metadata (Key TEXT, Value TEXT)")
        database.execute(
            "CREATE TABLE entries (PrecursorMz REAL, PrecursorCharge INTEGER, PeptideModSeq TEXT, PeptideSeq TEXT, "
            "Copies INTEGER, RTInSeconds REAL, Score REAL, MassEncodedLength INTEGER, MassArray BLOB, "
            "IntensityEncodedLength INTEGER, IntensityArray BLOB, SourceFile TEXT)"
        )
        for text in (PEPTIDE, "AC[+57.021464]DK"):
            row = (464.7, 2, text, "X", 1, 10.5, 0.1, 8 * len(mz), packed[0], 4 * len(mz), packed[1], "a")
            database.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(row))})", row)
