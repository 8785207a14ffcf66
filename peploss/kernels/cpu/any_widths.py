"""Sums over pairs of peaks of any widths, as a sigma in ppm makes them: pair by pair, by the formula of ``pairs``.

One routine adds up one side against the other. The two norms are that same routine on a side and itself: it
costs each pair twice, and makes the cosine of a spectrum with itself 1 to the last bit. In real spectra few peaks
have neighbours that near, and most of the time goes into each peak against itself: those are summed beforehand, in
loops that vectorise, by the same operations in the same order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.derivatives import chain
from peploss.kernels.cpu.equal_widths import PAIR_REACH
from peploss.kernels.cpu.gaussian_sum import EDGE, MAX_TERMS, MIN_RATIO, SQRT_2PI, coefficients, direct, own, series
from peploss.kernels.cpu.rendered import gather
from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def add_up(
    am: F64, aw: F64, asig: F64, bm: F64, bw: F64, bsig: F64, h: float, n_bins: int,
    same: bool, own_l: F64, own_by_c: F64, own_by_r: F64, grad: bool, by_mz: F64, by_w: F64, by_sigma: F64,
) -> float:  # fmt: skip
    """Sum over pairs of ``a_i b_j K_ij``; both sides ascending in m/z. ``h = 0`` is the continuum.

    ``same`` says that the sides are one spectrum, whose peaks against themselves are in ``own_*``. Sets ``by_w``
    to ``sum_j b_j K_ij`` and, where asked, ``by_mz`` and ``by_sigma`` to its derivatives by the first side's peak.

    With ``E = exp(-d^2 / 2v)`` and ``K = E L(c, r)``, ``v = s^2 + t^2``, ``pull = t^2 / v``::

        by m:  dd/dm = 1,  dc/dm = pull             dK/dm = E [L_c pull - L d / v]
        by s:  dE/ds = E d^2 s / v^2,               dK/ds = E [L s d^2 / v^2 - L_c 2 s d pull / v
               dc/ds = -2 s d pull / v,                        + L_r pull t / sqrt(v)]
               dr/ds = t^3 / v^(3/2) = pull t / sqrt(v)

    (``c - m_j = d pull``, and v in c's denominator gives ``dc/ds = 2 s (m_j - c) / v``.) A peak against itself has
    ``d = 0``, ``pull = 1/2`` and ``v = 2 s^2``: ``dK/dm = L_c / 2`` and ``dK/ds = L_r / sqrt(8)``. Holding j still is
    half of what moving a peak does to its own norm; ``chain`` counts the other half.
    """
    coef = np.empty(MAX_TERMS)
    terms = 0
    memo_s, memo_t, r, inv_v = -1.0, -1.0, 0.0, 0.0
    converges = False
    reach = math.sqrt(PAIR_REACH * (_max(asig) ** 2 + _max(bsig) ** 2))
    end = h * n_bins
    total = 0.0
    low = 0
    for i in range(am.size):
        mi, s = am[i], asig[i]
        while low < bm.size and bm[low] < mi - reach:
            low += 1
        of_i, by_m, by_s = 0.0, 0.0, 0.0
        for j in range(low, bm.size):
            d = mi - bm[j]
            if d < -reach:
                break
            t = bsig[j]
            if same and i == j:
                of_i += bw[j] * own_l[i]
                if grad:
                    by_m += bw[j] * own_by_c[i] * 0.5
                    by_s += bw[j] * own_by_r[i] * math.sqrt(0.125)
                continue
            if s != memo_s or t != memo_t:  # once, if all widths are equal
                memo_s, memo_t = s, t
                inv_v = 1.0 / (s * s + t * t)
                r = s * t * math.sqrt(inv_v)
                converges = h > 0.0 and r >= MIN_RATIO * h
                if converges:
                    terms = coefficients(r / h, coef)
            x = d * d * inv_v
            if x > PAIR_REACH:
                continue
            overlap = 1.0 if d == 0.0 else math.exp(-0.5 * x)
            pull = t * t * inv_v
            c = bm[j] + d * pull
            if h == 0.0:
                value, by_c, by_r = r * SQRT_2PI, 0.0, SQRT_2PI
            elif converges and c > EDGE * r and c < end - EDGE * r:
                value, by_c, by_r = series(c, r, h, coef, terms)
            else:
                value, by_c, by_r = direct(c, r, h, n_bins)
            overlap *= bw[j]
            of_i += overlap * value
            if grad:
                by_m += overlap * (by_c * pull - value * d * inv_v)
                by_s += overlap * (
                    s * d * inv_v * (value * d * inv_v - 2.0 * pull * by_c) + by_r * pull * t * math.sqrt(inv_v)
                )
        by_w[i] = of_i
        if grad:
            by_mz[i] = by_m
            by_sigma[i] = by_s
        total += aw[i] * of_i
    return total


@jit
def _max(x: F64) -> float:
    top = 0.0
    for value in x:
        top = max(top, value)
    return top


@jit
def cosine(
    am: F64, aw: F64, asig: F64, ka: I64, na: int, top_a: float,
    bm: F64, bw: F64, bsig: F64, kb: I64, nb: int, top_b: float,
    h: float, n_bins: int, level_a: int, level_b: int, a0: int, b0: int, a_out: F64, b_out: F64,
    known: float,
) -> tuple[float, float]:  # fmt: skip
    """The cosine of two spectra whose peaks have any widths, and its derivatives; and the norm of the second one.

    ``known`` is that norm where it is known and b has no derivatives, else NaN.
    """
    work = np.empty((4, max(na, nb)))
    grad_a, grad_b = level_a > 0, level_b > 0
    # Rows: m/z, intensity, sigma; L and its derivatives; own norm's derivatives; the product's derivatives.
    a = gather(am, aw, asig, ka, na, top_a, 12)
    o = gather(bm, bw, bsig, kb, nb, top_b, 12)
    own(a[0], a[2], h, n_bins, grad_a, a[3], a[4], a[5], work)
    if math.isnan(known):
        own(o[0], o[2], h, n_bins, grad_b, o[3], o[4], o[5], work)
    ao = add_up(a[0], a[1], a[2], o[0], o[1], o[2], h, n_bins, False, a[3], a[4], a[5], grad_a, a[10], a[9], a[11])
    aa = add_up(a[0], a[1], a[2], a[0], a[1], a[2], h, n_bins, True, a[3], a[4], a[5], grad_a, a[7], a[6], a[8])
    oo = known
    if math.isnan(known):
        oo = add_up(o[0], o[1], o[2], o[0], o[1], o[2], h, n_bins, True, o[3], o[4], o[5], grad_b, o[7], o[6], o[8])
    norm = math.sqrt(aa * oo)
    if not norm > 0.0:
        return 0.0, oo
    cosine = min(ao / norm, 1.0)
    if grad_a:
        chain(ka, a0, na, a[1], a[9:12], a[6:9], norm, cosine / aa, top_a, level_a, a_out)
    if grad_b:
        add_up(o[0], o[1], o[2], a[0], a[1], a[2], h, n_bins, False, o[3], o[4], o[5], True, o[10], o[9], o[11])
        chain(kb, b0, nb, o[1], o[9:12], o[6:9], norm, cosine / oo, top_b, level_b, b_out)
    return cosine, oo


@jit
def norm(m: F64, w: F64, sigma: F64, keep: I64, n: int, top: float, h: float, n_bins: int) -> float:
    """``sum_ij w_i w_j K_ij`` of one spectrum's n kept peaks, of any widths."""
    a = gather(m, w, sigma, keep, n, top, 7)
    own(a[0], a[2], h, n_bins, False, a[3], a[4], a[5], np.empty((4, n)))
    return add_up(a[0], a[1], a[2], a[0], a[1], a[2], h, n_bins, True, a[3], a[4], a[5], False, a[6], a[6], a[6])
