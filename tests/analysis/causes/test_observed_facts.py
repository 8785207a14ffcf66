from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.causes.observed_facts import likeliest_shifts, sampled_share
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift


def shifts(ions, weight, mz, intensity) -> tuple[Shift, Shift]:
    """Of one candidate."""
    in_da, in_ppm = likeliest_shifts(ions[None], weight[None], mz, intensity, LossSettings())
    return Shift("Da", float(in_da.shift[0])), Shift("ppm", float(in_ppm.shift[0]))


@pytest.mark.parametrize("shift", [-0.4, -0.11, 0.0, 0.07, 0.33])
def test_a_shift_in_da_is_found(shift: float) -> None:
    rng = np.random.default_rng(5)
    ions = np.sort(rng.uniform(150, 1500, 20))
    mz = np.concatenate([ions[:15] + shift, rng.uniform(150, 1500, 40)])
    in_da, _ = shifts(ions, np.ones(20), np.sort(mz), np.ones(55))
    assert in_da.value == pytest.approx(shift, abs=0.02)
    np.testing.assert_allclose(in_da.undo(np.array([500.0 + in_da.value])), 500.0)


@pytest.mark.parametrize("ppm", [-44.0, -15.0, 0.0, 31.0])
def test_a_shift_in_ppm_is_found(ppm: float) -> None:
    rng = np.random.default_rng(6)
    ions = np.sort(rng.uniform(150, 1500, 20))
    mz = np.concatenate([ions[:15] * (1 + ppm * 1e-6), rng.uniform(150, 1500, 40)])
    _, in_ppm = shifts(ions, np.ones(20), np.sort(mz), np.ones(55))
    assert in_ppm.value == pytest.approx(ppm, abs=1.5)
    np.testing.assert_allclose(in_ppm.undo(np.array([500.0 * (1 + in_ppm.value * 1e-6)])), 500.0)


def test_no_pair_no_shift() -> None:
    far = shifts(np.array([100.0, np.inf]), np.ones(2), np.array([300.0]), np.ones(1))
    none = shifts(np.empty(0), np.empty(0), np.empty(0), np.empty(0))
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


def test_candidates_are_each_as_alone_and_a_shifted_one_agrees_more() -> None:
    rng = np.random.default_rng(8)
    rows = np.sort(rng.uniform(150, 1500, (6, 20)), axis=1)
    mz = np.sort(np.concatenate([rows[2, :12] - 0.21, rng.uniform(150, 1500, 60)]))
    intensity = rng.uniform(0.5, 1.0, mz.size)
    for k, found in enumerate(likeliest_shifts(rows, np.ones(rows.shape), mz, intensity, LossSettings())):
        for i in range(6):
            alone = likeliest_shifts(rows[i : i + 1], np.ones((1, 20)), mz, intensity, LossSettings())[k]
            assert (alone.shift[0], alone.votes[0]) == (found.shift[i], found.votes[i])
    in_da = likeliest_shifts(rows, np.ones(rows.shape), mz, intensity, LossSettings())[0]
    assert in_da.votes.argmax() == 2
    assert in_da.shift[2] == pytest.approx(-0.21, abs=0.02)
    assert in_da.votes[2] > 2 * np.delete(in_da.votes, 2).max()


@pytest.mark.parametrize(
    ("gap", "heights", "share"),
    [
        (0.099, [1, 3, 2, 1], 1.0),
        (0.101, [1, 3, 2, 1], 0.0),  # samples of one peak lie closer
        (0.05, [1, 3, 2], 0.0),  # too few
        (0.05, [1, 2, 3, 4], 0.0),  # no top
        (0.05, [4, 1, 1, 4], 0.0),
        (0.05, [1, 3, 2, 1, 3, 1], 1.0),  # two peaks, three samples each
        (0.05, [1, 3, 1, 3, 1], 0.0),
    ],
)
def test_what_samples_of_a_peak_are(gap: float, heights: list[float], share: float) -> None:
    mz = 400.0 + gap * np.arange(len(heights))
    assert sampled_share(mz, np.array(heights, dtype=float)) == share
