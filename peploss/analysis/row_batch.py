"""Comparisons gathered from many places and scored in one kernel call."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.batching import as_peaks
from peploss.kernels import spectrum_cosine
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
Side = tuple[F64, F64]


class RowBatch:
    """Rows of a predicted and an observed side each; all on one grid.

    >>> batch = RowBatch(LossSettings())
    >>> one = (np.array([100.05]), np.array([1.0]))
    >>> same = batch.add(one, one)
    >>> batch.losses()[same].tolist()
    [0.0]
    """

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self._predicted: list[Side] = []
        self._observed: list[Side] = []
        self._sigmas: list[float] = []

    def __len__(self) -> int:
        return len(self._sigmas)

    @property
    def n_peaks(self) -> int:
        """Peaks of both sides of all rows."""
        return sum(m.size for side in (self._predicted, self._observed) for m, _ in side)

    def add(self, predicted: Side, observed: Side, *, sigma: float | None = None) -> slice:
        """One row, or one for each row of predicted m/z and intensity, (C, F), against the same peaks.

        Args:
            sigma: other than the settings', in their unit.
        Returns:
            Where its losses will stand.
        """
        first = len(self._sigmas)
        mz, weight = predicted
        n = 1 if mz.ndim == 1 else len(mz)
        if mz.ndim == 1:
            self._predicted.append(predicted)
        else:
            self._predicted.extend(zip(mz, weight, strict=True))
        self._observed.extend([observed] * n)
        self._sigmas.extend([self._settings.sigma if sigma is None else sigma] * n)
        return slice(first, first + n)

    def losses(self) -> F64:
        """(N,) loss of each row, in the order they came."""
        if not self._sigmas:
            return np.empty(0)
        sigma = torch.tensor(self._sigmas, dtype=torch.float64)
        with torch.no_grad():
            cosine = spectrum_cosine(
                as_peaks(self._predicted),
                as_peaks(self._observed),
                sigma=sigma,
                sigma_unit=self._settings.sigma_unit,
                grid=self._settings.grid,
            )
        return np.asarray(1.0 - cosine.numpy(), dtype=np.float64)
