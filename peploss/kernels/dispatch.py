"""Which kernels a call takes, and what to do where they are not there."""

from __future__ import annotations

import importlib.util
import os
from typing import Literal

import torch

from peploss.errors import BackendError

Backend = Literal["auto", "reference", "cpu", "triton"]
BACKENDS: tuple[Backend, ...] = ("auto", "reference", "cpu", "triton")
Kernels = Literal["reference", "cpu", "triton"]
_HAS_TRITON = importlib.util.find_spec("triton") is not None  # here, as a compiler of torch's could not look it up


def kernels_for(backend: Backend, device: torch.device) -> Kernels:
    """What computes for tensors on ``device``: with ``auto``, Triton's kernels on CUDA where triton is installed.

    Raises:
        BackendError: there is no such backend, or ``triton`` was asked for and cannot run.
    """
    check_backend(backend)
    if backend == "auto":
        return "triton" if device.type == "cuda" and has_triton() else "cpu"
    if backend == "triton":
        if not has_triton():
            raise BackendError(
                "The triton backend needs the package triton, which is not installed.",
                remedy="pip install triton (it comes with torch for CUDA on Linux), or use backend='cpu'.",
            )
        if device.type != "cuda" and not (device.type == "cpu" and interpreted()):
            seen = "" if torch.cuda.is_available() else ", and torch sees no CUDA device here"
            raise BackendError(
                f"The triton backend takes CUDA tensors; these are on {device}{seen}.",
                remedy="Move them with .to('cuda'), or use backend='auto' or 'cpu'.",
            )
    return backend


def check_backend(backend: str) -> None:
    """Raises BackendError unless there is such a backend, whether or not it can run here."""
    if backend not in BACKENDS:
        raise BackendError(f"There is no backend {backend!r}.", remedy=f"Use one of {', '.join(BACKENDS)}.")


def has_triton() -> bool:
    """Whether it is installed; it is not imported for that."""
    return _HAS_TRITON


def interpreted() -> bool:
    """Whether Triton was told to run its kernels in numpy, which takes tensors of the CPU: slow, and for tests."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "yes", "on", "y")


def device_name(device: torch.device | str) -> str:
    """The device in words, for people: ``"CPU"``, or the name of the card."""
    kind = torch.device(device)
    return torch.cuda.get_device_name(kind) if kind.type == "cuda" else kind.type.upper()
