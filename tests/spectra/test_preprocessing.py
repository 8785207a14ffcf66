"""Each step alone, their order, and that nothing on means nothing done."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.constants import PROTON
from peploss.settings import LossSettings
from peploss.spectra.kept_peaks import kept_peaks
from peploss.spectra.preprocessing import NO_PRECURSOR_TO_REMOVE, ONLY_PRECURSOR_REMOVED, precursor_peaks, preprocess
from peploss.spectra.spectrum import Spectrum


def spectrum(mz, intensity, **precursor) -> Spectrum:
    return Spectrum(mz=np.array(mz, dtype=float), intensity=np.array(intensity, dtype=float), title="t", **precursor)


def test_off_by_default() -> None:
    s = spectrum([100, 200], [1, 2])
    assert preprocess(s, LossSettings()) is s
    assert preprocess(s, LossSettings(top_n=2, relative_threshold=0.1, min_peak_mz=50)) is s


def test_window_is_closed_on_both_sides() -> None:
    s = spectrum([100, 200, 300, 400], [1, 1, 1, 1])
    assert preprocess(s, LossSettings(min_peak_mz=200, max_peak_mz=300)).mz.tolist() == [200, 300]
    assert preprocess(s, LossSettings(min_peak_mz=250)).mz.tolist() == [300, 400]
    assert preprocess(s, LossSettings(max_peak_mz=50)).mz.size == 0


def test_relative_threshold_keeps_what_equals_it() -> None:
    s = spectrum([100, 200, 300], [1, 9.9, 100])
    assert preprocess(s, LossSettings(relative_threshold=0.01)).mz.tolist() == [100, 200, 300]
    assert preprocess(s, LossSettings(relative_threshold=0.099)).mz.tolist() == [200, 300]


def test_top_n_ties_go_to_the_lower_mz() -> None:
    s = spectrum([500, 100, 300, 200, 400], [5, 5, 5, 9, 5])
    assert preprocess(s, LossSettings(top_n=3)).mz.tolist() == [100, 200, 300]
    assert preprocess(s, LossSettings(top_n=1)).mz.tolist() == [200]


def test_sqrt() -> None:
    assert preprocess(spectrum([100, 200], [4, 0]), LossSettings(sqrt=True)).intensity.tolist() == [2, 0]


def test_precursor_at_all_its_charges() -> None:
    mass = 1500.0
    by_charge = [(mass + k * PROTON) / k for k in (3, 2, 1)]
    reduced = [(mass + 3 * PROTON) / k for k in (2, 1)]
    np.testing.assert_allclose(precursor_peaks(by_charge[0], 3), sorted(set(by_charge + reduced)), rtol=1e-12)
    s = spectrum([100, by_charge[0] + 0.4, by_charge[0] + 0.6, by_charge[1], reduced[0], by_charge[2] - 0.1], [1] * 6,
                 precursor_mz=by_charge[0], precursor_charge=3)  # fmt: skip
    kept = preprocess(s, LossSettings(remove_precursor=True))
    assert kept.mz.tolist() == [100, by_charge[0] + 0.6]
    assert len(preprocess(s, LossSettings(remove_precursor=True, precursor_tolerance=0.01))) == 4


@pytest.mark.parametrize(
    ("precursor", "kept", "note"),
    [({}, [100, 500], NO_PRECURSOR_TO_REMOVE), ({"precursor_mz": 500.0}, [100], ONLY_PRECURSOR_REMOVED)],
)
def test_what_cannot_be_removed_is_said(precursor: dict, kept: list[float], note: str) -> None:
    result = preprocess(spectrum([100, 500], [1, 1], **precursor), LossSettings(remove_precursor=True))
    assert result.mz.tolist() == kept
    assert note in result.notes


def test_order_window_precursor_threshold_top_sqrt() -> None:
    s = spectrum([50, 500, 600, 700, 800, 900], [1e6, 1e5, 400, 100, 100, 3], precursor_mz=500.0, precursor_charge=1)
    settings = LossSettings(min_peak_mz=60, remove_precursor=True, relative_threshold=0.01, top_n=2, sqrt=True)
    result = preprocess(s, settings)
    # the threshold is relative to 400: the window took 1e6, the precursor step 1e5; the tie goes to 700
    assert result.mz.tolist() == [600, 700]
    assert result.intensity.tolist() == [20, 10]
    assert (result.title, result.precursor_mz) == ("t", 500.0)


@given(
    st.lists(st.tuples(st.floats(1, 2000), st.floats(0, 1e30)), max_size=40),
    st.integers(1, 50),
    st.floats(0, 0.99),
)
def test_invariants(peaks: list[tuple[float, float]], top_n: int, threshold: float) -> None:
    mz, intensity = np.array(sorted(peaks)).reshape(-1, 2).T
    s = spectrum(mz, intensity)
    settings = LossSettings(top_n=top_n, relative_threshold=threshold)
    result = preprocess(s, settings)
    assert len(result) <= min(top_n, len(s))
    assert set(zip(result.mz, result.intensity, strict=True)) <= set(zip(s.mz, s.intensity, strict=True))
    assert preprocess(result, settings) is result
    if len(s):
        assert result.intensity.max() == s.intensity.max()


@given(st.integers(0, 2**32 - 1))
def test_many_spectra_at_once_are_each_as_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spectra = []
    for n in rng.integers(0, 12, 4):
        known = rng.random() < 0.7
        spectra.append(
            spectrum(
                np.sort(rng.choice(np.arange(100, 1100, 50), n)) + rng.choice([0.0, 0.4], n),
                rng.choice([0.0, 1.0, 2.0, 8.0], n),
                precursor_mz=float(rng.choice([300.0, 450.4])) if known else None,
                precursor_charge=int(rng.integers(1, 4)) if known else None,
            )
        )
    settings = LossSettings(
        min_peak_mz=float(rng.choice([0.0, 150.0])), remove_precursor=bool(rng.random() < 0.5), sqrt=True,
        relative_threshold=float(rng.choice([0.0, 0.2])), top_n=int(rng.integers(1, 6)),
    )  # fmt: skip
    mz, intensity, offsets = kept_peaks(
        (
            np.concatenate([s.mz for s in spectra]),
            np.concatenate([s.intensity for s in spectra]),
            np.cumsum([0, *(len(s) for s in spectra)]),
        ),
        np.array([s.precursor_mz or np.nan for s in spectra]),
        np.array([s.precursor_charge or 0 for s in spectra]),
        settings,
    )
    for i, one in enumerate(spectra):
        alone = preprocess(one, settings)
        own = slice(offsets[i], offsets[i + 1])
        assert mz[own].tolist() == alone.mz.tolist()
        assert intensity[own].tolist() == alone.intensity.tolist()


def test_the_cut_of_top_n_keeps_ties_of_lower_mz_and_nothing_below() -> None:
    s = spectrum([100, 200, 300, 400, 500, 600], [3, 9, 3, 3, 1, 3])
    for n, kept in (
        (1, [200]),
        (2, [100, 200]),
        (3, [100, 200, 300]),
        (5, [100, 200, 300, 400, 600]),
        (6, s.mz.tolist()),
    ):
        assert preprocess(s, LossSettings(top_n=n)).mz.tolist() == kept
