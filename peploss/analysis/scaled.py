"""Prepares arrays of one PSM for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def scaled(intensity: F64) -> F64:
    """Intensities over their maximum: no share depends on their scale, but squares of 1e200 overflow."""
    top = intensity.max(initial=0.0)
    return intensity / top if top > 0 else np.zeros_like(intensity)
