"""What MS2PIP writes is read as what it predicted, in every form it has, or refused with the way out."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import numpy as np
import pytest

from peploss.errors import SourceError
from peploss.intensities import ms2pip
from peploss.intensities.from_file import FromFile
from peploss.intensities.prediction import Ion, Prediction
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

PEPTIDE = Peptide.parse("AC[Carbamidomethyl]DK/2")
PEPREC = "spec_id modifications peptide charge\ns0 - PEPTIDEK 2\ns1 2|Carbamidomethyl ACDK 2\n"
TSV = "peptidoform\tspectrum_id\nPEPTIDEK/2\ts0\nAC[UNIMOD:4]DK/2\ts1\n"


def table(folder: Path, *, sign: str = "\t", shift: float = 0.0) -> Path:
    """Ions of both PSMs, the n-th of height n, as version 4 writes them."""
    lines = [sign.join(["psm_index", "ion_type", "ion_number", "mz", "predicted", "observed", "rt", "im"])]
    for number, peptide in enumerate((Peptide.parse("PEPTIDEK"), PEPTIDE)):
        ions = fragments(peptide, LossSettings(), 2)
        for i, (kind, ordinal, mz) in enumerate(zip(ions.ion_type, ions.ordinal, ions.mz, strict=True)):
            height = f"{np.log2(i + 1 + 0.001):.8f}"
            lines.append(sign.join([str(number), str(kind), str(ordinal), f"{mz + shift:.8f}", height, "", "", ""]))
    path = folder / ("psms_predictions.tsv" if sign == "\t" else "psms_predictions.csv")
    path.write_text("\n".join(lines) + "\n")
    return path


def intensities(found: Prediction | str) -> dict[Ion, float]:
    assert isinstance(found, Prediction), found
    return found.intensities


@pytest.mark.parametrize(("name", "text"), [("psms.peprec", PEPREC), ("psms.tsv", TSV)])
@pytest.mark.parametrize("sign", ["\t", ","])
def test_its_table_takes_the_peptides_from_the_one_beside(tmp_path: Path, name: str, text: str, sign: str) -> None:
    (tmp_path / name).write_text(text)
    source = FromFile(table(tmp_path, sign=sign))
    assert (len(source), source.problems) == (2, [])
    (found,) = source.predict([PEPTIDE], [2])
    heights = intensities(found)
    assert heights[Ion("b", 1)] == pytest.approx(1.0)
    assert heights[Ion("y", 3)] == pytest.approx(6.0)


def test_without_the_table_beside_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"does not name their peptides.*psms\.peprec.*msp or spectronaut"):
        FromFile(table(tmp_path))


def test_a_table_of_other_psms_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "psms.peprec").write_text("spec_id modifications peptide charge\ns0 - PEPTIDEK 2\ns1 - ACDK 2\n")
    source = FromFile(table(tmp_path))
    assert len(source) == 1
    assert source.problems[0].startswith("PSM 1: b2 of ACDK")
    assert "Is psms.peprec the table that MS2PIP was given?" in source.problems[0]
    (tmp_path / "psms.peprec").write_text("spec_id modifications peptide charge\ns0 - PEPTIDEK 2\n")
    assert FromFile(tmp_path / "psms_predictions.tsv").problems == ["psms.peprec has no PSM 1."]


def test_what_is_beside_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "psms.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(SourceError, match=r"no PEPREC and no TSV of psm-utils: its columns are a, b"):
        FromFile(table(tmp_path))


def test_version_3_names_its_psms(tmp_path: Path) -> None:
    (tmp_path / "psms.peprec").write_text(PEPREC)
    mz = dict(zip((i := fragments(PEPTIDE, LossSettings(), 2)).plain_label, i.mz.tolist(), strict=True))
    path = tmp_path / "psms_HCD_predictions.csv"
    path.write_text(f"spec_id,charge,ion,ionnumber,mz,prediction\ns1,2,B,1,{mz['b1']},0.0\ns1,2,Y,2,{mz['y2']},-1.0\n")
    (found,) = FromFile(path).predict([PEPTIDE], [2])
    assert intensities(found) == {Ion("b", 1): pytest.approx(0.999), Ion("y", 2): pytest.approx(0.499)}


def dlib(path: Path, n: int = 2) -> Path:
    mz = dict(zip((i := fragments(PEPTIDE, LossSettings(), 2)).plain_label, i.mz.tolist(), strict=True))
    packed = [zlib.compress(np.asarray(v, dtype=kind).tobytes()) for v, kind in
              (([mz["b1"], mz["y2"]], ">f8"), ([10.0, 20.0][:n], ">f4"))]  # fmt: skip
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE entries (PeptideModSeq TEXT, PrecursorCharge INT, MassArray BLOB, "
                         "IntensityArray BLOB)")  # fmt: skip
        database.execute("INSERT INTO entries VALUES ('AC[+57.021464]DK', 2, ?, ?)", packed)
    return path


def test_a_dlib_is_read(tmp_path: Path) -> None:
    (found,) = FromFile(dlib(tmp_path / "library.dlib")).predict([PEPTIDE], [2])
    assert intensities(found) == {Ion("b", 1): 10.0, Ion("y", 2): 20.0}


def test_a_damaged_dlib_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="2 masses but 1 intensities"):
        FromFile(dlib(tmp_path / "short.dlib", n=1))
    with sqlite3.connect(tmp_path / "other.dlib") as database:
        database.execute("CREATE TABLE x (y INT)")
    with pytest.raises(SourceError, match=r"The database has no table entries.*msp or spectronaut"):
        FromFile(tmp_path / "other.dlib")


def test_a_bibliospec_library_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "p.ms2"
    path.write_text("H\tExtractor\tMS2PIP predictions\nS\t0\t464.7\n")
    with pytest.raises(SourceError, match="msp or spectronaut"):
        FromFile(path)


@pytest.mark.skipif(ms2pip.version() is None, reason="MS2PIP is not installed")
@pytest.mark.parametrize("form", ["tsv", "msp", "mgf", "spectronaut", "dlib"])
def test_every_form_of_ms2pip_itself_is_what_it_predicts(tmp_path: Path, form: str) -> None:
    from ms2pip.core import predict_batch
    from ms2pip.spectrum_output import write_spectra
    from psm_utils import PSM, PSMList

    psms = PSMList(psm_list=[PSM(peptidoform=text, spectrum_id=text, retention_time=1.0) for text in
                             ("PEPTIDEK/2", "AC[Carbamidomethyl]DEM[Oxidation]K/3")])  # fmt: skip
    (tmp_path / "psms.tsv").write_text("peptidoform\tspectrum_id\n" + "".join(f"{p.peptidoform}\tx\n" for p in psms))
    write_spectra(tmp_path / "psms_predictions", predict_batch(psms, model="HCD2019", processes=1), form)
    (path,) = tmp_path.glob("psms_predictions.*")
    source = FromFile(path)
    peptides = [Peptide.parse("PEPTIDEK"), Peptide.parse("AC[+57.021464]DEM[UNIMOD:35]K")]
    right = ms2pip.MS2PIP("HCD2019").predict(peptides, [2, 3])
    for found, expected in zip(source.predict(peptides, [2, 3]), right, strict=True):
        one, other = intensities(found), intensities(expected)
        highest, scale = max(other.values()), max(one.values())
        for ion, value in other.items():
            if value > 0.01 * highest:
                assert one[ion] / scale == pytest.approx(value / highest, abs=2e-3), ion
