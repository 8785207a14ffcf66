"""Sparse rendering against the dense definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import naive, render_nonzero


@pytest.mark.parametrize("sigma", [0.004, 0.02, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("bin_width", [0.01, 0.1, 0.7])
def test_equals_the_dense_render(sigma: float, bin_width: float) -> None:
    rng = np.random.default_rng(0)
    grid = MzGrid(80.0, bin_width)
    mz = np.concatenate([rng.uniform(-1, 81, 30), np.repeat(40.0, 3), [0.0, 80.0]])
    intensity = rng.random(mz.size)
    bins, values = render_nonzero(mz, intensity, sigma=sigma, grid=grid)
    dense = np.zeros(grid.n_bins)
    dense[bins] = values
    true = naive.render(
        torch.tensor(mz), torch.tensor(intensity), torch.full((mz.size,), sigma, dtype=torch.float64), grid
    )
    np.testing.assert_allclose(dense, true, rtol=0, atol=1e-12 * max(1.0, 0.1 / sigma))
    assert (np.diff(bins) > 0).all()


def test_leaves_out_the_bins_where_nothing_is() -> None:
    bins, _ = render_nonzero([100.05, 1500.0], [1.0, 2.0], sigma=0.05, grid=MzGrid())
    assert bins.size <= 2 * (2 * 8.5 * 0.05 / 0.1 + 1)


def test_widths_in_ppm_grow_with_mz() -> None:
    bins, _ = render_nonzero([200.0, 1900.0], [1.0, 1.0], sigma=100.0, sigma_unit="ppm", grid=MzGrid(2000, 0.01))
    low, high = (bins < 100_000).sum(), (bins > 100_000).sum()
    assert high / low == pytest.approx(9.5, rel=0.05)


@pytest.mark.parametrize(("mz", "intensity"), [([], []), ([-5.0, 3000.0], [1.0, 1.0]), ([100.0], [1.0])])
def test_nothing_to_render(mz: list[float], intensity: list[float]) -> None:
    bins, values = render_nonzero(mz, intensity, sigma=0.001, grid=MzGrid())
    assert bins.size == values.size == 0
