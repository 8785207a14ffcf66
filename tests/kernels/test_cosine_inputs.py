"""What the cosine takes, what it refuses, and what shows as NaN."""

from __future__ import annotations

import math

import pytest
import torch

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine

GRID = MzGrid(max_mz=60.0, bin_width=0.1)
BACKENDS = ["cpu", "reference", "triton"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_spectra(backend, cosine_by) -> None:  # type: ignore[no-untyped-def]
    none = Peaks.from_list([])
    assert cosine_by(none, none, sigma=0.1, grid=GRID, backend=backend).shape == (0,)


def test_padded_input_is_the_ragged_one_and_its_padding_gets_no_gradient() -> None:
    mz = torch.tensor([[10.0, 20.0, math.nan], [30.0, 31.0, 32.0]], dtype=torch.float64, requires_grad=True)
    intensity = torch.tensor([[1.0, 2.0, math.nan], [1.0, 1.0, 5.0]], dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    obs = Peaks.from_list([([10.02, 20.0], [1.0, 1.0]), ([30.0, 31.03], [1.0, 1.0])])
    padded = spectrum_cosine(Peaks.from_padded(mz, intensity, mask), obs, sigma=0.05, grid=GRID)
    ragged = Peaks.from_list([([10.0, 20.0], [1.0, 2.0]), ([30.0, 31.0, 32.0], [1.0, 1.0, 5.0])])
    assert torch.equal(padded.detach(), spectrum_cosine(ragged, obs, sigma=0.05, grid=GRID))
    by_mz, by_intensity = torch.autograd.grad(padded.sum(), (mz, intensity))
    assert by_mz[0, 2] == 0
    assert by_intensity[0, 2] == 0
    assert torch.isfinite(by_mz).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_shows_in_its_spectrum_and_in_no_other(backend, cosine_by) -> None:  # type: ignore[no-untyped-def]
    pred = Peaks.from_list([([10.0, math.nan], [1.0, 1.0]), ([20.0], [1.0])])
    obs = Peaks.from_list([([10.0], [1.0]), ([20.0], [1.0])])
    cos = cosine_by(pred, obs, sigma=0.1, grid=GRID, backend=backend)
    assert math.isnan(cos[0])
    assert cos[1] == 1.0


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_refuses_a_width_that_is_none(sigma: float) -> None:
    one = Peaks.from_arrays([1.0], [1.0])
    with pytest.raises(ValueError, match="sigma must be positive and finite"):
        spectrum_cosine(one, one, sigma=sigma, grid=GRID)


def test_refuses_what_does_not_fit() -> None:
    one, two = Peaks.from_arrays([1.0], [1.0]), Peaks.from_list([([1.0], [1.0])] * 2)
    with pytest.raises(ValueError, match="as many spectra; they are 1 and 2"):
        spectrum_cosine(one, two, sigma=0.1, grid=GRID)
    with pytest.raises(ValueError, match=r"one for each of 2 spectra, not \(3,\)"):
        spectrum_cosine(two, two, sigma=torch.ones(3), grid=GRID)
    with pytest.raises(BackendError, match="no backend 'cuda'"):
        spectrum_cosine(one, one, sigma=0.1, grid=GRID, backend="cuda")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Da' or 'ppm', not 'mDa'"):
        spectrum_cosine(one, one, sigma=0.1, sigma_unit="mDa", grid=GRID)  # type: ignore[arg-type]


@pytest.mark.parametrize("offsets", [[0, 3], [1, 2], [0, 2, 1, 2], [0, -1, 2]])
def test_refuses_offsets_that_would_read_past_the_end(offsets: list[int]) -> None:
    bad = Peaks(torch.ones(2).double(), torch.ones(2).double(), torch.tensor(offsets))
    other = Peaks.from_list([([1.0], [1.0])] * (len(offsets) - 1))
    with pytest.raises(ValueError, match="must rise from 0 to the number of peaks, 2"):
        spectrum_cosine(bad, other, sigma=0.1, grid=GRID)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("grid", [GRID, None])
def test_padding_with_a_learned_width_in_ppm_has_a_finite_gradient(backend, grid, cosine_by) -> None:  # type: ignore[no-untyped-def]
    mz, mask = torch.tensor([[10.05, 20.0, 0.0]]), torch.tensor([[True, True, False]])
    pred = Peaks.from_padded(mz, torch.tensor([[1.0, 1.0, 0.0]]), mask)
    sigma = torch.tensor(5000.0, requires_grad=True)
    obs = Peaks.from_arrays([10.06, 20.01], [1.0, 1.0])
    cos = cosine_by(pred, obs, sigma=sigma, sigma_unit="ppm", grid=grid, backend=backend)
    cos.sum().backward()
    assert 0 < float(cos.detach()) < 1
    assert sigma.grad is not None
    assert torch.isfinite(sigma.grad)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("grid", [GRID, None])
@pytest.mark.parametrize("sigma", [0.0, -0.05, math.inf, math.nan])
def test_a_width_that_has_become_none_shows_as_nan(backend, grid, sigma, cosine_by) -> None:  # type: ignore[no-untyped-def]
    two = Peaks.from_list([([10.0], [1.0]), ([20.0], [1.0])])
    cos = cosine_by(two, two, sigma=torch.tensor([sigma, 0.1]), grid=grid, backend=backend)
    assert math.isnan(cos[0])
    assert cos[1] == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_infinite_intensity_shows_as_nan(backend, cosine_by) -> None:  # type: ignore[no-untyped-def]
    pred, obs = Peaks.from_arrays([10.0, 11.0], [math.inf, 1.0]), Peaks.from_arrays([10.0], [1.0])
    assert math.isnan(cosine_by(pred, obs, sigma=0.1, grid=GRID, backend=backend)[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int32])
def test_peaks_of_any_number_type(dtype: torch.dtype) -> None:
    mz, ones, offsets = torch.tensor([10, 12], dtype=dtype), torch.ones(2, dtype=dtype), torch.tensor([0, 2]).int()
    peaks = Peaks(mz, ones, offsets)
    assert spectrum_cosine(peaks, Peaks.from_arrays([10.0, 12.0], [1.0, 1.0]), sigma=0.1, grid=GRID).tolist() == [1.0]


def test_a_tracer_sees_the_operator() -> None:
    from torch.fx.experimental.proxy_tensor import make_fx

    obs = Peaks.from_arrays([10.02], [1.0])

    def cosine(mz: torch.Tensor) -> torch.Tensor:
        return spectrum_cosine(Peaks(mz, torch.ones_like(mz), torch.tensor([0, 1])), obs, sigma=0.1, grid=GRID)

    traced = make_fx(cosine)(torch.tensor([10.0], dtype=torch.float64))
    other = torch.tensor([10.1], dtype=torch.float64)
    assert torch.equal(traced(other), cosine(other))


NOT_RENDERED = {"below the grid": -5.0, "above the grid": 999.0, "between bins": 20.0, "padding": math.inf}


@pytest.mark.parametrize("where", NOT_RENDERED)
@pytest.mark.parametrize("intensity", [0.0, 1e300, -1.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("backend", ["auto", "cpu", "triton"])
def test_a_peak_that_is_not_rendered_is_what_the_reference_makes_of_it(  # type: ignore[no-untyped-def]
    where: str, intensity: float, side: int, backend: str, cosine_by
) -> None:
    """Backends agree on values, on NaN and on gradients, whatever lies where no bin sees it."""
    spectra = [([10.05, 15.0], [1.0, 2.0]), ([10.05, 15.05], [2.0, 1.0])]
    mz, heights = spectra[side]
    spectra[side] = ([*mz, NOT_RENDERED[where]], [*heights, intensity])
    answers = []
    for name in (backend, "reference"):
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for pair in spectra for x in pair]
        sides = [Peaks(m, a, torch.tensor([0, len(m)])) for m, a in (leaves[:2], leaves[2:])]
        cos = cosine_by(*sides, sigma=0.008 if where == "between bins" else 0.05, grid=GRID, backend=name)
        answers.append((cos.detach(), *torch.autograd.grad(cos.sum(), leaves)))
    assert math.isnan(answers[0][0]) == (not math.isfinite(intensity) and where != "padding")
    for got, want in zip(*answers, strict=True):
        within = {"rtol": 1e-4, "atol": 1e-5} if backend == "triton" else {"rtol": 1e-7, "atol": 1e-9}
        torch.testing.assert_close(got, want, equal_nan=True, **within)
