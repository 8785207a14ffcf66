from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peploss.analysis.causes.observed_facts import explained, likeliest_shifts, sampled_share
from peploss.settings import LossSettings

positions = st.floats(50, 500).map(lambda x: round(x, 2))


@settings(max_examples=200)
@given(data=st.data(), rows=st.integers(1, 3), ions=st.integers(0, 6), peaks=st.integers(0, 6))
def test_explained_by_brute_force(data: st.DataObject, rows: int, ions: int, peaks: int) -> None:
    mz = np.sort(data.draw(arrays(np.float64, peaks, elements=positions)))
    table = data.draw(arrays(np.float64, (rows, ions), elements=st.one_of(positions, st.just(np.inf))))
    reach = data.draw(arrays(np.float64, peaks, elements=st.sampled_from([0.0051, 0.5051, 20.0051])))
    want = (np.abs(table[:, None, :] - mz[None, :, None]) <= reach[None, :, None]).any(axis=2)
    np.testing.assert_array_equal(explained(table, mz, reach), want)


@pytest.mark.parametrize("shift", [-0.4, -0.11, 0.0, 0.07, 0.33])
def test_a_shift_in_da_is_found(shift: float) -> None:
    rng = np.random.default_rng(5)
    ions = np.sort(rng.uniform(150, 1500, 20))
    mz = np.concatenate([ions[:15] + shift, rng.uniform(150, 1500, 40)])
    in_da, _ = likeliest_shifts(ions, np.ones(20), np.sort(mz), np.ones(55), LossSettings())
    assert in_da.value == pytest.approx(shift, abs=0.02)
    np.testing.assert_allclose(in_da.undo(np.array([500.0 + in_da.value])), 500.0)


@pytest.mark.parametrize("ppm", [-44.0, -15.0, 0.0, 31.0])
def test_a_shift_in_ppm_is_found(ppm: float) -> None:
    rng = np.random.default_rng(6)
    ions = np.sort(rng.uniform(150, 1500, 20))
    mz = np.concatenate([ions[:15] * (1 + ppm * 1e-6), rng.uniform(150, 1500, 40)])
    _, in_ppm = likeliest_shifts(ions, np.ones(20), np.sort(mz), np.ones(55), LossSettings())
    assert in_ppm.value == pytest.approx(ppm, abs=1.5)
    np.testing.assert_allclose(in_ppm.undo(np.array([500.0 * (1 + in_ppm.value * 1e-6)])), 500.0)


def test_no_pair_no_shift() -> None:
    far = likeliest_shifts(np.array([100.0, np.inf]), np.ones(2), np.array([300.0]), np.ones(1), LossSettings())
    none = likeliest_shifts(np.empty(0), np.empty(0), np.empty(0), np.empty(0), LossSettings())
    assert [s.value for s in (*far, *none)] == [0.0] * 4


def test_samples_of_a_profile_and_centroids() -> None:
    step = np.arange(-4, 5) * 0.008
    shape = np.exp(-0.5 * (step / 0.012) ** 2)
    tops = np.array([200.0, 350.0, 351.0, 600.0])
    mz, height = (tops[:, None] + step).ravel(), np.tile(shape, 4)
    assert sampled_share(mz, height) == pytest.approx(1.0)
    assert sampled_share(tops, np.ones(4)) == 0.0
    # One centroid beside them, as high as all together.
    both = np.append(mz, 900.0), np.append(height, height.sum())
    assert sampled_share(*both) == pytest.approx(0.5)
    # Peaks 0.05 apart that go up and down are no samples of one peak.
    crowd = 100.0 + 0.05 * np.arange(12)
    assert sampled_share(crowd, np.tile([1.0, 5.0], 6)) == 0.0
    assert sampled_share(np.empty(0), np.empty(0)) == 0.0
