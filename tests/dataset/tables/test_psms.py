"""Every format of PSM table, from files of public projects and from small ones written here."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import Psm
from peploss.dataset.tables.sniff import sniff
from peploss.errors import SettingsError, SourceError
from peploss.peptides.peptide import Peptide

ODD = [
    ("fragpipe.psm.tsv", "fragpipe", 5, "LFQ_Orbitrap_AIF_Human_01.100000.100000.0", "SEDC[+57.0214]FILDHGK/3"),
    ("peprec.csv", "peprec", 3, "peptide1", "ACDEK"),
    ("results.sage.tsv", "sage_tsv", 1, "controllerType=0 controllerNumber=1 scan=30069", "LQSRPAAPPAPGPGQLTLR/3"),
    ("test_msms.txt", "msms", 5, "16851", "AAAAAAAAAAAAEEAA/3"),
    ("test.mzid", "mzid", 22, "databasekey=1", "AGTQIENIDEDFR/1"),
    ("test.pep.xml", "pepxml", 6, "pps_sl20060731_18mix_25ul_r1_1154456409.0100.0100.1", "SLNGEWR/1"),
    ("test.t.xml", "xtandem", 1, "YLYVDK", "YLYVDK/2"),
    ("test_in.idXML", "idxml", 2, "controllerType=0 controllerNumber=1 scan=294", "LVPIWKK"),
    ("test.mztab", "mztab", None, "index=883", "ADTTLDESIY"),
    ("FTMS_HCD_20_annotated_2019-11-12_filtered.msp", "spectra", 82, "AFLYEIIDIGK/2", "AFLYEIIDIGK/2"),
]


@pytest.mark.parametrize(("name", "format", "n", "spectrum", "peptide"), ODD, ids=[o[0] for o in ODD])
def test_tables_of_nine_engines(
    odd_files: Path, name: str, format: str, n: int | None, spectrum: str, peptide: str
) -> None:
    table = read_psms(odd_files / name)
    assert table.format == format
    assert not table.refused
    assert n is None or len(table.psms) == n
    assert (table.psms[0].spectrum, table.psms[0].peptide) == (spectrum, peptide)
    for psm in table.psms:  # every modification is one that has a mass
        assert len(Peptide.parse(psm.peptide, psm.charge)) > 3


def test_the_whole_of_an_mztab_is_read_with_its_modifications(odd_files: Path) -> None:
    text = (odd_files / "test.mztab").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line.startswith("PSM\t")]
    table = read_psms(odd_files / "test.mztab")
    assert len(table.psms) == len({(c[2], c[15], c[1], c[12], c[10]) for c in lines})  # proteins of one PSM are one
    with_shift = next(c for c in lines if c[10] == "8-CHEMMOD:15.9949146221")
    found = next(
        p for p in table.psms if p.peptide.replace("[+15.9949146221]", "") == with_shift[1] and "[" in p.peptide
    )
    assert found.peptide.index("[") == 8


def test_an_invalid_table_is_refused_with_its_columns(odd_files: Path) -> None:
    with pytest.raises(SourceError, match="No column holds the peptide"):
        read_psms(odd_files / "peprec_invalid.csv")


def test_whole_masses_of_ends_become_shifts(odd_files: Path) -> None:
    found = [p.peptide for p in read_psms(odd_files / "test.pep.xml").psms if p.peptide.startswith("EVPLN")]
    assert found
    assert all(p == "EVPLNTIIFM[Oxidation]GR/2" for p in found)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_casanovo_mztab(tmp_path: Path) -> None:
    columns = "sequence PSM_ID accession unique database database_version search_engine search_engine_score[1] "
    columns += (
        "modifications retention_time charge exp_mass_to_charge calc_mass_to_charge spectra_ref pre post start end"
    )
    row = ["+42.011PEC+57.021K", "1", "null", "null", "null", "null", "[MS, MS:1003281, Casanovo, 5.0]", "0.98", "null",
           "null", "2.0", "300.5", "300.5", "ms_run[1]:index=7", "null", "null", "null", "null"]  # fmt: skip
    text = "MTD\tmzTab-version\t1.0.0\nMTD\tms_run[1]-location\tfile:///data/run7.mgf\n\n"
    text += "PSH\t" + columns.replace(" ", "\t") + "\nPSM\t" + "\t".join(row) + "\n"
    (psm,) = read_psms(write(tmp_path / "out.mztab", text)).psms
    assert (psm.peptide, psm.charge, psm.spectrum) == ("[+42.011]-PEC[+57.021]K", 2, "index=7")
    assert psm.run.endswith("run7.mgf")
    assert psm.score == 0.98


def test_diann(tmp_path: Path) -> None:
    columns = "File.Name Run Protein.Ids Modified.Sequence Stripped.Sequence Precursor.Id Precursor.Charge Q.Value PEP "
    columns += "RT IM iIM MS2.Scan CScore Decoy.CScore Precursor.Mz"
    row = "C:\\a.raw\ta\tP1\tAAC(UniMod:4)K\tAACK\tAAC(UniMod:4)K2\t2\t0.01\t0.02\t12.5\t0\t0\t4711\t0.9\t0.1\t232.1"
    path = write(tmp_path / "report.tsv", columns.replace(" ", "\t") + "\n" + row + "\n")
    assert sniff(path) == "diann"
    (psm,) = read_psms(path).psms
    assert psm.peptide == "AAC[UNIMOD:4]K/2"
    assert psm.spectrum == "4711"


def test_percolator(tmp_path: Path) -> None:
    text = "PSMId\tscore\tq-value\tposterior_error_prob\tpeptide\tproteinIds\n"
    text += "run_1_5_2_1\t1.5\t0.001\t0.01\tK.PEPTIDEK.R\tP1\n"
    (psm,) = read_psms(write(tmp_path / "x.pout", text)).psms
    assert (psm.peptide.split("/")[0], psm.q_value, psm.spectrum) == ("PEPTIDEK", 0.001, "run_1_5_2_1")


def test_a_plain_table_guesses_its_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv", "Scan Number,Peptide,z,Raw file,decoy\n17,PEPM(ox)K,2,a.raw,False\n18,,2,a,True\n"
    )
    table = read_psms(path)
    assert table.columns["scan"] == "Scan Number"
    assert list(table.psms) == [
        Psm("PEPM[Oxidation]K", "17", 2, run="a.raw", charge=2, label="target", keys={"scan": 17})
    ]  # fmt: skip
    assert [(r.line, r.reason) for r in table.refused] == [(3, "There is no peptide.")]


def test_columns_can_be_picked(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.tsv", "wer\twas\ttitle\n4\tPEPTIDEK\tnot this\n")
    (psm,) = read_psms(path, columns={"peptide": "was", "index": "wer"}).psms
    assert psm.keys == {"index": 4}
    with pytest.raises(SourceError, match="no column 'wo'"):
        read_psms(path, columns={"peptide": "wo"})
    with pytest.raises(SourceError, match="A column can be"):
        read_psms(path, columns={"pepitde": "was"})


def test_annotated_mgf(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mgf", "BEGIN IONS\nTITLE=t\nSEQ=AC+57.021K\nCHARGE=2+\n100 1\nEND IONS\n")
    (psm,) = read_psms(path).psms
    assert (psm.peptide, psm.charge, psm.keys["title"]) == ("AC[+57.021]K", 2, "t")


@pytest.mark.parametrize(("content", "message"), [("", "is empty"), ("a,b\n1,2\n", "No column holds the peptide")])
def test_what_is_no_table_says_so(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_psms(write(tmp_path / "x.csv", content))


def test_a_list_of_modifications_beside_a_bare_sequence(tmp_path: Path) -> None:
    text = "Scan;Annotated Sequence;Modifications;Charge\n"
    text += '17;[K].aCDmK.[R];"N-Term(Acetyl); C2(Carbamidomethyl); M4(Oxidation)";2\n'
    text += "18;ACDMK;;2\n19;ACDMMK;Oxidation (M);2\n20;ACDMK;C3(Carbamidomethyl);2\n"
    table = read_psms(write(tmp_path / "pd.csv", text))
    assert [p.peptide for p in table.psms] == ["[Acetyl]-AC[Carbamidomethyl]DM[Oxidation]K", "ACDMK"]
    assert [(r.line, r.reason) for r in table.refused] == [
        (4, "The modification 'Oxidation (M)' does not say which of 2 residues it is on."),
        (5, "There is no C at position 3 of ACDMK."),
    ]


@pytest.mark.parametrize(
    ("column", "values"), [("decoy", "1 0"), ("is_decoy", "True False"), ("Decoy", "Y N"), ("Label", "-1 1"),
                           ("Target/Decoy", "decoy target")],
)  # fmt: skip
def test_decoys_are_told_from_targets(tmp_path: Path, column: str, values: str) -> None:
    decoy, target = values.split()
    path = write(tmp_path / "t.tsv", f"scan\tFull Sequence\t{column}\n1\tAAAK\t{decoy}\n2\tAAAK\t{target}\n")
    assert [p.label for p in read_psms(path).psms] == ["decoy", "target"]


def test_no_line_is_lost_without_a_word(tmp_path: Path) -> None:
    text = '# made by hand\n\ntitle,peptide,charge\n#1,PEPTIDEK,2\n"two\nlines",AAAK,2\nx,AAAK,many\n\ny,AAAK,1e999\n'
    table = read_psms(write(tmp_path / "t.csv", text))
    assert [(p.line, p.spectrum) for p in table.psms] == [(4, "#1"), (6, "two\nlines")]
    assert [r.line for r in table.refused] == [7, 9]


def test_a_letter_that_is_not_utf8_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(b"scan\tpeptide\tprotein\n" + b"17\tPEPTIDEK\n" * 20_000 + b"18\tPEPTIDER\tm\xfcll\n")
    table = read_psms(path)
    assert len(table.psms) == 20_001
    assert table.notes == ["The table is not in UTF-8; its other letters were read as Latin-1."]


def test_columns_between_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "x.peprec", "spec_id modifications peptide charge\ns1 2|Oxidation PMK 2\n")
    table = read_psms(path)
    assert (table.format, table.psms[0].peptide, table.psms[0].spectrum) == ("peprec", "PM[Oxidation]K", "s1")


def test_a_packed_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(gzip.compress(b"scan\tpeptide\n17\tPEPTIDEK\n"))
    with pytest.raises(SourceError, match="compressed"):
        read_psms(path)


def test_fixed_modifications_go_where_there_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "scan\tpeptide\n17\tAC[+57.021]CK\n18\t[Acetyl]-PEPTIDER/2\n")
    table = read_psms(path, fixed={"C": "Carbamidomethyl", "K": "TMT6plex", "N-term": "TMT6plex"})
    assert [p.peptide for p in table.psms] == [
        "[TMT6plex]-AC[+57.021]C[Carbamidomethyl]K[TMT6plex]", "[Acetyl]-PEPTIDER/2"
    ]  # fmt: skip
    assert table.notes == ["Fixed modifications as asked for: C Carbamidomethyl, K TMT6plex, N-term TMT6plex."]
    with pytest.raises(SettingsError, match="has no mass"):
        read_psms(path, fixed={"C": "Carbamidometyl"})
    with pytest.raises(SettingsError, match="not on 'CC'"):
        read_psms(path, fixed={"CC": "Oxidation"})


def test_an_mztab_s_fixed_modifications_by_its_own_masses(odd_files: Path) -> None:
    """Its one cysteine is written bare, and its calculated m/z has the modification that the file calls fixed."""
    path = odd_files / "test.mztab"
    header, *lines = [x.split("\t") for x in path.read_text("utf-8").splitlines() if x.startswith(("PSH\t", "PSM\t"))]
    table = read_psms(path)
    for psm in table.psms:
        row = dict(zip(header, lines[psm.line - 1], strict=True))
        calculated = (float(row["calc_mass_to_charge"]) - 1.007276466621) * int(row["charge"])
        assert Peptide.parse(psm.peptide).neutral_mass == pytest.approx(calculated, abs=0.01), psm.peptide


def test_an_unknown_format_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="mztab"):
        read_psms(write(tmp_path / "x.csv", "a\n"), format="excel")
