"""Asking for a backend that is not there, and for what a fast one cannot give."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import Peaks, dispatch, landscape, pair_sums, render, spectrum_cosine
from peploss.kernels import autograd as ops
from peploss.kernels import cosine as front_end
from peploss.kernels.landscape import loss_landscape, loss_landscapes

ONE = Peaks.from_arrays([10.0], [1.0])
GRID = MzGrid(60.0, 0.1)


def test_auto_follows_the_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "has_triton", lambda: True)
    assert dispatch.kernels_for("auto", torch.device("cpu")) == "cpu"
    assert dispatch.kernels_for("auto", torch.device("cuda")) == "triton"
    monkeypatch.setattr(dispatch, "has_triton", lambda: False)
    assert dispatch.kernels_for("auto", torch.device("cuda")) == "cpu"  # slower, and the same


def test_triton_that_is_not_installed_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "has_triton", lambda: False)
    with pytest.raises(BackendError, match=r"not installed\. pip install triton"):
        spectrum_cosine(ONE, ONE, sigma=0.1, grid=GRID, backend="triton")


def cells(backend: str) -> object:
    side = (ONE.mz.numpy(), ONE.intensity.numpy())
    return loss_landscapes([[side]], [side], sigmas=[0.1], bin_widths=[0.1], backend=backend)  # type: ignore[arg-type]


CALLS = {
    "cosine": lambda backend: spectrum_cosine(ONE, ONE, sigma=0.1, grid=GRID, backend=backend),
    "pair sums": lambda backend: pair_sums(ONE, ONE, sigma=0.1, grid=GRID, backend=backend),
    "render": lambda backend: render(ONE, sigma=0.1, grid=GRID, backend=backend),
    "landscape": cells,
    "landscape of tensors": lambda backend: loss_landscape(ONE, ONE, sigmas=[0.1], bin_widths=[0.1], backend=backend),
}


@pytest.mark.parametrize("name", CALLS)
def test_triton_on_the_cpu_is_refused_with_the_way_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "has_triton", lambda: True)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match=r"takes CUDA tensors; these are on cpu, and torch sees no CUDA.*to\('cuda'"):
        CALLS[name]("triton")


@pytest.mark.parametrize("name", CALLS)
def test_a_backend_that_is_none(name: str) -> None:
    with pytest.raises(BackendError, match="no backend 'cuda'"):
        CALLS[name]("cuda")


@pytest.mark.parametrize("backend", ["cpu", "triton"])
def test_a_picture_that_would_need_a_gradient_is_refused(backend, request) -> None:  # type: ignore[no-untyped-def]
    at = request.getfixturevalue("triton") if backend == "triton" else lambda x: x
    learned = ONE.replace(mz=ONE.mz.clone().requires_grad_())
    with pytest.raises(BackendError, match=f"by the {backend} kernels has no gradient"):
        render(at(learned), sigma=0.1, grid=GRID, backend=backend)
    with torch.no_grad():
        assert not render(at(learned), sigma=0.1, grid=GRID, backend=backend).requires_grad
    assert render(learned, sigma=0.1, grid=GRID, backend="reference").requires_grad


def test_a_second_derivative_is_refused(triton) -> None:  # type: ignore[no-untyped-def]
    mz = ONE.mz.clone().requires_grad_()
    pred = triton(ONE.replace(mz=mz))
    cos = spectrum_cosine(pred, triton(Peaks.from_arrays([10.1], [1.0])), sigma=0.1, grid=GRID, backend="triton")
    (first,) = torch.autograd.grad(cos.sum(), mz, create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivative"):
        torch.autograd.grad(first.sum(), mz)


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA tensors can be traced")
def test_the_interpreter_is_not_traced(triton) -> None:  # type: ignore[no-untyped-def]
    from torch.fx.experimental.proxy_tensor import make_fx

    def cosine(mz: torch.Tensor) -> torch.Tensor:
        return spectrum_cosine(ONE.replace(mz=mz), ONE, sigma=0.1, grid=GRID, backend="triton")

    with pytest.raises(BackendError, match="cannot be compiled, exported or traced"):
        make_fx(cosine)(ONE.mz)


def test_offsets_that_do_not_fit_are_refused(triton) -> None:  # type: ignore[no-untyped-def]
    bad = Peaks(torch.ones(2).double(), torch.ones(2).double(), torch.tensor([0, 3]))
    if torch.cuda.is_available():  # where looking at them would stall the GPU
        cos = spectrum_cosine(triton(bad), triton(ONE), sigma=0.1, grid=GRID, backend="triton")
        assert cos.isnan().all()
    else:
        with pytest.raises(ValueError, match="must rise from 0 to the number of peaks, 2"):
            spectrum_cosine(bad, ONE, sigma=0.1, grid=GRID, backend="triton")


@pytest.mark.parametrize("offsets", [[0, 3], [1, 2], [0, 2, 1, 2], [0, -1, 2], [0, 1]])
def test_the_kernels_read_no_further_than_the_peaks_whatever_the_offsets(triton, offsets) -> None:  # type: ignore[no-untyped-def]
    from peploss.kernels.gpu import launch

    n = len(offsets) - 1
    bad = (torch.tensor([10.0, 20.0]).double(), torch.ones(2).double(), torch.full((2,), 0.1).double())
    side = tuple(triton(x) for x in (*bad, torch.tensor(offsets)))
    other = tuple(triton(x) for x in (torch.ones(n).double() * 10,) * 3)
    cos, _, _ = launch.cosine(side, (*other, triton(torch.arange(n + 1))), 0.1, 600, True, True)
    assert cos.isnan().any()


@pytest.mark.parametrize("unit", ["Da", "ppm"])
@pytest.mark.parametrize("by_spectrum", [False, True])
def test_nobody_asks_a_gpu_for_a_value(unit: Any, by_spectrum: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake tensors have no values: asking for one, which would stall a GPU, is an error."""
    monkeypatch.setattr(front_end, "kernels_for", lambda backend, device: "triton")
    monkeypatch.setattr(front_end, "cosine", lambda *inputs, triton: ops.cosine_op(*inputs)[0])
    with FakeTensorMode():
        mz = torch.ones(4, 5, requires_grad=True)
        sigma = torch.ones(4, requires_grad=True) if by_spectrum else 0.1
        pred = Peaks.from_padded(mz, torch.ones(4, 5), torch.ones(4, 5) > 0.5)
        obs = Peaks.from_padded(torch.ones(4, 6), torch.ones(4, 6))
        for grid in (GRID, None):
            cos = spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=unit, grid=grid)
            assert cos.shape == (4,)
            assert torch.autograd.grad(cos.sum(), mz, retain_graph=True)[0].shape == (4, 5)


