"""The reference computes every operation, and no backend answers differently, whatever goes in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import Peaks, loss_landscape, loss_landscapes, pair_sums, render, spectrum_cosine

GRID = MzGrid(60, 0.1)
Move = Callable[[Any], Any]

BAD = {
    "NaN intensity": (1.0, math.nan, 0.05),
    "infinite intensity": (1.0, math.inf, 0.05),
    "NaN m/z": (math.nan, 1.0, 0.05),
    "NaN m/z and no intensity": (math.nan, 0.0, 0.05),
    "width of zero": (1.0, 1.0, 0.0),
    "negative width": (1.0, 1.0, -0.05),
    "infinite width": (1.0, 1.0, math.inf),
    "NaN width": (1.0, 1.0, math.nan),
}
"""What makes a spectrum's answer NaN: (times the m/z, times the intensity, width)."""
PLACES = {"on the grid": 20.0, "off the grid": 500.0, "before the grid": -30.0, "between bins": 20.0}


@pytest.fixture(params=["cpu", "triton"])
def fast(request: pytest.FixtureRequest) -> tuple[str, Move]:
    """A backend, and what puts peaks where it takes them."""
    return request.param, request.getfixturevalue("triton") if request.param == "triton" else lambda x: x


def spectra(what: str, place: str) -> tuple[Peaks, Peaks, torch.Tensor, MzGrid]:
    """A good pair, then one with something bad, then another good one; widths by spectrum."""
    times_mz, times_intensity, width = BAD[what]
    odd = [10.0, PLACES[place] * times_mz], [1.0, times_intensity]
    pred = Peaks.from_list([([10.0, 30.0], [1.0, 2.0]), odd, ([40.0], [1.0])])
    obs = Peaks.from_list([([10.02], [1.0]), ([10.01, 20.0], [1.0, 0.5]), ([40.03, 41.0], [1.0, 3.0])])
    grid = MzGrid(60, 3.0) if place == "between bins" else GRID
    return pred, obs, torch.tensor([0.05, width, 0.05], dtype=torch.float64), grid


def same(fast: torch.Tensor, reference: torch.Tensor, within: float) -> None:
    assert torch.allclose(fast.cpu(), reference, rtol=within, atol=within, equal_nan=True), (fast, reference)


@pytest.mark.parametrize(
    ("backend", "place", "side"),
    [*(("cpu", place, side) for place in PLACES for side in (0, 1)), ("triton", "off the grid", 1)],
)
@pytest.mark.parametrize("what", BAD)
def test_nonsense_shows_in_every_backend_rendered_or_not(
    backend: str, what: str, place: str, side: int, request: pytest.FixtureRequest
) -> None:
    move = request.getfixturevalue("triton") if backend == "triton" else lambda x: x
    pred, obs, sigma, grid = spectra(what, place)
    answers = []
    for by, to in ((backend, move), ("reference", lambda x: x)):
        leaves = [pred.mz.clone().requires_grad_(), obs.intensity.clone().requires_grad_()]
        sides = [to(pred.replace(mz=leaves[0])), to(obs.replace(intensity=leaves[1]))]
        cos = spectrum_cosine(*(sides[::-1] if side else sides), sigma=to(sigma), grid=grid, backend=by)  # type: ignore[arg-type]
        gradients = torch.autograd.grad(cos.nansum() + cos[1], leaves)
        picture = render(sides[0].detach(), sigma=to(sigma), grid=grid, backend=by)  # type: ignore[arg-type]
        sums = pair_sums(*(s.detach() for s in sides), sigma=to(sigma), grid=grid, backend=by)  # type: ignore[arg-type]
        answers.append((cos.detach(), picture, *sums, *gradients))
    for got, want in zip(*answers, strict=True):
        same(got, want, 1e-10 if backend == "cpu" else 2e-5)
    assert answers[0][0].isnan().tolist() == [False, True, False]


