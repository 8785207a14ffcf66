"""The spectrum loss at many sigmas and bin widths at once: each cell is ``1 - spectrum_cosine`` there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from peploss.errors import BackendError
from peploss.grid import MzGrid
from peploss.kernels import SigmaUnit
from peploss.kernels.dispatch import Backend, has_triton, kernels_for
from peploss.kernels.threads import split

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Side = tuple[F64, F64]
Ragged = tuple[F64, F64, I64]
CELLS_AT_ONCE = 1 << 25  # losses in a GPU's memory, a quarter of a GB

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
    """Losses of every candidate at every sigma and bin width.

    Cost is that of the pairs of peaks at each sigma, plus a few terms for each bin width that is not much narrower
    than sigma. A batch is shared among torch's threads.

    Args:
        candidates: for each of B spectra, (mz, intensity) of its candidates' fragments: (F,) each, in Th, any order.
        observed: B spectra, (mz, intensity), (P,) each. Peaks of no intensity are no peaks.
        sigmas: (S,) widths in ``sigma_unit``, positive and finite, any order.
        bin_widths: (H,) in Th, positive and finite, any order.
        max_mz: end of the grid in Th, as in ``MzGrid``.
        layers: also compute the continuum and the phases, for the first candidate of each spectrum. A shift moves
            the grid and leaves peaks and, in ppm, their widths as they are.
        backend: ``"auto"`` takes several spectra to a GPU where there is one (``device_of``), for 2e-6 of a loss, and
            one to the CPU, where the arrays are; ``"triton"`` always goes to the GPU.
    Raises:
        BackendError: the backend is not there, or has no landscapes.
        ValueError: there are not as many lists of candidates as spectra, a value is not finite, an m/z not
            positive, an intensity negative, or a sigma not positive and finite.
        SettingsError: a bin width or max_mz makes no grid.

    >>> side = np.array([100.05, 300.02]), np.ones(2)
    >>> loss_landscapes([[side]], [side], sigmas=[0.05, 0.2], bin_widths=[0.1]).loss.round(12).tolist()
    [[[0.0], [0.0]]]
    """
    device = device_of(len(observed), backend)
    kernels = kernels_for(backend, device)
    if kernels == "reference":
        raise BackendError("The reference computes no landscapes.", remedy="Use backend='auto', 'cpu' or 'triton'.")
    if len(candidates) != len(observed):
        raise ValueError(f"There must be candidates for each of {len(observed)} spectra, not for {len(candidates)}.")
    s, h = axes_of(sigmas, sigma_unit, bin_widths)
    order = np.argsort(h, kind="stable")
    ascending = np.ascontiguousarray(h[order])
    n_bins = np.array([MzGrid(max_mz, float(x)).n_bins for x in ascending], dtype=np.int64)

    cm, cw, coff = _ragged([side for of_one in candidates for side in of_one])
    om, ow, ooff = _ragged(observed)
    owner = np.cumsum([0, *map(len, candidates)], dtype=np.int64)
    cells = (s.size, h.size)
    loss = np.empty((int(owner[-1]), *cells))
    rest = [np.empty((len(observed) if layers else 0, *cells)) for _ in range(3)]
    if loss.size == 0 and not layers:
        return Landscapes(loss, *rest)
    if layers and (np.diff(owner) == 0).any():
        raise ValueError("Layers are those of the first candidate, and a spectrum has none.")

    back = np.argsort(order)
    if kernels == "triton":
        found = _by_triton((cm, cw, coff), (om, ow, ooff), owner, s, sigma_unit, ascending, n_bins, layers, device)
        return Landscapes(*(x[..., back] for x in found))

    from peploss.kernels.cpu import landscape as cpu_landscape

    def run(start: int, stop: int) -> None:
        cpu_landscape.landscape_range(
            start, stop, cm, cw, coff, owner, om, ow, ooff,
            s, sigma_unit == "ppm", ascending, n_bins, PHASES if layers else 1, loss, *rest,
        )  # fmt: skip

    # A cell costs about a fiftieth of a loss of its own.
    split(run, (coff[owner] + ooff) * max(1, loss[0].size // 50 if len(loss) else 1))
    return Landscapes(*(x if np.array_equal(back, np.arange(back.size)) else x[..., back] for x in (loss, *rest)))


def device_of(spectra: int, backend: str = "auto") -> torch.device:
    """Where the landscapes of so many spectra are computed: of several on a GPU, if there is one."""
    several = backend == "triton" or (backend == "auto" and spectra > 1 and has_triton())
    return torch.device("cuda" if several and torch.cuda.is_available() else "cpu")


def axes_of(sigmas: ArrayLike, sigma_unit: str, bin_widths: ArrayLike) -> tuple[F64, F64]:
    """Both axes as arrays.

    Raises:
        ValueError: a sigma is not positive and finite, or the unit is none.
    """
    s, h = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (sigmas, bin_widths))
    if not (np.isfinite(s).all() and (s > 0).all()):
        raise ValueError("Every sigma must be positive and finite.")
    if sigma_unit not in ("Da", "ppm"):
        raise ValueError(f"sigma_unit must be 'Da' or 'ppm', not {sigma_unit!r}.")
    return s, h


def _ragged(sides: Sequence[Side]) -> tuple[F64, F64, NDArray[np.int64]]:
    mz = np.concatenate([np.zeros(0), *(np.asarray(m, dtype=np.float64) for m, _ in sides)])
    intensity = np.concatenate([np.zeros(0), *(np.asarray(a, dtype=np.float64) for _, a in sides)])
    if any(np.shape(m) != np.shape(a) for m, a in sides):
        raise ValueError("m/z and intensity must be equally long.")
    if not (np.isfinite(mz).all() and (mz > 0).all()):
        raise ValueError("Every m/z must be positive and finite.")
    if not (np.isfinite(intensity).all() and (intensity >= 0).all()):
        raise ValueError("Every intensity must be finite and not negative.")
    return mz, intensity, np.cumsum([0, *(len(m) for m, _ in sides)], dtype=np.int64)


def _by_triton(
    candidates: Ragged, observed: Ragged, owner: I64, sigmas: F64, unit: str, widths: F64, n_bins: I64,
    layers: bool, device: torch.device,
) -> Landscapes:  # fmt: skip
    """The same on a GPU: all peaks to it at once, as few losses at a time as its memory likes."""
    from peploss.kernels.gpu.landscape import losses

    coff, ooff = candidates[2], observed[2]
    spectrum = np.repeat(np.arange(len(owner) - 1), np.diff(owner))
    starts = coff[:-1], np.diff(coff), coff[-1] + ooff[spectrum], np.diff(ooff)[spectrum]
    spans = torch.from_numpy(np.stack(starts, 1)).to(device)
    sides = [_prepared(*candidates), _prepared(*observed)]
    mz, intensity = (np.concatenate(both) for both in zip(*sides, strict=True))
    m, w, s, h, n = (torch.from_numpy(x).to(device) for x in (mz, intensity, sigmas, widths, n_bins))

    def at(rows: torch.Tensor, phases: int, continuum: bool = False) -> torch.Tensor:
        parts = rows.split(max(1, CELLS_AT_ONCE // (sigmas.size * widths.size * phases)))
        of_part = (losses(m, w, part, s, h, n, ppm=unit == "ppm", phases=phases, continuum=continuum) for part in parts)
        # Only the extremes of the phases are kept, one part after the other.
        reduced = [torch.stack((x[..., 0], x.amin(-1), x.amax(-1))) for x in of_part]
        return torch.cat(reduced, 1).cpu()

    loss = at(spans, 1)[0].numpy()
    if not layers:
        return Landscapes(loss, *(np.empty((0, sigmas.size, widths.size)) for _ in range(3)))
    first = spans[torch.from_numpy(owner[:-1]).to(device)]
    _, lowest, highest = at(first, PHASES)
    return Landscapes(loss, at(first, 1, continuum=True)[0].numpy(), lowest.numpy(), highest.numpy())


def _prepared(mz: F64, intensity: F64, offsets: I64) -> Side:
    """Every spectrum ascending, and to a highest intensity of 1: float32 has no room for more magnitudes."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((mz, owner))
    top = np.zeros(len(offsets) - 1)
    np.maximum.at(top, owner, intensity)
    return mz[order], (intensity / np.where(top > 0, top, 1.0)[owner])[order]
