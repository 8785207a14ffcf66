"""What must change nothing in the answers of Triton's kernels: order, padding, the batch, and who else is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine

GRID = MzGrid(max_mz=60.0, bin_width=0.1)
Move = Callable[[Any], Any]


@pytest.mark.parametrize("grid", [GRID, None])
def test_order_and_padding_change_nothing(triton: Move, grid: MzGrid | None) -> None:
    """Ascending peaks are not sorted; others are, padding among them goes to the end, and ties stay in order."""
    rng = np.random.default_rng(8)
    mz = np.sort(np.concatenate([rng.uniform(1, 59, 30), [20.0, 20.0, 20.0, -5.0, 70.0]]))
    weight = rng.random(35)
    order = rng.permutation(35)
    ties = np.flatnonzero(mz[order] == 20.0)
    order[ties] = np.sort(order[ties])
    room, keep = np.sort(rng.choice(60, 35, replace=False)), torch.zeros(1, 60, dtype=torch.bool)
    keep[0, room] = True
    padded = [torch.full((1, 60), 7.0).double() for _ in range(2)]
    for row, values in zip(padded, (mz, weight), strict=True):
        row[0, room] = torch.tensor(values[order])
    obs = triton(Peaks.from_arrays(mz + 0.03, weight))
    found = []
    for pred in (
        Peaks.from_arrays(mz, weight),
        Peaks.from_arrays(mz[order], weight[order]),
        Peaks.from_padded(*padded, keep),
    ):
        leaf = pred.mz.clone().requires_grad_()
        cos = spectrum_cosine(triton(pred.replace(mz=leaf)), obs, sigma=0.1, grid=grid, backend="triton")
        found.append((cos.detach().cpu(), torch.autograd.grad(cos.sum(), leaf)[0]))
    back = np.argsort(order)
    assert all(torch.equal(cos, found[0][0]) for cos, _ in found)
    assert torch.equal(found[1][1][back], found[0][1])
    assert torch.equal(found[2][1][room][back], found[0][1])
    assert not found[2][1][~keep[0]].any()


def test_only_what_is_asked_for_has_a_gradient(triton: Move) -> None:
    peaks = Peaks.from_list([([10.0, 11.0], [1.0, 2.0]), ([30.0], [1.0])])
    leaves = [x.clone().requires_grad_() for x in (peaks.mz, peaks.intensity)]
    obs = triton(peaks.replace(mz=peaks.mz + 0.05))
    whole = spectrum_cosine(triton(Peaks(*leaves, peaks.offsets)), obs, sigma=0.1, grid=GRID, backend="triton").sum()
    want = torch.autograd.grad(whole, leaves)
    for at in range(2):
        one = [x if n == at else x.detach() for n, x in enumerate(leaves)]
        cos = spectrum_cosine(triton(Peaks(*one, peaks.offsets)), obs, sigma=0.1, grid=GRID, backend="triton")
        (got,) = torch.autograd.grad(cos.sum(), [leaves[at]])
        assert torch.equal(got, want[at])


def test_a_spectrum_against_itself_is_exactly_one(triton: Move) -> None:
    rng = np.random.default_rng(2)
    spectra = [(np.append(rng.uniform(0, 62, n), 30.0), 10.0 ** rng.uniform(-9, 9, n + 1)) for n in (1, 20, 40)]
    peaks = triton(Peaks.from_list(spectra))
    for sigma, unit, grid in ((0.01, "Da", GRID), (0.05, "Da", GRID), (0.7, "Da", None), (3000.0, "ppm", GRID)):
        cos = spectrum_cosine(peaks, peaks, sigma=sigma, sigma_unit=unit, grid=grid, backend="triton")
        assert cos.tolist() == [1.0] * 3


def test_a_spectrum_does_not_depend_on_its_batch_nor_on_how_many_share_it(
    triton: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peploss.kernels.gpu import launch

    rng = np.random.default_rng(4)
    pred = [(rng.uniform(20, 40, n), rng.random(n)) for n in (33, 3, 0, 20)]
    obs = [(m + 0.05, rng.random(len(m))) for m, _ in pred]

    def results(of: list[int]) -> list[torch.Tensor]:
        p, o = (Peaks.from_list([side[i] for i in of]) for side in (pred, obs))
        mz = p.mz.clone().requires_grad_()
        cos = spectrum_cosine(triton(p.replace(mz=mz)), triton(o), sigma=0.1, grid=GRID, backend="triton")
        return [cos.detach().cpu(), torch.autograd.grad(cos.sum(), mz)[0]]

    together = results([0, 1, 2, 3])
    for shared in (2, 3):
        monkeypatch.setattr(launch.Prepared, "shared", shared)
        for got, want in zip(results([0, 1, 2, 3]), together, strict=True):
            assert torch.equal(got, want)
    alone = [results([i]) for i in range(4)]
    assert torch.equal(torch.cat([c for c, _ in alone]), together[0])
    assert torch.equal(torch.cat([g for _, g in alone]), together[1])
