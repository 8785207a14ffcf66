"""The loss at shifts of the grid by less than a bin, all from one walk over the pairs of peaks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.gaussian_sum import MAX_TERMS, TWO_PI
from peploss.kernels.cpu.landscape import inner_products, loss_from, near_grid, prepared, widths_of
from peploss.kernels.cpu.landscape_bins import masks
from peploss.kernels.jit import jit

F64 = NDArray[np.float64]


@jit
def phase_losses(cm: F64, cw: F64, om: F64, ow: F64, sigma: float, width: float, n_bins: int, phases: int) -> F64:
    """(phases,) losses of one spectrum, the grid shifted by p / phases of a bin.

    Args:
        cm, cw, om, ow: m/z in Th and intensity of either side, in any order.
        sigma, width: in Th.
        phases: at most 32, one bit of a mask each.
    """
    widths, bins = np.full(1, width), np.full(1, n_bins, np.int64)
    turns = np.empty((2, phases))
    for p in range(phases):
        turns[0, p], turns[1, p] = math.cos(TWO_PI * p / phases), math.sin(TWO_PI * p / phases)
    coef, work = np.empty((1, MAX_TERMS)), np.empty(2)
    real, imag, flat = np.empty((1, MAX_TERMS)), np.empty((1, MAX_TERMS)), np.empty(1)
    oo, pp, po = np.empty((1, phases)), np.empty((1, phases)), np.empty((1, phases))
    o_all, ow_all = prepared(om, ow)
    a_all, aw_all = prepared(cm, cw)
    o, o_w = near_grid(o_all, ow_all, sigma, False, widths, bins)
    a, a_w = near_grid(a_all, aw_all, sigma, False, widths, bins)
    o_s, a_s = widths_of(o, sigma, False), widths_of(a, sigma, False)
    o_mask, a_mask = np.empty((1, o.size), np.uint32), np.empty((1, a.size), np.uint32)
    masks(o, o_s, widths, bins, phases, o_mask)
    masks(a, a_s, widths, bins, phases, a_mask)
    inner_products(o, o_w, o_s, o_mask, o, o_w, o_s, o_mask, True, widths, bins, phases, turns,
          coef, work, real, imag, flat, oo)  # fmt: skip
    inner_products(a, a_w, a_s, a_mask, a, a_w, a_s, a_mask, True, widths, bins, phases, turns,
          coef, work, real, imag, flat, pp)  # fmt: skip
    inner_products(a, a_w, a_s, a_mask, o, o_w, o_s, o_mask, False, widths, bins, phases, turns,
          coef, work, real, imag, flat, po)  # fmt: skip
    losses = np.empty(phases)
    for p in range(phases):
        losses[p] = loss_from(po[0, p], pp[0, p], oo[0, p])
    return losses
