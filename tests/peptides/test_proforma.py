from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyteomics import proforma as pyteomics_proforma

from peploss.errors import PeptideError
from peploss.peptides import proforma
from peploss.peptides.peptide import Peptide


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("PEPTIDB", 6, "N or D"),
        ("ZPEP", 0, "Q or E"),
        ("PEPXK", 3, "no mass of its own"),
        ("pePTIDE", 0, "Lower-case"),
        ("PEPTsIDE", 4, r"S\[Phospho\]"),
        ("  PEPtIDE", 5, "Lower-case"),
        ("PEP TIDE", 3, "white space"),
        ("PEPTIDE 2", 7, "charge is written as /2"),
        ("PEP*TIDE", 3, "not an amino acid"),
        ("PEP–TIDE", 3, "not an amino acid"),
        ("PEP.K", 3, "not an amino acid"),
        ("PEP]K", 3, "never opened"),
        ("M[Oxidation", 1, "never closed"),
        ("M[Xlink:DTSSP[88]", 1, "never closed"),
        ("<[Oxidation]@M", 0, "never closed"),
        ("{Hex", 0, "never closed"),
        ("[Acetyl]", 0, "stands on nothing"),
        ("[Acetyl]PEPTIDE", 0, "hyphen"),
        ("[Acetyl]-", 8, "residue was expected"),
        ("<[Carbamidomethyl]@C>", 20, "residue was expected"),
        ("[Acetyl]--PEP", 9, "residue was expected"),
        ("PEPTIDE-", 7, "C-terminal modification was expected"),
        ("H-PEPTIDE-OH", 1, "C-terminal modification was expected"),
        ("PEPTIDE-[Amidated]K", 18, "Only a charge may follow"),
        ("PEPTIDE/", 7, "charge from 1"),
        ("PEPTIDE/0", 7, "charge from 1"),
        ("PEPTIDE/-2", 7, "charge from 1"),
        ("PEPTIDE/²", 7, "charge from 1"),
        ("PEPTIDE/100", 7, "charge from 1"),
        ("PEPTIDE/2+", 9, "behind the charge"),
        ("PEPTIDE/2+PEPTIDE/3", 9, "Several peptides"),
        ("PEPTIDE//PEPTIDE", 7, "Cross-linked"),
        ("PEPTIDE/2[+2Na+,+H+]", 9, r"The charge carriers \[\+2Na\+,\+H\+\] are not 2 protons"),
        ("M(ox)K", 1, r"M\[Oxidation\]"),
        ("M(UniMod:35)K", 1, r"M\[UNIMOD:35\]"),
        ("M(+15.99)K", 1, r"M\[\+15.99\]"),
        ("_(ac)PEPTIDE_", 1, "square brackets"),
        ("M+15.99K", 1, r"M\[\+15.9949\]"),
        ("M[15.99]K", 2, r"\[\+15.99\]"),
        ("M[]K", 2, "expected between the brackets"),
        ("M[ ]K", 3, "expected between the brackets"),
        ("M[+15,99]K", 2, "not a mass shift"),
        ("M[+inf]K", 2, "not a mass shift"),
        ("M[+1e9]K", 2, "not a mass shift"),
        ("M[Formula:Qq2]K", 2, "not a chemical formula"),
        ("M[Formula:]K", 2, "not a chemical formula"),
        ("M[Oxidatoin]K", 2, "Did you mean Oxidation"),
        ("M[ Oxidatoin]K", 3, "Did you mean Oxidation"),
        ("[Acetil]-PEP", 1, "Did you mean Acetyl"),
        ("PEP-[Amidatd]", 5, "Did you mean Amidated"),
        ("<[Carbamidometyl]@C>AK", 2, "Did you mean Carbamidomethyl"),
        ("{Hexx}AK", 1, "Did you mean Hex"),
        ("M[MOD:99999]K", 2, "PSI-MOD has no modification '99999'"),
        ("M[MOD:0]K", 2, "PSI-MOD has no modification '0'"),
        ("M[RESID:AA9999]K", 2, "RESID has no modification 'AA9999'"),
        ("K[X:qqq]K", 2, "XL-MOD has no modification 'qqq'"),
        ("M[MOD:00000]K", 2, "gives no mass"),
        ("N[GNO:G59626AS]K", 2, "names a glycan and not its mass"),
        ("N[Glycan:Hexx]K", 2, "'x' is not a monosaccharide"),
        ("N[Glycan:]K", 2, "is not a monosaccharide"),
        ("N[Glycan:Hex0]K", 2, "is not a monosaccharide"),
        ("PRT(EC[Carbamidomethyl]FRMS)[+19.05]ISK", 3, r"in the range ECFRMS .* as in E\[\+19.05\]"),
        ("PRT(ESFRMS)[Oxidation][Methyl]ISK", 3, r"as in E\[Oxidation\]"),
        ("PRT(ESF)K", 3, "without a modification behind"),
        ("(>Heavy chain)PEK", 0, "A name of the peptide"),
        ("PEB[+0.98]K", 2, r"X\[\+114.0429\]"),
        ("PEX[+10]K", 2, "lighter than any residue"),
        ("PEX[Oxidation]K", 2, "lighter than any residue"),
        ("PEK/2[+H+]", 5, r"\[\+H\+\] are not 2 protons"),
        ("PEK/2[+2H+]K", 11, "behind the charge"),
        ("K" * 20_001, 0, "At most 20,000 characters of a peptide"),
        ("<[+1]@K>" * 101 + "K", 807, "more than 100 fixed"),
        ("M[" + "x" * 19_000 + "]K", 2, "Unimod has no modification"),
        ("M[+" + "9" * 19_000 + "]K", 2, "not a mass shift"),
        ("M[UNIMOD:" + "9" * 19_000 + "]K", 2, "Unimod has no modification"),
        ("M[Formula:C" + "9" * 19_000 + "]K", 2, "not a chemical formula"),
        ("M[Formula:C" + "9" * 400 + "]K", 2, "not a chemical formula"),
        ("K/" + "9" * 19_000, 1, "charge from 1"),
        ("N[Glycan:Hex" + "9" * 19_000 + "]K", 2, "is not a monosaccharide"),
        ("PE(PT)[+1]K", 2, "range"),
        ("(?DQ)NK", 0, "The order of DQ is left open"),
        ("(?XX)NK", 0, "The order of XX is left open"),
        ("[Phospho]?STK", 0, "unknown position"),
        ("[Phospho]^2?STK", 0, "unknown position"),
        ("S[Phospho#g1]T[#g1]K", 9, "several possible positions"),
        ("K[#XL1]K", 2, "cross-link"),
        ("<D>PEPTIDE", 0, r"leaves open which atoms are labelled"),
        ("<13C><18O>PEPTIDE", 5, r"Hydrogen and oxygen exchange"),
        ("<34S>PEPTIDE", 0, r"<34S> is no global isotope"),
        ("<13C>PEM[+15.9949]K", 9, r"labels the atoms of \+15.9949"),
        ("<13C>PEM[Oxidation]X[+113.084]K", 21, r"labels the atoms of \+113.084"),
        ("PRT(ES(FR)[+1]MS)[+2]ISK", 3, "A range inside a range"),
        ("[Oxidation]?PEMK", 0, r"Put \[Oxidation\] behind the residue"),
        ("PEK/1[+Na+]", 5, r"\[\+Na\+\] are not 1 proton;"),
        ("PEK/2[+Na+,+H+]", 5, r"\[\+Na\+,\+H\+\] are not 2 protons;"),
        ("<[Oxidation]>MK", 0, "needs the residues"),
        ("<[Oxidation]@M,B>MK", 15, "cannot go on 'B'"),
        ("<[Oxidation]@M,>MK", 15, "cannot go on ''"),
        ("<[Oxidation]@M>M[Oxidation]K", 2, "count it twice"),
        ("K[-500]", 2, "more mass than residue 1"),
        ("[-500]-K", 1, "more mass than residue 1"),
    ],
)
def test_one_sentence_that_points_at_the_place(text, position, says):
    with pytest.raises(PeptideError, match=says) as error:
        Peptide.parse(text)
    assert error.value.position == position
    assert error.value.text == text
    assert len(str(error.value)) < 260


