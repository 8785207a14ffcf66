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


def sampled(spacing: float, n_shapes: int = 3, *, flat: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Shapes of nine samples each, the last ``flat`` of them without flanks."""
    offsets = np.arange(-4, 5) * spacing
    mz = (np.linspace(200, 1500, n_shapes)[:, None] + offsets).ravel()
    shape = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 8.0, 4.0, 2.0, 1.0])
    shapes = [shape] * (n_shapes - flat) + [np.where(np.arange(9) == 4, 16.0, 1.0)] * flat
    return mz, np.concatenate(shapes)


@pytest.mark.parametrize(("spacing", "expected"), [(0.02, True), (0.099, True), (0.101, False), (0.15, False)])
def test_samples_lie_no_more_than_a_tenth_apart(spacing: float, expected: bool) -> None:
    assert looks_like_profile(*sampled(spacing)) is expected


def test_most_of_the_highest_must_be_shapes() -> None:
    assert looks_like_profile(*sampled(0.02, 10, flat=4))
    assert not looks_like_profile(*sampled(0.02, 10, flat=5))  # as many as not


def test_few_samples_or_few_tops_are_no_profile() -> None:
    mz, intensity = sampled(0.02)
    assert not looks_like_profile(mz[2:26], intensity[2:26])  # 24 of the 27
    assert looks_like_profile(mz[1:26], intensity[1:26])
    rising = np.linspace(100, 100.5, 40)
    assert not looks_like_profile(rising, np.arange(40.0))


def test_only_the_ten_highest_count() -> None:
    mz, intensity = sampled(0.02, 10)
    low = np.linspace(1600, 1900, 60)
    assert looks_like_profile(np.append(mz, low), np.append(intensity, np.tile([0.1, 0.9], 30)))


def test_a_charge_that_is_none_is_left_out() -> None:
    for charge, kept in ((0, None), (1, 1), (50, 50), (51, None)):
        one = record([100.0], [1.0])
        one.precursor_charge = charge
        assert one.spectrum(0, "x").precursor_charge == kept
    one = record([100.0], [1.0])
    one.precursor_mz, one.rt = float("inf"), float("nan")
    found = one.spectrum(0, "x")
    assert (found.precursor_mz, found.rt) == (None, None)
