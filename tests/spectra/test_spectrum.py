"""What a spectrum refuses and what it knows."""

from __future__ import annotations

import numpy as np
import pytest

from peploss.constants import PROTON
from peploss.errors import SpectrumError
from peploss.spectra.spectrum import Spectrum


def test_sorted_float64_and_read_only() -> None:
    s = Spectrum(mz=np.array([3, 1, 2], dtype=np.float32), intensity=np.array([30, 10, 20]))
    assert (s.mz.tolist(), s.intensity.tolist(), s.mz.dtype) == ([1, 2, 3], [10, 20, 30], np.float64)
    with pytest.raises(ValueError, match="read-only"):
        s.mz[0] = 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mz": np.array([1.0])}, "equally long"),
        ({"mz": np.array([1.0, np.nan])}, "peak 2 of 2 has nan"),
        ({"mz": np.array([1.0, 0.0])}, "positive"),
        ({"intensity": np.array([1.0, -1.0])}, "not negative"),
        ({"intensity": np.array([1.0, np.inf])}, "finite"),
        ({"precursor_mz": 0.0}, "precursor m/z"),
        ({"precursor_charge": 0}, "precursor charge"),
    ],
)
def test_refusals(changes: dict, words: str) -> None:
    with pytest.raises(SpectrumError, match=words):
        Spectrum(**({"mz": np.array([1.0, 2.0]), "intensity": np.array([1.0, 2.0])} | changes))


def test_names_and_mass() -> None:
    empty = np.empty(0)
    assert Spectrum(mz=empty, intensity=empty, index=4).name == "spectrum 5"
    assert Spectrum(mz=empty, intensity=empty, native_id="scan=1").name == "scan=1"
    assert Spectrum(mz=empty, intensity=empty, native_id="scan=1", title="t").name == "t"
    assert Spectrum(mz=empty, intensity=empty, precursor_mz=500.0).neutral_mass is None
    s = Spectrum(mz=empty, intensity=empty, precursor_mz=500.0, precursor_charge=2)
    assert s.neutral_mass == pytest.approx(1000 - 2 * PROTON)
