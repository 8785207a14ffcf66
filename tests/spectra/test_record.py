"""Telling profile-mode samples from centroided peaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import SpectrumError
from peploss.spectra.record import Record, looks_like_profile
from peploss.spectra.samples import sample_files


@given(st.integers(3, 20), st.floats(0.005, 0.05), st.integers(0, 2**32 - 1))
def test_sampled_gaussians_are_profile(n_peaks: int, step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = np.linspace(150, 1800, n_peaks) + rng.uniform(0, step)
    offsets = np.arange(-5, 6) * step
    mz = (centres[:, None] + offsets).ravel()
    intensity = (rng.uniform(1, 9, (n_peaks, 1)) * np.exp(-0.5 * (offsets / (2 * step)) ** 2)).ravel()
    shuffled = rng.permutation(mz.size)
    assert looks_like_profile(mz[shuffled], intensity[shuffled])


@given(st.integers(1, 500), st.integers(0, 2**32 - 1))
def test_random_sticks_are_not(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mz = np.sort(rng.uniform(100, 2000, n))
    assert not looks_like_profile(mz, rng.exponential(1, n))


def test_isotope_patterns_are_not() -> None:
    mz = (np.linspace(200, 1500, 20)[:, None] + np.arange(5) * 0.5).ravel()
    assert not looks_like_profile(mz, np.tile([3.0, 6.0, 9.0, 5.0, 2.0], 20))


def test_real_centroided_files_are_not() -> None:
    from peploss.spectra.readers import open_spectra

    for sample in sample_files():
        if "casanovo" not in sample.name:
            with open_spectra(sample.path) as spectra:
                assert not any("profile" in note for h in spectra.headers() for note in h.notes)


def record(mz: list[float], intensity: list[float]) -> Record:
    return Record(mz=np.array(mz), intensity=np.array(intensity), precursor_mz=500.0, precursor_charge=2)


@pytest.mark.parametrize(("zeros", "words"), [(1, "One peak at m/z 0 was"), (3, "3 peaks at m/z 0 were")])
def test_peaks_at_mz_zero_are_left_out_and_counted(zeros: int, words: str) -> None:
    spectrum = record([0.0] * zeros + [100.0, 200.0], [9.0] * zeros + [1.0, 2.0]).spectrum(0, "x")
    assert (spectrum.mz.tolist(), spectrum.intensity.tolist()) == ([100, 200], [1, 2])
    assert spectrum.notes == (f"{words} left out.",)


@pytest.mark.parametrize(
    ("mz", "intensity", "words"),
    [
        ([0.0, -1.0, 100.0], [1.0, 1.0, 1.0], "positive"),
        ([0.0, np.nan], [1.0, 1.0], "nan"),
        ([0.0, 100.0], [np.nan, 1.0], "0.0"),
        ([0.0], [1.0], "its only one is at m/z 0"),
        ([0.0, 0.0], [1.0, 1.0], "all 2 of them are at m/z 0"),
        ([0.0, 100.0], [1.0], "2 m/z values but 1"),
    ],
)
def test_what_else_is_wrong_is_still_refused(mz: list[float], intensity: list[float], words: str) -> None:
    with pytest.raises(SpectrumError, match=words):
        record(mz, intensity).spectrum(0, "x")
