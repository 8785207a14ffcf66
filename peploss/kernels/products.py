"""The front end of inner products of rendered spectra, and what each peak adds to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import naive
from peploss.kernels.arguments import SigmaUnit, two_numbers, wide, widths
from peploss.kernels.autograd import arrays, check
from peploss.kernels.dispatch import Backend, kernels_for
from peploss.kernels.peaks import Peaks
from peploss.kernels.threads import split


class PairSums(NamedTuple):
    """Inner products of two batches of rendered spectra.

    Args:
        value: (B,) ``sum_k S_a[k] S_b[k] = sum_ij a_i b_j K_ij``; in the continuum the integral over m/z, in Th.
        d_intensity: (N,) derivative by each of the first side's intensities, ``sum_j b_j K_ij``; times the
            intensity it is that peak's additive share.
        d_mz: (N,) derivative by each of the first side's m/z, per Th.
    """

    value: Tensor
    d_intensity: Tensor
    d_mz: Tensor


def pair_sums(
    a: Peaks,
    b: Peaks,
    *,
    sigma: float | Tensor,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None,
    backend: Backend = "auto",
) -> PairSums:
    """Inner products of rendered spectra and what each peak of ``a`` adds to them; no autograd.

    Arguments and errors as for ``spectrum_cosine``. In ppm, ``d_mz`` holds the width of a peak still.

    >>> one = Peaks.from_arrays([100.05], [2.0])
    >>> sums = pair_sums(one, one, sigma=0.2, grid=MzGrid())
    >>> bool(torch.isclose(sums.value, sums.d_intensity * 2.0))
    True
    """
    a, b = wide(a), wide(b)
    a_sigma, b_sigma = widths(a, b, sigma, sigma_unit)
    kernels = kernels_for(backend, a.mz.device)
    if kernels == "reference":
        value, by_weight, by_place = naive.pair_sums(a, b, a_sigma, b_sigma, grid)
        return PairSums(value, by_weight, by_place)
    if kernels == "triton":
        from peploss.kernels.gpu.launch import product

        at = a.mz.device
        sides = [check(*(x.to(at) for x in (p.mz, p.intensity, s, p.offsets))) for p, s in ((a, a_sigma), (b, b_sigma))]
        total, by_place, by_weight = product(sides[0], sides[1], *two_numbers(grid))
        return PairSums(total, by_weight, by_place)
    from peploss.kernels.cpu import pairs

    inputs = arrays(a.mz.cpu(), a.intensity.cpu(), a_sigma.cpu(), a.offsets.cpu())
    others = arrays(b.mz.cpu(), b.intensity.cpu(), b_sigma.cpu(), b.offsets.cpu())
    value_, by_mz, by_w = np.empty(a.batch), np.zeros(len(a.mz)), np.zeros(len(a.mz))

    def run(start: int, stop: int) -> None:
        pairs.product_range(start, stop, *inputs, *others, *two_numbers(grid), value_, by_mz, by_w)

    split(run, inputs[3], others[3])
    return PairSums(*(torch.from_numpy(x).to(a.mz.device) for x in (value_, by_w, by_mz)))
