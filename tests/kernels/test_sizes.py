"""Spectra of every odd size against the dense definition: loops that take eight numbers at a time, blocks of 512."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss import MzGrid, Peaks, spectrum_cosine

GRID = MzGrid(40.0, 0.1)


def _side(rng: np.random.Generator, n: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Peaks in the order of fragments, one ascending run for b ions and one for y ions."""
    mz = 20.0 + spread * rng.uniform(-1, 1, n)
    half = n // 2
    return np.concatenate([np.sort(mz[:half]), np.sort(mz[half:])]), 10.0 ** rng.uniform(-3, 0, n)


@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("spread", [0.2, 19.0])
def test_sizes_from_none_to_blocks(sigma: float, spread: float) -> None:
    """All pairs are neighbours at the small spread, so that 33 peaks fill a block of pairs and more."""
    rng = np.random.default_rng(7)
    sizes = [(n, m) for n in (*range(10), 16, 17, 33) for m in (0, 1, 8, 31)]
    pred = Peaks.from_list([_side(rng, n, spread) for n, _ in sizes])
    obs = Peaks.from_list([_side(rng, m, spread) for _, m in sizes])
    gradients = []
    for backend in ("cpu", "reference"):
        inputs = [x.clone().requires_grad_() for x in (pred.mz, pred.intensity, obs.mz, obs.intensity)]
        cosine = spectrum_cosine(
            pred.replace(mz=inputs[0], intensity=inputs[1]), obs.replace(mz=inputs[2], intensity=inputs[3]),
            sigma=sigma, grid=GRID, backend=backend,
        )  # fmt: skip
        gradients.append((cosine.detach(), *torch.autograd.grad(cosine.sum(), inputs)))
    for got, want in zip(*gradients, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-8, atol=1e-9)


def test_more_peaks_than_a_block() -> None:
    rng = np.random.default_rng(8)
    pred, obs = (Peaks.from_list([_side(rng, n, 19.0)]) for n in (1031, 517))
    got, want = (spectrum_cosine(pred, obs, sigma=0.05, grid=GRID, backend=b) for b in ("cpu", "reference"))  # type: ignore[arg-type]
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_scales_from_the_smallest_number_to_the_largest() -> None:
    mz, heights = np.array([10.03, 10.2, 35.0]), np.array([1.0, 0.25, 0.5])
    plain = Peaks.from_arrays(mz, heights)
    obs = Peaks.from_arrays(mz + 0.02, [0.3, 1.0, 0.2])
    want = spectrum_cosine(plain, obs, sigma=0.05, grid=GRID)
    for scale in (1e-320, 1e-200, 7.0, 1e200, 1e308):
        got = spectrum_cosine(plain.replace(intensity=plain.intensity * scale), obs, sigma=0.05, grid=GRID)
        torch.testing.assert_close(got, want, rtol=1e-3 if scale < 1e-300 else 1e-14, atol=0)


def test_a_spectrum_with_itself_has_cosine_1_and_no_gradient_to_the_last_bit() -> None:
    rng = np.random.default_rng(9)
    sides = [_side(rng, n, 1.0) for n in (1, 5, 64, 90)]
    pred, obs = Peaks.from_list(sides), Peaks.from_list([(m[::-1], 2.0 * w[::-1]) for m, w in sides])
    inputs = [x.clone().requires_grad_() for x in (pred.mz, obs.mz)]
    cosine = spectrum_cosine(pred.replace(mz=inputs[0]), obs.replace(mz=inputs[1]), sigma=0.05, grid=GRID)
    assert cosine.tolist() == [1.0] * 4
    assert all(not gradient.any() for gradient in torch.autograd.grad(cosine.sum(), inputs))
