"""A calibration error as text and undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.spectra.shift import Shift
from peploss.spectra.spectrum import Spectrum

SHIFTS = st.builds(Shift, st.just("Da"), st.floats(-100, 100)) | st.builds(Shift, st.just("ppm"), st.floats(-1e5, 1e5))


@given(SHIFTS)
def test_text_comes_back(shift: Shift) -> None:
    back = Shift.parse(str(shift))
    assert back.unit == shift.unit
    assert back.value == pytest.approx(shift.value, rel=1e-8)


@pytest.mark.parametrize("text", ["", "Da", "3", "3 Th", "nanDa", "infppm", "101Da", "1e6ppm", "3DaDa", "1;2ppm"])
def test_what_is_no_shift_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Shift.parse(text)


@given(SHIFTS)
def test_undone_peaks_lie_where_the_ions_are(shift: Shift) -> None:
    ions = np.array([150.0, 700.0, 1999.9])
    seen = ions + shift.value if shift.unit == "Da" else ions * (1 + shift.value * 1e-6)
    found = shift.undone(Spectrum(mz=seen, intensity=np.ones(3), precursor_mz=500.0))
    np.testing.assert_allclose(found.mz, ions, rtol=1e-12)
    assert found.precursor_mz == 500.0


def test_peaks_without_an_mz_are_told() -> None:
    found = Shift("Da", 5.0).undone(Spectrum(mz=np.array([4.0, 5.0, 6.0]), intensity=np.array([1.0, 2.0, 3.0])))
    assert found.mz.tolist() == [1.0]
    assert found.intensity.tolist() == [3.0]
    assert found.notes == ("2 peaks are left out: moved, they have no m/z.",)
