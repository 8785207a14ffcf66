"""Computes the losses of a batch on a GPU.

Every scoring thread has its own stream: while one thread's spectra are computed, the next thread's are copied from
pinned memory.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.errors import BackendError
from peploss.kernels import Peaks
from peploss.kernels.dispatch import Backend, has_triton
from peploss.losses.spectrum import spectrum_loss_at
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
Ragged = tuple[F64, F64, NDArray[np.int64]]
"""m/z in Th, intensity, offsets."""
Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")

AT_ONCE: Final = 3  # batches: one is copied to the device, one is computed, one is copied back
_room = threading.BoundedSemaphore(AT_ONCE)
_own = threading.local()


def device_for(asked: str) -> str:
    """``"cpu"`` or ``"cuda"``: with ``auto`` the GPU where torch sees one and triton is installed.

    Raises:
        BackendError: there is no such device, or ``cuda`` was asked for and cannot be used.
    """
    if asked not in DEVICES:
        raise BackendError(f"There is no device {asked!r}.", remedy=f"Use one of {', '.join(DEVICES)}.")
    if asked == "cpu":
        return "cpu"
    usable = torch.cuda.is_available() and has_triton()
    if asked == "cuda" and not usable:
        lacking = "triton is not installed" if torch.cuda.is_available() else "torch sees no CUDA device"
        raise BackendError(f"Scores were asked for on a GPU, and {lacking}.", remedy="Use --device auto or cpu.")
    return "cuda" if usable else "cpu"


class OnDevice:
    """Observed spectra on a device, to score predicted ones against.

    Args:
        observed: m/z in Th, intensity, offsets.
        settings: what the loss is.
        device: where to.
        backend: of the kernel.
    """

    def __init__(self, observed: Ragged, settings: LossSettings, device: str, *, backend: Backend = "triton") -> None:
        self.settings, self.device, self.backend = settings, torch.device(device), backend
        with self._stream():
            self.observed = self._moved(observed)  # on its way while the ions are predicted

    def losses(self, predicted: Ragged) -> F64:
        """(B,) spectrum losses, float64."""
        with _room, self._stream(), torch.no_grad():
            loss = spectrum_loss_at(self._moved(predicted), self.observed, self.settings, backend=self.backend)
            return np.asarray(loss.cpu().numpy())

    def _moved(self, side: Ragged) -> Peaks:
        peaks = Peaks.from_ragged(*side)
        if self.device.type != "cuda":
            return peaks
        # Only from pinned memory is a copy left to the device while this thread goes on.
        return peaks.pin_memory().to(self.device, non_blocking=True)

    def _stream(self) -> contextlib.AbstractContextManager[object]:
        if self.device.type != "cuda":
            return contextlib.nullcontext()
        if not hasattr(_own, "stream"):
            _own.stream = torch.cuda.Stream(self.device)
        return torch.cuda.stream(_own.stream)
