"""The GPU's benchmark in small: on a GPU as it is, elsewhere on a card of paper, so that it works the first time."""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks import gpu
from peploss.kernels.dispatch import has_triton

pytestmark = pytest.mark.skipif(not has_triton(), reason="triton is not installed, and its version is in every row")


class Event:
    """A moment on the clock of the host."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        return 1e3 * (end.at - self.at)


class Stream:
    def wait_stream(self, other: Stream) -> None:
        assert isinstance(other, Stream)


class Graph:
    """What was captured is not played again."""

    replays = 0

    def pool(self) -> tuple[int, int]:
        return 0, 1

    def replay(self) -> None:
        Graph.replays += 1


@contextlib.contextmanager
def nothing(*_: Any, **__: Any) -> Iterator[None]:
    yield


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {
        "PREDICTED": 5, "OBSERVED": 6, "BATCHES": (2, 3), "DENSE_UP_TO": 2, "RUNS": 3, "SLOW_RUNS": 2, "WARM": 1,
        "COPIED": 1 << 12,
    }  # fmt: skip
    for name, value in sizes.items():
        monkeypatch.setattr(gpu, name, value)


@pytest.fixture
def card(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPU there is, or one that has all of a GPU's manners and computes on the CPU."""
    if torch.cuda.is_available():
        return
    asked = {"clocks.max.sm": "1980", "driver_version": "0.0"}
    fakes = {
        "Event": Event, "Stream": Stream, "CUDAGraph": Graph, "stream": nothing, "graph": nothing,
        "synchronize": nothing, "current_stream": Stream, "empty_cache": nothing, "is_available": lambda: True,
        "memory_allocated": lambda: 0, "max_memory_allocated": lambda: 2e6, "reset_peak_memory_stats": lambda: None,
        "get_device_name": lambda _: "paper",
        "get_device_properties": lambda _: SimpleNamespace(L2_cache_size=1, multi_processor_count=1),
    }  # fmt: skip
    for name, value in fakes.items():
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(gpu, "DEVICE", "cpu")
    monkeypatch.setattr(gpu, "BACKEND", "cpu")
    monkeypatch.setattr(gpu, "asked_of_driver", asked.__getitem__)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_measures_every_row(card: None, tmp_path: Path) -> None:
    gpu.main(["--csv", str(tmp_path / "gpu.csv")])
    found = rows(tmp_path / "gpu.csv")
    assert [(x["what"], x["batch"]) for x in found] == [
        ("dense render", "2"), ("peploss", "2"), (gpu.GRAPHS, "2"), ("peploss", "3"),
    ]  # fmt: skip
    measured = ["median_us", "q10_us", "q90_us", "spectra_per_s", "extra_MB", "device", "driver", "triton", "torch"]
    assert all(x[name] for x in found for name in measured)
    limits = ["MB_moved", "share_of_bandwidth", "M_exponentials", "share_of_exponentials"]
    assert all(float(x[name]) > 0 for x in found[1:] for name in limits)
    assert all(float(x[name]) > 0 for x in found[1:3] for name in ("dense_over_this", "share_of_dense_memory"))
    assert all(float(x["q10_us"]) <= float(x["median_us"]) <= float(x["q90_us"]) for x in found)


def test_a_wrong_answer_prints_no_row(card: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = gpu.fast
    monkeypatch.setattr(gpu, "fast", lambda data, backend=None: right(data, backend) + (backend is None))
    with pytest.raises(SystemExit, match="differ from the CPU's by 1"):
        gpu.main(["--csv", str(tmp_path / "gpu.csv")])
    assert not list(tmp_path.iterdir())


def test_a_dense_render_that_does_not_fit_is_taken_in_parts(card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    dense = gpu.dense

    def with_room_for_one(data: Any) -> torch.Tensor:
        if len(data[0]) > 1:
            raise torch.cuda.OutOfMemoryError("no room")
        return dense(data)

    monkeypatch.setattr(gpu, "dense", with_room_for_one)
    (slow, *_) = gpu.measure(2, (1.0, 1.0))
    assert slow["note"] == "in parts of 1, which is what fits"
    assert (slow["median_us"] or 0) > 0  # type: ignore[operator]


def test_the_parts_of_a_dense_gradient_are_the_whole_one(small: None) -> None:
    data = gpu.make_batch(3, 5, 6)
    whole, parts = (gpu.step(gpu.dense, data, size) for size in (3, 2))
    assert torch.equal(whole, parts)
    assert whole.shape == (3, 5)


def test_exponentials_are_two_a_neighbour_for_as_many_rows_as_are_taken_at_once(small: None) -> None:
    mz, one = torch.tensor([[100.0, 200.0, 200.1]], dtype=torch.float64), torch.ones(1, 3, dtype=torch.float64)
    far = mz + 50.0
    # Of each side the row with the most neighbours has itself and one more; none has one on the other side.
    assert gpu.exponentials((mz, one, far, one)) == 2 * gpu.ROWS * (2 + 2 + 0)


def test_bytes_grow_with_the_batch_alone(small: None) -> None:
    assert gpu.bytes_moved(10) == 10 * gpu.bytes_moved(1)
    peaks = gpu.PREDICTED + gpu.OBSERVED
    assert gpu.bytes_moved(1) > peaks * 2 * 8  # what comes in, and what is kept of it


def test_nothing_is_measured_where_there_is_no_card(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="torch sees no CUDA device"):
        gpu.main(["--csv", str(tmp_path / "gpu.csv")])
    gpu.main(["--empty", "--csv", str(tmp_path / "gpu.csv")])
    found = rows(tmp_path / "gpu.csv")
    assert len(found) == 4
    assert not any(x["median_us"] or x["device"] for x in found)
    assert {x["note"] for x in found} == {gpu.NOTHING}
