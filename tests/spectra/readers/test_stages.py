"""The precursor of an MS3 spectrum is the peptide's; what was isolated last is a fragment, and told."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from peploss.spectra.readers import open_part, open_spectra
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.readers.xml.precursor import Isolated, of_peptide, window_note
from peploss.spectra.spectrum import Spectrum

Build = Callable[..., bytes]
Element = Callable[..., str]

CASES = Path(__file__).resolve().parents[1] / "cases"


def precursor(mz: float, charge: int | None = None, ref: str = "", level: int | None = None) -> str:
    """One <precursor> of mzML."""
    state = f'<cvParam cvRef="MS" accession="MS:1000041" name="charge state" value="{charge}"/>' if charge else ""
    stage = f'<userParam name="ms level" type="xsd:int" value="{level}"/>' if level else ""
    return (
        f"<precursor{f' spectrumRef={ref!r}' if ref else ''}><isolationWindow>"
        f'<cvParam cvRef="MS" accession="MS:1000827" name="isolation window target m/z" value="{mz}"/>{stage}'
        '</isolationWindow><selectedIonList count="1"><selectedIon>'
        f'<cvParam cvRef="MS" accession="MS:1000744" name="selected ion m/z" value="{mz}"/>{state}'
        "</selectedIon></selectedIonList><activation/></precursor>"
    )


@pytest.fixture
def ms3(spectrum_xml: Element) -> Callable[..., str]:
    def build(number: int, *precursors: str, level: int = 3) -> str:
        element = spectrum_xml(number, level=level)
        return re.sub(r"<precursor>.*</precursor>", "".join(precursors), element)

    return build


def read(data: bytes, index: int, name: str = "run.mzML") -> Spectrum:
    with open_spectra(io.BytesIO(data), name) as spectra:
        batch = next(spectra.batches())
        found = spectra.read(index)
        at = batch.index.index(index)
        assert (batch.precursor_mz[at], batch.precursor_charge[at]) == (found.precursor_mz, found.precursor_charge)
        return found


def of(spectrum: Spectrum) -> tuple[float | None, int | None]:
    return spectrum.precursor_mz, spectrum.precursor_charge


def test_the_file_of_the_case() -> None:
    found = read((CASES / "sps_ms3.mzML").read_bytes(), 1)
    assert of(found) == (804.775, 3)
    assert found.notes == (
        "This is an MS3 spectrum of the fragments at m/z 748.61 (2+), 740.31; its precursor is the peptide's, of an "
        "earlier stage.",
    )


SEEN = "controllerType=0 scan=1"


def test_the_ms2_spectrum_that_is_named_tells(mzml: Build, spectrum_xml: Element, ms3: Element) -> None:
    data = mzml([spectrum_xml(1, precursor=804.775, charge=3), ms3(2, precursor(748.61, 2, SEEN))])
    found = read(data, 1)
    assert of(found) == (804.775, 3)
    assert "of the fragments at m/z 748.61 (2+)" in found.notes[0]


def test_an_ms4_spectrum_leads_there_over_two_stages(mzml: Build, spectrum_xml: Element, ms3: Element) -> None:
    spectra = [
        spectrum_xml(1, precursor=804.775, charge=3),
        ms3(2, precursor(748.61, 2, SEEN)),
        ms3(3, precursor(300.2, 1, "controllerType=0 scan=2"), level=4),
    ]
    found = read(mzml(spectra), 2)
    assert of(found) == (804.775, 3)
    assert "MS4 spectrum of the fragments at m/z 300.2 (1+)" in found.notes[0]


@pytest.mark.parametrize("order", [1, -1])
def test_the_level_of_a_stage_where_it_is_given(mzml: Build, ms3: Element, order: int) -> None:
    stages = [precursor(748.61, 2, level=2), precursor(804.775, 3, level=1)][::order]
    assert of(read(mzml([ms3(1, *stages)]), 0)) == (804.775, 3)


def test_a_stage_seen_in_a_survey_scan(mzml: Build, spectrum_xml: Element, ms3: Element) -> None:
    stages = precursor(748.61, 2, "gone"), precursor(804.775, 3, SEEN)
    assert of(read(mzml([spectrum_xml(1, level=1), ms3(2, *stages)]), 1)) == (804.775, 3)


@pytest.mark.parametrize("stages", [[precursor(748.61, 2)], [precursor(748.61, 2), precursor(804.775, 3)]])
def test_no_precursor_is_better_than_a_fragments(mzml: Build, ms3: Element, stages: list[str]) -> None:
    found = read(mzml([ms3(1, *stages)]), 0)
    assert of(found) == (None, None)
    assert "does not say which peptide they are of" in found.notes[0]
    assert "748.61" in found.notes[0]


def test_spectra_that_name_themselves_or_each_other(mzml: Build, ms3: Element) -> None:
    data = mzml(
        [
            ms3(1, precursor(700.1, 2, "controllerType=0 scan=2")),
            ms3(2, precursor(600.1, 2, "controllerType=0 scan=1")),
            ms3(3, precursor(500.1, 2, "controllerType=0 scan=3")),
        ]
    )
    assert [of(read(data, i)) for i in range(3)] == [(None, None)] * 3


def test_the_first_spectrum_of_a_part_knows_the_stage_before_it(
    mzml: Build, spectrum_xml: Element, ms3: Element
) -> None:
    data = mzml([spectrum_xml(1, precursor=804.775, charge=3), ms3(2, precursor(748.61, 2, SEEN))])
    with open_spectra(io.BytesIO(data), "run.mzML") as spectra:
        index = spectra.index_of(1, 2)
    part = open_part(ByteSource(io.BytesIO(data), "run.mzML"), "run.mzML", index)
    assert of(part.read(0)) == (804.775, 3)


def test_mzxml_by_the_scan_that_is_named(mzxml: Build, scan_xml: Element) -> None:
    third = scan_xml(2, level=3).replace(
        '<precursorMz precursorCharge="3" precursorIntensity="1">500.5',
        '<precursorMz precursorScanNum="1" precursorIntensity="1">321.5',
    )
    data = mzxml([scan_xml(1), third])
    assert of(read(data, 1, "run.mzXML")) == (500.5, 3)
    assert of(read(data.replace(b'precursorScanNum="1"', b""), 1, "run.mzXML")) == (None, None)


@pytest.mark.parametrize("key", ["MSLEVEL", "MS_LEVEL", "LEVEL"])
def test_mgf_of_ms3_has_a_fragment_as_its_mass(key: str) -> None:
    text = f"BEGIN IONS\nPEPMASS=748.61\nCHARGE=2+\n{key}=3\n100 1\nEND IONS\n"
    found = read(text.encode(), 0, "run.mgf")
    assert of(found) == (None, None)
    assert "MS3 spectrum of the fragment at m/z 748.61" in found.notes[0]
    assert of(read(text.replace("=3\n", "=2\n").encode(), 0, "run.mgf")) == (748.61, 2)


def test_several_precursors_and_several_ions_of_ms2_are_told(mzml: Build, ms3: Element) -> None:
    found = read(mzml([ms3(1, precursor(500.25, 2), precursor(600.5), level=2)]), 0)
    assert of(found) == (500.25, 2)
    assert found.notes == ("There are 2 precursors (m/z 500.25 (2+), 600.5); the first was taken.",)
    two = precursor(500.25, 2).replace(
        "</selectedIon>",
        '</selectedIon><selectedIon><cvParam cvRef="MS" accession="MS:1000744" name="selected ion m/z" value="501.3"/>'
        "</selectedIon>",
        1,
    )
    found = read(mzml([ms3(1, two, level=2)]), 0)
    assert of(found) == (500.25, 2)
    assert found.notes == ("There are 2 selected ions (m/z 500.25, 501.3); the first was taken.",)


def test_a_dia_window_is_no_ion() -> None:
    with open_spectra(CASES / "dia.mzML") as spectra:
        (h, *_) = [h for h in spectra.headers() if h.ms_level == 2]
    assert "it may be that of no ion" in " ".join(h.notes)


@pytest.mark.parametrize(
    ("ion", "charge", "width", "says"),
    [
        (None, None, 25.0, "isolation window of 25 Th (DIA)"),
        (464.7, None, 25.0, "isolation window of 25 Th (DIA)"),
        (464.7, None, 5.0, "isolation window of 5 Th (DIA)"),
        (464.7, None, 4.9, "it may be that of no ion"),
        (464.705, None, None, "it may be that of no ion"),
        (464.72, None, 25.0, None),
        (464.7, 2, 25.0, None),
        (None, 2, 2.0, "The precursor m/z is the centre of the isolation window."),
    ],
)
def test_windows(ion: float | None, charge: int | None, width: float | None, says: str | None) -> None:
    note = window_note(ion, charge, 464.7, width)
    assert (says in (note or "")) if says else note is None


def test_a_wide_window_in_mzml_and_mzxml(mzml: Build, ms3: Element, mzxml: Build, scan_xml: Element) -> None:
    sides = "".join(
        f'<cvParam cvRef="MS" accession="MS:10008{n}" name="isolation window {side} offset" value="12.5"/>'
        for n, side in ((28, "lower"), (29, "upper"))
    )
    wide = precursor(464.7).replace("</isolationWindow>", f"{sides}</isolationWindow>")
    for extra in ("", '<productList count="0"/>'):
        found = read(mzml([ms3(1, wide, level=2).replace("<scanList", extra + "<scanList")]), 0)
        assert "isolation window of 25 Th (DIA)" in found.notes[0]
    scan = scan_xml(1).replace('precursorCharge="3" precursorIntensity="1"', 'windowWideness="25.0"')
    assert "isolation window of 25 Th (DIA)" in read(mzxml([scan]), 0, "run.mzXML").notes[0]


def test_long_lists_are_cut() -> None:
    _, (note,) = of_peptide(2, [Isolated(500.0 + i) for i in range(15)], lambda _: None)
    assert note == (
        "There are 15 precursors (m/z 500, 501, 502, 503, 504, 505, 506, 507, 508, 509 and 5 more); the first was "
        "taken."
    )
    assert of_peptide(2, [], lambda _: None) == (Isolated(), [])
