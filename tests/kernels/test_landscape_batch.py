"""Landscapes of batches of tensors against those of arrays on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from peploss.kernels import Peaks, dispatch, landscape, spectrum_cosine
from peploss.kernels.landscape import device_of, loss_landscape, loss_landscapes

AXES: dict[str, Any] = {"sigmas": [0.2, 0.03], "bin_widths": [0.5, 0.1], "max_mz": 60.0}


def sides(backend: str, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("triton") if backend == "triton" else lambda x: x


@pytest.fixture
def spectra() -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """Predicted and observed: unsorted, one empty, one of no intensity and one of huge intensities."""
    rng = np.random.default_rng(0)
    pred = [(rng.uniform(1, 61, n), rng.random(n)) for n in (7, 0, 2, 3)]
    obs = [(rng.uniform(1, 61, n), rng.random(n) * 1e200) for n in (5, 2, 3, 4)]
    for at, n in ((0, 5), (2, 2), (3, 3)):
        obs[at][0][:n] = pred[at][0][:n] + rng.normal(0, 0.03, n)
    obs[2][1][:] = 0.0
    return [pred, obs]


@pytest.mark.parametrize("backend", ["cpu", "triton", "reference"])
@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_equals_landscapes_of_arrays(backend: Any, unit: Any, spectra, request) -> None:  # type: ignore[no-untyped-def]
    axes = {**AXES, "sigma_unit": unit, "sigmas": AXES["sigmas"] if unit == "Da" else [9000.0, 600.0]}
    want = loss_landscapes([[side] for side in spectra[0]], spectra[1], **axes, backend="cpu").loss
    move = sides(backend, request)
    pred, obs = (move(Peaks.from_list(side)) for side in spectra)
    got = loss_landscape(pred, obs, **axes, backend=backend)
    assert got.device == pred.mz.device
    assert got.shape == (4, 2, 2)
    np.testing.assert_allclose(got.cpu().numpy(), want, rtol=0, atol=2e-6)
    assert (got[1:3] == 1.0).all()


@pytest.mark.parametrize("backend", ["cpu", "triton", "reference"])
def test_padding_and_parts_change_nothing(backend: Any, spectra, request, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(landscape, "CELLS_AT_ONCE", 4)  # two spectra at once, or four
    move = sides(backend, request)
    da, ppm = {**AXES, "sigmas": [0.03]}, {**AXES, "sigma_unit": "ppm", "sigmas": [4000.0], "bin_widths": [0.5]}
    padded = []
    for side in spectra:
        mz, intensity, mask = torch.zeros(4, 9).double(), torch.ones(4, 9).double(), torch.zeros(4, 9, dtype=torch.bool)
        for row, (m, a) in enumerate(side):
            at = torch.arange(0, 9)[: len(m)] if row else torch.tensor([0, 2, 3, 4, 5, 7, 8])[: len(m)]
            mz[row, at], intensity[row, at], mask[row, at] = torch.tensor(m), torch.tensor(a), True
        padded.append(Peaks.from_padded(mz, intensity, mask))
    for axes in (da, ppm):
        plain = loss_landscape(*(move(Peaks.from_list(x)) for x in spectra), **axes, backend=backend)
        assert torch.equal(loss_landscape(*(move(x) for x in padded), **axes, backend=backend), plain)


def test_a_cell_is_the_loss_there(spectra) -> None:  # type: ignore[no-untyped-def]
    from peploss.grid import MzGrid

    pred, obs = (Peaks.from_list(side) for side in spectra)
    want = 1 - spectrum_cosine(pred, obs, sigma=0.03, grid=MzGrid(60.0, 0.5))
    assert torch.allclose(loss_landscape(pred, obs, **AXES)[:, 1, 0], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bad", [(float("nan"), 1.0), (-1.0, 1.0), (10.0, -1.0), (10.0, float("inf"))])
def test_what_makes_no_sense_shows_or_is_refused(triton, bad: tuple[float, float]) -> None:  # type: ignore[no-untyped-def]
    obs = Peaks.from_list([([10.0, 20.0], [1.0, 1.0]), ([10.0, bad[0]], [1.0, bad[1]])])
    pred = Peaks.from_list([([10.0], [1.0])] * 2)
    found = loss_landscape(triton(pred), triton(obs), **AXES, backend="triton")
    assert found.isnan().all((1, 2)).tolist() == [False, True]
    assert not found[0].isnan().any()
    with pytest.raises(ValueError, match="Every"):
        loss_landscape(pred, obs, **AXES, backend="cpu")


@pytest.mark.parametrize("offsets", [[0, 3], [1, 2], [0, 2, 1, 2], [0, -1, 2], [0, 1]])
def test_offsets_that_do_not_fit_show(triton, offsets: list[int]) -> None:  # type: ignore[no-untyped-def]
    n = len(offsets) - 1
    bad = Peaks(torch.tensor([10.0, 20.0]).double(), torch.ones(2).double(), torch.tensor(offsets))
    good = Peaks.from_list([([10.0], [1.0])] * n)
    assert loss_landscape(triton(bad), triton(good), **AXES, backend="triton").isnan().any()


def test_no_spectrum(triton) -> None:  # type: ignore[no-untyped-def]
    none = Peaks.from_list([])
    for backend in ("cpu", "triton"):
        got = loss_landscape(triton(none), triton(none), **AXES, backend=backend)  # type: ignore[arg-type]
        assert got.shape == (0, 2, 2)


def test_what_does_not_fit_is_refused() -> None:
    one, two = Peaks.from_list([([1.0], [1.0])]), Peaks.from_list([([1.0], [1.0])] * 2)
    with pytest.raises(ValueError, match="as many spectra; they are 1 and 2"):
        loss_landscape(one, two, **AXES)
    with pytest.raises(ValueError, match="Every sigma must be positive"):
        loss_landscape(one, one, **{**AXES, "sigmas": [0.0]})


def test_several_spectra_go_to_a_gpu_and_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(landscape, "has_triton", lambda: True)
    assert [device_of(n).type for n in (0, 1, 2)] == ["cpu", "cpu", "cuda"]
    assert device_of(2, "cpu").type == "cpu"
    assert device_of(1, "triton").type == "cuda"
    monkeypatch.setattr(landscape, "has_triton", lambda: False)
    assert device_of(2).type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert dispatch.device_name(device_of(2)) == "CPU"
