"""Comparisons gathered from many places and scored in one kernel call."""

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
                    _peaks([(*b.predicted, 1, b.n) for b in blocks]),
                    _peaks([(*b.observed, b.n, b.n) for b in blocks]),
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


def _peaks(parts: list[tuple[F64, F64, int, int]]) -> Peaks:
    """Ragged peaks of parts, each m/z, intensity, how often they stand, and in how many rows of equal length."""
    sizes = [(mz.size * times // rows if rows else 0, rows) for mz, _, times, rows in parts]
    offsets = np.zeros(1 + sum(rows for _, rows in sizes), dtype=np.int64)
    np.cumsum(np.repeat([size for size, _ in sizes], [rows for _, rows in sizes]), out=offsets[1:])
    mz = np.concatenate([_times(part_mz, times) for part_mz, _, times, _ in parts])
    intensity = np.concatenate([_times(part_intensity, times) for _, part_intensity, times, _ in parts])
    return Peaks(torch.from_numpy(mz), torch.from_numpy(intensity), torch.from_numpy(offsets))


def _times(values: F64, times: int) -> F64:
    return values.ravel() if times == 1 else np.tile(values, times)
