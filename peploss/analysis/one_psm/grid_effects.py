"""Measures what the grid adds to the loss: the continuum limit, the spread over shifts of the grid, a warning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.kernels import Peaks, spectrum_cosine
from peploss.kernels.naive import RENDER_REACH
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

PHASES = 32
_MANY = 2_000
"""Peaks from which all phases are taken from one walk over the pairs, in a tenth of the time. Fewer take a millisecond
or two either way, and need not make a machine's first visitor wait until that kernel is compiled."""
SAFE_RATIO = 1.0
"""From this ratio of sigma to bin width on, the grid no longer shows: the first aliasing term is 1e-4, against 0.17 at
1/2."""


@dataclass(frozen=True, eq=False)
class PhaseSpread:
    """The loss with the grid shifted by less than one bin: nothing about the spectra changes.

    Attributes:
        shift: (PHASES,) shift of the grid in Th, equally spaced in [0, bin width).
        loss: (PHASES,) the loss at each; the first is the loss itself.
    """

    shift: F64
    loss: F64

    @property
    def low(self) -> float:
        """Smallest loss over the phases."""
        return float(self.loss.min())

    @property
    def high(self) -> float:
        """Largest loss over the phases."""
        return float(self.loss.max())

    @property
    def mean(self) -> float:
        """Mean over the phases."""
        return float(self.loss.mean())

    @property
    def std(self) -> float:
        """Standard deviation over the phases, taken as the whole population."""
        return float(self.loss.std())


def widths(mz: F64, settings: LossSettings) -> F64:
    """(N,) sigma of the peaks at ``mz``, in Th."""
    return settings.sigma * 1e-6 * mz if settings.sigma_unit == "ppm" else np.full(mz.shape, settings.sigma)


def in_range(mz: F64, settings: LossSettings) -> NDArray[np.bool_]:
    """(N,) whether a peak would be rendered if bins were narrow: its window meets the grid's m/z range."""
    h, end = settings.bin_width, (settings.grid.n_bins - 0.5) * settings.bin_width
    reach = RENDER_REACH * (settings.sigma if settings.sigma_unit == "Da" else widths(mz, settings))
    with np.errstate(invalid="ignore"):  # an infinite m/z has no place, whatever its width
        return (mz + reach >= h / 2) & (mz - reach <= end)


def is_rendered(mz: F64, settings: LossSettings) -> NDArray[np.bool_]:
    """(N,) whether the loss sees a peak at all: some bin centre lies within its window."""
    grid = settings.grid
    nearest = np.clip(np.floor(mz / grid.bin_width), 0, grid.n_bins - 1)
    return np.abs(mz - (nearest + 0.5) * grid.bin_width) <= RENDER_REACH * widths(mz, settings)


def continuum(pred: tuple[F64, F64], obs: tuple[F64, F64], settings: LossSettings) -> tuple[float, F64]:
    """The loss as bins become infinitely narrow and its (F,) slope by the fragments' m/z, of the peaks in range.

    Peaks out of the grid's range are left out on both sides first, so that the difference to the loss on the grid is
    about sampling only.

    Args:
        pred, obs: (F,) and (P,) m/z in Th and intensity.
    """
    slope = np.zeros(pred[0].size)
    with torch.enable_grad():
        peaks = Peaks.from_list([_within(pred, settings)])
        peaks.mz.requires_grad_()
        loss = 1.0 - spectrum_cosine(
            peaks,
            Peaks.from_list([_within(obs, settings)]),
            sigma=settings.sigma,
            sigma_unit=settings.sigma_unit,
            grid=None,
        )
        (by_mz,) = torch.autograd.grad(loss.sum(), peaks.mz)
    slope[in_range(pred[0], settings)] = by_mz.numpy()
    return loss.item(), slope


def phase_spread(pred: tuple[F64, F64], obs: tuple[F64, F64], settings: LossSettings) -> PhaseSpread:
    """The loss over the phase of the bins. Shifting the grid by x is shifting all peaks by -x.

    With sigma in ppm a shifted peak is narrower by the share x over its m/z, on both sides alike.

    Args:
        pred, obs: (mz, intensity) of either side.
    """
    shift: F64 = np.arange(PHASES, dtype=np.float64) * (settings.bin_width / PHASES)
    if settings.sigma_unit == "Da" and obs[0].size > _MANY:
        from peploss.kernels.cpu.phases import phase_losses

        sides = (*_within(pred, settings), *_within(obs, settings))
        grid = settings.grid
        return PhaseSpread(shift, phase_losses(*sides, settings.sigma, grid.bin_width, grid.n_bins, PHASES))
    cosine = spectrum_cosine(
        _shifted(_within(pred, settings), shift),
        _shifted(_within(obs, settings), shift),
        sigma=settings.sigma,
        sigma_unit=settings.sigma_unit,
        grid=settings.grid,
    )
    return PhaseSpread(shift, 1.0 - cosine.numpy())


def sigma_per_bin(mz: F64, settings: LossSettings) -> tuple[float, float]:
    """Least and greatest sigma over bin width at ``mz``; with sigma in Da, or no peaks in ppm, one value.

    Without a peak, a width in ppm is taken at the end of the grid, where it is widest.
    """
    if settings.sigma_unit == "Da" or mz.size == 0:
        ratio = settings.sigma_in_th(settings.max_mz) / settings.bin_width
        return ratio, ratio
    return (
        settings.sigma_in_th(float(mz.min())) / settings.bin_width,
        settings.sigma_in_th(float(mz.max())) / settings.bin_width,
    )


def guard(ratio: tuple[float, float], spread: PhaseSpread, unseen_fragments: int, unseen_peaks: int) -> str | None:
    """A warning where sigma is less than one bin and the loss depends on where peaks fall in their bins; else None.

    A spread that rounds to 0 in the digits shown is left out; without a spread or unseen peaks there is no warning.
    """
    low, high = ratio
    if low >= SAFE_RATIO:
        return None
    size = f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} to {high:.2g}"
    said = []
    least, most = f"{spread.low:.3f}", f"{spread.high:.3f}"
    if least != most:
        said.append(f"Shifting the grid by less than one bin moves this loss between {least} and {most}.")
    unseen = [count(n, noun) for n, noun in ((unseen_fragments, "fragment"), (unseen_peaks, "observed peak")) if n]
    if unseen:
        one = unseen_fragments + unseen_peaks == 1
        said.append(
            f"{' and '.join(unseen)} {'falls' if one else 'fall'} between bins and "
            f"{'is' if one else 'are'} not seen at all."
        )
    if not said:
        return None
    head = f"Sigma is {size} bins: how high a peak stands depends on where it falls in its bin."
    return " ".join([head, *said, "Use a sigma of at least one bin width."])


def count(n: int, noun: str) -> str:
    """``1 peak``, ``2 peaks``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _within(side: tuple[F64, F64], settings: LossSettings) -> tuple[F64, F64]:
    keep = in_range(side[0], settings)
    return side[0][keep], side[1][keep]


def _shifted(side: tuple[F64, F64], shift: F64) -> Peaks:
    """The side as the grid sees it after each shift."""
    mz, intensity = side
    return Peaks.from_list([(mz - shift[:, None], intensity)])
