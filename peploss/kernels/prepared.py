"""Observed spectra whose norms are known beforehand: they are the same in every epoch."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any, SupportsIndex

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels.arguments import SigmaUnit, check_sigma, two_numbers, wide
from peploss.kernels.peaks import Peaks
from peploss.kernels.threads import split

_UNKNOWN = np.empty(0)


@dataclass(frozen=True, eq=False, repr=False)
class PreparedPeaks(Peaks):
    """Peaks with the norm of each spectrum, made by ``prepare``. They are ``Peaks`` wherever those are taken.

    The norms are used by the CPU's kernels where sigma, its unit and the grid are the same and the spectra need no
    gradient. Everywhere else they are computed anew: the answer is the same either way. So they are after the tensors
    of the spectra were written to.

    Args:
        norms: (B,) float64, of intensities that are divided by a power of two of their highest.
        key: sigma, its unit and the grid that they are for.
    """

    norms: Tensor
    key: tuple[float, SigmaUnit, MzGrid | None]
    written: tuple[int, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "written", _versions(self))

    def __getitem__(self, which: SupportsIndex | slice | Any) -> Peaks:
        """As of ``Peaks``; the norms come with their spectra."""
        part = super().__getitem__(which)
        if self.written is None or self.written != _versions(self):
            return part
        if isinstance(which, SupportsIndex) and not (isinstance(which, Tensor | np.ndarray) and which.ndim):
            norms = self.norms[operator.index(which) :][:1]
        elif isinstance(which, slice):
            norms = self.norms[list(range(*which.indices(len(self))))]
        else:
            rows = torch.as_tensor(which)
            norms = self.norms[rows if rows.numel() else rows.long()]
        return PreparedPeaks(part.mz, part.intensity, part.offsets, norms, self.key)


def prepare(
    obs: Peaks,
    *,
    sigma: float = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008
) -> PreparedPeaks:
    """Observed spectra with their norms, for losses that compare them again and again.

    The norm of a spectrum is about a third of the work of its loss. Take batches from what this returns by an index,
    a slice or a list of numbers.

    Args:
        obs: B spectra on the CPU; a side that needs a gradient gains nothing.
        sigma, sigma_unit, grid: as for ``spectrum_loss``, which must be called with the same.
    Raises:
        ArgumentError: sigma is not positive and finite.

    >>> from peploss.losses.spectrum import spectrum_loss
    >>> spectra = Peaks.from_list([([200.0, 300.0], [1.0, 1.0]), ([200.0], [5.0])])
    >>> ready = prepare(spectra)
    >>> bool((spectrum_loss(spectra[[1]], ready[[1]]) == spectrum_loss(spectra[[1]], spectra[[1]])).all())
    True
    """
    from peploss.kernels.autograd import arrays
    from peploss.kernels.cpu import pairs

    check_sigma(sigma, sigma_unit)
    peaks = wide(obs.detach().to("cpu"))
    mz = peaks.mz.numpy()
    if sigma_unit == "Da":
        width = np.array([float(sigma)])
    else:
        width = np.where(np.isinf(mz), sigma * 1e-6, sigma * 1e-6 * mz)
    side = arrays(peaks.mz, peaks.intensity, width, peaks.offsets, one_width=True)
    norms = np.empty(peaks.batch)
    split(lambda start, stop: pairs.norm_range(start, stop, *side, *two_numbers(grid), norms), side[3])
    return PreparedPeaks(peaks.mz, peaks.intensity, peaks.offsets, torch.from_numpy(norms), (sigma, sigma_unit, grid))


def known_norms(peaks: Peaks, sigma: float | Tensor, unit: SigmaUnit, grid: MzGrid | None) -> NDArray[np.float64]:
    """(B,) norms of the spectra; of no length where they are not known for these settings."""
    if type(peaks) is not PreparedPeaks or isinstance(sigma, Tensor) or peaks.key != (sigma, unit, grid):
        return _UNKNOWN
    if peaks.written is None or peaks.written != _versions(peaks):
        return _UNKNOWN
    norms: NDArray[np.float64] = np.ascontiguousarray(peaks.norms.numpy())
    return norms


def _versions(peaks: Peaks) -> tuple[int, ...] | None:
    """What changes whenever torch writes to a tensor of theirs; None for inference tensors, which cannot tell."""
    tensors = peaks.mz, peaks.intensity, peaks.offsets
    return None if any(x.is_inference() for x in tensors) else tuple(x._version for x in tensors)
