"""Ragged batches every baseline must survive."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss.kernels import Peaks


@pytest.fixture
def batch() -> tuple[Peaks, Peaks]:
    """Six spectra: two ordinary ones, shared and duplicate m/z, and each kind of empty side. Unsorted."""
    rng = np.random.default_rng(7)

    def spectrum(n: int, low: float = 100.0, high: float = 110.0) -> tuple[np.ndarray, np.ndarray]:
        return rng.uniform(low, high, n), rng.uniform(0.1, 1.0, n)

    shared = rng.uniform(100, 101, 4)
    none = (np.empty(0), np.empty(0))
    pred = [spectrum(7), spectrum(30), (np.repeat(shared, 2), np.ones(8)), none, spectrum(3), none]
    obs = [spectrum(9), spectrum(40), (shared[::-1].copy(), rng.uniform(1, 2, 4)), spectrum(3), none, none]
    return Peaks.from_list(pred), Peaks.from_list(obs)


@pytest.fixture
def differentiable(batch: tuple[Peaks, Peaks]) -> tuple[Peaks, Peaks]:
    """The same without duplicates, where nearest neighbours are unique, and with gradients asked for."""
    pred, obs = batch
    jitter = torch.linspace(0, 0.003, pred.mz.shape[0], dtype=torch.float64)
    leaves = [x.clone().requires_grad_() for x in (pred.mz + jitter, pred.intensity, obs.mz, obs.intensity)]
    return Peaks(leaves[0], leaves[1], pred.offsets), Peaks(leaves[2], leaves[3], obs.offsets)
