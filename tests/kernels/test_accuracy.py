"""5,100 adversarial spectra against the dense sum: every regime of sigma against bins, every place on the grid."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from peploss import MzGrid, Peaks, spectrum_cosine

H, END, PEAKS, CASES = 0.1, 60.0, 8, 300
GRID = MzGrid(END, H)
RATIOS = (0.02, 0.05, 0.1, 0.15, 0.19, 0.2, 0.21, 0.3, 0.39, 0.4, 0.5, 1.0, 2.0, 2.1, 5.0, 20.0, 50.0)  # sigma / h
WORST = 1e-8  # of the loss; what is asked for is 1e-6

Array = NDArray[np.float64]


def adversarial(sigma: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """(CASES, PEAKS) m/z of both sides: at bin edges and centres, at and beyond the ends, tied, crowded, near."""
    bins = rng.integers(0, GRID.n_bins, (CASES, PEAKS))
    places = (
        bins * H,
        (bins + 0.5) * H,
        rng.uniform(0, END, (CASES, PEAKS)),
        rng.uniform(-4, 4, (CASES, PEAKS)) * sigma,
        END + rng.uniform(-4, 4, (CASES, PEAKS)) * sigma,
        np.repeat(rng.uniform(0, END, (CASES, 2)), PEAKS // 2, axis=1),
        rng.uniform(0, END, (CASES, 1)) + rng.uniform(-3, 3, (CASES, PEAKS)) * sigma,
    )
    pred = np.choose(rng.integers(0, len(places), (CASES, 1)), places)
    near = pred + rng.normal(0, 1, (CASES, PEAKS)) * sigma * 10.0 ** rng.uniform(-6, 0.5, (CASES, 1))
    obs = np.where(rng.random((CASES, PEAKS)) < 0.6, near, np.choose(rng.integers(0, len(places), (CASES, 1)), places))
    return pred, obs


def dense(mz: Array, weight: Array, sigma: float) -> Array:
    """(CASES, bins) by the definition; a peak further than 6 sigma from every bin is not rendered."""
    x = (np.arange(GRID.n_bins) + 0.5) * H
    z = (x - mz[..., None]) / sigma
    seen = (np.abs(z).min(-1) <= 6.0) * weight
    return (seen[..., None] * np.exp(-0.5 * z * z)).sum(1)


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_loss_is_that_of_the_dense_sum(ratio: float) -> None:
    rng = np.random.default_rng(int(ratio * 1000))
    sigma = ratio * H
    pred, obs = adversarial(sigma, rng)
    weights = [10.0 ** rng.uniform(-3, 0, (CASES, PEAKS)) for _ in range(2)]
    curves = [dense(m, w, sigma) for m, w in zip((pred, obs), weights, strict=True)]
    product = (curves[0] * curves[1]).sum(1)
    norms = np.sqrt((curves[0] ** 2).sum(1) * (curves[1] ** 2).sum(1))
    want = 1 - product / np.where(norms > 0, norms, 1.0)
    # Where all that is rendered is the far flank of a peak, rounding of its m/z alone is larger than the bound.
    clear = np.minimum(*(curve.max(1) for curve in curves)) > 1e-7
    sides = [
        Peaks.from_padded(torch.from_numpy(m), torch.from_numpy(w)) for m, w in zip((pred, obs), weights, strict=True)
    ]
    for width in (sigma, torch.full((CASES,), sigma, dtype=torch.float64)):
        got = 1 - spectrum_cosine(*sides, sigma=width, grid=GRID).numpy()
        assert np.abs(got - want)[clear | (norms == 0)].max() <= WORST
    assert clear.sum() > CASES // 3
