"""Telling profile-mode samples from centroided peaks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from peploss.spectra.record import looks_like_profile
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
