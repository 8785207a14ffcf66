"""Ragged batches of peaks: values and offsets, the way Arrow stores lists."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.errors import ArgumentError

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Peaks:
    """B spectra of any number of peaks each, one after the other.

    A sequence of spectra: ``len`` is B, an index gives one spectrum, and a slice, a list of numbers or a mask gives
    several, each again as ``Peaks``. All share one dtype and device, as torch's tensors do.

    Args:
        mz: (N,) m/z in Th, best in float64; in any order within a spectrum. An infinite m/z is a peak that is never
            rendered (padding), a NaN makes its spectrum's results NaN.
        intensity: (N,), in the same type.
        offsets: (B + 1,) int64; spectrum b owns ``[offsets[b], offsets[b + 1])``.

    >>> peaks = Peaks.from_list([([100.0, 200.0], [1.0, 2.0]), ([], [])])
    >>> peaks, len(peaks), peaks[0].mz
    (Peaks(2 spectra, 2 peaks, torch.float64, cpu), 2, tensor([100., 200.], dtype=torch.float64))
    >>> peaks[[1, 0, 0]].offsets
    tensor([0, 0, 2, 4])
    """

    mz: Tensor
    intensity: Tensor
    offsets: Tensor

    @classmethod
    def from_arrays(cls, mz: Any, intensity: Any) -> Peaks:
        """A batch of one spectrum from two equally long sequences, arrays or tensors."""
        return cls.from_list([(mz, intensity)])

    @classmethod
    def from_list(cls, spectra: Sequence[tuple[Any, Any]]) -> Peaks:
        """A batch from ``(mz, intensity)`` pairs of sequences, arrays or tensors; gradients pass.

        A side may also be a matrix (R, P): its pair then makes R spectra of P peaks, and a side (P,) beside it is
        that of each. Arrays are copied once, so the batch never shares memory with them.

        Raises:
            ArgumentError: a pair's sides are not equally long, or have more than two dimensions.

        >>> Peaks.from_list([([[100.0, 200.0], [100.1, 200.1]], [1.0, 2.0])]).intensity
        tensor([1., 2., 1., 2.], dtype=torch.float64)
        """
        sides: tuple[list[Any], list[Any]] = ([], [])
        shapes: list[tuple[int, int]] = []
        for at, (mz, intensity) in enumerate(spectra):
            m, a = _values(mz), _values(intensity)
            shapes.append((_rows(tuple(m.shape), tuple(a.shape), at), m.shape[-1]))
            sides[0].append(m)
            sides[1].append(a)
        lengths = np.repeat([p for _, p in shapes], [rows for rows, _ in shapes]).astype(np.int64)
        ends = np.concatenate([[0], np.cumsum(lengths)])
        if any(isinstance(side, Tensor) for column in sides for side in column):
            m, a = (
                torch.cat([_shared(x).to(torch.float64).expand(*n).reshape(-1) for x, n in zip(c, shapes, strict=True)])
                for c in sides
            )
            return cls(m, a, torch.from_numpy(ends).to(m.device))
        # One copy of all, in numpy: a Spectrum's arrays are read-only, and torch wants to own what it reads.
        m, a = (torch.from_numpy(_laid_out(column, shapes, int(ends[-1]))) for column in sides)
        return cls(m, a, torch.from_numpy(ends))

    @classmethod
    def from_ragged(cls, mz: Any, intensity: Any, offsets: Any) -> Peaks:
        """A batch from values and offsets as Arrow holds them: (N,), (N,) and (B + 1,) arrays or tensors.

        Shares memory where it can; read-only arrays are copied, for torch has no read-only tensor.
        """
        return cls(_shared(mz), _shared(intensity), _shared(offsets))

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
            ArgumentError: shapes differ or are not (B, P).
        """
        shape = mz.shape
        if len(shape) != 2 or shape != intensity.shape or (mask is not None and mask.shape != shape):
            raise ArgumentError(
                "m/z, intensity and mask must all be (batch, peaks); they have shapes "
                f"{tuple(mz.shape)}, {tuple(intensity.shape)} and {None if mask is None else tuple(mask.shape)}."
            )
        b, p = shape
        m, a = mz.double(), intensity.double()
        if mask is not None:
            keep = mask.bool()
            m = m.masked_fill(~keep, float("inf"))
            a = a.masked_fill(~keep, 0.0)
        if p > 0 and not torch.compiler.is_compiling():  # one launch, not two
            offsets = torch.arange(0, b * p + 1, p, dtype=torch.int64, device=mz.device)
        else:
            offsets = torch.arange(b + 1, dtype=torch.int64, device=mz.device) * p
        return cls(m.reshape(-1), a.reshape(-1), offsets)

    @classmethod
    def cat(cls, batches: Iterable[Peaks]) -> Peaks:
        """The spectra of several batches as one batch, without asking a device for a value.

        >>> one = Peaks.from_arrays([100.0], [1.0])
        >>> Peaks.cat([one, one, one]).offsets
        tensor([0, 1, 2, 3])
        """
        parts = list(batches)
        if not parts:
            return cls.from_list([])
        ends, before = [parts[0].offsets[:1]], 0
        for part in parts:
            ends.append(part.offsets[1:] + before)
            before += part.mz.shape[0]
        return cls(torch.cat([p.mz for p in parts]), torch.cat([p.intensity for p in parts]), torch.cat(ends))

    @property
    def batch(self) -> int:
        """Number of spectra, as ``len``; unlike ``len``, an exporter can leave it open."""
        return self.offsets.shape[0] - 1

    def __len__(self) -> int:
        return self.batch

    def __getitem__(self, which: SupportsIndex | slice | Sequence[int] | Sequence[bool] | Any) -> Peaks:
        """One spectrum by its number, or several by a slice, numbers or a mask. Reads the offsets (a GPU waits)."""
        if isinstance(which, slice) and which.step in (None, 1):
            start, stop, _ = which.indices(len(self))
            return self._stretch(start, max(start, stop))
        if isinstance(which, slice):
            return self[list(range(*which.indices(len(self))))]
        if isinstance(which, SupportsIndex) and not (isinstance(which, Tensor | np.ndarray) and which.ndim):
            at = operator.index(which)
            if not -len(self) <= at < len(self):
                raise IndexError(f"There is no spectrum {at}; the batch has {len(self)}.")
            return self._stretch(at % len(self), at % len(self) + 1)
        numbers = torch.as_tensor(which, device=self.offsets.device)
        if numbers.numel() == 0:
            numbers = numbers.long()
        chosen = torch.arange(len(self), device=numbers.device)[numbers]  # refuses what is out of range, as torch does
        counts = self.offsets.diff()[chosen]
        offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        first = torch.repeat_interleave(self.offsets[:-1][chosen] - offsets[:-1], counts)
        peaks = first + torch.arange(first.shape[0], device=first.device)
        return Peaks(self.mz[peaks], self.intensity[peaks], offsets)

    def _stretch(self, start: int, stop: int) -> Peaks:
        ends = self.offsets[start : stop + 1]
        low, high = int(ends[0]), int(ends[-1])
        return Peaks(self.mz[low:high], self.intensity[low:high], ends - low)

    def __iter__(self) -> Iterator[Peaks]:
        return (self[b] for b in range(len(self)))

    def replace(self, *, mz: Tensor | None = None, intensity: Tensor | None = None) -> Peaks:
        """The same spectra with other m/z or intensities, (N,) each."""
        return Peaks(self.mz if mz is None else mz, self.intensity if intensity is None else intensity, self.offsets)

    def to(self, *where: torch.device | str | torch.dtype, non_blocking: bool = False) -> Peaks:
        """On another device, or m/z and intensities in another dtype, or both; offsets stay int64.

        >>> Peaks.from_arrays([100.0], [1.0]).to(torch.float32)
        Peaks(1 spectrum, 1 peak, torch.float32, cpu)
        """
        m, a = self.mz, self.intensity
        offsets = self.offsets
        for to in where:
            m, a = m.to(to, non_blocking=non_blocking), a.to(to, non_blocking=non_blocking)
            if not isinstance(to, torch.dtype):
                offsets = offsets.to(to, non_blocking=non_blocking)
        return Peaks(m, a, offsets)

    def pin_memory(self) -> Peaks:
        """In memory that a GPU copies from while the CPU goes on; a DataLoader calls it."""
        return Peaks(self.mz.pin_memory(), self.intensity.pin_memory(), self.offsets.pin_memory())

    def detach(self) -> Peaks:
        """Without gradients."""
        return Peaks(self.mz.detach(), self.intensity.detach(), self.offsets)

    def __repr__(self) -> str:
        b, n = self.batch, self.mz.shape[0]
        return (
            f"Peaks({b} {'spectrum' if b == 1 else 'spectra'}, {n} {'peak' if n == 1 else 'peaks'}, "
            f"{self.mz.dtype}, {self.mz.device})"
        )


