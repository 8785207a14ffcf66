"""The pass over sorted peaks gives what torch's operations give: values, every gradient, every kind of spectrum."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from peploss.errors import BackendError
from peploss.kernels import Peaks
from peploss.kernels.sweeps import KINDS
from peploss.losses.baselines import BASELINES, Baseline, spectral_entropy_distance
from peploss.settings import LossSettings

SETTINGS = [
    LossSettings(max_mz=130),
    LossSettings(sigma=0.3, max_mz=130),
    LossSettings(sigma=200.0, sigma_unit="ppm", bin_width=0.02, max_mz=130),
    LossSettings(sigma=0.02, bin_width=0.2, max_mz=130),  # some peaks lie between the bins' reach
    LossSettings(max_mz=105, sigma=0.2),  # some lie beyond the grid, or over its end
]
LOSSES = list(BASELINES.values())


def both(
    baseline: Baseline, pred: Peaks, obs: Peaks, settings: LossSettings
) -> list[tuple[torch.Tensor, tuple[torch.Tensor, ...]]]:
    """Values and gradients of both backends."""
    out = []
    for backend in ("auto", "reference"):
        leaves = [x.detach().clone().requires_grad_() for x in (pred.mz, pred.intensity, obs.mz, obs.intensity)]
        sides = Peaks(leaves[0], leaves[1], pred.offsets), Peaks(leaves[2], leaves[3], obs.offsets)
        at = {name: getattr(settings, name) for name in baseline.uses}
        values = baseline.function(*sides, **at, backend=backend)
        weight = torch.linspace(0.5, 2.0, len(values), dtype=torch.float64)
        grads = torch.autograd.grad((values * weight).sum(), leaves, allow_unused=True, materialize_grads=True)
        out.append((values.detach(), grads))
    return out


@pytest.mark.parametrize("baseline", LOSSES, ids=lambda b: b.name)
def test_auto_is_the_reference(baseline: Baseline, differentiable: tuple[Peaks, Peaks]) -> None:
    for settings in SETTINGS if baseline.uses else SETTINGS[:1]:
        (values, grads), (want, want_grads) = both(baseline, *differentiable, settings)
        torch.testing.assert_close(values, want, rtol=1e-9, atol=1e-9)
        for mine, theirs in zip(grads, want_grads, strict=True):
            scale = max(float(theirs.abs().max()), 1e-12)
            assert float((mine - theirs).abs().max()) <= 1e-6 * scale, settings


@pytest.mark.parametrize("baseline", LOSSES, ids=lambda b: b.name)
@pytest.mark.parametrize(
    "odd",
    [
        (float("nan"), 1.0),
        (104.0, float("nan")),
        (104.0, float("inf")),
        (5000.0, float("inf")),
        (float("inf"), float("nan")),
        (104.0, -1.0),
        (104.0, 0.0),
    ],
)
def test_auto_and_reference_agree_on_what_makes_no_sense(baseline: Baseline, odd: tuple[float, float]) -> None:
    obs = Peaks.from_list([([101.0, odd[0], 107.0], [1.0, odd[1], 2.0]), ([101.0], [1.0])])
    pred = Peaks.from_list([([101.01, 107.0], [1.0, 1.0]), ([101.02], [1.0])])
    at = {name: getattr(LossSettings(), name) for name in baseline.uses}
    values = [baseline.function(pred, obs, **at, backend=x) for x in ("auto", "reference")]
    torch.testing.assert_close(values[0], values[1], equal_nan=True, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("baseline", LOSSES, ids=lambda b: b.name)
def test_an_unknown_backend_is_refused(baseline: Baseline) -> None:
    one = Peaks.from_arrays([100.0], [1.0])
    with pytest.raises(BackendError, match="no backend 'gpu'"):
        baseline.function(one, one, backend="gpu")


def test_a_second_derivative_is_refused_or_right() -> None:
    pred = Peaks.from_arrays([100.02, 105.0], [1.0, 1.0])
    mz = pred.mz.requires_grad_()
    obs = Peaks.from_arrays([100.0, 105.03], [1.0, 2.0])
    for name in ("soft_coverage", "binned_cross_entropy", "wasserstein_distance", "modified_cosine_distance"):
        (slope,) = torch.autograd.grad(BASELINES[name].function(pred, obs).sum(), mz, create_graph=True)
        with pytest.raises(RuntimeError, match="reference"):
            torch.autograd.grad(slope.sum(), mz)

    def slope_of(x: torch.Tensor) -> torch.Tensor:
        value = BASELINES["soft_coverage"].function(pred.replace(mz=x), obs, backend="reference")
        return torch.autograd.grad(value.sum(), x, create_graph=True)[0]

    assert gradcheck(slope_of, mz.detach().clone().requires_grad_())


def test_every_pass_is_some_loss() -> None:
    assert len(KINDS) == 10  # cosines are the kernel of the spectrum loss


def test_wide_and_fine_bins() -> None:
    """Hundreds of bins a peak, where a Gaussian computed bin from bin would gather rounding."""
    pred = Peaks.from_arrays([50.3, 55.1], [1.0, 2.0])
    obs = Peaks.from_arrays([50.9, 54.0], [1.0, 1.0])
    grid = LossSettings(max_mz=100, bin_width=0.002).grid
    values = [spectral_entropy_distance(pred, obs, sigma=1.0, grid=grid, backend=x) for x in ("auto", "reference")]
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=1e-13)
