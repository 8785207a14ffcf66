"""Each module is its function with settings held and values reduced."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest
import torch

import peploss
from peploss import ArgumentError, BackendError, LossSettings, MzGrid, Peaks, SettingsError
from peploss.losses import modules
from peploss.losses.baselines import BASELINES

PRED = Peaks.from_list([([100.0, 200.0, 300.0], [1.0, 1.0, 2.0]), ([150.0], [1.0]), ([100.0], [1.0])])
OBS = Peaks.from_list([([100.03, 200.1], [1.0, 3.0]), ([150.02, 151.0], [1.0, 1.0]), ([500.0], [1.0])])
SETTINGS = LossSettings(sigma=300.0, sigma_unit="ppm", bin_width=0.07, max_mz=900)
AT = {"sigma": 300.0, "sigma_unit": "ppm"}
ON = {**AT, "grid": MzGrid(900, 0.07)}
TWINS: dict[str, tuple[Any, dict[str, Any]]] = {
    "SpectrumLoss": (peploss.spectrum_loss, ON),
    "SpectralAngleLoss": (peploss.spectral_angle, ON),
    "SpectralEntropyLoss": (peploss.spectral_entropy_distance, ON),
    "SoftCoverageLoss": (peploss.soft_coverage, AT),
    "SoftF1Loss": (peploss.soft_f1, AT),
    "MaskedSpectralLoss": (peploss.masked_spectral_distance, AT),
    "MinDistanceLoss": (peploss.min_distance_loss, {"delta": 0.05}),
    "SqrtCosineLoss": (peploss.sqrt_cosine_distance, ON),
    "WeightedCosineLoss": (peploss.weighted_cosine_distance, {**ON, "mz_power": 1.0}),
    "MultiSigmaCosineLoss": (peploss.multi_sigma_cosine_distance, {**ON, "scales": (1.0, 2.0)}),
    "WeightedEntropyLoss": (peploss.weighted_entropy_distance, ON),
    "PearsonLoss": (peploss.pearson_distance, ON),
    "BinnedCrossEntropyLoss": (peploss.binned_cross_entropy, {**ON, "floor": 0.01}),
    "ModifiedCosineLoss": (peploss.modified_cosine_distance, AT),
}


@pytest.mark.parametrize("name", TWINS)
def test_is_its_function_reduced(name: str) -> None:
    function, at = TWINS[name]
    module = getattr(peploss, name)
    want, default = function(PRED, OBS, **at), function(PRED, OBS)
    assert not torch.allclose(want, default)  # the settings count
    assert torch.equal(module(**at, reduction="none")(PRED, OBS), want)
    assert torch.equal(module(**at)(PRED, OBS), want.mean())
    assert torch.equal(module(**at, reduction="sum")(PRED, OBS), want.sum())
    assert torch.equal(module()(PRED, OBS), default.mean())
    for other in (copy.deepcopy(module(**at)), pickle.loads(pickle.dumps(module(**at)))):
        assert torch.equal(other(PRED, OBS), want.mean())


@pytest.mark.parametrize("name", [n for n in TWINS if n != "MinDistanceLoss"])
def test_from_settings(name: str) -> None:
    function, at = TWINS[name]
    at = {key: value for key, value in at.items() if key in ON}
    loss = getattr(peploss, name).from_settings(SETTINGS, reduction="none")
    assert torch.equal(loss(PRED, OBS), function(PRED, OBS, **at))
    assert "sigma=300.0, sigma_unit='ppm'" in repr(loss)
    assert "reduction='none'" in repr(loss)


def test_entropy_can_be_weighted() -> None:
    want = peploss.spectral_entropy_distance(PRED, OBS, weighted=True)
    assert torch.equal(peploss.SpectralEntropyLoss(weighted=True, reduction="none")(PRED, OBS), want)
    loss = peploss.SpectralEntropyLoss.from_settings(LossSettings(), weighted=True, reduction="none")
    assert torch.equal(loss(PRED, OBS), want)


def test_gradients_pass() -> None:
    for name in TWINS:
        mz = PRED.mz.clone().requires_grad_()
        getattr(peploss, name)()(PRED.replace(mz=mz), OBS).backward()
        assert mz.grad is not None, name
        assert mz.grad.abs().sum() > 0, name


def test_the_reference_can_be_asked_for() -> None:
    for name in ("SpectrumLoss", "SpectralAngleLoss"):
        losses = [getattr(peploss, name)(backend=b, reduction="none")(PRED, OBS) for b in ("auto", "reference")]
        assert torch.allclose(*losses, rtol=0, atol=1e-6)
        loss = getattr(peploss, name).from_settings(LossSettings(), backend="reference")
        assert loss.settings["backend"] == "reference"


@pytest.mark.parametrize("name", TWINS)
def test_what_cannot_be_used_is_refused_when_it_is_made(name: str) -> None:
    module = getattr(peploss, name)
    with pytest.raises(SettingsError, match="reduction"):
        module(reduction="max")
    bad = {"delta": 0.0} if name == "MinDistanceLoss" else {"sigma": 0.0}
    with pytest.raises(ArgumentError, match="positive and finite"):
        module(**bad)
    if "sigma" in bad:
        with pytest.raises(ArgumentError, match="mmu"):
            module(sigma_unit="mmu")
    if issubclass(module, modules.RenderedLoss):
        with pytest.raises(BackendError, match="no backend 'gpu'"):
            module(backend="gpu")


def test_every_functional_loss_has_its_module() -> None:
    functions = {getattr(peploss, name).function for name in (*TWINS, "WassersteinLoss")}
    assert functions == {b.function for b in BASELINES.values()} | {peploss.spectrum_loss}


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_named_as_its_function(name: str) -> None:
    assert BASELINES[name].name == name
    assert getattr(peploss, name) is BASELINES[name].function


@pytest.mark.parametrize("name", BASELINES)
def test_the_page_and_the_docstring_name_the_same_source(name: str) -> None:
    told = re.findall(r"doi:\S+\d|NeurIPS \d+", BASELINES[name].source)
    assert told or name in {"soft_coverage", "soft_f1"}  # which nobody published
    docstring = " ".join(str(BASELINES[name].function.__doc__).split())
    assert [source for source in told if source not in docstring] == []


def test_wasserstein_has_no_setting_but_the_reduction() -> None:
    want = peploss.wasserstein_distance(PRED, OBS)
    assert torch.equal(peploss.WassersteinLoss(reduction="none")(PRED, OBS), want)
    assert torch.equal(peploss.WassersteinLoss()(PRED, OBS), want.mean())
    assert repr(peploss.WassersteinLoss()) == "WassersteinLoss(reduction='mean')"
    with pytest.raises(SettingsError, match="reduction"):
        peploss.WassersteinLoss(reduction="max")


def test_the_shift_of_the_modified_cosine_comes_with_the_spectra() -> None:
    pred, obs = Peaks.from_arrays([100.0, 200.0], [1.0, 1.0]), Peaks.from_arrays([100.0, 216.0], [1.0, 1.0])
    assert peploss.ModifiedCosineLoss()(pred, obs).item() == pytest.approx(0.5)
    assert peploss.ModifiedCosineLoss()(pred, obs, 16.0).item() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", ["PearsonLoss", "BinnedCrossEntropyLoss"])
def test_losses_of_bins_refuse_to_be_made_without_a_grid(name: str) -> None:
    with pytest.raises(ArgumentError, match="needs a grid"):
        getattr(peploss, name)(grid=None)
