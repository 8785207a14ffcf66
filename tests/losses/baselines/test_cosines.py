"""Weighted, modified and multi-sigma cosines against matchms and closed forms."""

from __future__ import annotations

import math

import matchms
import numpy as np
import pytest
import torch
from matchms.similarity import CosineGreedy, ModifiedCosineGreedy

from peploss import LossSettings, MzGrid, Peaks, spectrum_loss
from peploss.errors import ArgumentError
from peploss.losses.baselines import (
    modified_cosine_distance,
    multi_sigma_cosine_distance,
    sqrt_cosine_distance,
    weighted_cosine_distance,
)
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum


def separate(seed: int) -> tuple[np.ndarray, ...]:
    """Two spectra whose peaks either coincide exactly or lie more than 1 Th apart."""
    rng = np.random.default_rng(seed)
    mz = np.arange(100.0, 160.0, 2.0) + rng.uniform(0, 0.5, 30)
    return mz[:20], rng.uniform(0.1, 1, 20), mz[8:], rng.uniform(0.1, 1, 22)


@pytest.mark.parametrize(("mz_power", "intensity_power"), [(0.0, 0.5), (2.0, 0.5), (3.0, 0.6), (0.0, 1.0)])
def test_weighted_cosine_is_matchms_for_separate_peaks(mz_power: float, intensity_power: float) -> None:
    pm, pa, om, oi = separate(1)
    score = CosineGreedy(tolerance=0.001, mz_power=mz_power, intensity_power=intensity_power).pair(
        matchms.Spectrum(pm, pa), matchms.Spectrum(om, oi)
    )
    ours = weighted_cosine_distance(
        Peaks.from_arrays(pm, pa),
        Peaks.from_arrays(om, oi),
        sigma=0.02,
        grid=None,
        mz_power=mz_power,
        intensity_power=intensity_power,
    )
    assert float(ours) == pytest.approx(1 - float(score["score"]), abs=1e-9)


def test_square_roots_are_the_setting_sqrt() -> None:
    spectrum = Spectrum(mz=[100.0, 200.0, 300.02], intensity=[9.0, 4.0, 1.0])
    seen = preprocess(spectrum, LossSettings(sqrt=True))
    pred = Peaks.from_arrays([100.01, 300.0], [1.0, 1.0])
    want = spectrum_loss(pred, Peaks.from_arrays(seen.mz, seen.intensity))
    ours = sqrt_cosine_distance(pred, Peaks.from_arrays(spectrum.mz, spectrum.intensity))
    torch.testing.assert_close(ours, want, rtol=1e-12, atol=1e-12)


def test_weights_at_any_magnitude() -> None:
    pred, obs = Peaks.from_arrays([100.0, 900.0], [1e-200, 1e-200]), Peaks.from_arrays([100.0, 900.0], [1e200, 4e200])
    one, two = Peaks.from_arrays([100.0, 900.0], [1.0, 1.0]), Peaks.from_arrays([100.0, 900.0], [1.0, 4.0])
    torch.testing.assert_close(weighted_cosine_distance(pred, obs), weighted_cosine_distance(one, two))


@pytest.mark.parametrize("powers", [(0.0, 1.0), (-1.0, 0.0), (float("nan"), 0.0), (0.5, float("inf"))])
def test_powers_that_cannot_be_used(powers: tuple[float, float]) -> None:
    one = Peaks.from_arrays([100.0], [1.0])
    with pytest.raises(ArgumentError, match="intensity_power must be positive"):
        weighted_cosine_distance(one, one, intensity_power=powers[0], mz_power=powers[1])


