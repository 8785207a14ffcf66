"""Lists of deconvoluted neutral masses become m/z at charge 1, and say so."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from peploss.constants import PROTON
from peploss.spectra.readers import open_spectra
from peploss.spectra.spectrum import Spectrum

Build = Callable[..., bytes]
Element = Callable[..., str]

CASES = Path(__file__).resolve().parents[1] / "cases"
HEAD = "PRECURSOR_MZ=1005.95752\nPRECURSOR_CHARGE=5\nPRECURSOR_MASS=5024.7512\n"
PEAKS = "5020.72559\t432147.2\t5\n1673.00232\t2019.9\t2\n"


def only(text: str) -> Spectrum:
    with open_spectra(io.BytesIO(f"BEGIN IONS\n{text}END IONS\n".encode()), "a.mgf") as spectra:
        (batch,) = spectra.batches()
        found = spectra.read(0)
        assert batch.mz[0].tolist() == found.mz.tolist()
        return found


def test_the_file_of_the_case() -> None:
    with open_spectra(CASES / "deconv.msalign.mgf") as spectra:
        found = spectra.read(0)
    assert found.mz.tolist() == pytest.approx([m + PROTON for m in (559.26013, 1673.00232, 5020.72559)], abs=1e-9)
    assert found.intensity.tolist() == [820.3, 2019.9, 432147.2]
    assert (found.precursor_mz, found.precursor_charge, found.scan, found.rt) == (1005.95752, 5, 1366, 832.9)
    assert "neutral masses of deconvoluted fragments (msalign)" in " ".join(found.notes)
    assert "RETENTION_TIME has no unit; it was taken as seconds." in found.notes


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_any_number_of_columns(columns: int) -> None:
    rows = "".join(" ".join(["500.25", "10", "2", "0.9"][:columns]) + "\n" for _ in range(1))
    found = only(HEAD + rows)
    assert found.mz.tolist() == [500.25 + PROTON]
    assert "neutral masses" in " ".join(found.notes)


def test_several_precursors_of_one_block() -> None:
    found = only("PRECURSOR_MZ=1005.95:1006.4\nPRECURSOR_CHARGE=5:4\nPRECURSOR_MASS=5024.7:4021.6\n" + PEAKS)
    assert (found.precursor_mz, found.precursor_charge) == (1005.95, 5)


def test_the_mass_stands_in_for_a_missing_mz() -> None:
    found = only("PRECURSOR_CHARGE=2\nPRECURSOR_MASS=1000\n" + PEAKS)
    assert found.precursor_mz == 500 + PROTON
    assert only("PRECURSOR_MASS=1000\n" + PEAKS).precursor_mz is None


def test_a_block_with_pepmass_is_plain_mgf() -> None:
    found = only("PEPMASS=500\n" + HEAD + PEAKS)
    assert found.mz.tolist() == [1673.00232, 5020.72559]
    assert found.precursor_mz == 500


def test_survey_scans_of_an_msalign_are_left_out() -> None:
    text = f"BEGIN IONS\nLEVEL=1\n{HEAD}{PEAKS}END IONS\nBEGIN IONS\nLEVEL=2\n{HEAD}{PEAKS}END IONS\n"
    with open_spectra(io.BytesIO(text.encode()), "a.msalign") as spectra:
        assert (spectra.not_ms2, spectra.problems, len(spectra)) == (1, [], 2)


def test_an_mzml_whose_charges_were_deconvoluted(mzml: Build, spectrum_xml: Element) -> None:
    step = '<cvParam cvRef="MS" accession="MS:1000034" name="charge deconvolution" value=""/>'
    method = f"<processingMethod>{step}</processingMethod>"
    head = f"|<dataProcessingList><dataProcessing id='d'>{method}</dataProcessing></dataProcessingList>"
    with open_spectra(io.BytesIO(mzml([spectrum_xml(1)], head=head)), "a.mzML") as spectra:
        assert "charges were deconvoluted" in " ".join(spectra.read(0).notes)
    with open_spectra(io.BytesIO(mzml([spectrum_xml(1)])), "a.mzML") as spectra:
        assert spectra.read(0).notes == ()
