"""The cosine in closed form on the CPU: no grid in memory, and a cost set by the number of peaks, not of bins.

A product of two Gaussians is a Gaussian, and the sum of a Gaussian over equally spaced points is a rapidly
converging Fourier series (Poisson summation). With widths s and t, ``d = m_i - m_j``, ``v = s^2 + t^2``,
``c = (m_i t^2 + m_j s^2) / v`` and ``r = s t / sqrt(v)``::

    sum_k G_s(x_k - m_i) G_t(x_k - m_j) = exp(-d^2 / 2v) * L(c, r)
    L(c, r) = sum_k exp(-(x_k - c)^2 / 2r^2)
            = r sqrt(2 pi) / h * [1 + 2 sum_{n>=1} exp(-2 (pi n r / h)^2) cos(2 pi n (c / h - 1/2))]

The series is the sum over all integers k; near an end of the grid, and where bins are so wide that the series
needs more terms than the sum has, L is summed directly. Everything is float64.

Where all peaks of a spectrum have one width, ``equal_widths`` adds up its pairs. This module prepares spectra for it,
and does the sums itself for peaks of different widths.

One routine adds up one side against the other. The two norms are that same routine on a side and itself: it
costs each pair twice, and makes the cosine of a spectrum with itself 1 to the last bit. In real spectra few peaks
have neighbours that near, and most of the time goes into each peak against itself: those are summed beforehand, in
loops that vectorise, by the same operations in the same order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu import equal_widths
from peploss.kernels.cpu.equal_widths import BLOCK, PAIR_REACH
from peploss.kernels.cpu.gaussian_sum import EDGE, MAX_TERMS, MIN_RATIO, SQRT_2PI, coefficients, direct, own, series
from peploss.kernels.cpu.sort import sort_by
from peploss.kernels.jit import jit, jit_inline
from peploss.kernels.naive import RENDER_REACH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def _add_up(
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
    half of what moving a peak does to its own norm; ``_chain`` counts the other half.
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


@jit_inline
def _width(sigma: F64, i: int, n: int) -> float:
    """Width of peak i of n; one number may stand for all."""
    return sigma[i] if sigma.size == n else sigma[0]


@jit
def _rendered(mz: F64, weight: F64, sigma: F64, h: float, n_bins: int, keep: I64) -> tuple[int, float]:
    """Fills ``keep`` with the peaks that are rendered, ascending in m/z.

    Returns their number, -1 where a value makes no sense, and the scale of the intensities.
    """
    n, top, last, ascending = 0, 0.0, -math.inf, True
    # A peak that is wider than bins reaches one wherever it lies between the ends.
    wide = sigma.size == 1 and 0.0 < sigma[0] < math.inf and RENDER_REACH * sigma[0] > 0.5001 * h
    end = h * n_bins if h > 0.0 else math.inf
    for i in range(mz.size):
        ascending = ascending and mz[i] >= last
        if wide and 0.0 <= mz[i] < end and abs(weight[i]) < math.inf:
            keep[n] = i
            n += 1
            top = max(top, abs(weight[i]))
            last = mz[i]
            continue
        if math.isinf(mz[i]):
            continue
        s = _width(sigma, i, mz.size)
        # Invalid width or infinite intensity: return NaN, not a plausible number.
        if math.isnan(mz[i]) or not math.isfinite(weight[i]) or not 0.0 < s < math.inf:
            return -1, 1.0
        if h > 0.0:
            nearest = min(max(np.floor(mz[i] / h), 0.0), n_bins - 1.0)
            if abs(mz[i] - (nearest + 0.5) * h) > RENDER_REACH * s:
                continue
        keep[n] = i
        n += 1
        top = max(top, abs(weight[i]))
        last = mz[i]
    if not ascending:
        sort_by(mz, keep, n)
    return n, top if top > 0.0 else 1.0


@jit
def _gather(mz: F64, weight: F64, sigma: F64, keep: I64, n: int, top: float, rows: int) -> F64:
    """(rows, n): the kept peaks' m/z, intensity scaled to a highest of 1, and sigma, and room for what comes of them.

    An array of its own for each spectrum: its rows are contiguous, without which no loop over them vectorises.
    """
    out = np.empty((rows, n))
    for i in range(n):
        k = keep[i]
        out[0, i], out[1, i], out[2, i] = mz[k], weight[k] / top, _width(sigma, k, mz.size)
    return out


@jit
def offsets_fit(offsets: I64, n: int) -> bool:
    """Whether offsets rise from 0 to n; the kernels read wherever they point."""
    for b in range(offsets.size - 1):
        if offsets[b + 1] < offsets[b]:
            return False
    return offsets.size > 0 and offsets[0] == 0 and offsets[-1] == n


@jit
def _longest(offsets: I64, start: int, stop: int) -> int:
    n = 0
    for b in range(start, stop):
        n = max(n, offsets[b + 1] - offsets[b])
    return n


@jit
def _one_width(sigma: F64, keep: I64, n: int, all_peaks: int, s: float) -> bool:
    """Whether all kept peaks have the width s."""
    if sigma.size != all_peaks:
        return n == 0 or sigma[0] == s
    same = True
    for i in range(n):
        same = same and sigma[keep[i]] == s
    return same


@jit
def cosine_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    h: float, n_bins: int, level_a: int, level_b: int, cos: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """Cosines of spectra start to stop; where asked, derivatives by a side's m/z, intensity and sigma.

    ``asig`` and ``bsig`` hold a width for each peak, or one for all. A level is 0 for no derivative of a side, 1 for
    those by m/z and intensity, 2 for those by sigma as well: ``a_out`` is (2 or 3, N), ``b_out`` (2 or 3, M), of no
    columns where not asked for. Writes to spectra start to stop only, and there to all of their columns.
    """
    most_a, most_b = _longest(aoff, start, stop), _longest(boff, start, stop)
    ka, kb = np.empty(most_a, np.int64), np.empty(most_b, np.int64)
    of_a, of_b = np.empty((8, most_a)), np.empty((8, most_b))  # m/z, intensity, of the product, of the norm
    work, first, second = np.empty((equal_widths.ROWS, BLOCK)), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    coef, terms, memo = np.empty(MAX_TERMS), 0, -1.0
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        sig_a, sig_b = asig if asig.size != am.size else asig[a0:a1], bsig if bsig.size != bm.size else bsig[b0:b1]
        na, top_a = _rendered(am[a0:a1], aw[a0:a1], sig_a, h, n_bins, ka)
        nb, top_b = _rendered(bm[b0:b1], bw[b0:b1], sig_b, h, n_bins, kb)
        wrong = na < 0 or nb < 0
        cos[b] = math.nan if wrong else 0.0
        _fill(a_out, level_a, a0, a1, cos[b])
        _fill(b_out, level_b, b0, b1, cos[b])
        if wrong or na == 0 or nb == 0:
            continue
        s = _width(sig_a, ka[0], a1 - a0)
        if not (_one_width(sig_a, ka, na, a1 - a0, s) and _one_width(sig_b, kb, nb, b1 - b0, s)):
            cos[b] = _any_widths(
                am[a0:a1], aw[a0:a1], sig_a, ka, na, top_a, bm[b0:b1], bw[b0:b1], sig_b, kb, nb, top_b,
                h, n_bins, level_a, level_b, a0, b0, a_out, b_out,
            )  # fmt: skip
            continue
        if s != memo:
            memo = s
            terms = equal_widths.series_of(s, h, coef)
        for i in range(na):
            of_a[0, i], of_a[1, i] = am[a0 + ka[i]], aw[a0 + ka[i]] / top_a
        for i in range(nb):
            of_b[0, i], of_b[1, i] = bm[b0 + kb[i]], bw[b0 + kb[i]] / top_b
        aa = equal_widths.norm(
            of_a[0], of_a[1], na, s, h, n_bins, coef, terms, level_a, work, first, second, of_a[5:8]
        )  # fmt: skip
        bb = equal_widths.norm(
            of_b[0], of_b[1], nb, s, h, n_bins, coef, terms, level_b, work, first, second, of_b[5:8]
        )  # fmt: skip
        ab = equal_widths.cross(
            of_a[0], of_a[1], na, of_b[0], of_b[1], nb, s, h, n_bins, coef, terms, level_a, level_b,
            work, first, second, of_a[2:5], of_b[2:5],
        )  # fmt: skip
        norm = math.sqrt(aa * bb)
        if not norm > 0.0:
            continue
        cos[b] = min(ab / norm, 1.0)
        if level_a > 0:
            _chain(ka, a0, na, of_a[1], of_a[2:5], of_a[5:8], norm, cos[b] / aa, top_a, level_a, a_out)
        if level_b > 0:
            _chain(kb, b0, nb, of_b[1], of_b[2:5], of_b[5:8], norm, cos[b] / bb, top_b, level_b, b_out)


@jit
def _fill(out: F64, level: int, start: int, stop: int, value: float) -> None:
    """Sets a spectrum's derivatives, where there are any."""
    if level > 0:
        for row in range(out.shape[0]):
            for i in range(start, stop):
                out[row, i] = value


