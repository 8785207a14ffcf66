"""The spectral entropy distance against ms_entropy and against a dense render."""

from __future__ import annotations

import math

import ms_entropy
import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import Peaks
from peploss.losses.baselines import spectral_entropy_distance


def separate(seed: int) -> tuple[np.ndarray, ...]:
    """Two spectra whose peaks either coincide exactly or lie more than 1 Th apart."""
    rng = np.random.default_rng(seed)
    mz = np.arange(100.0, 160.0, 2.0) + rng.integers(0, 32, 30) / 64  # exact in float32, which ms_entropy uses
    return mz[:20], rng.uniform(0.1, 1, 20), mz[8:], rng.uniform(0.1, 1, 22)


def dense(pm, pa, om, oi, sigma: float, unit: str, grid: MzGrid) -> float:
    def curve(mz, intensity):
        s = np.full_like(mz, sigma) if unit == "Da" else sigma * 1e-6 * mz
        z = (grid.centers[None] - mz[:, None]) / s[:, None]
        values = (intensity[:, None] / s[:, None] * np.exp(-0.5 * z * z)).sum(0)
        return values / values.sum()

    def entropy(p):
        p = p[p > 0]
        return -(p * np.log(p)).sum()

    p, q = curve(pm, pa), curve(om, oi)
    return float((2 * entropy((p + q) / 2) - entropy(p) - entropy(q)) / math.log(4))


@pytest.mark.parametrize("grid", [None, MzGrid(bin_width=0.01)])
@pytest.mark.parametrize(("sigma", "unit"), [(0.02, "Da"), (100.0, "ppm")])
def test_one_minus_ms_entropy_similarity_for_peaks_that_coincide_or_do_not(
    grid: MzGrid | None, sigma: float, unit: str
) -> None:
    pm, pa, om, oi = separate(0)
    lists = [np.column_stack([mz, a / a.sum()]).astype(np.float32) for mz, a in ((pm, pa), (om, oi))]
    pred, obs = Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi)
    for weighted, reference in (
        (False, ms_entropy.calculate_unweighted_entropy_similarity),
        (True, ms_entropy.calculate_entropy_similarity),
    ):
        theirs = reference(*lists, ms2_tolerance_in_da=0.02, clean_spectra=False)
        ours = spectral_entropy_distance(pred, obs, sigma=sigma, sigma_unit=unit, grid=grid, weighted=weighted)
        assert float(ours) == pytest.approx(1 - theirs, abs=2e-6)


def test_weighting_lifts_only_spectra_of_low_entropy() -> None:
    few = Peaks.from_list([([100.0, 200.0, 300.0], [100.0, 1.0, 1.0])])
    other = Peaks.from_list([([100.0, 200.0, 300.0], [100.0, 5.0, 1.0])])
    plain = spectral_entropy_distance(few, other)
    assert float(spectral_entropy_distance(few, other, weighted=True)) != pytest.approx(float(plain), rel=1e-3)
    many = Peaks.from_arrays(np.arange(100.0, 160.0), np.ones(60))  # ln 60 > 3 nats
    shift = Peaks.from_arrays(np.arange(130.0, 190.0), np.ones(60))
    assert float(spectral_entropy_distance(many, shift, weighted=True)) == pytest.approx(
        float(spectral_entropy_distance(many, shift)), rel=1e-12
    )


@pytest.mark.parametrize(("sigma", "unit"), [(0.05, "Da"), (0.3, "Da"), (800.0, "ppm")])
def test_equals_a_dense_render_with_partial_overlaps_and_the_ends_of_the_grid(sigma: float, unit: str) -> None:
    rng = np.random.default_rng(5)
    grid = MzGrid(max_mz=60.0, bin_width=0.1)
    pm, om = rng.uniform(0.1, 59.99, 25), rng.uniform(0.1, 59.99, 40)
    pa, oi = rng.uniform(0.1, 1, 25), rng.uniform(0.1, 1, 40)
    if unit == "ppm":  # narrower than the bins can show below this
        pm, om = pm + 40, om + 40
        grid = MzGrid(max_mz=100.0, bin_width=0.1)
    ours = spectral_entropy_distance(
        Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi), sigma=sigma, sigma_unit=unit, grid=grid
    )
    assert float(ours) == pytest.approx(dense(pm, pa, om, oi, sigma, unit, grid), abs=1e-12)


def test_the_continuum_is_the_limit_of_fine_grids() -> None:
    rng = np.random.default_rng(6)
    pred = Peaks.from_arrays(rng.uniform(500, 504, 12), np.ones(12))
    obs = Peaks.from_arrays(rng.uniform(500, 504, 20), rng.uniform(0.1, 1, 20))
    for sigma, unit in ((0.05, "Da"), (100.0, "ppm")):
        fine = spectral_entropy_distance(pred, obs, sigma=sigma, sigma_unit=unit, grid=MzGrid(600.0, 0.002))
        limit = spectral_entropy_distance(pred, obs, sigma=sigma, sigma_unit=unit, grid=None)
        assert float(limit) == pytest.approx(float(fine), abs=2e-6)


def test_off_the_grid_is_no_overlap_and_without_a_grid_there_is_no_end() -> None:
    far = Peaks.from_arrays([5000.0], [1.0])
    assert float(spectral_entropy_distance(far, far, grid=MzGrid())) == 1.0
    assert float(spectral_entropy_distance(far, far, grid=None)) == 0.0


def test_sigma_as_a_tensor() -> None:
    pred = Peaks.from_list([([100.0], [1.0])] * 2)
    obs = Peaks.from_list([([100.1], [1.0])] * 2)
    sigma = torch.tensor([0.05, 0.2], dtype=torch.float64)
    both = spectral_entropy_distance(pred, obs, sigma=sigma, grid=MzGrid(bin_width=0.01))
    for b in range(2):
        one = spectral_entropy_distance(pred, obs, sigma=float(sigma[b]), grid=MzGrid(bin_width=0.01))
        assert float(both[b]) == pytest.approx(float(one[b]), abs=1e-12)


@pytest.mark.parametrize("value", [-0.05, 0.0, float("nan"), float("inf")])
def test_a_tensor_of_widths_that_cannot_be_used_is_refused_in_words(value: float) -> None:
    one = Peaks.from_arrays([100.0], [1.0])
    with pytest.raises(ValueError, match="sigma must be positive and finite"):
        spectral_entropy_distance(one, one, sigma=torch.tensor([value]))
