"""Names of the comparison losses, importable without torch."""

from __future__ import annotations

from typing import Final

BASELINE_NAMES: Final = (
    "min_distance_loss",
    "soft_coverage",
    "soft_f1",
    "spectral_angle",
    "spectral_entropy_distance",
    "masked_spectral_distance",
    "sqrt_cosine_distance",
    "weighted_cosine_distance",
    "modified_cosine_distance",
    "multi_sigma_cosine_distance",
    "weighted_entropy_distance",
    "pearson_distance",
    "binned_cross_entropy",
    "wasserstein_distance",
)
"""The keys of ``peploss.losses.baselines.BASELINES``, in their order: the names of their functions."""

OLD_NAMES: Final = {"min_distance": "min_distance_loss", "spectral_entropy": "spectral_entropy_distance"}
"""Names up to 0.1, which results, links and scripts still hold, and what they are now."""


def current_name(name: str) -> str:
    """The name of a comparison loss today; what is no old name comes back as it is.

    >>> current_name("min_distance"), current_name("soft_f1")
    ('min_distance_loss', 'soft_f1')
    """
    return OLD_NAMES.get(name, name)
