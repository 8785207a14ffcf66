"""The cosine in closed form on the CPU: no grid in memory, cost by the number of peaks and not of bins.

A product of two Gaussians is a Gaussian, and the sum of a Gaussian over equally spaced points is a rapidly
converging Fourier series (Poisson summation). With widths s and t, ``d = m_i - m_j``, ``v = s^2 + t^2``,
``c = (m_i t^2 + m_j s^2) / v`` and ``r = s t / sqrt(v)``::

    sum_k G_s(x_k - m_i) G_t(x_k - m_j) = exp(-d^2 / 2v) * L(c, r)
    L(c, r) = sum_k exp(-(x_k - c)^2 / 2r^2)
            = r sqrt(2 pi) / h * [1 + 2 sum_{n>=1} exp(-2 (pi n r / h)^2) cos(2 pi n (c / h - 1/2))]

The series is the sum over all integers k; near an end of the grid, and where bins are so wide that the series
needs more terms than the sum has, L is summed directly. Everything is float64.

One routine adds up one side against the other. The two norms are that same routine on a side and itself: it
costs each pair twice, and makes the cosine of a spectrum with itself 1 to the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from peploss.kernels.reference import RENDER_REACH

F64 = NDArray[np.float64]

PAIR_REACH = 72.0  # d^2 / v beyond which exp(-d^2 / 2v) < 2.4e-16
SERIES_FLOOR = 0.2 / math.sqrt(2)  # r/h under which the direct sum is shorter than the series
MAX_TERMS = 12  # enough at SERIES_FLOOR: the first term left out is below 1e-18
SERIES_EDGE = 8.5  # distance of c from an end of the grid, in r, beyond which the end is not felt (2e-16)
DIRECT_REACH = 12.0  # half-width of the direct sum in r; to 1e-15 even for a peak that only just reaches a bin
SQRT_2PI = math.sqrt(2 * math.pi)
TWO_PI = 2 * math.pi

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _coefficients(rho: float, coef: F64) -> int:
    """Fills ``2 exp(-2 (pi n rho)^2)``, n = 1, 2, ..., and returns how many of them count."""
    n = 0
    while n < MAX_TERMS:
        x = math.pi * (n + 1) * rho
        value = 2 * math.exp(-2 * x * x)
        if value < 1e-18:
            break
        coef[n] = value
        n += 1
    return n


@_jit
def _series(c: float, r: float, h: float, coef: F64, terms: int) -> tuple[float, float, float]:
    """L and its derivatives by c and r, from the Fourier series."""
    u = c / h - 0.5
    angle = TWO_PI * (u - np.rint(u))
    cos1, sin1 = math.cos(angle), math.sin(angle)
    cos_n, sin_n = cos1, sin1
    total, by_u, by_rho = 1.0, 0.0, 0.0
    for n in range(terms):
        k = n + 1.0
        total += coef[n] * cos_n
        by_u -= coef[n] * k * sin_n
        by_rho -= coef[n] * k * k * cos_n
        cos_n, sin_n = cos_n * cos1 - sin_n * sin1, sin_n * cos1 + cos_n * sin1
    area = r * SQRT_2PI / h
    return area * total, area * TWO_PI * by_u / h, area * (total / r + TWO_PI * TWO_PI * r * by_rho / (h * h))


@_jit
def _direct(c: float, r: float, h: float, n_bins: int) -> tuple[float, float, float]:
    """L and its derivatives by c and r, bin by bin."""
    first = max(0.0, math.floor((c - DIRECT_REACH * r) / h - 0.5))
    last = min(n_bins - 1.0, math.ceil((c + DIRECT_REACH * r) / h - 0.5))
    total, by_c, by_r = 0.0, 0.0, 0.0
    k = first
    while k <= last:
        z = ((k + 0.5) * h - c) / r
        g = math.exp(-0.5 * z * z)
        total += g
        by_c += g * z
        by_r += g * z * z
        k += 1.0
    return total, by_c / r, by_r / r


@_jit
def _add_up(
    am: F64, aw: F64, asig: F64, bm: F64, bw: F64, bsig: F64, h: float, n_bins: int, grad: bool,
    by_mz: F64, by_w: F64, by_sigma: F64,
) -> float:  # fmt: skip
    """Sum over pairs of ``a_i b_j K_ij``; both sides sorted by m/z. ``h = 0`` is the continuum.

    Adds, where asked, the derivatives by the first side's m/z and sigma; ``by_w`` gets ``sum_j b_j K_ij``.
    """
    coef = np.empty(MAX_TERMS)
    terms = 0
    memo_s, memo_t, v, r, inv_v = -1.0, -1.0, 0.0, 0.0, 0.0
    series = False
    reach = math.sqrt(PAIR_REACH * (_max(asig) ** 2 + _max(bsig) ** 2))
    end = h * n_bins
    total = 0.0
    low = 0
    for i in range(am.size):
        mi, s = am[i], asig[i]
        while low < bm.size and bm[low] < mi - reach:
            low += 1
        of_i = 0.0
        for j in range(low, bm.size):
            d = mi - bm[j]
            if d < -reach:
                break
            t = bsig[j]
            if s != memo_s or t != memo_t:  # one width for all: once a spectrum
                memo_s, memo_t = s, t
                v = s * s + t * t
                inv_v = 1.0 / v
                r = s * t * math.sqrt(inv_v)
                if h > 0.0:
                    series = r >= SERIES_FLOOR * h
                    terms = _coefficients(r / h, coef) if series else 0
            x = d * d * inv_v
            if x > PAIR_REACH:
                continue
            overlap = 1.0 if d == 0.0 else math.exp(-0.5 * x)
            if h == 0.0:
                value, by_c, by_r = r * SQRT_2PI, 0.0, SQRT_2PI
            else:
                c = bm[j] + d * (t * t * inv_v)
                if series and c > SERIES_EDGE * r and c < end - SERIES_EDGE * r:
                    value, by_c, by_r = _series(c, r, h, coef, terms)
                else:
                    value, by_c, by_r = _direct(c, r, h, n_bins)
            of_i += bw[j] * overlap * value
            if grad:
                pair = aw[i] * bw[j] * overlap
                by_mz[i] += pair * (by_c * (t * t * inv_v) - value * d * inv_v)
                by_sigma[i] += pair * (
                    s * d * inv_v * inv_v * (value * d - 2.0 * t * t * by_c)
                    + by_r * t * t * t * inv_v * math.sqrt(inv_v)
                )
        by_w[i] = of_i
        total += aw[i] * of_i
    return total


@_jit
def _max(x: F64) -> float:
    top = 0.0
    for value in x:
        top = max(top, value)
    return top


@_jit
def _prepare(mz: F64, weight: F64, sigma: F64, h: float, n_bins: int) -> tuple[NDArray[np.int64], float, bool]:
    """Which peaks are rendered, in order of m/z; the scale of the intensities; whether a NaN is among them."""
    keep = np.empty(mz.size, np.int64)
    n, top, last, in_order = 0, 0.0, -math.inf, True
    for i in range(mz.size):
        m = mz[i]
        if math.isnan(m) or math.isnan(weight[i]) or math.isnan(sigma[i]):
            return keep[:0], 1.0, True
        if math.isinf(m):
            continue
        if h > 0.0:
            nearest = min(max(math.floor(m / h), 0.0), n_bins - 1.0)
            if abs(m - (nearest + 0.5) * h) > RENDER_REACH * sigma[i]:
                continue
        in_order = in_order and m >= last
        last = m
        keep[n] = i
        n += 1
        top = max(top, abs(weight[i]))
    keep = keep[:n]
    if not in_order:
        keep = keep[np.argsort(mz[keep], kind="mergesort")]
    return keep, top, False


@_jit
def cosine_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: NDArray[np.int64],
    bm: F64, bw: F64, bsig: F64, boff: NDArray[np.int64],
    h: float, n_bins: int, grad_a: bool, grad_b: bool,
    cos: F64, a_by_mz: F64, a_by_w: F64, a_by_sigma: F64, b_by_mz: F64, b_by_w: F64, b_by_sigma: F64,
) -> None:  # fmt: skip
    """Cosines of spectra start to stop, with their derivatives where asked; writes only to those spectra.

    Derivatives of a side not asked for are not touched (their arrays may be empty); those asked for must come
    zeroed.
    """
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        ka, top_a, nan_a = _prepare(am[a0:a1], aw[a0:a1], asig[a0:a1], h, n_bins)
        kb, top_b, nan_b = _prepare(bm[b0:b1], bw[b0:b1], bsig[b0:b1], h, n_bins)
        cos[b] = 0.0
        if nan_a or nan_b:
            cos[b] = math.nan
            if grad_a:
                a_by_mz[a0:a1], a_by_w[a0:a1], a_by_sigma[a0:a1] = math.nan, math.nan, math.nan
            if grad_b:
                b_by_mz[b0:b1], b_by_w[b0:b1], b_by_sigma[b0:b1] = math.nan, math.nan, math.nan
            continue
        if top_a == 0.0 or top_b == 0.0:
            continue
        ka += a0
        kb += b0
        ma, wa, sa = am[ka], aw[ka] / top_a, asig[ka]
        mb, wb, sb = bm[kb], bw[kb] / top_b, bsig[kb]
        ga = np.zeros((6, ka.size if grad_a else 0))
        gb = np.zeros((6, kb.size if grad_b else 0))
        sum_a, sum_b = np.empty(ka.size), np.empty(kb.size)
        ab = _add_up(ma, wa, sa, mb, wb, sb, h, n_bins, grad_a, ga[0], sum_a, ga[1])
        if grad_a:
            ga[2] = sum_a
        aa = _add_up(ma, wa, sa, ma, wa, sa, h, n_bins, grad_a, ga[3], sum_a, ga[4])
        if grad_a:
            ga[5] = sum_a
        bb = _add_up(mb, wb, sb, mb, wb, sb, h, n_bins, grad_b, gb[3], sum_b, gb[4])
        if grad_b:
            gb[5] = sum_b
        norm = math.sqrt(aa * bb)
        if not norm > 0.0:
            continue
        cosine = min(ab / norm, 1.0)
        cos[b] = cosine
        if grad_a:
            _chain(ka, ga, norm, cosine / aa, top_a, a_by_mz, a_by_w, a_by_sigma)
        if grad_b:
            _add_up(mb, wb, sb, ma, wa, sa, h, n_bins, True, gb[0], sum_b, gb[1])
            gb[2] = sum_b
            _chain(kb, gb, norm, cosine / bb, top_b, b_by_mz, b_by_w, b_by_sigma)


@_jit
def _chain(
    keep: NDArray[np.int64], g: F64, norm: float, own: float, top: float, by_mz: F64, by_w: F64, by_sigma: F64
) -> None:
    """Quotient rule: d cos = d ab / sqrt(aa bb) - cos / (2 aa) d aa, and d aa counts each pair from both ends."""
    for n in range(keep.size):
        i = keep[n]
        by_mz[i] = g[0, n] / norm - own * g[3, n]
        by_sigma[i] = g[1, n] / norm - own * g[4, n]
        by_w[i] = (g[2, n] / norm - own * g[5, n]) / top


@_jit
def product_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: NDArray[np.int64],
    bm: F64, bw: F64, bsig: F64, boff: NDArray[np.int64],
    h: float, n_bins: int, value: F64, by_mz: F64, by_w: F64,
) -> None:  # fmt: skip
    """Inner products of the rendered spectra start to stop, with derivatives by the first side's m/z and intensity."""
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        ka, _, nan_a = _prepare(am[a0:a1], aw[a0:a1], asig[a0:a1], h, n_bins)
        kb, _, nan_b = _prepare(bm[b0:b1], bw[b0:b1], bsig[b0:b1], h, n_bins)
        if nan_a or nan_b:
            value[b], by_mz[a0:a1], by_w[a0:a1] = math.nan, math.nan, math.nan
            continue
        ka += a0
        kb += b0
        g_mz, g_sigma, g_w = np.zeros(ka.size), np.zeros(ka.size), np.zeros(ka.size)
        value[b] = _add_up(am[ka], aw[ka], asig[ka], bm[kb], bw[kb], bsig[kb], h, n_bins, True, g_mz, g_w, g_sigma)
        by_mz[ka] = g_mz
        by_w[ka] = g_w
