"""Names of the comparison losses, for those who list them without loading torch."""

from __future__ import annotations

from typing import Final

BASELINE_NAMES: Final = (
    "min_distance",
    "soft_coverage",
    "soft_f1",
    "spectral_angle",
    "spectral_entropy",
    "masked_spectral_distance",
)
"""The keys of ``peploss.losses.baselines.BASELINES``, in their order."""
