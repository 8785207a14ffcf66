"""Ragged batches of peaks: values and offsets, what Arrow lists are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Peaks(NamedTuple):
    """B spectra of any number of peaks each, one after the other.

    Args:
        mz: (N,) m/z in Th, float64; in any order within a spectrum. An infinite m/z is a peak that is never
            rendered (padding), a NaN makes its spectrum's results NaN.
        intensity: (N,) float64.
        offsets: (B + 1,) int64; spectrum b owns ``[offsets[b], offsets[b + 1])``.

    >>> Peaks.from_list([([100.0, 200.0], [1.0, 2.0]), ([], [])]).offsets
    tensor([0, 2, 2])
    """

    mz: Tensor
    intensity: Tensor
    offsets: Tensor

    @property
    def batch(self) -> int:
        """Number of spectra."""
        return self.offsets.shape[0] - 1

    @classmethod
    def from_arrays(cls, mz: Any, intensity: Any) -> Peaks:
        """A batch of one spectrum from two equally long sequences, arrays or tensors."""
        return cls.from_list([(mz, intensity)])

    @classmethod
    def from_list(cls, spectra: Sequence[tuple[Any, Any]]) -> Peaks:
        """A batch from ``(mz, intensity)`` pairs of sequences, arrays or tensors; gradients pass.

        Raises:
            ValueError: a pair's two sides are not one-dimensional and equally long.
        """
        mzs, intensities, ends = [], [], [0]
        for at, (mz, intensity) in enumerate(spectra):
            m, a = _float64(mz), _float64(intensity)
            if m.ndim != 1 or m.shape != a.shape:
                raise ValueError(
                    f"Spectrum {at}: m/z and intensity must be one-dimensional and equally long; "
                    f"they have shapes {tuple(m.shape)} and {tuple(a.shape)}."
                )
            mzs.append(m)
            intensities.append(a)
            ends.append(ends[-1] + m.shape[0])
        empty = torch.empty(0, dtype=torch.float64)
        mz = torch.cat(mzs) if mzs else empty
        return cls(
            mz, torch.cat(intensities) if mzs else empty, torch.tensor(ends, dtype=torch.int64, device=mz.device)
        )

    @classmethod
    def from_padded(cls, mz: Tensor, intensity: Tensor, mask: Tensor | None = None) -> Peaks:
        """A batch from padded rows. Gradients pass; what the mask hides is never rendered and gets none.

        Keeps the padding as peaks at infinite m/z: dropping them would need their count, and asking a GPU for
        a count stalls it.

        Args:
            mz: (B, P) in Th.
            intensity: (B, P).
            mask: (B, P) bool, True where there is a peak; None where there is no padding.
        Raises:
            ValueError: shapes differ or are not (B, P).
        """
        if mz.ndim != 2 or mz.shape != intensity.shape or (mask is not None and mask.shape != mz.shape):
            raise ValueError(
                "m/z, intensity and mask must all be (batch, peaks); they have shapes "
                f"{tuple(mz.shape)}, {tuple(intensity.shape)} and {None if mask is None else tuple(mask.shape)}."
            )
        b, p = mz.shape
        m, a = mz.double(), intensity.double()
        if mask is not None:
            keep = mask.bool()
            m = m.masked_fill(~keep, float("inf"))
            a = a.masked_fill(~keep, 0.0)
        if p > 0 and mz.is_cuda and not torch.compiler.is_compiling():  # one launch, not two
            offsets = torch.arange(0, b * p + 1, p, dtype=torch.int64, device=mz.device)
        else:
            offsets = torch.arange(b + 1, dtype=torch.int64, device=mz.device) * p
        return cls(m.reshape(-1), a.reshape(-1), offsets)


def _float64(values: Any) -> Tensor:
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        values = values.copy()  # torch warns of arrays it may not write to; a Spectrum's are such
    return torch.as_tensor(values, dtype=torch.float64)
