"""Triton's kernels against the dense definition; compiled on a GPU, and in numpy where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import Peaks, landscape, naive, pair_sums, render, spectrum_cosine
from peploss.kernels.landscape import loss_landscapes

GRID = MzGrid(max_mz=60.0, bin_width=0.1)
Move = Callable[[Any], Any]


def place(kind: str, h: float, rng: np.random.Generator, n: int = 9) -> np.ndarray:
    return {
        "anywhere": rng.uniform(0.5, 59.5, n),
        "centres": (rng.integers(0, 600, n) + 0.5) * h,
        "edges": rng.integers(0, 600, n) * h,
        "low end": rng.uniform(-3 * h, 6 * h, n),
        "high end": 60.0 + rng.uniform(-6 * h, 3 * h, n),
        "ties": np.repeat(rng.uniform(10, 11, 3), n // 3),
        "crowded": rng.uniform(30, 31, n),
    }[kind]


KINDS = ["anywhere", "centres", "edges", "low end", "high end", "ties", "crowded"]


def assert_same(
    move: Move, pred: Peaks, obs: Peaks, sigma: float, unit: str = "Da", grid: MzGrid | None = GRID, center: float = 30
) -> None:
    """Value to 1e-6 and every gradient to 1e-5 of the largest, or to 1e-6 of its natural size; twice that on a GPU.

    Its exponentials and quotients are approximate to 2e-7, those of the interpreter are numpy's.
    """
    within = 2e-6 if torch.cuda.is_available() else 1e-6
    found = []
    upstream = torch.randn(pred.batch, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for backend in ("triton", "reference"):
        width = torch.tensor(sigma, dtype=torch.float64)
        leaves = [x.detach().clone().requires_grad_() for x in (pred.mz, pred.intensity, obs.mz, obs.intensity, width)]
        to = move if backend == "triton" else lambda x: x
        p, o = to(Peaks(leaves[0], leaves[1], pred.offsets)), to(Peaks(leaves[2], leaves[3], obs.offsets))
        cos = spectrum_cosine(p, o, sigma=to(leaves[4]), sigma_unit=unit, grid=grid, backend=backend).cpu()
        found.append((cos.detach(), torch.autograd.grad(cos @ upstream, leaves)))
    (fast, fast_grads), (true, true_grads) = found
    assert float((fast - true).abs().max()) < within, (fast, true)
    width_of_peak = sigma if unit == "Da" else sigma * 1e-6 * center
    # Of what may be rendered: a peak far off the grid says nothing of the others' size.
    by_pred, by_obs = (1 / float(side.intensity[side.mz < 5000].max()) for side in (pred, obs))
    natural = {
        "mz": 1 / width_of_peak, "intensity": by_pred, "obs mz": 1 / width_of_peak, "obs intensity": by_obs,
        "sigma": 1 / sigma,
    }  # fmt: skip
    for (name, size), g, t in zip(natural.items(), fast_grads, true_grads, strict=True):
        assert torch.isfinite(g).all(), name
        assert float((g - t).abs().max()) <= 1e-5 * float(t.abs().max()) + within * size, (name, g, t)


@pytest.mark.parametrize("ratio", [0.1, 0.21, 0.5, 3.0])  # sigma / h, both sides of the series' threshold
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_dense_reference(triton: Move, ratio: float, kind: str) -> None:
    rng = np.random.default_rng(KINDS.index(kind))
    h = GRID.bin_width
    pm, om = place(kind, h, rng), place(KINDS[(KINDS.index(kind) + 2) % len(KINDS)], h, rng)
    close = np.concatenate([om[:3], pm[:6] + rng.normal(0, ratio * h, 6)])  # something to overlap with
    assert_same(triton, Peaks.from_arrays(pm, rng.random(9)), Peaks.from_arrays(close, rng.random(9)), ratio * h)


@pytest.mark.parametrize(("bin_width", "sigma"), [(0.5, 0.01), (0.05, 2.0)])  # sigma / h of 0.02 and of 40
def test_bins_far_wider_and_far_narrower_than_peaks(triton: Move, bin_width: float, sigma: float) -> None:
    rng = np.random.default_rng(6)
    # Near a bin's centre, as others are not rendered where bins are that wide.
    mz = (rng.integers(0, int(60 / bin_width), 7) + 0.5) * bin_width + rng.normal(0, 2 * min(sigma, 0.01), 7)
    pred = Peaks.from_arrays(mz, rng.random(7))
    obs = Peaks.from_arrays(mz + rng.normal(0, min(sigma, 0.01), 7), rng.random(7))
    assert_same(triton, pred, obs, sigma, grid=MzGrid(60.0, bin_width))


@pytest.mark.parametrize("ratio", [0.201, 0.28, 0.36])  # sigma / h
def test_a_lone_peak_between_two_bins_keeps_its_digits(triton: Move, ratio: float) -> None:
    """Where the series of its norm cancels the most: taken so far down, it was 2e-5 off."""
    shifts = np.linspace(0, 3 * ratio * GRID.bin_width, 5)
    pred, obs = (Peaks.from_list([([10.0 + x], [1.0]) for x in side]) for side in (0 * shifts, shifts))
    found = []
    for backend, to in (("triton", triton), ("reference", lambda x: x)):
        mz = pred.mz.clone().requires_grad_()
        sides = to(pred.replace(mz=mz)), to(obs)
        cos = spectrum_cosine(*sides, sigma=ratio * GRID.bin_width, grid=GRID, backend=backend).cpu()
        found.append((cos.detach(), torch.autograd.grad(cos.sum(), mz)[0]))
    (fast, fast_grad), (true, true_grad) = found
    assert float((fast - true).abs().max()) < 2e-6
    assert float((fast_grad - true_grad).abs().max()) < 1e-5 * float(true_grad.abs().max())


def test_more_bins_than_float32_counts(triton: Move) -> None:
    grid = MzGrid(1700.0003, 1e-4)
    assert grid.n_bins == 17_000_003  # in float32 one more
    places = grid.max_mz + 1e-4 * np.array([0.9, 0.5, -0.2, -1.7, -30.0])
    pred, obs = (Peaks.from_list([([m + by], [1.0]) for m in places]) for by in (0.0, -5e-6))
    for sigma in (2e-5, 1e-4):  # in bins: the first is out of reach of the last bin, or is not
        got = spectrum_cosine(triton(pred), triton(obs), sigma=sigma, grid=grid, backend="triton").cpu()
        assert torch.allclose(got, spectrum_cosine(pred, obs, sigma=sigma, grid=grid), rtol=0, atol=1e-5)


@pytest.mark.parametrize("sigma", [1.9, 6.0])  # r / h on both sides of where bins are joined
def test_peaks_far_wider_than_bins_near_the_ends(triton: Move, sigma: float) -> None:
    rng = np.random.default_rng(12)
    mz = np.concatenate([rng.uniform(-2 * sigma, 60 + 2 * sigma, 2), [0.0, 60.0]])
    assert_same(triton, Peaks.from_arrays(mz, rng.random(4)), Peaks.from_arrays(mz + 0.3 * sigma, rng.random(4)), sigma)


@pytest.mark.parametrize("ppm", [200.0, 5000.0, 60000.0])
@pytest.mark.parametrize("grid", [GRID, None])
def test_widths_in_ppm(triton: Move, ppm: float, grid: MzGrid | None) -> None:
    rng = np.random.default_rng(3)
    pm = rng.uniform(5, 55, 9)
    om = np.concatenate([pm[:6] * (1 + rng.normal(0, ppm * 1e-6, 6)), rng.uniform(5, 55, 3)])
    pred, obs = Peaks.from_arrays(pm, rng.random(9)), Peaks.from_arrays(om, rng.random(9))
    assert_same(triton, pred, obs, ppm, "ppm", grid)


# sigma / h of 1, 0.2 and 0.4
@pytest.mark.parametrize(("top", "bin_width"), [(1999.9, 0.002), (1999.9, 0.01), (2000.0, 0.005)])
def test_numbers_near_the_top_of_the_grid_keep_their_digits(triton: Move, top: float, bin_width: float) -> None:
    rng = np.random.default_rng(9)
    pm = top - rng.uniform(0, 0.03, 5)
    om = pm + rng.normal(0, 0.002, 5)
    pred, obs = Peaks.from_arrays(pm, np.ones(5)), Peaks.from_arrays(om, rng.random(5))
    assert_same(triton, pred, obs, 0.002, grid=MzGrid(2000.0, bin_width), center=2000)


def test_distances_are_taken_before_float32_rounds(triton: Move) -> None:
    """float32 alone is 6e-5 off at m/z 2000; a shift of that size is seen here to five digits."""
    mz = torch.tensor([1999.9], dtype=torch.float64)
    ones, offsets = torch.ones(1, dtype=torch.float64), torch.tensor([0, 1])
    for shift in (1e-6, 3e-5, 1e-3):
        sides = Peaks(mz, ones, offsets), Peaks(mz + shift, ones, offsets)
        sums = pair_sums(*(triton(x) for x in sides), sigma=0.002, grid=None, backend="triton")
        slope = float(sums.d_mz.cpu()) / float(sums.value.cpu())
        assert slope == pytest.approx(shift / (2 * 0.002**2), rel=1e-5)


def test_sizes_around_those_of_a_tile(triton: Move) -> None:
    rng = np.random.default_rng(1)
    sizes = [0, 1, 31, 32, 33, 65, 3]
    pred = [(rng.uniform(0, 60, n), rng.random(n)) for n in sizes]
    obs = [(rng.uniform(0, 60, n), rng.random(n)) for n in reversed(sizes)]
    assert_same(triton, Peaks.from_list(pred), Peaks.from_list(obs), 0.2)


def test_intensities_of_all_magnitudes(triton: Move) -> None:
    rng = np.random.default_rng(7)
    pm = rng.uniform(5, 55, 24)
    pred = Peaks.from_arrays(pm, 10.0 ** rng.uniform(-30, 30, 24))
    assert_same(triton, pred, Peaks.from_arrays(pm + 0.02, 10.0 ** rng.uniform(-300, 300, 24)), 0.1)
    small = Peaks.from_arrays([10.0, 9999.0], [1e-300, 1e300])  # the huge one is off the grid
    assert_same(triton, small, Peaks.from_arrays([10.05], [1.0]), 0.1)


@pytest.mark.parametrize("grid", [GRID, MzGrid(60, 0.7), None])
def test_the_formulas_are_exact_in_float64(triton: Move, grid: MzGrid | None) -> None:
    from peploss.kernels.gpu import launch

    rng = np.random.default_rng(5)
    pm = np.append(rng.uniform(-0.2, 60.2, 14), [30.0, 30.02])
    m = [torch.tensor(x) for x in (pm, pm + rng.normal(0, 0.1, 16))]
    w, s = torch.tensor(rng.random(16)), torch.full((16,), 0.1, dtype=torch.float64)
    offsets = torch.tensor([0, 7, 16])
    leaves = [x.clone().requires_grad_() for x in (m[0], w, s)]
    true = naive.cosine(Peaks(leaves[0], leaves[1], offsets), Peaks(m[1], w, offsets), leaves[2], s, grid)
    gradients = torch.autograd.grad(true.sum(), leaves)
    h, n_bins = (0.0, 0) if grid is None else (grid.bin_width, grid.n_bins)
    sides = [tuple(triton(x) for x in (x, w, s, offsets)) for x in m]
    cos, by_pred, _ = launch.cosine(*sides, h, n_bins, True, False, torch.float64)
    assert torch.allclose(cos.cpu(), true.detach(), rtol=0, atol=1e-12)
    for got, want in zip(by_pred.cpu(), gradients, strict=True):
        assert float((got - want).abs().max()) < 1e-11 * float(want.abs().max())


@pytest.mark.parametrize("grid", [GRID, None])
def test_pair_sums_equal_the_cpu(triton: Move, grid: MzGrid | None) -> None:
    rng = np.random.default_rng(10)
    a = Peaks.from_list([(rng.uniform(20, 22, n), 1e6 * rng.random(n)) for n in (9, 0, 20)])
    b = Peaks.from_list([(rng.uniform(20, 22, n), rng.random(n)) for n in (7, 4, 35)])
    got = pair_sums(triton(a), triton(b), sigma=0.1, grid=grid, backend="triton")
    for name, x, y in zip(got._fields, got, pair_sums(a, b, sigma=0.1, grid=grid), strict=True):
        assert float((x.cpu() - y).abs().max()) <= 2e-6 * float(y.abs().max()), name


@pytest.mark.parametrize("sigma", [0.004, 0.1, 2.0])
@pytest.mark.parametrize("bin_width", [0.05, 0.7])
def test_renders_what_the_reference_does(triton: Move, sigma: float, bin_width: float) -> None:
    rng = np.random.default_rng(0)
    grid = MzGrid(80.0, bin_width)
    mz = np.concatenate([rng.uniform(-1, 81, 30), np.repeat(40.0, 3), [0.0, 80.0]])
    peaks = Peaks.from_list([(mz, rng.random(mz.size)), ([], []), ([500.0, np.inf], [1.0, 1.0]), ([40.0], [1e30])])
    true = render(peaks, sigma=sigma, grid=grid, backend="reference")
    for backend, at, within in (("triton", triton, 1e-6), ("cpu", lambda x: x, 1e-12)):
        got = render(at(peaks), sigma=sigma, grid=grid, backend=backend).cpu()
        size = true.amax(1, keepdim=True).clamp(min=1e-30)
        assert float(((got - true) / size).abs().max()) < within, backend
        assert not got[1:3].any()


@pytest.mark.parametrize("backend", ["cpu", "triton"])
def test_what_makes_no_sense_shows_in_the_picture(backend: str, request: pytest.FixtureRequest) -> None:
    at = request.getfixturevalue("triton") if backend == "triton" else lambda x: x
    peaks = Peaks.from_list([([10.0, np.nan], [1.0, 1.0]), ([10.0], [np.inf]), ([10.0], [1.0])])
    picture = render(at(peaks), sigma=0.1, grid=GRID, backend=backend).cpu()
    assert picture.isnan().all(1).tolist() == [True, True, False]
    assert not picture[2].isnan().any()


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_landscapes_equal_those_of_the_cpu(triton: Move, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landscape, "PHASES", 2)  # fewer than there are, for the interpreter's sake
    rng = np.random.default_rng(3)
    pm = rng.uniform(0.001, 61, 9)
    om = np.concatenate([np.abs(pm[:6] + rng.normal(0, 0.05, 6)) + 1e-4, rng.uniform(2, 58, 5)])
    spectra = [(om, rng.gamma(1, 1, 11)), (om[:3], np.array([0.0, 1e200, 1e199]))]
    candidates = [[(pm, rng.random(9)), spectra[0]], [(om[1:3], np.array([1.0, 0.1])), ([], [])]]
    sigmas = [0.3, 0.02] if unit == "Da" else [9000.0, 500.0]
    settings = {"sigmas": sigmas, "sigma_unit": unit, "bin_widths": [0.5, 0.05], "max_mz": 60.0, "layers": True}
    want = loss_landscapes(candidates, spectra, **settings)
    got = loss_landscapes(candidates, spectra, **settings, backend="triton")
    for name, x, y in zip(got._fields, got, want, strict=True):
        np.testing.assert_allclose(x, y, rtol=0, atol=2e-6, err_msg=name)
    assert np.abs(got.loss[1]).max() == 0.0  # a spectrum against itself
    assert (got.loss[3] == 1.0).all()  # nothing


def test_two_thousand_peaks(triton: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    from peploss.kernels.gpu import launch

    if not torch.cuda.is_available():
        monkeypatch.setattr(launch, "ROWS", 256)  # at once, for the interpreter's sake
        monkeypatch.setattr(launch, "SORTED", 1024)
        monkeypatch.setattr(launch, "KEYS", 512)
    rng = np.random.default_rng(13)
    pm = rng.uniform(100, 1900, 2000)
    pred, obs = Peaks.from_arrays(pm, rng.random(2000)), Peaks.from_arrays(pm[:7] + 0.01, rng.random(7))
    got = spectrum_cosine(triton(pred), triton(obs), sigma=0.01, grid=MzGrid(), backend="triton").cpu()
    assert float(got) == pytest.approx(float(spectrum_cosine(pred, obs, sigma=0.01, grid=MzGrid())), abs=1e-7)
