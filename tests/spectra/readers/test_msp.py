"""Spectral libraries as NIST, ProteomeTools, MS2PIP and metabolomics write them."""

from __future__ import annotations

import io

import pytest

from peploss.errors import SpectrumError
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.file import SpectrumFile

PROTEOMETOOLS = """Name: AFLYEIIDIGK/2
MW: 1280.7017
Comment: Parent=641.3581 Mods=0 Modstring=AFLYEIIDIGK///2 iRT=137.54
Num peaks: 3
129.1019\t15873\t"y1-H2O/4.16ppm"
147.1128\t31837\t"y1/1.3ppm"
204.1338\t272863\t"y2/0.81ppm"
"""

NIST = """Name: AAAAAAGAGPEMVR/2_2(0,A,Acetyl)(11,M,Oxidation)_26eV
MW: 1300.6
Comment: Single Mods=2(0,A,Acetyl)(11,M,Oxidation) Fullname=-.AAAAAAGAGPEMVR.G Charge=2 Parent=651.3 Scan=502
Num peaks: 2
175.119\t100.5\t"y1/0.1ppm"
246.156\t50\t"?"
"""

SMALL_MOLECULE = """NAME: Caffeine
PRECURSORMZ: 195.0877
PRECURSORTYPE: [M+H]+
RTINSECONDS: 61.5
Num Peaks: 4
41 5; 42 6; 110.0713 100;
138.0662 999;
"""


def msp(text: str) -> SpectrumFile:
    return open_spectra(io.BytesIO(text.encode()), "library.msp")


def test_three_styles_in_one_file() -> None:
    with msp("\ufeff" + "\n".join([PROTEOMETOOLS, NIST, SMALL_MOLECULE])) as spectra:
        assert spectra.ids[0] == "AFLYEIIDIGK/2"
        assert spectra.problems == []
        first, second, third = (spectra.read(i) for i in range(3))
    assert (first.precursor_mz, first.precursor_charge, first.peptide) == (641.3581, 2, "AFLYEIIDIGK/2")
    assert first.intensity.tolist() == [15873, 31837, 272863]
    assert (second.peptide, second.precursor_charge, second.scan) == ("[Acetyl]-AAAAAAGAGPEM[Oxidation]VR/2", 2, 502)
    assert (third.peptide, third.precursor_mz, third.precursor_charge, third.rt) == (None, 195.0877, 1, 61.5)
    assert third.mz.tolist() == [41, 42, 110.0713, 138.0662]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("31837", "x", "Line 6: '147.1128\\tx"),
        ("31837", "-1", "not negative"),
        ("31837", "nan", "Line 6"),
        ("Num peaks: 3\n", "", "There is no 'Num peaks' line."),
        ("MW: 1280.7017", "MW 1280", "Line 2: 'MW 1280' is not 'Field: value'."),
    ],
)
def test_a_bad_entry_is_listed_and_the_rest_stays_usable(old: str, new: str, reason: str) -> None:
    with msp(PROTEOMETOOLS.replace(old, new) + NIST) as spectra:
        (problem,) = spectra.problems
        assert problem.index == 0
        assert reason in problem.reason
        assert spectra.read(1).scan == 502
        with pytest.raises(SpectrumError, match=r"library\.msp, spectrum 1"):
            spectra.read(0)


def test_truncated() -> None:
    with msp(NIST + PROTEOMETOOLS[:-30]) as spectra:
        assert "the file ends inside this spectrum" in spectra.problems[0].reason
        assert spectra.read(0).scan == 502


def test_more_peaks_than_announced_is_a_note() -> None:
    with msp(PROTEOMETOOLS.replace("peaks: 3", "peaks: 2")) as spectra:
        assert spectra.problems == []
        assert "2 peaks are announced; 3 are there." in spectra.read(0).notes
