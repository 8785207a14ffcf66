"""Pasted peak lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import PeplossError, SourceError, SpectrumError
from peploss.spectra.pasted import parse_peak_list


@pytest.mark.parametrize("separator", [" ", "\t", ",", ";", ", ", "; ", "  "])
@pytest.mark.parametrize("header", ["", "m/z{s}intensity\n", "# from the paper\n\n", "Mass{s}Int{s}Ion\n"])
def test_separators_and_headers(separator: str, header: str) -> None:
    text = header.format(s=separator) + f"175.119{separator}1200.5\n\n  72.0444{separator}5e2{separator}b1 ion\n"
    spectrum = parse_peak_list(text, 500.25, 2)
    assert spectrum.mz.tolist() == [72.0444, 175.119]
    assert spectrum.intensity.tolist() == [500, 1200.5]
    assert (spectrum.precursor_mz, spectrum.precursor_charge, spectrum.source) == (500.25, 2, "pasted")
    assert bool(spectrum.notes) is (header[:1] in ("m", "M"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("100 1\n200", "Line 2: '200' is not a peak"),
        ("100 1\nabc", "Line 2: 'abc' is not a peak"),
        ("100 1\n200 x", "Line 2"),
        ("m/z\n100x 1", "Line 2"),
        ("175,119 1200,5", "decimal commas"),
        ("175,119;1200,5", "decimal commas"),
        ("175,119\t1200", "decimal commas"),
        ("1.175,119 1200", "decimal commas"),
        ("100.5 12,1", "decimal commas"),
        ("175,119,1200", "decimal commas"),
        ("175,119,1200,5", "decimal commas"),
        ("100 -1", "not negative"),
        ("100 nan", "finite"),
        ("0 5", "positive"),
        ("100 1e999", "finite"),
    ],
)
def test_a_bad_line_is_named(text: str, words: str) -> None:
    with pytest.raises(SpectrumError) as raised:
        parse_peak_list(text)
    assert words in raised.value.problem
    assert raised.value.where == "pasted list"


@pytest.mark.parametrize(("text", "words"), [("", "is empty"), (" \n", "is empty"), ("hello\nworld", "'hello'")])
def test_no_peaks(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_peak_list(text)


@pytest.mark.parametrize(("mz", "charge"), [(0, 2), (-5, 2), (float("nan"), 2), (500, 0)])
def test_impossible_precursors(mz: float, charge: int) -> None:
    with pytest.raises(SpectrumError, match="precursor"):
        parse_peak_list("100 1", mz, charge)


BLOCK = "BEGIN IONS\nTITLE=t\nPEPMASS=500.25\nCHARGE=3+\nSEQ=PEPTIDE\n100 1\n200 2\nEND IONS\n"


def test_a_whole_mgf_block() -> None:
    spectrum = parse_peak_list("\ufeff\n" + BLOCK + "\n")
    assert (spectrum.title, spectrum.precursor_mz, spectrum.precursor_charge) == ("t", 500.25, 3)
    assert (spectrum.peptide, spectrum.source, len(spectrum)) == ("PEPTIDE", "pasted", 2)
    assert parse_peak_list(BLOCK, 600.0, 2).precursor_mz == 600
    assert parse_peak_list(BLOCK.replace("END IONS", "")).mz.tolist() == [100, 200]  # a selection cut short


def test_mgf_blocks_that_cannot_be_used() -> None:
    with pytest.raises(SourceError, match="2 MGF blocks"):
        parse_peak_list(BLOCK * 2)
    with pytest.raises(SpectrumError, match="Line 8: '200 x'"):
        parse_peak_list("\n" + BLOCK.replace("200 2", "200 x"))


@given(st.text(st.sampled_from("0123456789.,;eE+- \t\nabNIO#=\ud800"), max_size=60) | st.text(max_size=60))
def test_any_text(text: str) -> None:
    try:
        spectrum = parse_peak_list(text)
    except PeplossError:
        return
    assert len(spectrum) > 0
