"""Gathers comparisons from many places and scores them in one kernel call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.kernels import Peaks, spectrum_cosine
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
        self._blocks: dict[float, list[_Block]] = {}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, predicted: Side, observed: Side, *, sigma: float | None = None) -> slice:
        """One row, or one for each row of predicted m/z and intensity, (C, F), against the same peaks.

        Args:
            sigma: other than the settings', in their unit.
        Returns:
            Where its losses will stand.
        """
        n = 1 if predicted[0].ndim == 1 else len(predicted[0])
        at = slice(self._rows, self._rows + n)
        self._blocks.setdefault(sigma or self._settings.sigma, []).append(_Block(at, predicted, observed))
        self._rows += n
        return at

    def losses(self) -> F64:
        """(N,) loss of each row, in the order they came; one kernel call for each sigma."""
        out = np.empty(self._rows)
        for sigma, blocks in self._blocks.items():
            with torch.no_grad():
                cosine = spectrum_cosine(
                    Peaks.from_list([b.predicted for b in blocks]),
                    Peaks.from_list([b.repeated for b in blocks]),
                    sigma=sigma,
                    sigma_unit=self._settings.sigma_unit,
                    grid=self._settings.grid,
                ).numpy()
            out[np.concatenate([np.arange(b.at.start, b.at.stop) for b in blocks])] = 1.0 - cosine
        return out


class _Block(NamedTuple):
    """Rows of one predicted matrix (or list) against the same observed peaks."""

    at: slice
    predicted: Side
    observed: Side

    @property
    def n(self) -> int:
        return self.at.stop - self.at.start

    @property
    def repeated(self) -> Side:
        """The observed peaks once for each row."""
        mz, intensity = self.observed
        return np.broadcast_to(mz, (self.n, mz.size)), intensity
