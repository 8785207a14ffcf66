"""From numpy arrays to the kernels' batches."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.kernels import Peaks

F64 = NDArray[np.float64]


def as_peaks(spectra: list[tuple[F64, F64]]) -> Peaks:
    """A batch of (mz, intensity) pairs in one copy, which torch may own: a Spectrum's arrays are read-only."""
    offsets = np.cumsum([0, *(mz.size for mz, _ in spectra)], dtype=np.int64)
    return Peaks(
        torch.from_numpy(np.concatenate([mz for mz, _ in spectra])),
        torch.from_numpy(np.concatenate([intensity for _, intensity in spectra])),
        torch.from_numpy(offsets),
    )


def scaled(intensity: F64) -> F64:
    """Intensities over their maximum: no share depends on their scale, but squares of 1e200 overflow."""
    top = intensity.max(initial=0.0)
    return intensity / top if top > 0 else np.zeros_like(intensity)
