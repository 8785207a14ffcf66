"""The spectral angle, and its slope where arccos has none."""

from __future__ import annotations

import math

import matchms
import numpy as np
import pytest
import torch
from matchms.similarity import CosineGreedy

from peploss.grid import MzGrid
from peploss.kernels import Peaks
from peploss.losses.baselines import angle_distance, spectral_angle


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_equals_the_angle_of_matchms_cosine_for_separate_peaks(sigma: float) -> None:
    rng = np.random.default_rng(0)
    mz = np.arange(100.0, 160.0, 2.0) + rng.uniform(0, 0.5, 30)
    a, b = rng.uniform(0.1, 1, 20), rng.uniform(0.1, 1, 22)
    score = CosineGreedy(tolerance=0.001, mz_power=0.0, intensity_power=1.0).pair(
        matchms.Spectrum(mz[:20], a), matchms.Spectrum(mz[8:], b)
    )
    ours = spectral_angle(Peaks.from_arrays(mz[:20], a), Peaks.from_arrays(mz[8:], b), sigma=sigma, grid=None)
    assert float(ours) == pytest.approx(2 / math.pi * math.acos(float(score["score"])), abs=1e-9)


def test_the_ends_are_exact_and_have_a_finite_slope() -> None:
    cos = torch.tensor([1.0, 1.0 + 1e-15, 1.0 - 1e-13, 0.0, -1.0], dtype=torch.float64, requires_grad=True)
    distance = angle_distance(cos)
    distance.sum().backward()
    assert distance[[0, 1, 3, 4]].tolist() == [0.0, 0.0, 1.0, 2.0]
    assert torch.isfinite(cos.grad).all()
    assert cos.grad[3] == pytest.approx(-2 / math.pi)


def test_gradcheck_on_both_sides_of_the_chord() -> None:
    cos = torch.tensor([0.99, 0.5, 0.0 + 1e-3, -0.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(angle_distance, cos)
    near = torch.tensor([1 - 4e-13], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(angle_distance, near, eps=1e-13, atol=1e3, rtol=1e-2)


def test_a_small_shift_has_the_slope_of_a_distance() -> None:
    # cos = exp(-d^2 / 4 s^2), so the angle is d / (s sqrt 2) for small d: the steep chord meets a flat cosine.
    for shift in (1e-4, 1e-5, 1e-6):
        mz = torch.tensor([100.0 + shift], dtype=torch.float64, requires_grad=True)
        pred = Peaks(mz, torch.ones(1, dtype=torch.float64), torch.tensor([0, 1]))
        loss = spectral_angle(pred, Peaks.from_arrays([100.0], [1.0]), sigma=0.05, grid=None)
        (slope,) = torch.autograd.grad(loss.sum(), mz)
        assert float(slope) == pytest.approx(2 / math.pi / (0.05 * math.sqrt(2)), rel=0.02)


def test_grid_and_unit_reach_the_cosine() -> None:
    pred, obs = Peaks.from_arrays([500.0], [1.0]), Peaks.from_arrays([500.03], [1.0])
    assert float(spectral_angle(pred, obs, grid=MzGrid())) != float(spectral_angle(pred, obs, grid=None))
    same = spectral_angle(pred, obs, sigma=100.0, sigma_unit="ppm")
    assert float(same) == pytest.approx(float(spectral_angle(pred, obs, sigma=0.05)), rel=1e-3)
