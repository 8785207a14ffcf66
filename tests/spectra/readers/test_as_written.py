"""Libraries, units, peaks and scan numbers as other programs write them."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from peploss.peptides.peptide import Peptide
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.file import SpectrumFile

Build = Callable[..., bytes]
Element = Callable[..., str]

CASES = Path(__file__).resolve().parents[1] / "cases"


def opened(data: bytes | str, name: str) -> SpectrumFile:
    return open_spectra(io.BytesIO(data.encode() if isinstance(data, str) else data), name)


def test_names_with_blanks() -> None:
    with open_spectra(CASES / "metamorpheus.msp") as spectra:
        assert spectra.problems == []
        first, second = spectra.read(0), spectra.read(1)
    assert Peptide.parse(first.peptide or "").proforma == "AAGAELVGM[Oxidation]EDLADQIK/2"
    assert (second.peptide, second.precursor_mz) == ("PEPTIDEK/2", 464.73)


def test_fewer_peaks_than_announced_are_kept_and_noted() -> None:
    with open_spectra(CASES / "ms2pip.msp") as spectra:
        assert spectra.problems == []
        first, second = spectra.read(0), spectra.read(1)
    assert (first.peptide, len(first), first.notes) == ("PEPTIDEK/2", 2, ("3 peaks are announced; 2 are there.",))
    assert (second.peptide, len(second), second.notes) == ("ELVISK/2", 2, ())


ENTRY = "Name: PEPTIDEK/2\nComment: Parent=464.73\nNum peaks: 2\n147.1 5\n276.1 9\n"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_fewer_peaks_at_the_end_of_the_file(end: str) -> None:
    """A last line without its end may be half a number."""
    with opened(ENTRY.replace("peaks: 2", "peaks: 3").rstrip() + end, "a.msp") as spectra:
        cut = [p.reason for p in spectra.problems]
    assert cut == ([] if end else ["3 peaks are announced, 2 are there: the file ends inside this spectrum."])


@pytest.mark.parametrize(
    "order",
    [
        "Num peaks: 2\nComment: Parent=464.73\n{peaks}",
        "{peaks}Num peaks: 2\nComment: Parent=464.73\n",
        "Comment: Parent=464.73\nNUM PEAKS: 2\n{peaks}",
        "PrecursorMZ: 464.73\nNumPeaks: 2\n{peaks}Comment: x=1\n",
    ],
)
def test_fields_in_any_order(order: str) -> None:
    entry = "Name: PEPTIDEK/2\n" + order.format(peaks="147.1 5\n276.1 9\n")
    with opened(f"{entry}\n{entry}", "a.msp") as spectra:
        assert spectra.problems == []
        for i in (0, 1):
            found = spectra.read(i)
            assert (found.mz.tolist(), found.precursor_mz, found.notes) == ([147.1, 276.1], 464.73, ())


def test_fields_before_the_name_belong_to_its_entry() -> None:
    entry = "PRECURSORMZ: {}\nIONMODE: Positive\nName: PEPTIDEK/2\nNum peaks: 1\n147.1 5\n"
    with opened(f"\ufeff{entry.format(400.5)}\n{entry.format(500.5)}", "a.msp") as spectra:
        assert [spectra.read(i).precursor_mz for i in (0, 1)] == [400.5, 500.5]
    with opened(ENTRY + "Remark: of the first\n" + ENTRY, "a.msp") as spectra:  # no blank line: it is not known
        assert [spectra.read(i).precursor_mz for i in (0, 1)] == [464.73, 464.73]


@pytest.mark.parametrize("said", ["abc", "-3", "9" * 5000])
def test_a_number_of_peaks_that_is_none_is_told(said: str) -> None:
    with opened(ENTRY.replace("peaks: 2", f"peaks: {said}"), "a.msp") as spectra:
        assert spectra.problems == []
        assert "; 2 are there." in spectra.read(0).notes[0]


@pytest.mark.parametrize(
    ("unit", "seconds", "note"),
    [
        ('unitCvRef="UO" unitAccession="UO:0000031" unitName="minute"', 90.0, ""),
        ('unitCvRef="UO" unitAccession="UO:0000010"', 1.5, ""),
        ('unitAccession="UO:0000010"', 1.5, ""),
        ('unitAccession="UO:0000031"', 90.0, ""),
        ('unitAccession="UO:0000028"', 0.0015, ""),
        ('unitAccession="UO:0000032"', 5400.0, ""),
        ('unitCvRef="UO" unitAccession="UO:0000010" unitName="minute"', 1.5, ""),  # the accession counts
        ('unitName="second"', 1.5, ""),
        ("", 90.0, "has no unit; it was taken as minutes"),
        ('unitCvRef="UO" unitName="fortnight"', 90.0, "has the unit 'fortnight'; it was taken as minutes"),
    ],
)
@pytest.mark.parametrize("extra", ["", '<productList count="0"/>'])
def test_units_of_time(mzml: Build, spectrum_xml: Element, unit: str, seconds: float, note: str, extra: str) -> None:
    element = re.sub(r'unitCvRef="UO" unitAccession="UO:0000031" unitName="minute"', unit, spectrum_xml(1, extra=extra))
    with opened(mzml([element]), "a.mzML") as spectra:
        found = spectra.read(0)
    assert found.rt == pytest.approx(seconds)
    assert note in " ".join(found.notes)
    assert bool(found.notes) is bool(note)


def test_terms_by_accession_under_other_names(mzml: Build, spectrum_xml: Element) -> None:
    element = spectrum_xml(1, extra='<productList count="0"/>')
    for old, new in (
        ("m/z array", "mz"),
        ("intensity array", "Intensities"),
        ("selected ion m/z", "ion"),
        ("64-bit float", "d"),
    ):
        element = element.replace(f'name="{old}"', f'name="{new}"')
    for version in (element, element.replace('<productList count="0"/>', "")):
        with opened(mzml([version]), "a.mzML") as spectra:
            found = spectra.read(0)
        assert (found.mz.tolist(), found.precursor_mz) == ([100.5, 200.25], 500.5)


def peaks(values: list[float], content: str, *, bits: int = 32, packed: bool = False) -> str:
    """One <peaks> element."""
    data = np.asarray(values, dtype=f">f{bits // 8}").tobytes()
    text = base64.b64encode(zlib.compress(data) if packed else data).decode()
    return (
        f'<peaks precision="{bits}" byteOrder="network" contentType="{content}" '
        f'compressionType="{"zlib" if packed else "none"}">{text[:5]}\n{text[5:]}</peaks>'
    )


def split(scan: str, *pieces: str) -> str:
    return re.sub(r"<peaks.*</peaks>", "".join(pieces), scan)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", [1, -1])
def test_peaks_split_into_mz_and_intensity(
    mzxml: Build, scan_xml: Element, bits: int, packed: bool, order: int
) -> None:
    pieces = [
        peaks([100.5, 200.25], "m/z", bits=bits, packed=packed),
        peaks([1, 2], "intensity", bits=bits, packed=packed),
    ][::order]
    with opened(mzxml([split(scan_xml(1), *pieces)]), "a.mzXML") as spectra:
        found = spectra.read(0)
    assert (found.mz.tolist(), found.intensity.tolist(), found.notes) == ([100.5, 200.25], [1, 2], ())


def test_peaks_split_into_runs_of_pairs(mzxml: Build, scan_xml: Element) -> None:
    pieces = [peaks([100.5, 1], "m/z-int"), peaks([200.25, 2, 300.5, 3], "m/z-int", bits=64)]
    scan = split(scan_xml(1), *pieces).replace('peaksCount="2"', 'peaksCount="3"')
    with opened(mzxml([scan]), "a.mzXML") as spectra:
        found = spectra.read(0)
    assert (found.mz.tolist(), found.intensity.tolist(), found.notes) == ([100.5, 200.25, 300.5], [1, 2, 3], ())


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ([peaks([1, 2], "m/z")], "no peaks element"),
        ([peaks([100.5, 200.25], "m/z"), peaks([1], "intensity")], "2 m/z values but 1 intensities"),
        ([peaks([100.5, 200.25], "m/z"), peaks([1, 2], "S/N")], "content type 'S/N'"),
        ([peaks([100.5, 1, 2], "m/z-int"), peaks([1, 2], "m/z-int")], "without an intensity"),
        ([peaks([1, 2], "m/z"), peaks([1, 2], "intensity").replace('"none"', '"gzip"')], "'gzip' compression"),
        ([peaks([1, 2], "m/z"), peaks([1, 2], "intensity").replace("</peaks>", "A</peaks>")], "cannot be decoded"),
    ],
)
def test_split_peaks_that_do_not_fit(mzxml: Build, scan_xml: Element, pieces: list[str], says: str) -> None:
    with opened(mzxml([split(scan_xml(1), *pieces), scan_xml(2)]), "a.mzXML") as spectra:
        (problem,) = spectra.problems
        assert says in problem.reason
        assert spectra.read(1).scan == 2


@pytest.mark.parametrize(
    ("line", "scan"),
    [
        ("SCAN ID=17", 17),
        ("SCAN_ID=17", 17),
        ("scan id = 17", 17),
        ("SCANID=controllerType=0 controllerNumber=1 scan=17", 17),
        ("TITLE=run 1, SCAN ID=17, level 2", 17),
        ("TITLE=run 1, scan=17", 17),
        ("SCANS=17-19", 17),
        ("SCANS=F2:17", 17),
        ("SCAN ID=x", None),
        ("SCANS=" + "9" * 5000, None),
        ("MSLEVEL=" + "9" * 5000, None),
    ],
)
def test_scan_numbers_of_mgf(line: str, scan: int | None) -> None:
    with opened(f"BEGIN IONS\n{line}\nPEPMASS=500\nCHARGE=2+\n100 1\nEND IONS\n", "a.mgf") as spectra:
        assert spectra.problems == []
        assert spectra.read(0).scan == scan
