"""The closed form against the dense definition: value and every gradient."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.grid import MzGrid
from peploss.kernels import Peaks, pair_sums, spectrum_cosine

GRID = MzGrid(max_mz=60.0, bin_width=0.1)
RATIOS = [0.1, 0.15, 0.19, 0.2, 0.21, 0.5, 1.0, 3.0, 20.0]  # sigma / h, both sides of the series' threshold


def place(kind: str, h: float, rng: np.random.Generator, n: int = 12) -> np.ndarray:
    if kind == "anywhere":
        return rng.uniform(0.5, 59.5, n)
    if kind == "centres":
        return (rng.integers(0, 600, n) + 0.5) * h
    if kind == "edges":
        return rng.integers(0, 600, n) * h
    if kind == "low end":
        return rng.uniform(-3 * h, 6 * h, n)
    if kind == "high end":
        return 60.0 + rng.uniform(-6 * h, 3 * h, n)
    if kind == "ties":
        return np.repeat(rng.uniform(10, 11, 3), n // 3)
    assert kind == "crowded"
    return rng.uniform(30, 31, n)


KINDS = ["anywhere", "centres", "edges", "low end", "high end", "ties", "crowded"]


def both(pred: Peaks, obs: Peaks, sigma: torch.Tensor, unit: str, grid: MzGrid | None, seed: int = 0):
    """Cosines and gradients (pred m/z, intensity, obs m/z, intensity, sigma) by fast path and by reference."""
    out = []
    upstream = torch.randn(pred.batch, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    for backend in ("cpu", "reference"):
        leaves = [x.detach().clone().requires_grad_() for x in (pred.mz, pred.intensity, obs.mz, obs.intensity, sigma)]
        p, o = Peaks(leaves[0], leaves[1], pred.offsets), Peaks(leaves[2], leaves[3], obs.offsets)
        cos = spectrum_cosine(p, o, sigma=leaves[4], sigma_unit=unit, grid=grid, backend=backend)
        grads = torch.autograd.grad(cos @ upstream, leaves)
        out.append((cos.detach(), grads))
    return out


def assert_same(pred: Peaks, obs: Peaks, sigma: float, unit: str = "Da", grid: MzGrid | None = GRID) -> None:
    (fast, fast_grads), (true, true_grads) = both(pred, obs, torch.tensor(sigma, dtype=torch.float64), unit, grid)
    loss, true_loss = 1 - fast, 1 - true
    # 1e-6 relative in the loss is the promise; where the loss itself is rounding, 1e-12 absolute.
    assert torch.allclose(loss, true_loss, rtol=1e-7, atol=1e-12), (loss, true_loss)
    width = sigma if unit == "Da" else sigma * 1e-6 * 30
    by_mz, by_pred, by_obs = 1 / width, 1 / float(pred.intensity.max()), 1 / float(obs.intensity.max())
    natural = {"mz": by_mz, "intensity": by_pred, "obs mz": by_mz, "obs intensity": by_obs, "sigma": 1 / sigma}
    for (name, size), g, t in zip(natural.items(), fast_grads, true_grads, strict=True):
        assert torch.isfinite(g).all(), name
        # Relative to the largest of them; 1e-9 of a gradient's natural size is where pairs are left out.
        assert float((g - t).abs().max()) <= 1e-6 * float(t.abs().max()) + 1e-9 * size, (name, g, t)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("pred_kind", KINDS)
@pytest.mark.parametrize("obs_kind", KINDS)
def test_equals_dense_reference(ratio: float, pred_kind: str, obs_kind: str) -> None:
    rng = np.random.default_rng(KINDS.index(pred_kind) * 7 + KINDS.index(obs_kind))
    h = GRID.bin_width
    pm = place(pred_kind, h, rng)
    om = place(obs_kind, h, rng)
    close = np.concatenate([om[:6], pm[:6] + rng.normal(0, ratio * h, 6)])  # something to overlap with
    pred = Peaks.from_list([(pm, np.ones(12)), (pm, rng.random(12))])
    obs = Peaks.from_list([(om, rng.random(12)), (close, rng.random(12))])
    assert_same(pred, obs, ratio * h)


@pytest.mark.parametrize("ppm", [5.0, 200.0, 5000.0, 60000.0])
def test_equals_dense_reference_with_widths_in_ppm(ppm: float) -> None:
    rng = np.random.default_rng(3)
    pm = rng.uniform(5, 55, 20)
    obs = (np.concatenate([pm[:10] * (1 + rng.normal(0, ppm * 1e-6, 10)), rng.uniform(5, 55, 5)]), rng.random(15))
    assert_same(Peaks.from_arrays(pm, rng.random(20)), Peaks.from_arrays(*obs), ppm, "ppm")


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_continuum_equals_closed_form_and_the_fine_grid(unit: str) -> None:
    rng = np.random.default_rng(4)
    pm = rng.uniform(5, 55, 30)
    pred = Peaks.from_arrays(pm, rng.random(30))
    obs = Peaks.from_arrays(pm + rng.normal(0, 0.1, 30), rng.random(30))
    sigma = 0.1 if unit == "Da" else 3000.0
    assert_same(pred, obs, sigma, unit, grid=None)
    limit = spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=unit, grid=None)
    fine = spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=unit, grid=MzGrid(60, 0.003), backend="reference")
    assert torch.allclose(limit, fine, rtol=0, atol=1e-12)


def test_a_width_for_each_spectrum() -> None:
    pred = Peaks.from_list([([10.0, 20.0], [1.0, 2.0]), ([30.0], [1.0])])
    obs = Peaks.from_list([([10.1], [1.0]), ([30.1, 31.0], [1.0, 1.0])])
    sigmas = torch.tensor([0.1, 0.3], dtype=torch.float64, requires_grad=True)
    together = spectrum_cosine(pred, obs, sigma=sigmas, grid=GRID)
    apart = [
        spectrum_cosine(
            pred[b],
            obs[b],
            sigma=float(sigmas[b].detach()),
            grid=GRID,
        )
        for b in range(2)
    ]
    assert torch.equal(together.detach(), torch.cat(apart))
    (by_sigma,) = torch.autograd.grad(together[0], sigmas)
    assert by_sigma[0] != 0
    assert by_sigma[1] == 0


@pytest.mark.parametrize("grid", [GRID, MzGrid(60, 0.25), None])
@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_gradcheck(grid: MzGrid | None, unit: str) -> None:
    rng = np.random.default_rng(5)
    pm = rng.uniform(10, 12, 5)
    leaves = [
        torch.tensor(x, dtype=torch.float64, requires_grad=True)
        for x in (pm, rng.random(5) + 0.1, pm[:4] + rng.normal(0, 0.05, 4), rng.random(4) + 0.1)
    ]
    sigma = torch.tensor(0.1 if unit == "Da" else 8000.0, dtype=torch.float64, requires_grad=True)
    p_off, o_off = torch.tensor([0, 2, 5]), torch.tensor([0, 3, 4])

    def cosine(a, b, c, d, s):  # type: ignore[no-untyped-def]
        return spectrum_cosine(Peaks(a, b, p_off), Peaks(c, d, o_off), sigma=s, sigma_unit=unit, grid=grid)

    assert torch.autograd.gradcheck(cosine, (*leaves, sigma), eps=1e-6, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e30])
def test_scale_of_intensities_changes_nothing(scale: float) -> None:
    rng = np.random.default_rng(6)
    pm, om, oi = rng.uniform(5, 55, 20), rng.uniform(5, 55, 20), rng.random(20)
    plain = spectrum_cosine(Peaks.from_arrays(pm, np.ones(20)), Peaks.from_arrays(om, oi), sigma=0.3, grid=GRID)
    scaled = spectrum_cosine(
        Peaks.from_arrays(pm, np.full(20, scale)), Peaks.from_arrays(om, oi / scale), sigma=0.3, grid=GRID
    )
    assert torch.allclose(plain, scaled, rtol=1e-13, atol=0)
    assert_same(Peaks.from_arrays(pm, np.full(20, scale)), Peaks.from_arrays(om, oi), 0.3)


def test_intensities_of_all_magnitudes_in_one_spectrum() -> None:
    rng = np.random.default_rng(7)
    pm = rng.uniform(5, 55, 24)
    assert_same(
        Peaks.from_arrays(pm, 10.0 ** rng.uniform(-30, 30, 24)),
        Peaks.from_arrays(pm + 0.02, 10.0 ** rng.uniform(-30, 30, 24)),
        0.1,
    )


NOTHING = {
    "no peaks": ([], []),
    "no intensity": ([10.0, 20.0], [0.0, 0.0]),
    "off the grid": ([61.0, 500.0, -2.0], [1.0, 1.0, 1.0]),
    "padding": ([math.inf, math.inf], [0.0, 0.0]),
}


@pytest.mark.parametrize("backend", ["cpu", "reference", "triton"])
@pytest.mark.parametrize(
    ("grid", "name"),
    [(grid, name) for grid in (GRID, None) for name in NOTHING if grid or name != "off the grid"],  # None has no end
)
@pytest.mark.parametrize("side", ["pred", "obs", "both"])
def test_nothing_to_compare_costs_exactly_one_with_exactly_no_gradient(backend, grid, name, side, cosine_by) -> None:  # type: ignore[no-untyped-def]
    nothing, something = NOTHING[name], ([10.0, 20.0], [1.0, 3.0])
    sides = [nothing if side in (s, "both") else something for s in ("pred", "obs")]
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for pair in sides for x in pair]
    sigma = torch.tensor(0.05, dtype=torch.float64, requires_grad=True)
    cos = cosine_by(
        Peaks(leaves[0], leaves[1], torch.tensor([0, len(leaves[0])])),
        Peaks(leaves[2], leaves[3], torch.tensor([0, len(leaves[2])])),
        sigma=sigma,
        grid=grid,
        backend=backend,
    )
    assert (1 - cos).tolist() == [1.0]
    grads = torch.autograd.grad(cos.sum(), [*leaves, sigma], allow_unused=True)
    assert all(g is None or bool((g == 0).all()) for g in grads)


@pytest.mark.parametrize("backend", ["cpu", "reference", "triton"])
def test_a_peak_between_bins_far_wider_than_itself_is_not_rendered(backend, cosine_by) -> None:  # type: ignore[no-untyped-def]
    edge = Peaks.from_arrays([10.0], [1.0])  # 0.05 from two bin centres
    assert float(cosine_by(edge, edge, sigma=0.05 / 6.01, grid=GRID, backend=backend)) == 0.0
    assert float(cosine_by(edge, edge, sigma=0.05 / 5.99, grid=GRID, backend=backend)) == 1.0


mz_lists = st.lists(st.floats(-1.0, 62.0), min_size=1, max_size=30)


@settings(max_examples=150)
@given(mz=mz_lists, data=st.data(), ratio=st.floats(0.1, 20))
def test_self_similarity_is_exactly_one(mz: list[float], data: st.DataObject, ratio: float) -> None:
    intensity = data.draw(st.lists(st.floats(1e-30, 1e30), min_size=len(mz), max_size=len(mz)))
    spectrum = Peaks.from_arrays([abs(m) + 1e-3 for m in mz] + [30.0], [*intensity, 1.0])
    assert float(spectrum_cosine(spectrum, spectrum, sigma=ratio * 0.1, grid=GRID)) == 1.0
    assert float(spectrum_cosine(spectrum, spectrum, sigma=3e3 * ratio, sigma_unit="ppm", grid=None)) == 1.0


@settings(max_examples=150)
@given(pm=mz_lists, om=mz_lists, ratio=st.floats(0.1, 20), seed=st.integers(0, 2**31))
def test_property_equals_reference(pm: list[float], om: list[float], ratio: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pred, obs = Peaks.from_arrays(pm, rng.random(len(pm))), Peaks.from_arrays(om, rng.random(len(om)))
    fast = spectrum_cosine(pred, obs, sigma=ratio * 0.1, grid=GRID)
    true = spectrum_cosine(pred, obs, sigma=ratio * 0.1, grid=GRID, backend="reference")
    assert torch.allclose(1 - fast, 1 - true, rtol=1e-6, atol=1e-7 if ratio < 0.2 else 1e-12)
    assert 0 <= float(fast) <= 1


def test_order_and_splitting_of_peaks_change_nothing() -> None:
    rng = np.random.default_rng(8)
    pm, pi, om, oi = (rng.uniform(5, 55, 30), rng.random(30), rng.uniform(5, 55, 30), rng.random(30))
    obs = Peaks.from_arrays(om, oi)
    want = spectrum_cosine(Peaks.from_arrays(pm, pi), obs, sigma=0.2, grid=GRID)
    shuffled = rng.permutation(30)
    assert torch.allclose(
        spectrum_cosine(Peaks.from_arrays(pm[shuffled], pi[shuffled]), obs, sigma=0.2, grid=GRID), want, rtol=1e-14
    )
    halves = Peaks.from_arrays(np.repeat(pm, 2), np.repeat(pi / 2, 2))
    assert torch.allclose(spectrum_cosine(halves, obs, sigma=0.2, grid=GRID), want, rtol=1e-13)


def test_numbers_near_the_top_of_the_grid_keep_their_digits() -> None:
    grid = MzGrid(2000.0, 0.001)
    rng = np.random.default_rng(9)
    pm = rng.uniform(1999.0, 1999.9, 8)
    pred, obs = Peaks.from_arrays(pm, np.ones(8)), Peaks.from_arrays(pm + 0.001, rng.random(8))
    fast = spectrum_cosine(pred, obs, sigma=0.002, grid=grid)
    true = spectrum_cosine(pred, obs, sigma=0.002, grid=grid, backend="reference")
    assert torch.allclose(1 - fast, 1 - true, rtol=1e-6)


def test_pair_sums_are_the_inner_product_and_its_derivatives() -> None:
    rng = np.random.default_rng(10)
    m = torch.tensor(rng.uniform(20, 22, 9), requires_grad=True)
    a = torch.tensor(rng.random(9), requires_grad=True)
    obs = Peaks.from_arrays(rng.uniform(20, 22, 7), rng.random(7))
    sums = pair_sums(Peaks(m.detach(), a.detach(), torch.tensor([0, 9])), obs, sigma=0.1, grid=GRID)
    x = torch.from_numpy(GRID.centers)

    def curve(mz: torch.Tensor, intensity: torch.Tensor) -> torch.Tensor:
        return (intensity[:, None] * torch.exp(-0.5 * ((x - mz[:, None]) / 0.1) ** 2)).sum(0)

    dense = curve(m, a) @ curve(obs.mz, obs.intensity)
    by_mz, by_intensity = torch.autograd.grad(dense, (m, a))
    assert torch.allclose(sums.value, dense.detach(), rtol=1e-12)
    assert torch.allclose(sums.d_mz, by_mz, rtol=1e-9, atol=1e-12)
    assert torch.allclose(sums.d_intensity, by_intensity, rtol=1e-12)
    assert torch.allclose((a.detach() * sums.d_intensity).sum(), sums.value[0], rtol=1e-13)


def test_threads_of_the_caller_and_of_the_kernel_change_no_bit() -> None:
    rng = np.random.default_rng(11)
    spectra = [(rng.uniform(5, 55, n), rng.random(n)) for n in rng.integers(0, 400, 80)]
    pred, obs = Peaks.from_list(spectra), Peaks.from_list(spectra[::-1])
    mz = pred.mz.clone().requires_grad_()

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        cos = spectrum_cosine(Peaks(mz, pred.intensity, pred.offsets), obs, sigma=0.1, grid=GRID)
        return cos.detach(), torch.autograd.grad(cos.sum(), mz)[0]

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        want = run()
    finally:
        torch.set_num_threads(before)
    got: list[tuple[torch.Tensor, torch.Tensor]] = []
    threads = [threading.Thread(target=lambda: got.extend(run() for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 20
    assert all(torch.equal(c, want[0]) and torch.equal(g, want[1]) for c, g in got)


@pytest.mark.parametrize("sigma", [2.5, 6.0, 20.0])
def test_peaks_far_wider_than_bins_near_the_ends(sigma: float) -> None:
    rng = np.random.default_rng(12)
    mz = np.concatenate([rng.uniform(-2 * sigma, 60 + 2 * sigma, 10), [0.0, 60.0]])
    assert_same(Peaks.from_arrays(mz, rng.random(12)), Peaks.from_arrays(mz + 0.3 * sigma, rng.random(12)), sigma)


def test_a_small_peak_beside_a_huge_one_off_the_grid() -> None:
    pred, obs = Peaks.from_arrays([10.0, 9999.0], [1e-300, 1e300]), Peaks.from_arrays([10.05], [1.0])
    fast, true = (spectrum_cosine(pred, obs, sigma=0.1, grid=GRID, backend=b) for b in ("cpu", "reference"))
    assert 0.5 < float(fast) < 1
    assert float(fast) == pytest.approx(float(true), rel=1e-9)


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_a_row_is_what_it_is_alone_whatever_stands_before_it(unit: str) -> None:
    """Rows of one observed spectrum share its norm; what looks like it and is another does not."""
    rng = np.random.default_rng(3)
    obs = (np.sort(rng.uniform(10, 50, 30)), rng.gamma(1, 1, 30))
    beyond = (np.append(obs[0], 500.0), np.append(obs[1], 1e6))  # a peak that is not rendered sets the scale
    other = (obs[0], obs[1] * np.where(np.arange(30) == 29, 2.0, 1.0))
    wider = (obs[0], obs[1])
    observed = [obs, obs, beyond, obs, other, other, obs, (np.array([]), np.array([])), obs, wider]
    sigma = torch.tensor([0.05] * 9 + [0.08], dtype=torch.float64) * (1 if unit == "Da" else 2000)
    predicted = [(np.sort(rng.uniform(10, 50, 8)), np.ones(8)) for _ in observed]
    predicted[3] = obs  # the same as the observed one
    together = spectrum_cosine(
        Peaks.from_list(predicted), Peaks.from_list(observed), sigma=sigma, sigma_unit=unit, grid=GRID, backend="cpu"
    )
    for k, (one, two) in enumerate(zip(predicted, observed, strict=True)):
        alone = spectrum_cosine(
            Peaks.from_list([one]), Peaks.from_list([two]), sigma=sigma[k], sigma_unit=unit, grid=GRID, backend="cpu"
        )
        assert together[k] == alone[0], k
