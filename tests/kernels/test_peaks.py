"""A batch of spectra as a sequence, and the ways to make one."""

from __future__ import annotations

import io
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from peploss.kernels import Peaks, spectrum_cosine

SPECTRA = [([10.0, 20.0], [1.0, 2.0]), ([], []), ([30.0], [3.0]), ([40.0, 41.0, 42.0], [4.0, 5.0, 6.0])]


@pytest.fixture
def peaks() -> Peaks:
    return Peaks.from_list(SPECTRA)


def lists(peaks: Peaks) -> list[tuple[list[float], list[float]]]:
    """The spectra as lists, from the offsets alone."""
    ends = peaks.offsets.tolist()
    return [(peaks.mz[i:j].tolist(), peaks.intensity[i:j].tolist()) for i, j in itertools.pairwise(ends)]


def test_is_a_sequence_of_spectra(peaks: Peaks) -> None:
    assert len(peaks) == peaks.batch == 4
    assert [lists(one) for one in peaks] == [[s] for s in SPECTRA]
    assert lists(peaks[-1]) == SPECTRA[-1:]
    assert lists(peaks[np.int64(2)]) == lists(peaks[torch.tensor(2)]) == SPECTRA[2:3]


@pytest.mark.parametrize(
    "which",
    [slice(1, 3), slice(None), slice(2, None), slice(3, 1), slice(-2, 99), slice(None, None, -1), slice(0, 4, 2)],
)
def test_a_slice_is_that_of_a_list(peaks: Peaks, which: slice) -> None:
    assert lists(peaks[which]) == SPECTRA[which]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
@pytest.mark.parametrize("which", [[3, 0, 0, 1], [-1, 2], [], [True, False, False, True], [False] * 4])
def test_several_by_numbers_or_a_mask(peaks: Peaks, which: list[Any], kind: Any) -> None:
    mask = bool(which) and isinstance(which[0], bool)
    numbers = [i for i, wanted in enumerate(which) if wanted] if mask else which
    assert lists(peaks[kind(which)]) == [SPECTRA[i] for i in numbers]


@pytest.mark.parametrize("which", [4, -5, [0, 4]])
def test_a_spectrum_that_is_not_there(peaks: Peaks, which: Any) -> None:
    with pytest.raises(IndexError):
        peaks[which]


def test_an_indexed_batch_has_gradients(peaks: Peaks) -> None:
    leaf = peaks.mz.clone().requires_grad_()
    chosen = peaks.replace(mz=leaf)
    sums = (chosen[[3, 3, 0]].mz.sum(), chosen[1:3].mz.sum(), chosen[0].mz.sum())
    torch.stack(sums).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [2.0, 2.0, 1.0, 2.0, 2.0, 2.0]


def test_joins_batches(peaks: Peaks) -> None:
    assert lists(Peaks.cat([peaks[2:], peaks[:1], Peaks.from_list([]), peaks])) == SPECTRA[2:] + SPECTRA[:1] + SPECTRA
    assert len(Peaks.cat([])) == 0
    assert lists(Peaks.cat([peaks])) == SPECTRA


def test_moves_and_changes_type(peaks: Peaks) -> None:
    moved = peaks.to("meta", torch.float32)
    assert (moved.mz.device.type, moved.offsets.device.type) == ("meta", "meta")
    assert (moved.mz.dtype, moved.intensity.dtype, moved.offsets.dtype) == (torch.float32, torch.float32, torch.int64)
    assert lists(peaks.to(torch.float32)) == SPECTRA
    assert not peaks.replace(mz=peaks.mz.clone().requires_grad_()).detach().mz.requires_grad


def test_says_what_it_is_in_a_line(peaks: Peaks) -> None:
    assert repr(peaks) == "Peaks(4 spectra, 6 peaks, torch.float64, cpu)"
    assert repr(peaks[2].to(torch.float32)) == "Peaks(1 spectrum, 1 peak, torch.float32, cpu)"


def test_cannot_be_changed_in_place(peaks: Peaks) -> None:
    with pytest.raises(AttributeError):
        peaks.mz = peaks.intensity  # type: ignore[misc]


