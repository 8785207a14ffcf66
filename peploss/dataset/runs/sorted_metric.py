"""A metric of a run, sorted at each step: its spread over any choice of samples takes one pass and no further sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Curve(NamedTuple):
    """A metric over S steps: ``step`` (S,), ``n`` (S,) samples with a number, ``mean`` (S,), ``quantiles`` (S, Q)."""

    step: NDArray[np.int64]
    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]


class SortedMetric(NamedTuple):
    """The finite values of a metric, 12 bytes a row.

    Attributes:
        step: (S,) ascending.
        ends: (S + 1,) where the values of each step begin and end.
        sample: (N,) number of the sample that a value is of.
        value: (N,) ascending within each step.
    """

    step: NDArray[np.int64]
    ends: NDArray[np.int64]
    sample: NDArray[np.int32]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, step: NDArray[np.int64], sample: NDArray[np.int32], value: NDArray[np.float64]) -> SortedMetric:
        """From rows that are sorted by step and then by value."""
        steps, first = np.unique(step, return_index=True)
        return cls(steps, np.append(first, len(step)).astype(np.int64), sample, value)

    def curve(self, inside: NDArray[np.bool_] | None, quantiles: Sequence[float]) -> Curve:
        """Over some samples; a step without any of them is left out.

        Args:
            inside: whether each sample counts, by its number; None for all.
            quantiles: shares in [0, 1]; between two values the quantile is interpolated.
        """
        shares = np.asarray(quantiles, dtype=np.float64)
        rows: list[tuple[int, int, float, NDArray[np.float64]]] = []
        for step, start, end in zip(self.step.tolist(), self.ends[:-1].tolist(), self.ends[1:].tolist(), strict=True):
            value = self.value[start:end]
            if inside is not None:
                value = value[inside[self.sample[start:end]]]
            if len(value):
                rows.append((step, len(value), float(value.mean()), _quantiles(value, shares)))
        at, n, mean = (np.array([row[i] for row in rows]) for i in range(3))
        spread = np.array([row[3] for row in rows], dtype=np.float64).reshape(len(rows), len(shares))
        return Curve(at.astype(np.int64), n.astype(np.int64), mean.astype(np.float64), spread)


def _quantiles(value: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of values that ascend, as ``numpy.quantile`` has them."""
    return np.interp(shares * (len(value) - 1), np.arange(len(value)), value)
