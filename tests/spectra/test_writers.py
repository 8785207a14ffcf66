"""MGF out and in again: the same spectrum to the last digit."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from pyteomics import mgf as pyteomics_mgf

from peploss.spectra.readers import open_spectra
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.writers import to_mgf

PEAKS = st.lists(
    st.tuples(st.floats(1e-3, 1e5), st.floats(0, 1e300)), min_size=1, max_size=30
).filter(lambda peaks: any(y > 0 for _, y in peaks))  # fmt: skip
TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
PEPTIDES = st.sampled_from([None, "PEPTIDE", "M[Oxidation]PEP/2", "[+42.011]-AC[UNIMOD:4]K-[Amidated]", "S[-18.01]K"])


@given(
    PEAKS,
    TITLES,
    st.none() | st.floats(1e-3, 1e5),
    st.none() | st.integers(1, 50),
    st.none() | st.integers(0, 10**9),
    st.none() | st.floats(0, 1e6),
    PEPTIDES,
)
@example([(100.0, 1.0)], "END IONS", None, None, None, None, None)
@example([(100.0, 5e-324)], "<b>x</b> = 1", 500.1, 2, 7, 1e-5, "PEPTIDE")
def test_round_trip(peaks, title, precursor_mz, charge, scan, rt, peptide) -> None:
    mz, intensity = np.array(sorted(peaks)).T
    before = Spectrum(
        mz=mz, intensity=intensity, precursor_mz=precursor_mz, precursor_charge=charge, title=title, scan=scan, rt=rt,
        peptide=peptide,
    )  # fmt: skip
    text = to_mgf(before) + to_mgf(before)
    with open_spectra(io.BytesIO(text.encode()), "out.mgf") as spectra:
        assert (len(spectra), spectra.notes, spectra.problems) == (2, (), [])
        for index in range(2):
            after = spectra.read(index)
            assert after.mz.tobytes() == before.mz.tobytes()
            assert after.intensity.tobytes() == before.intensity.tobytes()
            assert (after.precursor_mz, after.precursor_charge) == (precursor_mz, charge)
            assert (after.rt, after.peptide) == (rt, peptide)
            assert after.title == " ".join(title.split())
            if scan is not None:
                assert after.scan == scan


def test_a_title_cannot_break_out_of_its_line() -> None:
    spectrum = Spectrum(mz=np.array([1.0]), intensity=np.array([1.0]), title="a\nEND IONS\r\nBEGIN IONS\x0b\u2028b")
    with open_spectra(io.BytesIO(to_mgf(spectrum).encode()), "out.mgf") as spectra:
        assert spectra.ids == ["a END IONS BEGIN IONS b"]


def test_pyteomics_reads_what_is_written() -> None:
    spectrum = Spectrum(
        mz=np.array([100.123456789012, 200.5]), intensity=np.array([1e-7, 3e8]), title="t", precursor_mz=500.123456789,
        precursor_charge=2, rt=61.25, scan=12,
    )  # fmt: skip
    (other,) = pyteomics_mgf.MGF(io.StringIO(to_mgf(spectrum)))
    np.testing.assert_array_equal(other["m/z array"], spectrum.mz)
    np.testing.assert_array_equal(other["intensity array"], spectrum.intensity)
    assert other["params"]["pepmass"][0] == 500.123456789
    assert other["params"]["charge"] == [2]
    assert float(other["params"]["rtinseconds"]) == 61.25
