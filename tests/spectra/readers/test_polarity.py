"""Spectra of negative mode are refused, with the reason, in every format."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from peploss.errors import SpectrumError
from peploss.spectra.pasted import parse_peak_list
from peploss.spectra.readers import open_spectra
from peploss.spectra.record import NEGATIVE

Build = Callable[..., bytes]
Element = Callable[..., str]

CASES = Path(__file__).resolve().parents[1] / "cases"
MGF = "BEGIN IONS\nTITLE=a\nPEPMASS=624.0\n{}\n175.119 10\n262.151 20\nEND IONS\n"
MSP = "Name: PEPTIDEK/2\n{}\nComment: Parent=464.73\nNum peaks: 2\n147.1 5\n276.1 9\n"


def reasons(data: bytes, name: str) -> list[str]:
    """Why spectra cannot be used: by ``problems``, ``read`` and ``batches`` alike."""
    with open_spectra(io.BytesIO(data), name) as spectra:
        found = [p.reason for p in spectra.problems]
        batched = [reason for batch in spectra.batches() for reason in batch.problem if reason]
        assert batched == found
        for problem in spectra.problems:
            with pytest.raises(SpectrumError, match="negative mode"):
                spectra.read(problem.index)
        return found


@pytest.mark.parametrize("case", ["negative.mzML", "negative.mzXML", "negative.mgf"])
def test_files_of_one_negative_spectrum(case: str) -> None:
    assert reasons((CASES / case).read_bytes(), case) == [NEGATIVE]


@pytest.mark.parametrize(
    "line",
    ["CHARGE=3-", "CHARGE=-2", "CHARGE=2- and 3-", "IONMODE=Negative", "CHARGE=2\nPOLARITY=-", "ION_MODE=negative"],
)
def test_mgf_says_so_by_charge_or_word(line: str) -> None:
    assert reasons(MGF.format(line).encode(), "a.mgf") == [NEGATIVE]


def test_the_head_of_an_mgf_counts_for_its_blocks() -> None:
    block = MGF.format("COM=x")
    assert reasons(f"IONMODE=negative\n{block}{block}".encode(), "a.mgf") == [NEGATIVE] * 2
    assert reasons(f"CHARGE=2-\n{block}{block.replace('COM=x', 'CHARGE=2+')}".encode(), "a.mgf") == [NEGATIVE]


@pytest.mark.parametrize("line", ["CHARGE=3+", "IONMODE=Positive\nCHARGE=2+", "POLARITY=+", "COM=negative control"])
def test_positive_mgf_is_read(line: str) -> None:
    assert reasons(MGF.format(line).encode(), "a.mgf") == []


@pytest.mark.parametrize(
    "line", ["Ion_mode: N", "IONMODE: Negative", "Precursor_type: [M-H]-", "PRECURSORTYPE: [M-2H]2-\nCharge: 2"]
)
def test_msp(line: str) -> None:
    assert reasons(MSP.format(line).encode(), "a.msp") == [NEGATIVE]
    assert reasons(MSP.format("Ion_mode: P").encode(), "a.msp") == []


NEGATIVE_SCAN = '<cvParam cvRef="MS" accession="MS:1000129" name="{}" value=""/>'


@pytest.mark.parametrize("name", ["negative scan", "polarity: -"])  # the accession is what counts
@pytest.mark.parametrize("width", ["<f8", "<i4"])  # plain, and what pyteomics must be asked for
def test_mzml_by_accession(mzml: Build, spectrum_xml: Element, name: str, width: str) -> None:
    one = spectrum_xml(1, extra=NEGATIVE_SCAN.format(name))
    if width == "<i4":
        one = one.replace("<scanList", '<productList count="0"/><scanList')
    assert reasons(mzml([one, spectrum_xml(2)]), "a.mzML") == [NEGATIVE]


@pytest.mark.parametrize("width", ["<f8", "<i4"])
def test_mzml_where_the_scan_says_it(mzml: Build, spectrum_xml: Element, width: str) -> None:
    one = spectrum_xml(1).replace("<scan>", "<scan>" + NEGATIVE_SCAN.format("negative scan"))
    assert NEGATIVE_SCAN.format("negative scan") in one
    if width == "<i4":
        one = one.replace("<scanList", '<productList count="0"/><scanList')
    assert reasons(mzml([one, spectrum_xml(2)]), "a.mzML") == [NEGATIVE]


def test_mzml_by_a_group_of_parameters_and_by_charge(mzml: Build, spectrum_xml: Element) -> None:
    group = NEGATIVE_SCAN.format("negative scan")
    head = (
        '|<referenceableParamGroupList count="1"><referenceableParamGroup id="neg">'
        f"{group}</referenceableParamGroup></referenceableParamGroupList>"
    )
    one = spectrum_xml(1, extra='<referenceableParamGroupRef ref="neg"/>')
    assert reasons(mzml([one, spectrum_xml(2), spectrum_xml(3, charge=-3)], head=head), "a.mzML") == [NEGATIVE] * 2


@pytest.mark.parametrize(("polarity", "n"), [("-", 1), ("Negative", 1), ("+", 0), ("any", 0)])
def test_mzxml(mzxml: Build, scan_xml: Element, polarity: str, n: int) -> None:
    scan = scan_xml(1).replace("centroided", f'polarity="{polarity}" centroided')
    assert reasons(mzxml([scan, scan_xml(2)]), "a.mzXML") == [NEGATIVE] * n


def test_a_negative_survey_scan_is_a_survey_scan(mzml: Build, spectrum_xml: Element) -> None:
    survey = spectrum_xml(1, level=1, extra=NEGATIVE_SCAN.format("negative scan"))
    with open_spectra(io.BytesIO(mzml([survey, spectrum_xml(2)])), "a.mzML") as spectra:
        assert (spectra.not_ms2, spectra.problems) == (1, [])


def test_a_pasted_block_too_unless_a_charge_is_given() -> None:
    with pytest.raises(SpectrumError, match="negative mode"):
        parse_peak_list(MGF.format("CHARGE=3-"))
    assert parse_peak_list(MGF.format("CHARGE=3-"), precursor_charge=3).precursor_charge == 3
