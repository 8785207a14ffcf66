"""One way to call each backend on the same peaks, wherever it wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from peploss.kernels import Peaks, dispatch, spectrum_cosine

Cosine = Callable[..., Tensor]


def on_device(value: Any) -> Any:
    """Peaks and tensors where Triton runs: on the GPU, or where there is none on the CPU, interpreted."""
    if isinstance(value, Peaks):
        return value.to("cuda") if torch.cuda.is_available() else value
    return value.cuda() if isinstance(value, Tensor) and torch.cuda.is_available() else value


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that was not written reads as NaN, or as a bin that is none."""
    new_empty = Tensor.new_empty

    def filled(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        out = new_empty(self, *args, **kwargs)
        return out.fill_(float("nan") if out.is_floating_point() else -(2**30))

    monkeypatch.setattr(Tensor, "new_empty", filled)


@pytest.fixture
def triton(poisoned: None) -> Callable[[Any], Any]:
    """What puts peaks where the Triton kernels take them; skips where they cannot run."""
    if not dispatch.has_triton():
        pytest.skip("triton is not installed")
    if not (torch.cuda.is_available() or dispatch.interpreted()):
        pytest.skip("there is no GPU, and TRITON_INTERPRET is not set")
    return on_device


@pytest.fixture
def cosine_by(request: pytest.FixtureRequest) -> Cosine:
    """``spectrum_cosine`` by any backend from tensors of the CPU, and its answer on the CPU."""

    def cosine(pred: Peaks, obs: Peaks, *, backend: str, **settings: Any) -> Tensor:
        if backend == "triton":
            move = request.getfixturevalue("triton")
            pred, obs = move(pred), move(obs)
        return spectrum_cosine(pred, obs, backend=backend, **settings).cpu()  # type: ignore[arg-type]

    return cosine