@pytest.mark.parametrize("shift", [0.0, 15.995, -18.011])
@pytest.mark.parametrize("seed", range(3))
def test_modified_cosine_is_matchms(shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Gaps of at least 0.4: no peak has two partners but by the shift.
    pm = np.cumsum(rng.uniform(0.4, 6.0, 40)) + 100
    pa = rng.uniform(0.1, 1, 40)
    moved = pm + np.where(rng.random(40) < 0.5, shift, 0.0)
    om, order = np.unique(moved.round(10), return_index=True)
    oi = rng.uniform(0.1, 1, 40)[order]
    keep = np.concatenate([[True], np.diff(om) > 0.05])
    om, oi = om[keep], oi[keep]
    score = ModifiedCosineGreedy(tolerance=1e-5, mz_power=0.0, intensity_power=1.0).pair(
        matchms.Spectrum(pm, pa, metadata={"precursor_mz": 500.0}),
        matchms.Spectrum(om, oi, metadata={"precursor_mz": 500.0 + shift}),
    )
    ours = modified_cosine_distance(Peaks.from_arrays(pm, pa), Peaks.from_arrays(om, oi), sigma=1e-6, shift=shift)
    assert float(score["score"]) > 0.2
    assert float(ours) == pytest.approx(1 - float(score["score"]), abs=1e-6)


def test_a_shift_for_each_spectrum() -> None:
    pred = Peaks.from_list([([100.0, 200.0], [1.0, 1.0])] * 3)
    obs = Peaks.from_list([([100.0, 200.0 + s], [1.0, 1.0]) for s in (16.0, 0.0, 42.0)])
    shift = torch.tensor([16.0, 0.0, 16.0])
    for backend in ("auto", "reference"):
        values = modified_cosine_distance(pred, obs, shift=shift, backend=backend)
        torch.testing.assert_close(values, torch.tensor([0.0, 0.0, 0.5], dtype=torch.float64))
    with pytest.raises(ArgumentError, match="one for each of 3 spectra"):
        modified_cosine_distance(pred, obs, shift=torch.zeros(2))
    nan = modified_cosine_distance(pred, obs, shift=torch.tensor([float("nan"), 0.0, 0.0]))
    assert nan.isnan().tolist() == [True, False, False]


def test_each_peak_is_paired_once() -> None:
    pred = Peaks.from_arrays([100.0, 100.01], [1.0, 1.0])
    obs = Peaks.from_arrays([100.0], [1.0])
    # The pair at distance 0 takes the observed peak; the other finds none: 1 / sqrt(2 * 1).
    assert float(modified_cosine_distance(pred, obs)) == pytest.approx(1 - 1 / math.sqrt(2))


@pytest.mark.parametrize("grid", [None, MzGrid(bin_width=0.01)])
def test_multi_sigma_is_the_mean_of_cosines(grid: MzGrid | None) -> None:
    d, sigma, scales = 0.1, 0.05, (1.0, 2.0, 8.0)
    a, b = Peaks.from_arrays([500.0], [1.0]), Peaks.from_arrays([500.0 + d], [3.0])
    want = 1 - np.mean([math.exp(-((d / (sigma * k)) ** 2) / 4) for k in scales])
    ours = multi_sigma_cosine_distance(a, b, sigma=sigma, scales=scales, grid=grid)
    assert float(ours) == pytest.approx(want, abs=1e-9)
    with pytest.raises(ArgumentError, match="scales must be positive"):
        multi_sigma_cosine_distance(a, b, scales=())


def test_multi_sigma_keeps_a_slope_where_one_sigma_has_none() -> None:
    obs = Peaks.from_arrays([500.0], [1.0])
    slopes = {}
    for name, loss in (("one", spectrum_loss), ("several", multi_sigma_cosine_distance)):
        mz = torch.tensor([501.0], dtype=torch.float64, requires_grad=True)
        pred = Peaks(mz, torch.ones(1, dtype=torch.float64), torch.tensor([0, 1]))
        (slope,) = torch.autograd.grad(loss(pred, obs).sum(), mz)
        slopes[name] = float(slope)
    assert abs(slopes["one"]) < 1e-30
    # At sigma 0.2 and 0.8; d cos / dm = d / (2 s^2) exp(-d^2 / 4 s^2) for d = 1.
    want = sum(math.exp(-1 / (4 * s * s)) / (2 * s * s) for s in (0.2, 0.8)) / 3
    assert slopes["several"] == pytest.approx(want, rel=1e-6)