@pytest.mark.parametrize("value", [math.nan, math.inf, 1.0])
def test_padding_may_hold_anything(fast: tuple[str, Move], value: float) -> None:
    backend, move = fast
    pred = Peaks.from_list([([10.0, math.inf, -math.inf], [1.0, value, value])])
    obs = Peaks.from_list([([10.02], [1.0])])
    want = spectrum_cosine(Peaks.from_arrays([10.0], [1.0]), obs, sigma=0.05, grid=GRID)
    for by, to in ((backend, move), ("reference", lambda x: x)):
        same(spectrum_cosine(to(pred), to(obs), sigma=0.05, grid=GRID, backend=by), want, 2e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("grid", [GRID, MzGrid(60, 0.4), None])
@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_pair_sums_are_those_of_the_dense_definition(fast: tuple[str, Move], grid: MzGrid | None, unit: Any) -> None:
    backend, move = fast
    rng = np.random.default_rng(10)
    a = Peaks.from_list([(rng.uniform(20, 22, n), 1e6 * rng.random(n)) for n in (9, 0, 12)])
    b = Peaks.from_list([(rng.uniform(20, 22, n), rng.random(n)) for n in (7, 4, 15)])
    at: dict[str, Any] = {"sigma": 0.1 if unit == "Da" else 5000.0, "sigma_unit": unit, "grid": grid}
    want = pair_sums(a, b, **at, backend="reference")
    got = pair_sums(move(a), move(b), **at, backend=backend)  # type: ignore[arg-type]
    for name, x, y in zip(want._fields, got, want, strict=True):
        within = 1e-11 if backend == "cpu" else 2e-6
        assert float((x.cpu() - y).abs().max()) <= within * float(y.abs().max()), name
    assert not any(x.requires_grad for x in want)


def test_landscapes_with_layers_are_those_of_the_dense_definition() -> None:
    rng = np.random.default_rng(4)
    sides = [(rng.uniform(0.1, 61, n), rng.random(n)) for n in (9, 7, 0, 5)]
    observed = [(np.abs(mz + rng.normal(0, 0.05, mz.size)), rng.random(mz.size)) for mz, _ in sides[:2]]
    candidates = [[sides[0], sides[3]], [sides[1], sides[2]]]
    for unit, sigmas in (("Da", [0.3, 0.02]), ("ppm", [9000.0, 500.0])):
        at: dict[str, Any] = {"sigmas": sigmas, "sigma_unit": unit, "bin_widths": [0.5, 0.08], "max_mz": 60.0}
        want = loss_landscapes(candidates, observed, **at, layers=True, backend="reference")
        got = loss_landscapes(candidates, observed, **at, layers=True, backend="cpu")
        for name, x, y in zip(got._fields, got, want, strict=True):
            assert x.shape == y.shape, name
            np.testing.assert_allclose(x, y, rtol=0, atol=1e-8, err_msg=name)
        assert (want.highest - want.lowest).max() > 0.01
        plain = loss_landscapes(candidates, observed, **at, backend="reference")
        np.testing.assert_array_equal(plain.loss, want.loss)
        assert plain.continuum.shape == plain.lowest.shape == (0, 2, 2)


def test_nothing_is_no_error_in_the_reference() -> None:
    none = Peaks.from_list([])
    sums = pair_sums(none, none, sigma=0.1, grid=GRID, backend="reference")
    assert [x.shape for x in sums] == [(0,)] * 3
    assert render(none, sigma=0.1, grid=GRID, backend="reference").shape == (0, 600)
    assert spectrum_cosine(none, none, sigma=0.1, grid=None, backend="reference").shape == (0,)
    at: dict[str, Any] = {"sigmas": [0.1], "bin_widths": [0.1, 0.2], "backend": "reference"}
    assert loss_landscape(none, none, **at).shape == (0, 1, 2)
    assert loss_landscape(Peaks.from_arrays([1.0], [1.0]), Peaks.from_arrays([], []), **at).tolist() == [[[1.0, 1.0]]]
    assert loss_landscapes([], [], **at, layers=True).highest.shape == (0, 1, 2)