def test_nobody_asks_a_gpu_for_a_value_of_a_landscape(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = pytest.importorskip("peploss.kernels.gpu.landscape")
    monkeypatch.setattr(landscape, "kernels_for", lambda backend, device: "triton")
    launched = []

    def losses(mz, weight, spans, sigmas, widths, counts, *, ppm, phases, continuum):  # type: ignore[no-untyped-def]
        launched.append(ppm)
        return mz.new_empty((spans.shape[0], sigmas.shape[0], widths.shape[0], 1))

    monkeypatch.setattr(gpu, "losses", losses)
    with FakeTensorMode(allow_non_fake_inputs=True):
        sides = [Peaks.from_padded(torch.ones(4, 5), torch.ones(4, 5)) for _ in range(2)]
        found = loss_landscape(*sides, sigmas=[20.0, 10.0, 5.0], sigma_unit="ppm", bin_widths=[0.1, 0.2])
    assert (found.shape, launched) == ((4, 3, 2), [True])


@pytest.mark.parametrize("backend", ["auto", "triton"])
def test_which_kernels_can_be_chosen_inside_a_compiled_graph(backend: str) -> None:
    def chosen(x: torch.Tensor) -> torch.Tensor:
        return x + (dispatch.kernels_for(backend, torch.device("cuda")) == "triton")

    if dispatch.has_triton():
        assert float(torch.compile(chosen, fullgraph=True, backend="eager")(torch.zeros(()))) == 1.0


def test_offsets_that_are_still_on_the_cpu_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_end, "kernels_for", lambda backend, device: "triton")
    elsewhere = torch.ones(5, device="meta")
    bad = Peaks(elsewhere, elsewhere, torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="to the number of peaks, 5; they are"):
        spectrum_cosine(bad, bad, sigma=0.1, grid=GRID)


@pytest.mark.parametrize("offsets", [torch.tensor(0), torch.tensor([], dtype=torch.int64), torch.tensor([[0, 2]])])
def test_what_is_not_one_dimensional_is_refused(offsets: torch.Tensor) -> None:
    x = torch.ones(2).double()
    with pytest.raises(ValueError, match="must be one-dimensional"):
        ops.check(x, x, x, offsets)


def test_sides_on_several_devices_are_refused() -> None:
    x, there = torch.ones(2), torch.ones(2, device="meta")
    with pytest.raises(ValueError, match="must be on one device, not on cpu, meta, cpu and cpu"):
        ops.check(x, there, x, torch.tensor([0, 2]))


def test_a_device_in_words() -> None:
    assert dispatch.device_name("cpu") == "CPU"
