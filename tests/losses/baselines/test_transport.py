"""The Wasserstein distance against scipy, and its slope against what it means."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from peploss import Peaks
from peploss.losses.baselines import wasserstein_distance


def test_is_scipys() -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for n, m in ((1, 1), (5, 9), (60, 40)):
        pairs.append((rng.uniform(100, 1000, n), rng.uniform(0, 1, n), rng.uniform(100, 1000, m), rng.uniform(0, 9, m)))
    pairs.append((np.array([5.0, 5.0, 9.0]), np.ones(3), np.array([5.0, 7.0]), np.array([1.0, 0.0])))
    ours = wasserstein_distance(
        Peaks.from_list([p[:2] for p in pairs]), Peaks.from_list([p[2:] for p in pairs])
    ).tolist()
    theirs = [scipy.stats.wasserstein_distance(pm, om, pa, oi) for pm, pa, om, oi in pairs]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_moving_a_peak_costs_its_share() -> None:
    mz = torch.tensor([100.0, 300.0], dtype=torch.float64, requires_grad=True)
    pred = Peaks(mz, torch.tensor([1.0, 3.0], dtype=torch.float64), torch.tensor([0, 2]))
    obs = Peaks.from_arrays([250.0, 150.0], [3.0, 1.0])
    (slope,) = torch.autograd.grad(wasserstein_distance(pred, obs).sum(), mz)
    assert slope.tolist() == pytest.approx([-0.25, 0.75])


def test_it_has_a_slope_at_any_distance() -> None:
    mz = torch.tensor([1900.0], dtype=torch.float64, requires_grad=True)
    pred = Peaks(mz, torch.ones(1, dtype=torch.float64), torch.tensor([0, 1]))
    (slope,) = torch.autograd.grad(wasserstein_distance(pred, Peaks.from_arrays([100.0], [2.0])).sum(), mz)
    assert slope.item() == 1.0