@jit
def _any_widths(
    am: F64, aw: F64, asig: F64, ka: I64, na: int, top_a: float,
    bm: F64, bw: F64, bsig: F64, kb: I64, nb: int, top_b: float,
    h: float, n_bins: int, level_a: int, level_b: int, a0: int, b0: int, a_out: F64, b_out: F64,
) -> float:  # fmt: skip
    """The cosine of two spectra whose peaks have any widths, and its derivatives."""
    work = np.empty((4, max(na, nb)))
    grad_a, grad_b = level_a > 0, level_b > 0
    # Rows: m/z, intensity, sigma; L and its derivatives; own norm's derivatives; the product's derivatives.
    a = _gather(am, aw, asig, ka, na, top_a, 12)
    o = _gather(bm, bw, bsig, kb, nb, top_b, 12)
    own(a[0], a[2], h, n_bins, grad_a, a[3], a[4], a[5], work)
    own(o[0], o[2], h, n_bins, grad_b, o[3], o[4], o[5], work)
    ao = _add_up(a[0], a[1], a[2], o[0], o[1], o[2], h, n_bins, False, a[3], a[4], a[5], grad_a, a[10], a[9], a[11])
    aa = _add_up(a[0], a[1], a[2], a[0], a[1], a[2], h, n_bins, True, a[3], a[4], a[5], grad_a, a[7], a[6], a[8])
    oo = _add_up(o[0], o[1], o[2], o[0], o[1], o[2], h, n_bins, True, o[3], o[4], o[5], grad_b, o[7], o[6], o[8])
    norm = math.sqrt(aa * oo)
    if not norm > 0.0:
        return 0.0
    cosine = min(ao / norm, 1.0)
    if grad_a:
        _chain(ka, a0, na, a[1], a[9:12], a[6:9], norm, cosine / aa, top_a, level_a, a_out)
    if grad_b:
        _add_up(o[0], o[1], o[2], a[0], a[1], a[2], h, n_bins, False, o[3], o[4], o[5], True, o[10], o[9], o[11])
        _chain(kb, b0, nb, o[1], o[9:12], o[6:9], norm, cosine / oo, top_b, level_b, b_out)
    return cosine


