"""Tables of search engines as psm-utils reads them, and what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.index.keys import keys_of
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.sniff import sniff
from peploss.errors import SourceError
from peploss.peptides.peptide import Peptide

PROTON = 1.007276466621


def write(path: Path, rows: list[dict[str, object]], separator: str = "\t", before: str = "") -> Path:
    lines = [separator.join(rows[0]), *(separator.join(str(v) for v in row.values()) for row in rows)]
    path.write_text(before + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def maxquant(peptide: str, mass: float, scan: int = 17) -> dict[str, object]:
    return {
        "Raw file": "run1", "Scan number": scan, "Sequence": "X", "Modified sequence": f"_{peptide}_", "Charge": 2,
        "m/z": mass / 2 + PROTON, "Mass": mass, "Retention time": 1.0, "PEP": 0.01, "Score": 50, "Delta score": 1,
        "Localization prob": 1, "Precursor Intensity": 1, "Mass error [ppm]": 0, "Reverse": "", "Length": 5,
        "Modifications": "Unmodified", "Proteins": "P1", "Fragmentation": "HCD", "Mass analyzer": "FTMS",
        "Type": "MULTI", "Matches": "", "Intensities": "", "Masses": "", "Scan index": 1, "id": 1,
        "Number of matches": 1, "Intensity coverage": 1, "Peak coverage": 1, "Mass deviations [Da]": "",
        "Mass deviations [ppm]": "", "Missed cleavages": 0,
    }  # fmt: skip


def test_maxquant_leaves_out_what_cysteines_carry(tmp_path: Path) -> None:
    right = ["AC[Carbamidomethyl]DC[Carbamidomethyl]K", "C[Carbamidomethyl]M[Oxidation]K", "PEPTIDEK"]
    written = ["ACDCK", "CM(Oxidation (M))K", "PEPTIDEK"]
    rows = [maxquant(w, Peptide.parse(r).neutral_mass) for w, r in zip(written, right, strict=True)]
    table = read_psms(write(tmp_path / "msms.txt", rows))
    assert [p.peptide for p in table.psms] == [f"{r}/2" for r in right]
    assert table.notes == [
        "By the masses in the column 'Mass' the peptides leave out fixed modifications. They were added: "
        "Carbamidomethyl on C (3 in 2 PSMs)."
    ]
    bare = [maxquant(w, Peptide.parse(w.replace("(Oxidation (M))", "[Oxidation]")).neutral_mass) for w in written]
    table = read_psms(write(tmp_path / "msms.txt", bare))
    assert [p.peptide for p in table.psms] == ["ACDCK/2", "CM[Oxidation]K/2", "PEPTIDEK/2"]
    assert not table.notes


def test_maxquant_s_last_residue_keeps_its_modification(tmp_path: Path) -> None:
    (psm,) = read_psms(write(tmp_path / "msms.txt", [maxquant("PEPTM(Oxidation (M))", 700.0)])).psms
    assert psm.peptide == "PEPTM[Oxidation]/2"


def test_a_row_that_cannot_be_read_is_one_psm_lost(tmp_path: Path) -> None:
    rows = [maxquant("PEPTIDEK", 900.0, scan) for scan in range(5)]
    rows[2]["Charge"] = "two"
    rows[3]["Modified sequence"] = "_PEPTIDEK(8)_"
    table = read_psms(write(tmp_path / "msms.txt", rows))
    assert [p.spectrum for p in table.psms] == ["0", "1", "4"]
    assert [r.line for r in table.refused] == [4, 5]
    assert table.refused[0].reason == "A charge is a whole number from 1 to 50, not 'two'."
    assert "may be the position of a residue" in table.refused[1].reason


@pytest.mark.parametrize(
    ("spec_id", "scannr", "scan", "rank"),
    [
        ("data/run1_00017_2_1", "17", 17, 1),  # Comet
        ("target_0_17_2_3", "17", 17, 3),  # Crux
        ("run1_SII_9_1_17_2_1", "17", 17, 1),  # MS-GF+
        ("run1.17.17.2_1", "17", 17, None),  # MSFragger
        ("42", "17", 17, None),  # Sage
    ],
)
def test_percolator_s_input(tmp_path: Path, spec_id: str, scannr: str, scan: int, rank: int | None) -> None:
    row = {"SpecId": spec_id, "Label": -1, "ScanNr": scannr, "Charge2": 1, "Peptide": "K.n[42.0106]AC[57.0215]K.R"}
    path = write(tmp_path / "x.pin", [row | {"Proteins": "P1\tP2"}])
    assert sniff(path) == "percolator"
    (psm,) = read_psms(path).psms
    assert (keys_of(psm)["scan"], psm.rank, psm.label, psm.protein) == (scan, rank, "decoy", "P1;P2")
    assert psm.peptide == "[+42.0106]-AC[+57.0215]K/2"


def test_percolator_s_output_names_its_file(tmp_path: Path) -> None:
    row = {"PSMId": "run1_17_2_1", "filename": "d/run1.mzML", "score": 1, "q-value": 0.001, "posterior_error_prob": 0.1}
    (psm,) = read_psms(write(tmp_path / "x.pout", [row | {"peptide": "K.PEPTIDEK.R", "proteinIds": "P1"}])).psms
    assert (psm.run, psm.q_value, keys_of(psm)["scan"]) == ("d/run1.mzML", 0.001, 17)


def test_ms_amanda_is_known_by_its_columns(tmp_path: Path) -> None:
    row = {
        "Scan Number": 17, "Title": "s17", "Sequence": "AcDmK",
        "Modifications": "N-Term(Acetyl|42.010565|fixed);C2(Carbamidomethyl|57.021464|fixed);"
        "M4(Oxidation|15.994915|variable)",
        "Protein Accessions": "P1", "Amanda Score": 100, "Weighted Probability": 1, "m/z": 300, "Charge": 2, "RT": 1,
        "Nr of matched peaks": 1, "Filename": "run1.mgf", "Id": 1, "Rank": 2,
    }  # fmt: skip
    path = write(tmp_path / "out.csv", [row], before="#version: 3.0\n")
    table = read_psms(path)
    assert table.format == "msamanda"
    (psm,) = table.psms
    assert (psm.peptide, psm.rank) == ("[Acetyl]-AC[Carbamidomethyl]DM[Oxidation]K/2", 2)
    (plain,) = read_psms(path, format="plain").psms  # what the columns say is the same
    assert plain.peptide == "[Acetyl]-AC[Carbamidomethyl]DM[Oxidation]K"


def test_ionbot(tmp_path: Path) -> None:
    row = {
        "ionbot_match_id": 1, "spectrum_title": "s17", "scan": 17, "spectrum_file": "run1.mgf", "precursor_mass": 1,
        "peak_intensity": 1, "proteins": "P1", "database": "T", "matched_peptide": "ACMK",
        "modifications": "2|[4]Carbamidomethyl[C]|3|[35]Oxidation[M]", "corrected_retention_time": 1,
        "unique_protein": 1, "psm_score": 5, "q-value": 0.001, "PEP": 0.01, "charge": 2, "m/z": 300,
        "observed_retention_time": 10, "scan_id": 1,
    }  # fmt: skip
    path = write(tmp_path / "ionbot.first.csv", [row], separator=",")
    assert sniff(path) == "ionbot"
    (psm,) = read_psms(path).psms
    found = Peptide.parse(psm.peptide)
    assert found.neutral_mass == pytest.approx(Peptide.parse("AC[Carbamidomethyl]M[Oxidation]K").neutral_mass)


def test_alphadia(tmp_path: Path) -> None:
    row = {
        "precursor_idx": 0, "sequence": "ACMK", "mods": "Carbamidomethyl@C;Oxidation@M", "mod_sites": "2;3",
        "charge": 2, "frame_start": 17, "run": "run1", "decoy": 0, "score": 1, "qval": 0.001, "proba": 0.1,
        "mz_observed": 300, "rt_observed": 1, "mobility_observed": 0, "proteins": "P1", "rank": 0,
    }  # fmt: skip
    path = write(tmp_path / "precursors.tsv", [row])
    assert sniff(path) == "alphadia"
    with pytest.raises(SourceError, match="frames of its own"):
        read_psms(path)
    (psm,) = read_psms(path, columns={"scan": "frame_start"}).psms
    assert (psm.peptide, psm.rank, psm.run) == ("AC[Carbamidomethyl]M[Oxidation]K/2", 1, "run1")


def test_proteoscape(tmp_path: Path) -> None:
    row = {
        "stripped_peptide": "ACMK", "ptms": [57.021464, 15.994915], "ptm_locations": [1, 2], "precursor_charge": 2,
        "ms2_id": 17, "locus_name": ["P1"], "x_corr_score": 2.0, "precursor_mz": 300.0, "rt": 1.0, "ook0": 1.0,
        "rank": 1, "candidate_id": 1, "parent_id": 1, "leading_aa": "K", "trailing_aa": "R", "corrected_ook0": 1.0,
        "tims_score": 1.0, "delta_cn_score": 1.0, "ppm_error": 1.0, "number_matched_ions": 1,
        "number_expected_ions": 1, "ion_proportion": 1.0, "spectrum_total_ion_intensity": 1.0,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "x.candidates.parquet")
    (psm,) = read_psms(tmp_path / "x.candidates.parquet").psms
    assert Peptide.parse(psm.peptide).neutral_mass == pytest.approx(
        Peptide.parse("AC[Carbamidomethyl]M[Oxidation]K").neutral_mass, abs=1e-5
    )


@pytest.mark.parametrize("ending", ["tsv", "parquet", "cbor", "peprec"])
def test_what_psm_utils_writes_comes_back(tmp_path: Path, ending: str) -> None:
    from psm_utils import PSM, PSMList
    from psm_utils.io import write_file
    from psm_utils.io.cbor import CBORWriter

    if ending == "cbor":
        pytest.importorskip("cbor2")
    psms = [
        PSM(peptidoform="AC[Carbamidomethyl]M[Oxidation]K/2", spectrum_id="scan=17", run="run1", rank=1, score=2.0),
        PSM(peptidoform="[Acetyl]-PEPTIDEK/3", spectrum_id="scan=18", run="run1", rank=2, score=1.0),
    ]
    path = tmp_path / f"x.{ending}"
    if ending == "cbor":  # write_file of 1.5 writes it, and then once more without PSMs
        CBORWriter(path).write_file(PSMList(psm_list=psms))
    else:
        write_file(PSMList(psm_list=psms), path, filetype=ending)
    found = read_psms(path).psms
    assert [str(Peptide.parse(p.peptide, p.charge).proforma) for p in found] == [str(p.peptidoform) for p in psms]
    assert [keys_of(p)["scan"] for p in found] == [17, 18]


def test_entries_that_psm_utils_passes_over_are_told(tmp_path: Path) -> None:
    entries = [{"peptidoform": p, "spectrum_id": "scan=1"} for p in ("PEPTIDEK/2", "PEPK", "AAAK/2")]
    entries[1]["rank"] = "first"
    path = tmp_path / "x.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    table = read_psms(path)
    assert [p.peptide for p in table.psms] == ["PEPTIDEK/2", "AAAK/2"]
    assert [r.line for r in table.refused] == [2]


def test_a_title_in_mzidentml_does_not_hide_the_native_id(odd_files: Path, tmp_path: Path) -> None:
    text = (
        (odd_files / "test.mzid").read_text(encoding="utf-8").replace('spectrumID="databasekey=', 'spectrumID="scan=')
    )
    param = '<cvParam accession="MS:1000796" cvRef="PSI-MS" name="spectrum title" value="a title"/>'
    path = tmp_path / "x.mzid"
    path.write_text(
        text.replace("</SpectrumIdentificationResult>", param + "</SpectrumIdentificationResult>"), encoding="utf-8"
    )
    keys = keys_of(read_psms(path).psms[0])
    assert (keys["title"], keys["native id"], keys["scan"]) == ("a title", "scan=1", 1)


def test_a_table_that_names_no_spectrum_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.flashlfq.tsv", [{"File Name": "a", "Full Sequence": "PEPTIDEK", "Precursor Charge": 2}])
    with pytest.raises(SourceError, match="does not say which spectrum"):
        read_psms(path)


@pytest.mark.parametrize("format", ["msms", "sage_tsv", "fragpipe", "diann", "mzid", "pepxml", "xtandem", "parquet",
                                    "proteome_discoverer", "idxml", "mztab", "plain", "json", "spectra", "percolator",
                                    "alphadia", "peprec", "ionbot", "msamanda", "tsv", "sage_parquet", "proteoscape",
                                    "cbor"])  # fmt: skip
@pytest.mark.parametrize("content", [b"\x00\xff\xfe garbage \x80" * 50, b"a\tb\n1\t2\n", b"<a>", b"\n\n"])
def test_garbage_is_told_in_one_line(tmp_path: Path, format: str, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(SourceError) as told:
        read_psms(path, format=format)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 700
