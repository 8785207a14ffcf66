"""What only a GPU can show: the compiled kernels at full size, under compilers, graphs, autocast and streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.kernels import autograd as ops
from peploss.kernels.dispatch import has_triton
from peploss.losses.spectrum import spectrum_loss

pytestmark = pytest.mark.skipif(
    not (torch.cuda.is_available() and has_triton()), reason="needs a CUDA device and triton: no GPU here"
)
GRID = MzGrid()


def batch(n: int, predicted: int = 100, observed: int = 150, seed: int = 0) -> tuple[Peaks, Peaks]:
    rng = np.random.default_rng(seed)
    pm, om = rng.uniform(100, 1900, (n, predicted)), rng.uniform(100, 1900, (n, observed))
    shared = min(predicted, observed) * 2 // 5
    om[:, :shared] = pm[:, :shared] + rng.normal(0, 0.02, (n, shared))
    pred = Peaks.from_padded(torch.tensor(pm).cuda(), torch.ones(n, predicted).cuda())
    obs = Peaks.from_padded(torch.tensor(om).cuda(), torch.tensor(rng.random((n, observed))).cuda())
    return pred, obs


def on_cpu(peaks: Peaks) -> Peaks:
    return peaks.to("cpu")


@pytest.mark.parametrize(("n", "predicted", "observed"), [(4096, 100, 150), (8, 2000, 2000), (1, 1, 2000)])
@pytest.mark.parametrize("grid", [GRID, None])
def test_full_size_equals_the_cpu(n: int, predicted: int, observed: int, grid: MzGrid | None) -> None:
    pred, obs = batch(n, predicted, observed)
    gradients = []
    for p, o in ((pred, obs), (on_cpu(pred), on_cpu(obs))):
        leaves = [x.clone().requires_grad_() for x in (p.mz, p.intensity, o.mz, o.intensity)]
        loss = spectrum_loss(
            Peaks(leaves[0], leaves[1], p.offsets), Peaks(leaves[2], leaves[3], o.offsets), sigma=0.05, grid=grid
        )
        gradients.append([loss.detach().cpu(), *(g.cpu() for g in torch.autograd.grad(loss.sum(), leaves))])
    assert float((gradients[0][0] - gradients[1][0]).abs().max()) < 1e-6
    for got, want in zip(*(g[1:] for g in gradients), strict=True):
        assert float((got - want).abs().max()) <= 1e-5 * float(want.abs().max())


def test_runs_twice_to_the_same_bits() -> None:
    pred, obs = batch(512)
    results = []
    for _ in range(3):
        mz = pred.mz.clone().requires_grad_()
        cos = spectrum_cosine(pred.replace(mz=mz), obs, sigma=0.05, grid=GRID)
        results.append((cos.detach(), torch.autograd.grad(cos.sum(), mz)[0]))
    assert all(torch.equal(c, results[0][0]) and torch.equal(g, results[0][1]) for c, g in results)


@pytest.mark.parametrize("unit", ["Da", "ppm"])
@pytest.mark.parametrize("by_spectrum", [False, True])
def test_waits_for_nothing(unit: Any, by_spectrum: bool) -> None:
    pred, obs = batch(64)
    size = 0.05 if unit == "Da" else 20.0
    sigma = torch.full((64,), size, device="cuda").requires_grad_() if by_spectrum else size
    mz, mask = pred.mz.view(64, -1).clone().requires_grad_(), torch.rand(64, 100, device="cuda") > 0.1

    def step() -> None:
        padded = Peaks.from_padded(mz, torch.ones_like(mz), mask)
        spectrum_cosine(padded, obs, sigma=sigma, sigma_unit=unit, grid=GRID).sum().backward()

    step()  # compiles
    torch.cuda.set_sync_debug_mode("error")
    try:
        step()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_the_operator_is_what_torch_expects_of_one() -> None:
    pred, obs = batch(3, 10, 12)
    sigma = [torch.full_like(x.mz, 0.05) for x in (pred, obs)]
    others = (obs.mz, obs.intensity, sigma[1], obs.offsets)
    for asked in (True, False):
        inputs = (pred.mz.requires_grad_(asked), pred.intensity, sigma[0], pred.offsets)
        checks = ["test_schema", "test_autograd_registration", "test_faketensor"]
        # This one would differentiate the derivatives as well; test_compiled_is_the_same has the gradients.
        checks += [] if asked else ["test_aot_dispatch_dynamic"]
        torch.library.opcheck(ops.cosine_op, (*inputs, *others, 0.1, 20000, asked, False), test_utils=checks)


@pytest.mark.parametrize("compiler", ["aot_eager", "inductor"])
def test_compiled_is_the_same(compiler: str) -> None:
    pred, obs = batch(64)

    def loss(mz: torch.Tensor) -> torch.Tensor:
        return spectrum_loss(pred.replace(mz=mz), obs, sigma=0.05).mean()

    mz = pred.mz.clone().requires_grad_()
    (want,) = torch.autograd.grad(loss(mz), mz)
    compiled = torch.compile(loss, fullgraph=True, backend=compiler)(mz)
    (got,) = torch.autograd.grad(compiled, mz)
    assert float(compiled.detach()) == pytest.approx(float(loss(mz).detach()), rel=1e-12)
    assert torch.allclose(got, want, rtol=1e-12, atol=0)


def test_a_graph_is_captured_and_replayed_on_other_peaks() -> None:
    (pred, obs), (later, later_obs) = batch(64), batch(64, seed=1)
    mz = pred.mz.clone().requires_grad_()

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        loss = spectrum_loss(pred.replace(mz=mz), obs, sigma=0.05)
        return loss.detach(), torch.autograd.grad(loss.sum(), mz)[0]

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    with torch.no_grad():
        mz.copy_(later.mz)
    obs.mz.copy_(later_obs.mz)
    obs.intensity.copy_(later_obs.intensity)
    graph.replay()
    torch.cuda.synchronize()
    want = step()
    assert all(torch.equal(x, y) for x, y in zip(captured, want, strict=True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_no_bit(dtype: torch.dtype) -> None:
    pred, obs = batch(64)
    want = spectrum_loss(pred, obs, sigma=0.05)
    with torch.autocast("cuda", dtype=dtype):
        got = spectrum_loss(pred, obs, sigma=0.05)
    assert torch.equal(got, want)
    assert got.dtype == torch.float64


def test_the_card_that_is_not_the_current_one() -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("there is one GPU")
    pred, obs = batch(8)
    want = spectrum_loss(pred, obs, sigma=0.05)
    there = [side.to("cuda:1") for side in (pred, obs)]
    mz = there[0].mz.requires_grad_()
    got = spectrum_loss(*there, sigma=0.05)
    got.sum().backward()
    assert got.device == mz.device
    assert torch.equal(got.detach().to(want.device), want)
    assert mz.grad is not None


def test_many_streams_at_once() -> None:
    batches = [batch(128, seed=seed) for seed in range(8)]
    want = [spectrum_loss(*sides, sigma=0.05) for sides in batches]
    torch.cuda.synchronize()
    streams = [torch.cuda.Stream() for _ in batches]
    for _ in range(10):
        got = []
        for stream, sides in zip(streams, batches, strict=True):
            with torch.cuda.stream(stream):
                got.append(spectrum_loss(*sides, sigma=0.05))
        torch.cuda.synchronize()
        assert all(torch.equal(x, y) for x, y in zip(got, want, strict=True))
