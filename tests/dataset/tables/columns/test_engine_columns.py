"""Tables made after what engines document: their columns mean what their makers say, or are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.errors import SourceError

MZID = (
    '<MzIdentML><SequenceCollection><DBSequence id="d" accession="P1"/>{peptides}<PeptideEvidence id="e" '
    'peptide_ref="p" dBSequence_ref="d" isDecoy="{decoy}"/></SequenceCollection><SpectraData id="s" '
    'location="file:///data/run1.mzML"/><SpectrumIdentificationResult spectrumID="{spectrum}" spectraData_ref="s">'
    '<SpectrumIdentificationItem chargeState="2" rank="1" {of} calculatedMassToCharge="{mz}"><PeptideEvidenceRef '
    'peptideEvidence_ref="e"/><cvParam accession="MS:1001950" name="PEAKS:peptideScore" value="87.5"/>'
    "</SpectrumIdentificationItem></SpectrumIdentificationResult></MzIdentML>"
)
PEPTIDE = '<Peptide id="p"><PeptideSequence>{}</PeptideSequence>{}</Peptide>'


def read(tmp_path: Path, text: str, name: str = "t.csv") -> PsmColumns:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return PsmColumns.of(read_psms(tmp_path / name).psms)


def test_powernovo(tmp_path: Path) -> None:
    (psm,) = read(tmp_path, "TITLE,SCAN,PEPTIDE,CONFIDENCE,CHARGE\nrun1.101.101.2,101,AC(+57.02)DEK,0.9,2\n")
    assert (psm.peptide, psm.keys["scan"], psm.charge) == ("AC[+57.02]DEK", 101, 2)
    (psm,) = read(tmp_path, "title,scan,denovo_peptide,score\nt,101,PEPTIDEK,0.8\n")
    assert (psm.peptide, psm.score) == ("PEPTIDEK", 0.8)


def test_pi_helixnovo_has_the_truth_in_its_label(tmp_path: Path) -> None:
    found = read(tmp_path, "title\tlabel\tprediction\tcharge\tscore\nt1\tAAC+57.021AK\tAAM+15.995AK\t2\t0.5\n", "t.tsv")
    assert [(p.peptide, p.label, p.truth) for p in found] == [
        ("AAM[+15.995]AK", "", "AAC[+57.021]AK"), ("AAC[+57.021]AK", "truth", "AAC[+57.021]AK"),
    ]  # fmt: skip


def test_mascot_names_modifications_and_their_places_apart(tmp_path: Path) -> None:
    head = "Mascot Search Results\n--------\npep_query,pep_rank,pep_exp_mz,pep_exp_z,"
    head += "pep_seq,pep_var_mod,pep_var_mod_pos,pep_scan_title\n"
    rows = [
        "1,1,500.5,2,AMCMK,Oxidation (M),0.01000.0,run1.101.101.2",
        "2,1,500.5,2,AMCMK,Oxidation (M); Acetyl (N-term),2.01010.0,run1.102.102.2",
        "3,1,500.5,2,AMCMK,,,run1.103.103.2",
        "4,1,500.5,2,AMCMK,Oxidation (M),0.0100.0,run1.104.104.2",
    ]
    (tmp_path / "t.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    table = read_psms(tmp_path / "t.csv")
    assert [p.peptide for p in table.psms] == ["AM[Oxidation]CMK", "[Acetyl]-AM[Oxidation]CM[Oxidation]K", "AMCMK"]
    assert any("places" in r.reason for r in table.refused)


def test_peaks_mzidentml(tmp_path: Path) -> None:
    modification = (
        '<Modification location="2" residues="C" monoisotopicMassDelta="57.02146"><cvParam accession="MS:1001460" '
        'name="unknown modification" value="Carbamidomethylation"/></Modification>'
    )
    peptide = PEPTIDE.format("ACDK", modification)
    text = MZID.format(peptides=peptide, decoy="false", spectrum="scan=101", of='peptide_ref="p"', mz="254.1052")
    (psm,) = read(tmp_path, text, "peaks.mzid")
    assert (psm.peptide, psm.score, psm.label, psm.protein) == ("AC[+57.021460]DK/2", 87.5, "target", "P1")
    # PEAKS of old gives the peptide in the evidence alone.
    (psm,) = read(tmp_path, text.replace('peptide_ref="p" calc', "calc", 1), "old.mzid")
    assert psm.peptide == "AC[+57.021460]DK/2"


def test_a_substitution_is_the_residue_that_stands_there(tmp_path: Path) -> None:
    change = (
        '<SubstitutionModification originalResidue="D" replacementResidue="E" location="3" '
        'monoisotopicMassDelta="14.01565"/>'
    )
    text = MZID.format(peptides=PEPTIDE.format("ACDK", change), decoy="true", spectrum="index=4",
                       of='peptide_ref="p"', mz="232.6049")  # fmt: skip
    (psm,) = read(tmp_path, text, "t.mzid")
    assert (psm.peptide, psm.label, psm.keys["native id"]) == ("ACEK/2", "decoy", "index=4")
    wrong = text.replace('location="3"', 'location="9"')
    with pytest.raises(SourceError, match="substitution at 9"):
        read(tmp_path, wrong, "wrong.mzid")


def test_a_modification_on_a_residue_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = "scan\tsequence\tmods\tmod_sites\n1\tACMK\tOxidation@M;Carbamidomethyl@C\t3;2\n2\tACMK\tOxidation@M\t2\n"
    (tmp_path / "t.tsv").write_text(text, encoding="utf-8")
    table = read_psms(tmp_path / "t.tsv")
    assert [p.peptide for p in table.psms] == ["AC[Carbamidomethyl]M[Oxidation]K"]
    assert table.refused[0].reason == "There is no M at position 2 of ACMK."


def test_names_of_columns_with_signs(tmp_path: Path) -> None:
    (psm,) = read(tmp_path, "Scan #,Peptide,z\nscan=101,K.AC[+57.021]DK.R,2\n")
    assert (psm.peptide, psm.keys["native id"]) == ("AC[+57.021]DK", "scan=101")
    (psm,) = read(tmp_path, "Peptide Modified Sequence,Precursor Charge,Scan Number\nAC[+57.021464]K,2,5\n")
    assert psm.peptide == "AC[+57.021464]K"


X_TANDEM = (
    '<bioml label="models from \'/data/run1.mgf\'"><group id="7" mh="{mh}" z="2" type="model">{proteins}<group '
    'type="support" label="fragment ion mass spectrum"><note label="Description">run1.101.101.2</note></group></group>'
    "</bioml>"
)
DOMAIN = (
    '<protein label="{label}"><peptide start="1" end="99"><domain start="{start}" end="{end}" expect="0.01" mh="500.1" '
    'seq="ACDMK">{changes}</domain></peptide></protein>'
)


def test_x_tandem_counts_places_from_its_protein(tmp_path: Path) -> None:
    change = '<aa type="M" at="{}" modified="15.9949"/>'
    twice = [
        DOMAIN.format(label=p, start=s, end=s + 4, changes=change.format(s + 3)) for p, s in (("P1", 11), ("P2", 40))
    ]
    (psm,) = read(tmp_path, X_TANDEM.format(mh="501.0", proteins="".join(twice)), "t.xml")
    assert (psm.peptide, psm.protein, psm.run, psm.spectrum) == (
        "ACDM[+15.99490]K/2", "P1;P2", "/data/run1.mgf", "run1.101.101.2",
    )  # fmt: skip
    assert psm.precursor_mz == pytest.approx((501.0 + 1.00727646) / 2)


def test_x_tandem_s_mutations_and_what_is_not_there(tmp_path: Path) -> None:
    mutated = DOMAIN.format(label="P1:reversed", start=1, end=5, changes='<aa type="D" at="3" modified="14.0" pm="E"/>')
    (psm,) = read(tmp_path, X_TANDEM.format(mh="501.0", proteins=mutated), "t.xml")
    assert (psm.peptide, psm.label) == ("ACEMK/2", "decoy")
    wrong = DOMAIN.format(label="P1", start=1, end=5, changes='<aa type="W" at="3" modified="14.0"/>')
    with pytest.raises(SourceError, match="A modification of 'W' at 3 is not in ACDMK"):
        read(tmp_path, X_TANDEM.format(mh="501.0", proteins=wrong), "wrong.xml")
