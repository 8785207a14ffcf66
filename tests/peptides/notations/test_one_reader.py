"""MGF, MSP, tables and the app's field read one notation alike, and nothing that is not a mass becomes one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from peploss import limits
from peploss.dataset.tables import read_psms
from peploss.errors import PeptideError
from peploss.peptides.notations import as_proforma, merged, paired, proforma, sites_of, unflanked
from peploss.peptides.peptide import Peptide
from peploss.spectra.readers import open_spectra

WRITTEN = [
    ("_(ac)AAM(ox)K_", "[Acetyl]-AAM[Oxidation]K"),
    ("AC(UniMod:4)DK", "AC[Carbamidomethyl]DK"),
    ("n[43]AC[160]K", "[Acetyl]-AC[Carbamidomethyl]K"),
    ("M(Oxidation)AC(Carbamidomethyl (C))K", "M[Oxidation]AC[Carbamidomethyl]K"),
    ("+42.011AC+57.021DEK", "[+42.011]-AC[+57.021]DEK"),
    ("M(+15.99)PEC(+57.02)K", "M[+15.99]PEC[+57.02]K"),
    ("K.PEPC(+57.02)K", "PEPC[+57.02]K"),
    (".(Acetyl)M(Oxidation)K.(Amidated)", "[Acetyl]-M[Oxidation]K-[Amidated]"),
    ("[Common Biological:Acetylation on X]AM[Common Variable:Oxidation on M]K", "[Acetyl]-AM[Oxidation]K"),
    ("P,C(Carbamidomethylation),M(Oxidation),K", "PC[Carbamidomethyl]M[Oxidation]K"),
    ("P,Cmod,Mmod,K", "PC[Carbamidomethyl]M[Oxidation]K"),
    ("-17.027+43.006PEPK", "[+25.979]-PEPK"),
    ("[UNIMOD:1]PEPS[UNIMOD:21]K", "[Acetyl]-PEPS[Phospho]K"),
    ("PEpSpTIDEK", "PES[Phospho]T[Phospho]IDEK"),
    ("n[42.0106]PEPK.R", "[+42.0106]-PEPK"),
    ("K.PEPM+15.995.R", "PEPM[+15.995]"),
    ("_AAM[Oxidation (M)]K_.2", "AAM[Oxidation]K/2"),
    ("PEPTIDEKc[17]", "PEPTIDEK"),
    ("PRT(ESFRMS)[+19.05]ISK", None),
    ("(?DQ)NGTWEM", None),
    ("[Phospho]?PEPTIDEK", None),
    ("PEPTIDE-[Amidated]/2", "PEPTIDE-[Amidated]/2"),
]


@pytest.mark.parametrize(("text", "meant"), [w for w in WRITTEN if w[1]], ids=[w[0] for w in WRITTEN if w[1]])
def test_all_doors_read_the_same(tmp_path: Path, text: str, meant: str) -> None:
    right = Peptide.parse(meant)
    mgf = tmp_path / "a.mgf"
    mgf.write_text(f"BEGIN IONS\nTITLE=a\nSEQ={text}\n100.5 1\nEND IONS\n", encoding="utf-8")
    table = tmp_path / "a.tsv"
    table.write_text(f"title\tpeptide\na\t{text}\n", encoding="utf-8")
    with open_spectra(mgf) as file:
        found = [file.read(0).peptide, read_psms(table).psms[0].peptide, as_proforma(text)[0]]
    if "," not in text:  # commas separate fields of an MSP
        msp = tmp_path / "a.msp"
        name = text.removesuffix("/2")
        if name == text and not name.endswith("_.2"):
            msp.write_text(f"Name: {name}/2\nNum peaks: 1\n100.5 1\n", encoding="utf-8")
            with open_spectra(msp) as file:
                found.append(file.read(0).peptide)
    for one in found:
        assert one is not None
        assert Peptide.parse(one).residue_masses == pytest.approx(right.residue_masses, abs=1e-3), found
        assert Peptide.parse(one).neutral_mass == pytest.approx(right.neutral_mass, abs=1e-3), found


@pytest.mark.parametrize("text", [w[0] for w in WRITTEN if not w[1]])
def test_proforma_of_open_places_is_left_to_its_own_reader(text: str) -> None:
    assert as_proforma(text) == (text, "")


def test_what_it_became_is_said() -> None:
    assert as_proforma(" C+57.021AM(ox)K ")[1] == "C+57.021AM(ox)K was read as C[+57.021]AM[Oxidation]K."
    assert as_proforma("C[+57.021]AM[Oxidation]K/2")[1] == ""


@pytest.mark.parametrize(
    "text",
    [
        "PEPTIDEK(8)", "PEPTIDEK(8)PEPTIDER(3)", "AKBCR(2)-DEKR(3)", "PEPKTIDEK(4)(9)", "PEPKTIDEK(4-9)",
        "PEPKTIDEK[4,9]", "PEPTIDEK[8]", "AC(1)DEM(2)K", "PEPC(0)K", "ELVISK(4;6)",
    ],
)  # fmt: skip
def test_positions_are_refused_as_such(text: str) -> None:
    with pytest.raises(PeptideError, match="position of a residue") as told:
        proforma(text)
    assert "linear" in str(told.value)


@pytest.mark.parametrize(
    ("text", "mass"),
    [("AC(57)K", 57), ("AM(16)K", 16), ("S[167]PEK", 79.966331), ("AC[+57]K", 57), ("PEPTIDEPEPM[16]K", 16)],
)
def test_numbers_that_are_masses_stay(text: str, mass: float) -> None:
    bare = Peptide.parse("".join(c for c in text if c.isupper())).neutral_mass
    assert Peptide.parse(proforma(text)).neutral_mass - bare == pytest.approx(mass, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["1" * 15_000, "[" * 15_000, "(" * 15_000, "+1" * 7_000 + "!", "A" * 15_000 + "[", "A(" * 7_000, "A.B." * 4_000,
     "n[1]" * 4_000, "1.1" * 5_000 + "A", "A,(" * 5_000, "c[" * 7_000, "-(" * 7_000],
)  # fmt: skip
def test_time_grows_with_length_and_not_with_its_power(text: str) -> None:
    start = time.process_time()
    try:
        proforma(text)
        unflanked(text)
    except PeptideError:
        pass
    assert time.process_time() - start < 1.0


def test_a_peptide_is_no_longer_than_it_can_be() -> None:
    with pytest.raises(PeptideError, match=r"there are 20,001\..*PEPLOSS_MAX_PEPTIDE"):
        proforma("A" * (limits.PEPTIDE.default + 1))
    assert len(proforma("A" * limits.PEPTIDE.default)) == limits.PEPTIDE.default


LISTS = [
    "2C(57.02146), 5M(15.9949)", "2_S_57.02146,5_V_15.9949", "2,Carbamidomethyl[C];5,Oxidation[M];",
    "C2(Carbamidomethyl); M5(Oxidation)", "1xCarbamidomethyl [C2]; 1xOxidation [M5]", "Carbamidomethyl:2;Oxidation:5",
    "2|Carbamidomethyl|5|Oxidation", "2-UNIMOD:4,5-UNIMOD:35", "2|[4]Carbamidomethyl[C]|5|[35]Oxidation[M]",
    "C2(Carbamidomethyl|57.021464|fixed);M5(Oxidation|15.994915|variable)", "Oxidation (M); Carbamidomethyl (C)",
    "Carbamidomethyl@C:2;Oxidation@M:5", "1 Oxidation (M),Carbamidomethyl (C)",
]  # fmt: skip


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("peptide", ["ACDEMFGHIK", "ACDEM[15.9949]FGHIK", "AC[160]DEM[147]FGHIK", "K.ACDEMFGHIK.R/2"])
def test_lists_of_every_dialect(text: str, peptide: str) -> None:
    right = Peptide.parse("AC[Carbamidomethyl]DEM[Oxidation]FGHIK")
    found = Peptide.parse(proforma(merged(peptide, sites_of("ACDEMFGHIK", text))))
    assert found.residue_masses == pytest.approx(right.residue_masses, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("N-Term(Prot)(Acetyl); C7(Carbamidomethyl)", "[Acetyl]-SAMPLEC[Carbamidomethyl]R"),
        ("N-term(42.0106)", "[+42.0106]-SAMPLECR"),
        ("1_V_42.010565_n,7_S_57.02146", "[+42.010565]-SAMPLEC[+57.02146]R"),
        ("0,Acetyl[ProteinN-term];", "[Acetyl]-SAMPLECR"),
        ("Acetyl:0", "[Acetyl]-SAMPLECR"),
        ("1xAcetyl [N-Term]; 1xCarbamidomethyl [C7]", "[Acetyl]-SAMPLEC[Carbamidomethyl]R"),
        ("0|Acetyl|-1|Amidated", "[Acetyl]-SAMPLECR-[Amidated]"),
        ("Acetyl (Protein N-term)", "[Acetyl]-SAMPLECR"),
        ("Unmodified", "SAMPLECR"),
    ],
)
def test_ends_in_lists(text: str, meant: str) -> None:
    found = Peptide.parse(merged("SAMPLECR", sites_of("SAMPLECR", text)))
    assert found.neutral_mass == pytest.approx(Peptide.parse(meant).neutral_mass, abs=1e-3)
    assert found.residue_masses == pytest.approx(Peptide.parse(meant).residue_masses, abs=1e-3)


def test_lists_that_leave_the_place_open_or_contradict() -> None:
    with pytest.raises(ValueError, match="which of 2 residues"):
        sites_of("MAM", "Oxidation (M)")
    with pytest.raises(ValueError, match="no M at position 1"):
        sites_of("AM", "M1(Oxidation)")
    with pytest.raises(ValueError, match=r"Oxidation at position 2, the list beside it Phospho"):
        merged("AM[Oxidation]", [(2, "Phospho")])
    with pytest.raises(ValueError, match="cannot be read"):
        sites_of("AM", "something else")
    with pytest.raises(ValueError, match="names 2 modifications"):
        paired("ACMK", "Carbamidomethyl@C;Oxidation@M", "2")
    with pytest.raises(ValueError, match="position 9"):
        merged("AM", [(9, "Oxidation")])
