"""Checks of arguments that several losses share."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from peploss.errors import ArgumentError


def is_finite_number(value: Any) -> bool:
    """True for a finite number; False for anything else, None and text included.

    >>> [is_finite_number(x) for x in (0.5, 1, float("nan"), None, "0.5")]
    [True, True, False, False, False]
    """
    return isinstance(value, Real) and math.isfinite(value)


def integer_targets(targets: Tensor) -> Tensor:
    """Token indices as int64.

    Raises:
        ArgumentError: they are floats or complex, and would be cut off.
    """
    if targets.is_floating_point() or targets.is_complex():
        raise ArgumentError(f"targets must be integers, the index of each token, not {targets.dtype}.")
    return targets.to(torch.int64)
