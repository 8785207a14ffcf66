"""The front ends of the spectrum loss at many sigmas and bin widths at once.

``loss_landscape`` takes two batches and gives a tensor where they lie; ``loss_landscapes`` takes arrays, several
candidates for a spectrum, and looks at shifts of the grid, too. Both are the same computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import naive
from peploss.kernels.arguments import SigmaUnit, check_unit, same_batch, wide
from peploss.kernels.autograd import check_offsets
from peploss.kernels.dispatch import Backend, Kernels, has_triton, kernels_for
from peploss.kernels.peaks import Peaks
from peploss.kernels.threads import split

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Side = tuple[F64, F64]
Four = tuple[Tensor, Tensor, Tensor, Tensor]
CELLS_AT_ONCE = 1 << 25  # losses in a GPU's memory at once, a quarter of a GB

PHASES = 32
"""Shifts of the grid the phase layers look at, equally spaced in one bin; at most 32, one bit of a mask each."""


class Landscapes(NamedTuple):
    """Losses over sigma (S) and bin width (H) of B spectra and their C candidates.

    Args:
        loss: (C, S, H), candidates one spectrum after the other.
        continuum: (B, S, H) loss of each spectrum's first candidate as bins become infinitely narrow, of the peaks
            in the range of that grid; of no rows where layers were not asked for.
        lowest, highest: (B, S, H) extremes of that candidate's loss over ``PHASES`` shifts of the grid; likewise.
    """

    loss: F64
    continuum: F64
    lowest: F64
    highest: F64


class LandscapeAxes(NamedTuple):
    """What a landscape is computed at: S sigmas in their unit and H grids."""

    sigmas: F64
    unit: SigmaUnit
    grids: tuple[MzGrid, ...]

    @classmethod
    def of(cls, sigmas: ArrayLike, sigma_unit: SigmaUnit, bin_widths: ArrayLike, max_mz: float) -> LandscapeAxes:
        """Both axes in the order they came.

        Raises:
            ArgumentError: a sigma is not positive and finite, the unit is none, or a bin width or max_mz makes no grid.
        """
        s, h = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (sigmas, bin_widths))
        if not (np.isfinite(s).all() and (s > 0).all()):
            raise ArgumentError("Every sigma must be positive and finite.")
        check_unit(sigma_unit)
        return cls(s, sigma_unit, tuple(MzGrid(max_mz, float(x)) for x in h))

    @property
    def widths(self) -> F64:
        """(H,) bin widths in Th."""
        return np.array([grid.bin_width for grid in self.grids], dtype=np.float64)

    @property
    def n_bins(self) -> I64:
        """(H,) numbers of bins."""
        return np.array([grid.n_bins for grid in self.grids], dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """(S, H)."""
        return self.sigmas.size, len(self.grids)


def loss_landscape(
    pred: Peaks,
    obs: Peaks,
    *,
    sigmas: ArrayLike,
    sigma_unit: SigmaUnit = "Da",
    bin_widths: ArrayLike,
    max_mz: float = 2000.0,
    backend: Backend = "auto",
) -> Tensor:
    """The loss of each spectrum at every sigma and bin width, ``1 - spectrum_cosine`` there; no gradient.

    Cost is that of the pairs of peaks at each sigma, plus a few terms for each bin width that is not much narrower
    than sigma. On a GPU nothing is copied to the CPU and back.

    Args:
        pred, obs: B spectra each, ragged or padded, in any order; m/z positive, intensities finite and not negative.
        sigmas: (S,) widths in ``sigma_unit``, positive and finite, any order.
        bin_widths: (H,) in Th, positive and finite, any order.
        max_mz: end of the grid in Th, as in ``MzGrid``.
        backend: ``"auto"`` is Triton's kernel for CUDA tensors, to 2e-6 of a loss, and the CPU for all others.
    Returns:
        (B, S, H) float64 on the device of ``pred``; 1 where a side renders nothing. On a GPU, where nobody looks at
        values, NaN where a spectrum's are not as said above.
    Raises:
        BackendError: the backend is not there.
        ArgumentError: there are not as many predicted as observed spectra, a sigma is not positive and finite, a bin
            width or max_mz makes no grid, or, on the CPU, a value of a peak is not as said above.

    >>> one = Peaks.from_arrays([100.05], [1.0])
    >>> loss_landscape(one, Peaks.from_arrays([300.0], [1.0]), sigmas=[0.05], bin_widths=[0.1, 0.2]).tolist()
    [[[1.0, 1.0]]]
    """
    same_batch(pred, obs)
    device = pred.mz.device
    kernels = kernels_for(backend, device)
    axes = LandscapeAxes.of(sigmas, sigma_unit, bin_widths, max_mz)
    if kernels == "triton":
        sides = wide(pred), wide(obs.to(device))
    else:
        sides = wide(pred.to("cpu")), wide(obs.to("cpu"))
        for side in sides:
            _check_values(side, padding=True)
    owner = np.arange(pred.batch + 1, dtype=np.int64)
    with torch.no_grad():
        return _computed(sides[0].detach(), sides[1].detach(), owner, axes, False, kernels)[0].to(device)


def loss_landscapes(
    candidates: Sequence[Sequence[Side]],
    observed: Sequence[Side],
    *,
    sigmas: ArrayLike,
    sigma_unit: SigmaUnit = "Da",
    bin_widths: ArrayLike,
    max_mz: float = 2000.0,
    layers: bool = False,
    backend: Backend = "auto",
) -> Landscapes:
    """Losses of every candidate at every sigma and bin width. A batch is shared among torch's threads.

    Args:
        candidates: for each of B spectra, (mz, intensity) of its candidates' fragments: (F,) each, in Th, any order.
        observed: B spectra, (mz, intensity), (P,) each. Peaks of intensity 0 are ignored.
        sigmas, sigma_unit, bin_widths, max_mz: as for ``loss_landscape``.
        layers: also compute the continuum and the phases, for the first candidate of each spectrum. A shift moves
            the grid and leaves peaks and, in ppm, their widths as they are.
        backend: ``"auto"`` takes several spectra to a GPU where there is one (``device_of``), for 2e-6 of a loss, and
            one to the CPU, where the arrays are; ``"triton"`` always goes to the GPU.
    Raises:
        BackendError: the backend is not there.
        ArgumentError: there are not as many lists of candidates as spectra, a value is not finite, an m/z not
            positive, an intensity negative, a sigma not positive and finite, or a bin width or max_mz makes no grid.

    >>> side = np.array([100.05, 300.02]), np.ones(2)
    >>> loss_landscapes([[side]], [side], sigmas=[0.05, 0.2], bin_widths=[0.1]).loss.round(12).tolist()
    [[[0.0], [0.0]]]
    """
    device = device_of(len(observed), backend)
    kernels = kernels_for(backend, device)
    if len(candidates) != len(observed):
        raise ArgumentError(f"There must be candidates for each of {len(observed)} spectra, not for {len(candidates)}.")
    axes = LandscapeAxes.of(sigmas, sigma_unit, bin_widths, max_mz)
    pred, obs = Peaks.from_list([side for of_one in candidates for side in of_one]), Peaks.from_list(observed)
    owner = np.cumsum([0, *map(len, candidates)], dtype=np.int64)
    if (len(pred), len(obs)) != (owner[-1], len(observed)):
        raise ArgumentError("m/z and intensity of a candidate or spectrum must be one-dimensional and equally long.")
    for side in (pred, obs):
        _check_values(side, padding=False)
    if layers and (np.diff(owner) == 0).any():
        raise ArgumentError("Layers are those of the first candidate, and a spectrum has none.")
    with torch.no_grad():
        found = _computed(pred.to(device), obs.to(device), owner, axes, layers, kernels)
    return Landscapes(*(x.cpu().numpy() for x in found))


def device_of(spectra: int, backend: str = "auto") -> torch.device:
    """The device for this many spectra: several go to a GPU if there is one."""
    several = backend == "triton" or (backend == "auto" and spectra > 1 and has_triton())
    return torch.device("cuda" if several and torch.cuda.is_available() else "cpu")


def _check_values(peaks: Peaks, *, padding: bool) -> None:
    """Raises ArgumentError unless m/z are positive, infinite only as padding, and intensities finite, not negative."""
    check_offsets(peaks.offsets, peaks.mz.shape[0])
    real = ~torch.isinf(peaks.mz) if padding else torch.ones_like(peaks.mz, dtype=torch.bool)
    if not bool((~real | ((peaks.mz > 0) & (peaks.mz < float("inf")))).all()):
        raise ArgumentError("Every m/z must be positive and finite.")
    if not bool((~real | ((peaks.intensity >= 0) & (peaks.intensity < float("inf")))).all()):
        raise ArgumentError("Every intensity must be finite and not negative.")


def _computed(pred: Peaks, obs: Peaks, owner: I64, axes: LandscapeAxes, layers: bool, kernels: Kernels) -> Four:
    """The fields of ``Landscapes``; spectrum b has the candidates ``owner[b]`` to ``owner[b + 1]``."""
    if kernels == "triton":
        from peploss.kernels.gpu import landscape as gpu

        device = pred.mz.device
        s, h, n = (torch.from_numpy(x).to(device) for x in (axes.sigmas, axes.widths, axes.n_bins))
        spectrum, first = (torch.from_numpy(x).to(device) for x in (_spectrum(owner), owner[:-1]))
        return gpu.landscapes(
            pred, obs, spectrum, first, s, h, n,
            ppm=axes.unit == "ppm", phases=PHASES if layers else 1, at_once=CELLS_AT_ONCE,
        )  # fmt: skip
    if kernels == "reference":
        return _by_reference(pred, obs, owner, axes, layers)
    return _by_cpu(pred, obs, owner, axes, layers)


def _spectrum(owner: I64) -> I64:
    """(C,) which spectrum each candidate belongs to."""
    return np.repeat(np.arange(len(owner) - 1), np.diff(owner))


def _by_reference(pred: Peaks, obs: Peaks, owner: I64, axes: LandscapeAxes, layers: bool) -> Four:
    at = (list(axes.sigmas), axes.unit, axes.grids)
    loss = naive.landscape(pred, obs[_spectrum(owner)], *at)
    first = pred[owner[:-1]] if layers else pred[:0]
    target = obs if layers else obs[:0]
    phases = torch.stack([naive.landscape(first, target, *at, shift=p / PHASES) for p in range(PHASES)])
    return loss, naive.landscape(first, target, *at, continuum=True), phases.amin(0), phases.amax(0)


def _by_cpu(pred: Peaks, obs: Peaks, owner: I64, axes: LandscapeAxes, layers: bool) -> Four:
    from peploss.kernels.cpu import landscape as cpu

    order = np.argsort(axes.widths, kind="stable")  # the kernel wants bin widths ascending
    widths, n_bins = axes.widths[order], axes.n_bins[order]
    sides = [(p.mz.numpy(), p.intensity.numpy(), p.offsets.numpy()) for p in (pred, obs)]
    loss = np.empty((pred.batch, *axes.shape))
    rest = [np.empty((obs.batch if layers else 0, *axes.shape)) for _ in range(3)]
    if loss.size or layers:

        def run(start: int, stop: int) -> None:
            cpu.landscape_range(
                start, stop, *sides[0], owner, *sides[1],
                axes.sigmas, axes.unit == "ppm", widths, n_bins, PHASES if layers else 1, loss, *rest,
            )  # fmt: skip

        # A cell costs about a fiftieth of a loss of its own.
        split(run, (sides[0][2][owner] + sides[1][2]) * max(1, axes.shape[0] * axes.shape[1] // 50))
    back = torch.from_numpy(np.argsort(order))
    loss_, continuum, lowest, highest = (torch.from_numpy(x)[..., back] for x in (loss, *rest))
    return loss_, continuum, lowest, highest
