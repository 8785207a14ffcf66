"""Correlation and cross-entropy of bins against numpy and scipy on a dense render."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import entropy, pearsonr

from peploss import LossSettings, MzGrid, Peaks
from peploss.errors import ArgumentError
from peploss.losses.baselines import binned_cross_entropy, pearson_distance, spectral_entropy_distance

GRID = MzGrid(max_mz=60.0, bin_width=0.1)


def curve(mz: np.ndarray, intensity: np.ndarray, sigma: float) -> np.ndarray:
    z = (GRID.centers[None] - mz[:, None]) / sigma
    return (intensity[:, None] * np.exp(-0.5 * z * z)).sum(0)


def two(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0.1, 59.9, 12), rng.uniform(0.1, 1, 12), rng.uniform(0.1, 59.9, 20), rng.uniform(0.1, 1, 20)


@pytest.mark.parametrize("sigma", [0.05, 0.3])
def test_pearson_is_scipys_on_the_dense_render(sigma: float) -> None:
    pm, pa, om, oi = two(3)
    want = 1 - pearsonr(curve(pm, pa, sigma), curve(om, oi, sigma)).statistic
    ours = pearson_distance(Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi), sigma=sigma, grid=GRID)
    assert float(ours) == pytest.approx(want, abs=1e-12)


def test_pearson_of_spectra_that_avoid_each_other_passes_1() -> None:
    grid = MzGrid(max_mz=1.0, bin_width=0.1)
    a, b = Peaks.from_arrays([0.25], [1.0]), Peaks.from_arrays([0.75], [1.0])
    x, y = (np.exp(-0.5 * ((grid.centers - m) / 0.05) ** 2) for m in (0.25, 0.75))
    assert float(pearson_distance(a, b, grid=grid)) == pytest.approx(1 - np.corrcoef(x, y)[0, 1], abs=1e-12)
    assert float(pearson_distance(a, b, grid=grid)) > 1.1


@pytest.mark.parametrize(("sigma", "floor"), [(0.05, 1e-3), (0.3, 0.05)])
def test_cross_entropy_is_scipys_divergence_on_the_dense_render(sigma: float, floor: float) -> None:
    pm, pa, om, oi = two(4)
    shares = [x / x.sum() * (1 - floor) + floor / GRID.n_bins for x in (curve(pm, pa, sigma), curve(om, oi, sigma))]
    ours = binned_cross_entropy(
        Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi), sigma=sigma, grid=GRID, floor=floor
    )
    assert float(ours) == pytest.approx(entropy(shares[1], shares[0]), rel=1e-10)


def test_cross_entropy_of_empty_sides() -> None:
    some, none = Peaks.from_arrays([30.05], [1.0]), Peaks.from_arrays([], [])
    share = curve(np.array([30.05]), np.ones(1), 0.05)
    share = share / share.sum() * 0.999 + 0.001 / GRID.n_bins
    for backend in ("auto", "reference"):
        assert float(binned_cross_entropy(some, none, grid=GRID, backend=backend)) == 0.0
        ours = binned_cross_entropy(none, some, grid=GRID, backend=backend)
        assert float(ours) == pytest.approx(entropy(share, np.full(GRID.n_bins, 1 / GRID.n_bins)), rel=1e-12)


def test_cross_entropy_never_passes_its_bound() -> None:
    bound = math.log(1 + 0.999 * GRID.n_bins / 0.001)
    narrow = {"sigma": 0.012, "grid": GRID}  # one bin each
    a, b = Peaks.from_arrays([10.05], [1.0]), Peaks.from_arrays([50.05], [1.0])
    assert 0.99 * bound < float(binned_cross_entropy(a, b, **narrow)) <= bound


@pytest.mark.parametrize("loss", [pearson_distance, binned_cross_entropy])
def test_without_a_grid_they_are_refused(loss) -> None:
    one = Peaks.from_arrays([100.0], [1.0])
    with pytest.raises(ArgumentError, match="needs a grid"):
        loss(one, one, grid=None)


@pytest.mark.parametrize("floor", [0.0, 1.0, -0.1, float("nan")])
def test_floors_that_cannot_be_used(floor: float) -> None:
    one = Peaks.from_arrays([100.0], [1.0])
    with pytest.raises(ArgumentError, match="floor must lie between 0 and 1"):
        binned_cross_entropy(one, one, floor=floor)


def test_many_peaks_in_one_bin_and_ppm_widths_that_outgrow_mz() -> None:
    wild = LossSettings(sigma=2e5, sigma_unit="ppm", bin_width=0.5, max_mz=60)
    pm, pa, om, oi = two(5)
    pred, obs = Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi)
    for loss in (pearson_distance, binned_cross_entropy, spectral_entropy_distance):
        values = [
            float(loss(pred, obs, sigma=wild.sigma, sigma_unit="ppm", grid=wild.grid, backend=x))
            for x in ("auto", "reference")
        ]
        assert values[0] == pytest.approx(values[1], abs=1e-9)
