"""Computes the cosine at every sigma and bin width at once, in numba.

At one sigma a pair of peaks has one Gaussian overlap, one centre c and one width r whatever the bins are, so the
exponential is taken once per pair and sigma. What is left for a bin width is the Fourier series of the sum over bins
(see ``peploss.kernels.cpu.pairs``): no term at all where bins are narrow (r > 1.38 h), up to nine down to r = 0.14 h,
and below that the few bins themselves. A shift of the grid only turns the phase of each term, so the sums at all
phases come from the same terms; where bins are added up one by one, the phases are the bins of a finer grid.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.equal_widths import PAIR_REACH
from peploss.kernels.cpu.gaussian_sum import EDGE, MAX_TERMS, MIN_RATIO, SQRT_2PI, TWO_PI, cos_sin_turns, direct
from peploss.kernels.cpu.landscape_bins import add_bins, in_range, mask, masks
from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

NO_TERM = 1.38  # r / h above which the first term of the series is below 1e-16


@jit
def _fill_coefficients(rho: float, coef: F64) -> int:
    """``2 exp(-2 (pi n rho)^2)`` for n = 1, 2, ... into ``coef``, and how many count: one exponential, then powers."""
    x = math.pi * rho
    q = math.exp(-2.0 * x * x)
    value, step, square, n = 2.0 * q, q * q * q, q * q, 0
    while n < MAX_TERMS and value >= 1e-16:
        coef[n] = value
        value *= step
        step *= square
        n += 1
    return n


@jit
def inner_products(
    am: F64, aw: F64, asig: F64, amask: U32, bm: F64, bw: F64, bsig: F64, bmask: U32, same: bool,
    widths: F64, n_bins: I64, phases: int, turns: F64,
    coef: F64, work: F64, real: F64, imag: F64, continuum: F64, value: F64,
) -> None:  # fmt: skip
    """Inner products of two rendered spectra at one sigma: ``continuum`` (H,) and ``value`` (H, phases).

    ``sum_ij a_i b_j E_ij L(c_ij, r_ij)`` as in ``pairs._add_up``. With ``area = a b E r sqrt(2 pi)`` the series is::

        value[h, p] = (1 / h) sum_pairs area [1 + sum_n q_n cos(2 pi n (u - p / phases))]
                    = (1 / h) [sum area + sum_n (C_n cos(2 pi n p / phases) + S_n sin(2 pi n p / phases))]

    with ``C_n`` (``real``) the sum of ``area q_n cos(2 pi n u)`` over pairs and ``S_n`` (``imag``) that of the sines: a
    shift costs no pair. ``sum area`` is the continuum, and ``work[k]`` the share of it that ends with width k.

    Bin widths and both sides ascend. ``turns`` is (2, phases), cosine and sine of p / phases of a turn; ``coef``,
    ``real``, ``imag`` (H, MAX_TERMS) and ``work`` (H + 1,) are scratch.
    """
    count = widths.size
    value[:, :phases] = 0.0
    continuum[:] = 0.0
    real[:], imag[:], work[:] = 0.0, 0.0, 0.0
    if am.size == 0 or bm.size == 0:
        return
    widest, low_end = widths[count - 1], np.inf
    for k in range(count):
        low_end = min(low_end, n_bins[k] * widths[k])
    terms = np.zeros(count, np.int64)
    reach = math.sqrt(PAIR_REACH * (asig.max() ** 2 + bsig.max() ** 2))
    inside = 0.0
    low = 0
    memo, first, by_bins = -1.0, 0, 0  # widths from ``first`` on have terms, from ``by_bins`` on are summed by bins
    for i in range(am.size):
        mi, s = am[i], asig[i]
        if same:
            low = i
        else:
            while low < bm.size and bm[low] < mi - reach:
                low += 1
        for j in range(low, bm.size):
            d = mi - bm[j]
            if d < -reach:
                break
            t = bsig[j]
            v = s * s + t * t
            x = d * d / v
            if x > PAIR_REACH:
                continue
            e = aw[i] * bw[j] * math.exp(-0.5 * x)
            if same and i != j:
                e *= 2.0
            r = s * t / math.sqrt(v)
            c = bm[j] + d * t * t / v
            area = e * r * SQRT_2PI
            if not (c > EDGE * r + widest and c < low_end - EDGE * r - widest):
                for k in range(count):
                    h, n = widths[k], n_bins[k]
                    if in_range(mi, s, h, n) and in_range(bm[j], t, h, n):
                        continuum[k] += area
                        both = mask(mi, s, h, n, phases) & mask(bm[j], t, h, n, phases)
                        for p in range(phases):
                            if both >> p & 1:
                                value[k, p] += e * direct(c - p * h / phases, r, h, n)[0]
                continue
            inside += area
            if r != memo:
                memo = r
                while first > 0 and r < NO_TERM * widths[first - 1]:
                    first -= 1
                while first < count and r >= NO_TERM * widths[first]:
                    first += 1
                by_bins = max(by_bins, first)
                while by_bins > first and r < MIN_RATIO * widths[by_bins - 1]:
                    by_bins -= 1
                while by_bins < count and r >= MIN_RATIO * widths[by_bins]:
                    by_bins += 1
                for k in range(first, by_bins):
                    terms[k] = _fill_coefficients(r / widths[k], coef[k])
            work[by_bins] += area  # part of every width before that one
            for k in range(first, by_bins):
                cos1, sin1 = cos_sin_turns(c / widths[k] - 0.5)
                cos_n, sin_n = cos1, sin1
                for n in range(terms[k]):
                    f = area * coef[k, n]
                    real[k, n] += f * cos_n
                    imag[k, n] += f * sin_n
                    cos_n, sin_n = cos_n * cos1 - sin_n * sin1, sin_n * cos1 + cos_n * sin1
            for k in range(by_bins, count):
                both = amask[k, i] & bmask[k, j]
                if both != 0:
                    add_bins(c, r, widths[k], e, phases, both, value[k])
    total = 0.0
    for k in range(count - 1, -1, -1):
        total += work[k + 1]
        continuum[k] += inside
        if total == 0.0:
            continue
        most = 0
        while most < MAX_TERMS and (real[k, most] != 0.0 or imag[k, most] != 0.0):
            most += 1
        for p in range(phases):
            add = total
            for n in range(most):
                turn = (n + 1) * p % phases
                add += real[k, n] * turns[0, turn] + imag[k, n] * turns[1, turn]
            value[k, p] += add / widths[k]


@jit
def prepared(mz: F64, weight: F64) -> tuple[F64, F64]:
    """Peaks of some intensity, ascending in m/z, scaled to a highest intensity of 1."""
    keep = np.empty(mz.size, np.int64)
    n, top = 0, 0.0
    for i in range(mz.size):
        if weight[i] > 0.0 and mz[i] < math.inf:
            keep[n] = i
            n += 1
            top = max(top, weight[i])
    sort_by(mz, keep, n)
    m, w = np.empty(n), np.empty(n)
    for i in range(n):
        m[i], w[i] = mz[keep[i]], weight[keep[i]] / top
    return m, w


@jit
def widths_of(mz: F64, sigma: float, ppm: bool) -> F64:
    """(N,) sigma of each peak in Th."""
    return mz * (sigma * 1e-6) if ppm else np.full(mz.size, sigma)


@jit
def landscape_range(
    start: int, stop: int,
    cm: F64, cw: F64, coff: I64, candidates: I64, om: F64, ow: F64, ooff: I64,
    sigmas: F64, ppm: bool, widths: F64, n_bins: I64, phases: int,
    loss: F64, continuum: F64, lowest: F64, highest: F64,
) -> None:  # fmt: skip
    """Losses of spectra start to stop against their candidates.

    Candidates ``candidates[b]`` to ``candidates[b + 1]`` are those of spectrum b, each with the fragments
    ``coff[c]`` to ``coff[c + 1]``. ``loss`` is (C, S, H). With ``phases > 1`` the first candidate of each
    spectrum also gets its continuum loss and its extremes over the phases, each (B, S, H).
    """
    count = widths.size
    turns = np.empty((2, phases))
    for p in range(phases):
        turns[0, p], turns[1, p] = math.cos(TWO_PI * p / phases), math.sin(TWO_PI * p / phases)
    coef, work = np.empty((count, MAX_TERMS)), np.empty(count + 1)
    real, imag = np.empty((count, MAX_TERMS)), np.empty((count, MAX_TERMS))
    oo, pp, po = np.empty((count, phases)), np.empty((count, phases)), np.empty((count, phases))
    oo_flat, pp_flat, po_flat = np.empty(count), np.empty(count), np.empty(count)
    most_candidates, most_fragments = 0, 0
    for b in range(start, stop):
        most_candidates = max(most_candidates, candidates[b + 1] - candidates[b])
        most_fragments = max(most_fragments, coff[candidates[b + 1]] - coff[candidates[b]])
    sizes, sides = np.empty(most_candidates, np.int64), np.empty((2, most_fragments))
    for b in range(start, stop):
        o_all, ow_all = prepared(om[ooff[b] : ooff[b + 1]], ow[ooff[b] : ooff[b + 1]])
        first = candidates[b]
        for c in range(first, candidates[b + 1]):
            m, w = prepared(cm[coff[c] : coff[c + 1]], cw[coff[c] : coff[c + 1]])
            sizes[c - first] = m.size
            start_of = coff[c] - coff[first]
            for i in range(m.size):
                sides[0, start_of + i], sides[1, start_of + i] = m[i], w[i]
        for si in range(sigmas.size):
            o, o_w = near_grid(o_all, ow_all, sigmas[si], ppm, widths, n_bins)
            o_s = widths_of(o, sigmas[si], ppm)
            o_mask = np.empty((count, o.size), np.uint32)
            masks(o, o_s, widths, n_bins, phases, o_mask)
            inner_products(o, o_w, o_s, o_mask, o, o_w, o_s, o_mask, True, widths, n_bins, phases, turns,
                  coef, work, real, imag, oo_flat, oo)  # fmt: skip
            for at in range(candidates[b + 1] - first):
                index = first + at
                begin = coff[index] - coff[first]
                end = begin + sizes[at]
                of = phases if at == 0 else 1
                a, a_w = near_grid(sides[0, begin:end], sides[1, begin:end], sigmas[si], ppm, widths, n_bins)
                a_s = widths_of(a, sigmas[si], ppm)
                a_mask = np.empty((count, a.size), np.uint32)
                masks(a, a_s, widths, n_bins, of, a_mask)
                inner_products(a, a_w, a_s, a_mask, a, a_w, a_s, a_mask, True, widths, n_bins, of, turns,
                      coef, work, real, imag, pp_flat, pp)  # fmt: skip
                inner_products(a, a_w, a_s, a_mask, o, o_w, o_s, o_mask, False, widths, n_bins, of, turns,
                      coef, work, real, imag, po_flat, po)  # fmt: skip
                for k in range(count):
                    loss[index, si, k] = loss_from(po[k, 0], pp[k, 0], oo[k, 0])
                    if at == 0 and phases > 1:
                        continuum[b, si, k] = loss_from(po_flat[k], pp_flat[k], oo_flat[k])
                        low, high = loss[index, si, k], loss[index, si, k]
                        for p in range(1, phases):
                            at_p = loss_from(po[k, p], pp[k, p], oo[k, p])
                            low, high = min(low, at_p), max(high, at_p)
                        lowest[b, si, k], highest[b, si, k] = low, high


@jit
def loss_from(po: float, pp: float, oo: float) -> float:
    """1 - cosine of three inner products; 1 where a side renders nothing."""
    norm = math.sqrt(pp) * math.sqrt(oo)
    return 1.0 - min(po / norm, 1.0) if norm > 0.0 else 1.0


@jit
def near_grid(mz: F64, weight: F64, sigma: float, ppm: bool, widths: F64, n_bins: I64) -> tuple[F64, F64]:
    """The peaks that some grid may render."""
    end, first = 0.0, widths[0]
    for k in range(widths.size):
        end = max(end, n_bins[k] * widths[k])
    start, stop = 0, mz.size
    while start < stop and mz[start] + RENDER_REACH * (mz[start] * sigma * 1e-6 if ppm else sigma) < 0.5 * first:
        start += 1
    while stop > start and mz[stop - 1] - RENDER_REACH * (mz[stop - 1] * sigma * 1e-6 if ppm else sigma) > end:
        stop -= 1
    return mz[start:stop], weight[start:stop]