# Compilers, exporters and DataLoaders see the three tensors in it.
torch.export.register_dataclass(Peaks, serialized_type_name="peploss.Peaks")


def _values(values: Any) -> Any:
    """A tensor as it is, anything else as a float64 array."""
    return values if isinstance(values, Tensor) else np.asarray(values, dtype=np.float64)


def _laid_out(sides: Sequence[F64], shapes: Sequence[tuple[int, int]], size: int) -> F64:
    """(size,) the arrays one after the other, each once or, of a shape (R, P), once in each row."""
    out, start = np.empty(size), 0
    for side, shape in zip(sides, shapes, strict=True):
        stop = start + shape[0] * shape[1]
        out[start:stop].reshape(shape)[:] = side
        start = stop
    return out


def _rows(m: tuple[int, ...], a: tuple[int, ...], at: int) -> int:
    """How many spectra a pair of these shapes makes: one, or a matrix's rows.

    Raises:
        ArgumentError: the shapes do not fit.
    """
    if m == a and len(m) == 1:
        return 1
    rows = {shape[0] for shape in (m, a) if len(shape) == 2}
    if not (1 <= len(m) <= 2 and 1 <= len(a) <= 2 and m[-1] == a[-1] and len(rows) <= 1):
        raise ArgumentError(
            f"Spectrum {at}: m/z and intensity must be one-dimensional and equally long, or matrices with a spectrum "
            f"in each row; they have shapes {m} and {a}."
        )
    return rows.pop() if rows else 1


def _shared(values: Any) -> Tensor:
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        values = values.copy()  # torch warns of arrays it may not write to
    return torch.as_tensor(values)
