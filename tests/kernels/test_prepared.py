"""Norms that are known beforehand change no answer, and are left aside wherever they do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import Peaks
from peploss.kernels.prepared import PreparedPeaks, known_norms, prepare
from peploss.losses.spectrum import spectrum_loss

GRID = MzGrid(600.0, 0.1)
SETTINGS: list[dict[str, Any]] = [
    {"sigma": 0.05, "grid": GRID},
    {"sigma": 0.3, "grid": None},
    {"sigma": 0.004, "grid": GRID},
    {"sigma": 40.0, "sigma_unit": "ppm", "grid": GRID},
    {"sigma": 40.0, "sigma_unit": "ppm", "grid": None},
]


def spectra(seed: int, counts: tuple[int, ...] = (7, 0, 40, 1, 12)) -> Peaks:
    """Spectra with neighbours, some of no peak, one with a peak off the grid."""
    rng = np.random.default_rng(seed)
    rows = [(rng.uniform(200, 203, n), rng.random(n) * 10.0**n) for n in counts]
    rows[-1][0][0] = 5000.0
    return Peaks.from_list(rows)


def slope(pred: Peaks, obs: Peaks, **settings: Any) -> tuple[torch.Tensor, torch.Tensor]:
    mz = pred.mz.clone().requires_grad_()
    losses = spectrum_loss(pred.replace(mz=mz), obs, **settings)
    return losses.detach(), torch.autograd.grad(losses.sum(), mz)[0]


@pytest.mark.parametrize("settings", SETTINGS)
def test_losses_and_gradients_are_those_of_the_definition(settings: dict[str, Any]) -> None:
    pred, obs = spectra(0), spectra(1)
    ready = prepare(obs, **settings)
    assert known_norms(ready, settings["sigma"], settings.get("sigma_unit", "Da"), settings["grid"]).size == len(obs)
    for got, plain, truth in zip(
        slope(pred, ready, **settings), slope(pred, obs, **settings),
        slope(pred, obs, **settings, backend="reference"), strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(got, plain, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(got, truth, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_spectrum_with_itself_costs_exactly_nothing(settings: dict[str, Any]) -> None:
    obs = spectra(2, (9, 30))
    assert (spectrum_loss(obs, prepare(obs, **settings), **settings) == 0).all()


def test_the_norms_are_what_is_used() -> None:
    """Else none of these tests could tell."""
    pred, ready = spectra(0), prepare(spectra(1), sigma=0.05, grid=GRID)
    wrong = PreparedPeaks(ready.mz, ready.intensity, ready.offsets, 4.0 * ready.norms, ready.key)
    settings: dict[str, Any] = {"sigma": 0.05, "grid": GRID}
    cosine, half = 1 - spectrum_loss(pred, ready, **settings), 1 - spectrum_loss(pred, wrong, **settings)
    torch.testing.assert_close(half, 0.5 * cosine)
    assert float(cosine.max()) > 0.1


@pytest.mark.parametrize(
    "which", [0, -1, slice(1, 4), slice(None, None, 2), [4, 0, 0],
              torch.tensor([2, 1]), np.array([True, False] * 2 + [True])],
)  # fmt: skip
def test_norms_come_with_their_spectra(which: Any) -> None:
    obs, ready = spectra(1), prepare(spectra(1), sigma=0.05, grid=GRID)
    part, want = ready[which], obs[which]
    assert isinstance(part, PreparedPeaks)
    assert torch.equal(part.mz, want.mz)
    assert torch.equal(part.norms, prepare(want, sigma=0.05, grid=GRID).norms)
    pred = spectra(0)[which]
    assert torch.equal(spectrum_loss(pred, part, grid=GRID), spectrum_loss(pred, want, grid=GRID))


@pytest.mark.parametrize("other", [{"sigma": 0.06}, {"sigma_unit": "ppm"}, {"grid": None}])
def test_other_settings_compute_norms_anew(other: dict[str, Any]) -> None:
    pred, obs = spectra(0), spectra(1)
    settings = {"sigma": 0.05, "grid": GRID, **other}
    ready = prepare(obs, sigma=0.05, grid=GRID)
    assert torch.equal(spectrum_loss(pred, ready, **settings), spectrum_loss(pred, obs, **settings))


def test_spectra_that_were_written_to_or_learn_compute_norms_anew() -> None:
    pred, obs = spectra(0), spectra(1)
    ready = prepare(obs, sigma=0.05, grid=GRID)
    ready.intensity[:3] *= 5.0
    plain = Peaks(ready.mz, ready.intensity, ready.offsets)
    assert torch.equal(spectrum_loss(pred, ready, grid=GRID), spectrum_loss(pred, plain, grid=GRID))
    assert not isinstance(ready[[0, 1]], PreparedPeaks)
    learns = prepare(obs, sigma=0.05, grid=GRID).replace(mz=obs.mz.clone().requires_grad_())
    spectrum_loss(pred, learns, grid=GRID).sum().backward()
    assert learns.mz.grad is not None
    assert (learns.mz.grad != 0).any()


def test_nonsense_is_seen() -> None:
    obs = Peaks.from_arrays([100.0, 200.0], [1.0, float("nan")])
    assert torch.isnan(spectrum_loss(obs, prepare(obs, grid=GRID), grid=GRID)).all()
    with pytest.raises(ArgumentError, match="sigma must be positive"):
        prepare(obs, sigma=0.0)
