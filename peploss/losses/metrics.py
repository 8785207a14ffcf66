"""Turns the metrics of a loss into plain numbers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from peploss.errors import ArgumentError


def dict_of_floats(metrics: Mapping[str, Tensor]) -> dict[str, float]:
    """Metrics as floats, waiting for the device once and not once for each.

    The losses return tensors so that nothing waits in the training step; call this where they are logged.

    Args:
        metrics: name -> tensor of one number.
    Raises:
        ArgumentError: a metric holds more than one number, as all do with ``reduction="none"``.

    >>> dict_of_floats({"spectrum_loss": torch.tensor(0.5), "ppm_error": torch.tensor(10.0, dtype=torch.float64)})
    {'spectrum_loss': 0.5, 'ppm_error': 10.0}
    """
    for name, value in metrics.items():
        if value.numel() != 1:
            raise ArgumentError(
                f"The metric {name} has the shape {tuple(value.shape)}, and not one number.",
                remedy="With reduction='none' take a mean over samples first, or keep the tensors.",
            )
    if not metrics:
        return {}
    values = torch.stack([value.detach().reshape(()).double() for value in metrics.values()]).tolist()
    return dict(zip(metrics, values, strict=True))