def test_a_matrix_is_a_spectrum_a_row() -> None:
    mz, intensity = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    rows = [([1.0, 2.0], [5.0, 6.0]), ([3.0, 4.0], [5.0, 6.0])]
    for batch in (
        Peaks.from_list([(mz, intensity), SPECTRA[0]]),
        Peaks.from_list([(torch.from_numpy(mz), intensity), SPECTRA[0]]),
        Peaks.from_list([(mz, torch.from_numpy(intensity)), SPECTRA[0]]),
    ):
        assert lists(batch) == [*rows, SPECTRA[0]]
    assert lists(Peaks.from_list([(intensity, mz)])) == [(a, m) for m, a in rows]
    assert len(Peaks.from_list([(np.empty((3, 0)), np.empty(0))])) == 3
    assert len(Peaks.from_list([(np.empty((0, 3)), np.empty(3))])) == 0


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2, 1), (3, 1)), ((1,), (2, 2)), ((), ()), ((1, 1, 1), (1,))])
@pytest.mark.parametrize("kind", [np.ones, torch.ones])
def test_shapes_that_do_not_fit_are_refused(shapes: tuple[Any, Any], kind: Any) -> None:
    with pytest.raises(ValueError, match=r"^Spectrum 1: m/z and intensity must be .* they have shapes \("):
        Peaks.from_list([SPECTRA[0], (kind(shapes[0]), kind(shapes[1]))])


def test_arrays_are_copied_once_and_for_all() -> None:
    mz = np.array([1.0, 2.0])
    peaks = Peaks.from_arrays(mz, mz)
    mz[0] = 9.0
    assert peaks.mz.tolist() == [1.0, 2.0]


def test_values_and_offsets_are_shared_where_they_may_be() -> None:
    mz, intensity, offsets = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([0, 1, 2])
    intensity.flags.writeable = False
    peaks = Peaks.from_ragged(mz, intensity, offsets)
    mz[0] = 9.0
    peaks.intensity[0] = 7.0
    assert lists(peaks) == [([9.0], [7.0]), ([2.0], [4.0])]
    assert intensity[0] == 3.0


def test_travels_to_other_processes_and_files(peaks: Peaks) -> None:
    assert lists(pickle.loads(pickle.dumps(peaks))) == SPECTRA
    file = io.BytesIO()
    torch.save(list(peaks.__dict__.values()), file)
    loader = DataLoader([peaks, peaks], batch_size=None, num_workers=0)
    assert [lists(p) for p in loader] == [SPECTRA, SPECTRA]


def test_compilers_and_exporters_see_through_it(peaks: Peaks) -> None:
    def cosine(pred: Peaks, obs: Peaks) -> tuple[torch.Tensor, Peaks]:
        moved = pred.replace(mz=pred.mz + 0.01)
        both = Peaks.cat([moved, moved])
        return spectrum_cosine(both, Peaks.cat([obs, obs]), sigma=0.05, grid=None), moved.to(torch.float32)

    want, moved = cosine(peaks, peaks)
    compiled, other = torch.compile(cosine, fullgraph=True, backend="aot_eager")(peaks, peaks)
    assert torch.equal(compiled, want)
    assert lists(other) == lists(moved)

    class Cosine(torch.nn.Module):
        def forward(self, pred: Peaks, obs: Peaks) -> tuple[torch.Tensor, Peaks]:
            return cosine(pred, obs)

    exported, again = torch.export.export(Cosine(), (peaks, peaks)).module()(peaks, peaks)
    assert torch.equal(exported, want)
    assert lists(again) == lists(moved)


def test_padding_lies_at_infinity_and_gets_no_gradient() -> None:
    mz = torch.tensor([[10.0, 20.0, math.nan], [30.0, 40.0, 50.0]]).requires_grad_()
    intensity, mask = torch.ones(2, 3), torch.tensor([[1, 1, 0], [0, 1, 1]])
    padded = Peaks.from_padded(mz, intensity, mask)
    assert lists(padded.detach()) == [
        ([10.0, 20.0, math.inf], [1.0, 1.0, 0.0]),
        ([math.inf, 40.0, 50.0], [0.0, 1.0, 1.0]),
    ]
    assert padded.mz.dtype == padded.intensity.dtype == torch.float64
    padded.mz[~padded.mz.isinf()].sum().backward()
    assert mz.grad is not None
    assert mz.grad.tolist() == mask.tolist()
    assert lists(Peaks.from_padded(intensity, intensity)) == [([1.0] * 3, [1.0] * 3)] * 2
    assert [len(Peaks.from_padded(torch.ones(shape), torch.ones(shape))) for shape in ((0, 3), (3, 0))] == [0, 3]


@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (2, 4), (2, 3)), ((2, 3), (2, 3), (2, 2)), ((3,), (3,), (3,)), ((1, 1, 1), (1, 1, 1), (1, 1, 1))],
)
def test_padded_rows_that_do_not_fit_are_refused(shapes: tuple[Any, Any, Any]) -> None:
    mz, intensity, mask = (torch.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"must all be \(batch, peaks\); they have shapes"):
        Peaks.from_padded(mz, intensity, mask)
    if len(shapes[0]) != 2:
        with pytest.raises(ValueError, match="None"):
            Peaks.from_padded(mz, intensity)