PIECES = (
    "P E K M X B [ ] { } < > ( ) - / 2 + ? ^ @ , # | : _ . [Oxidation] [+1] Acetyl <[Oxidation]@M> N-term U:35 INFO:"
)
structured = st.lists(st.sampled_from([*PIECES.split(), " ", "\n"]), max_size=14).map("".join)


@given(structured | st.text(max_size=12))
def test_any_text_is_a_peptide_or_a_peptide_error_with_its_place(text):
    problem = None
    try:
        peptide = Peptide.parse(text)
    except PeptideError as error:
        problem = error
    if problem is None:
        assert peptide.neutral_mass > 0
        assert Peptide.parse(peptide.proforma).proforma == peptide.proforma
    else:
        assert problem.position is not None
        assert 0 <= problem.position < max(1, len(text))


residue = st.tuples(
    st.sampled_from("ACDEFGHIKLMNPQRSTVWY"),
    st.sampled_from(
        ["", "", "[Oxidation]", "[+15.9949]", "[Phospho][Methyl]", "[Xlink:DTSSP[88]]", "[U:Acetyl|INFO:x]"]
    ),
).map("".join)


@given(
    st.sampled_from(["", "<[Carbamidomethyl]@C>", "<[TMT6plex]@K,N-term>", "{Hex}"]),
    st.sampled_from(["", "[Acetyl]-"]),
    st.lists(residue, min_size=1, max_size=12).map("".join),
    st.sampled_from(["", "-[Amidated]"]),
    st.sampled_from(["", "/2"]),
)
def test_structure_is_that_of_pyteomics(start, n_term, middle, c_term, charge):
    text = start + n_term + middle + c_term + charge
    mine = proforma.read(text)
    sequence, properties = pyteomics_proforma.parse(text)

    def plain(tags):
        return [str(tag) for tag in tags or ()]

    assert [r for r, _ in sequence] == list(mine.residues)
    for (_, theirs), tags in zip(sequence, mine.tags, strict=True):
        assert plain(theirs) == [_spelling(tag.text) for tag in tags]
    assert plain(properties["n_term"]) == [tag.text for tag in mine.n_term]
    assert plain(properties["c_term"]) == [tag.text for tag in mine.c_term]
    assert plain(properties["labile_modifications"]) == [tag.text for tag in mine.labile]
    assert [str(rule.modification_tag) for rule in properties["fixed_modifications"]] == [
        r.tag.text for r in mine.fixed
    ]
    state = properties["charge_state"]
    assert (state and state.charge) == mine.charge
    for place, letter in zip(mine.positions, mine.residues, strict=True):
        assert text[place] == letter
    for tag in (*mine.n_term, *mine.c_term, *mine.labile, *(t for tags in mine.tags for t in tags)):
        assert text[tag.position :].startswith(tag.text)


def _spelling(tag: str) -> str:
    return tag.replace("U:", "UNIMOD:").replace("INFO:", "")  # pyteomics writes the long prefix, and INFO without
