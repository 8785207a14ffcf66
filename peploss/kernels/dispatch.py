"""Chooses the kernels of a call, and says what to do if they are not available."""

from __future__ import annotations

import importlib.util
import os
from typing import Literal

import torch

from peploss.errors import BackendError

Backend = Literal["auto", "reference", "cpu", "triton"]
BACKENDS: tuple[Backend, ...] = ("auto", "reference", "cpu", "triton")
Kernels = Literal["reference", "cpu", "triton"]
_HAS_TRITON = importlib.util.find_spec("triton") is not None  # at import: torch.compile cannot trace it


def kernels_for(backend: Backend, device: torch.device) -> Kernels:
    """The kernels for tensors on ``device``; ``auto`` takes Triton's on CUDA if triton is installed.

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
    """Whether triton is installed; does not import it."""
    return _HAS_TRITON


def interpreted() -> bool:
    """Whether Triton runs its kernels in numpy, on tensors of the CPU: slow, for tests only."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "yes", "on", "y")


def device_name(device: torch.device | str) -> str:
    """The device's name for people: ``"CPU"``, or the name of the card."""
    kind = torch.device(device)
    return torch.cuda.get_device_name(kind) if kind.type == "cuda" else kind.type.upper()