@jit
def _chain(
    keep: I64, first: int, n: int, w: F64, product: F64, own_norm: F64,
    norm: float, own_share: float, top: float, level: int, out: F64,
) -> None:  # fmt: skip
    """The derivative of a cosine by one side's peaks, back in the order the peaks came in.

    Quotient rule, with ``ab`` the product of the sides and ``aa``, ``bb`` their norms:
    ``d cos = d ab / sqrt(aa bb) - cos / (2 aa) d aa``. Rows of ``product`` and ``own_norm`` are ``sum_j b_j K_ij`` and
    its derivatives by m/z and sigma, still without the intensity of i. Row by row ``d aa`` holds each pair from one end
    only; both ends are twice that, which the 2 cancels. Intensities were scaled by ``1 / top``, so their derivative is,
    too.
    """
    scale = 1.0 / norm
    for i in range(n):
        k = first + keep[i]
        out[0, k] = w[i] * (product[1, i] * scale - own_share * own_norm[1, i])
        out[1, k] = (product[0, i] * scale - own_share * own_norm[0, i]) / top
    if level == 2:
        for i in range(n):
            out[2, first + keep[i]] = w[i] * (product[2, i] * scale - own_share * own_norm[2, i])


@jit
def scale(upstream: F64, offsets: I64, derivatives: F64) -> F64:
    """(R, N) derivatives, each column times the upstream gradient (B,) of its spectrum."""
    out = np.empty(derivatives.shape)
    for row in range(derivatives.shape[0]):
        for b in range(upstream.size):
            for i in range(offsets[b], offsets[b + 1]):
                out[row, i] = derivatives[row, i] * upstream[b]
    return out


@jit
def product_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    h: float, n_bins: int, value: F64, by_mz: F64, by_w: F64,
) -> None:  # fmt: skip
    """Inner products of rendered spectra start to stop, with derivatives by the first side's m/z and intensity."""
    most_a, most_b = _longest(aoff, start, stop), _longest(boff, start, stop)
    ka, kb = np.empty(most_a, np.int64), np.empty(most_b, np.int64)
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        na, top_a = _rendered(am[a0:a1], aw[a0:a1], asig[a0:a1], h, n_bins, ka)
        nb, top_b = _rendered(bm[b0:b1], bw[b0:b1], bsig[b0:b1], h, n_bins, kb)
        value[b] = 0.0
        if na < 0 or nb < 0:
            value[b], by_mz[a0:a1], by_w[a0:a1] = math.nan, math.nan, math.nan
            continue
        a = _gather(am[a0:a1], aw[a0:a1], asig[a0:a1], ka, na, top_a, 6)
        o = _gather(bm[b0:b1], bw[b0:b1], bsig[b0:b1], kb, nb, top_b, 3)
        none = a[0]  # not read: the sides are not taken for one spectrum
        total = _add_up(a[0], a[1], a[2], o[0], o[1], o[2], h, n_bins, False, none, none, none, True, a[3], a[4], a[5])
        value[b] = total * top_a * top_b
        for n in range(na):
            by_mz[a0 + ka[n]] = a[1, n] * a[3, n] * top_a * top_b
            by_w[a0 + ka[n]] = a[4, n] * top_b
