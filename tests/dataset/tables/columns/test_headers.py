"""Whole tables are not lost to a header, a letter or a first line."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss import limits
from peploss.dataset.index.keys import keys_of
from peploss.dataset.tables import read_psms
from peploss.errors import LimitError, SourceError

HEADERS = [
    "scan\tpeptide\tcharge\n101\tPEPTIDEK\t2\n",
    "sep=;\nscan;peptide;charge\n101;PEPTIDEK;2\n",
    "CometVersion 2024.01 rev. 1\trun1\t01/01/2026\tdb.fasta\nscan\tnum\tcharge\tplain_peptide\n101\t1\t2\tPEPTIDEK\n",
    "#SpecFile\tSpecID\tScanNum\tCharge\tPeptide\nrun1.mgf\tindex=1\t101\t2\tK.PEPTIDEK.R\n",
    "Scan,Peptide,z\nF1:101,PEPTIDEK,2\n",
    "Scan,Peptide,z\n101;102,PEPTIDEK,2\n",
    "First Scan\tAnnotated Sequence\tCharge\n101\t[K].PEPTIDEK.[R]\t2\n",
    "Raw file\tScan number\tSequence\tModified sequence\tCharge\nrun1\t101\tPEPTIDEK\t_PEPTIDEK_\t2\n",
    "experiment_name,scan_number,precursor_charge,preds,log_probs\nrun1,101,2,PEPTIDEK,-0.1\n",
    "experiment_name,scan_number,precursor_charge,predictions,token_log_probs\nrun1,101,2,PEPTIDEK,\"[-0.1, -0.2]\"\n",
    "scans\toutput_seq\tcharge\n101\tP,E,P,T,I,D,E,K\t2\n",
    "# a comment\n\nScan;Peptide;Charge;m/z\n101;PEPTIDEK;2;464,7347\n",
    "Search title,x\n\"Modifications\",\"--\"\n\npep_seq,pep_exp_z,pep_scan_title\nPEPTIDEK,2,run1.101.101.2\n",
]  # fmt: skip


@pytest.mark.parametrize("text", HEADERS)
def test_one_psm_under_every_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.txt"
    path.write_text(text, encoding="utf-8")
    (psm,) = read_psms(path).psms
    assert (psm.peptide.split("/")[0], psm.charge, keys_of(psm)["scan"]) == ("PEPTIDEK", 2, 101)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes("scan\tpeptide\tprotein\n101\tPEPTIDEK\tmüll\n".encode(encoding))
    (psm,) = read_psms(path).psms
    assert (psm.peptide, psm.protein) == ("PEPTIDEK", "müll")


def test_a_truth_beside_a_prediction_is_a_second_candidate(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("scan,sequence,predictions\n1,PEPTIDEK,PEPTLDEK\n2,ELVISK,ELVISK\n", encoding="utf-8")
    psms = read_psms(path).psms
    assert [(p.spectrum, p.peptide, p.label, p.truth) for p in psms] == [
        ("1", "PEPTLDEK", "", "PEPTIDEK"), ("1", "PEPTIDEK", "truth", "PEPTIDEK"), ("2", "ELVISK", "", "ELVISK")
    ]  # fmt: skip


def test_beams_are_further_candidates(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("scan,predictions,predictions_beam_0,predictions_beam_1\n1,PEPK,PEPK,PEKP\n", encoding="utf-8")
    assert [p.peptide for p in read_psms(path).psms] == ["PEPK", "PEKP"]


PARQUET = [
    {"peptide": "AC[+57.0215]K", "scannr": "controllerType=0 scan=101", "charge": 2, "calcmass": 376.1780},
    {"peptidoform": "AC[Carbamidomethyl]K", "scan": [101], "precursor_charge": 2, "reference_file_name": "run1"},
    {"peptidoform": "AC[Carbamidomethyl]K", "scan": "101", "precursor_charge": 2, "modifications": [{"name": "x"}]},
    {"predictions": "AC[UNIMOD:4]K", "scan_number": 101, "precursor_charge": 2, "mz_array": [1.0, 2.0]},
    {"stripped_peptide": "ACK", "ptms": [57.021464], "ptm_locations": [1], "precursor_charge": 2, "ms2_id": 101},
    {"sequence": "ACK", "mods": "Carbamidomethyl@C", "mod_sites": "2", "scan": 101, "charge": 2},
]  # fmt: skip


@pytest.mark.parametrize("row", PARQUET, ids=[str(i) for i in range(len(PARQUET))])
def test_parquet_of_every_engine(tmp_path: Path, row: dict[str, object]) -> None:
    from peploss.peptides.peptide import Peptide

    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "x.parquet")
    (psm,) = read_psms(tmp_path / "x.parquet").psms
    right = Peptide.parse("AC[Carbamidomethyl]K")
    assert Peptide.parse(psm.peptide).neutral_mass == pytest.approx(right.neutral_mass, abs=1e-3)
    assert (keys_of(psm)["scan"], psm.charge) == (101, 2)


UNKNOWN = [
    ("Variable Modifications", "mods at 3 and maybe 4"), ("my_mods", "???"), ("PTM", "Oxidation somewhere"),
    ("Modifications", "2:3:4 many"), ("Modification", "[[M"), ("mod info", "x|y"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "cell"), UNKNOWN)
def test_a_column_of_modifications_that_is_not_understood_is_named(tmp_path: Path, column: str, cell: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"scan\tpeptide\t{column}\n1\tAMMK\t{cell}\n", encoding="utf-8")
    with pytest.raises(SourceError) as told:
        read_psms(path)
    assert column in str(told.value) or cell in str(told.value)
    (psm,) = read_psms(path, columns={"ignore": column}).psms
    assert psm.peptide == "AMMK"


def test_cross_linked_pairs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "xi.csv"
    path.write_text("scan,PepSeq1,PepSeq2,LinkPos1,LinkPos2,peptide\n1,PEPK,ELVK,4,4,PEPK\n", encoding="utf-8")
    with pytest.raises(SourceError, match="cross-links"):
        read_psms(path)


@pytest.mark.parametrize("charge", ["2.7", "-3", "99", "two", "1e9"])
def test_a_charge_that_is_none_is_refused(tmp_path: Path, charge: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"scan\tpeptide\tcharge\n1\tPEPK\t{charge}\n2\tPEPK\t2+\n", encoding="utf-8")
    table = read_psms(path)
    assert [p.charge for p in table.psms] == [2]
    assert "A charge is a whole number" in table.refused[0].reason


def test_an_open_quote_costs_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('scan,peptide,protein\n1,PEPK,"a\n2,PEPK,b\n3,PEPK,c\n4,PEPK,d\n', encoding="utf-8")
    table = read_psms(path)
    assert [p.spectrum for p in table.psms] == ["2", "3", "4"]
    assert [(r.line, r.reason) for r in table.refused] == [(2, "A quote is opened in this line and not closed.")]


def test_a_score_that_is_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("scan\tpeptide\tscore\n1\tPEPK\tE=0.1\n2\tPEPK\t3\n", encoding="utf-8")
    assert read_psms(path).notes == [
        "The column 'score' holds no number in 1 of 2 rows, such as 'E=0.1': these PSMs have no score."
    ]


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("at", [0, 1, 2, 900_000])
def test_a_line_longer_than_any_is_refused_wherever_it_stands(tmp_path: Path, at: int, quoted: bool) -> None:
    path = tmp_path / "a.tsv"
    rows = ["1\tAK\t\n"] * max(at, 4)
    rows[0] = 'scan\tpeptide\t"note"\n' if quoted else "scan\tpeptide\tnote\n"
    rows[at - 1 if at > 2 else at] = "2\tAK\t" + "x" * limits.ROW.most + "\n"
    path.write_text("".join(rows))
    with pytest.raises(LimitError, match=r"At most 1,048,576 characters of a row .* PEPLOSS_MAX_ROW"):
        read_psms(path)


def test_a_line_as_long_as_allowed_is_read_with_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    long = "2\tCK\t" + "é" * (limits.ROW.most - 5)  # characters are counted, not bytes
    path.write_text(f"scan\tpeptide\tnote\n1\tAK\t\n{long}\r\n3\tDK\t\n", encoding="utf-8", newline="")
    assert [psm.peptide for psm in read_psms(path).psms] == ["AK", "CK", "DK"]


def test_more_columns_than_any_table_has_are_refused(tmp_path: Path) -> None:
    names = ["scan", "peptide", *(f"c{k}" for k in range(limits.COLUMNS.most))]
    path = tmp_path / "a.tsv"
    path.write_text("\t".join(names) + "\n1\tAK\n")
    with pytest.raises(LimitError, match=r"At most 10,000 columns .* there are 10,002.* PEPLOSS_MAX_COLUMNS"):
        read_psms(path)
    pq.write_table(pa.table({name: ["1"] for name in names}), tmp_path / "a.parquet")
    with pytest.raises(LimitError, match="PEPLOSS_MAX_COLUMNS"):
        read_psms(tmp_path / "a.parquet")
