"""The cosine in closed form on the CPU: no grid in memory, and a cost set by the number of peaks, not of bins.

A product of two Gaussians is a Gaussian, and the sum of a Gaussian over equally spaced points is a rapidly
converging Fourier series (Poisson summation). With widths s and t, ``d = m_i - m_j``, ``v = s^2 + t^2``,
``c = (m_i t^2 + m_j s^2) / v`` and ``r = s t / sqrt(v)``::

    sum_k G_s(x_k - m_i) G_t(x_k - m_j) = exp(-d^2 / 2v) * L(c, r)
    L(c, r) = sum_k exp(-(x_k - c)^2 / 2r^2)
            = r sqrt(2 pi) / h * [1 + 2 sum_{n>=1} exp(-2 (pi n r / h)^2) cos(2 pi n (c / h - 1/2))]

The series is the sum over all integers k; near an end of the grid, and where bins are so wide that the series
needs more terms than the sum has, L is summed directly. Everything is float64.

``rendered`` says which peaks count. Where all peaks of two spectra have one width, ``equal_widths`` adds up their
pairs, with L from ``lattice``; ``any_widths`` does so for all others. ``derivatives`` makes gradients of the sums. The
cosine of a spectrum with itself is 1 to the last bit, and its gradient 0: one sum then stands for all three.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu import any_widths, equal_widths
from peploss.kernels.cpu.derivatives import chain, fill
from peploss.kernels.cpu.equal_widths import BEHIND, BLOCK
from peploss.kernels.cpu.gaussian_sum import MAX_TERMS
from peploss.kernels.cpu.lattice import series_of
from peploss.kernels.cpu.rendered import gather, longest, one_width, rendered, width
from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def cosine_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    h: float, n_bins: int, level_a: int, level_b: int, norms: F64, cos: F64, a_out: F64, b_out: F64,
) -> None:  # fmt: skip
    """Cosines of spectra start to stop; where asked, derivatives by a side's m/z, intensity and sigma.

    ``norms`` holds what ``norm_range`` gives for the second side, (B,), or is of no length; with ``level_b`` it is not
    read.

    ``asig`` and ``bsig`` hold a width for each peak, or one for all. A level is 0 for no derivative of a side, 1 for
    those by m/z and intensity, 2 for those by sigma as well: ``a_out`` is (2 or 3, N), ``b_out`` (2 or 3, M), of no
    columns where not asked for. Writes to spectra start to stop only, and there to all of their columns.
    """
    most_a, most_b = longest(aoff, start, stop), longest(boff, start, stop)
    ka, kb = np.empty(most_a, np.int64), np.empty(most_b, np.int64)
    # Rows: m/z, intensity, of the product, of the norm.
    of_a, of_b = np.empty((8, most_a + BEHIND)), np.empty((8, most_b + BEHIND))
    work, first, second = np.empty((equal_widths.ROWS, BLOCK)), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    coef, terms, memo = np.empty(MAX_TERMS), 0, -1.0
    # The peaks of b of the row before and their norm: one spectrum against many candidates comes in rows.
    before, n_before, norm_before, scale_before = np.empty((3, most_b)), -1, 0.0, 0.0
    use_norms = norms.size > 0 and level_b == 0
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        sig_a, sig_b = asig if asig.size != am.size else asig[a0:a1], bsig if bsig.size != bm.size else bsig[b0:b1]
        na, top_a = rendered(am[a0:a1], aw[a0:a1], sig_a, h, n_bins, ka)
        nb, top_b = rendered(bm[b0:b1], bw[b0:b1], sig_b, h, n_bins, kb)
        wrong = na < 0 or nb < 0
        cos[b] = math.nan if wrong else 0.0
        fill(a_out, level_a, a0, a1, cos[b])
        fill(b_out, level_b, b0, b1, cos[b])
        if wrong or na == 0 or nb == 0:
            continue
        s = width(sig_a, ka[0], a1 - a0)
        if not (one_width(sig_a, ka, na, a1 - a0, s) and one_width(sig_b, kb, nb, b1 - b0, s)):
            known = use_norms
            if use_norms:
                norm_before = norms[b]
            elif level_b == 0:
                known = _known(bm[b0:b1], bw[b0:b1], sig_b, kb, nb, before, n_before)
                known = known and scale_before == -top_b  # below 0: a norm of this route, which rounds otherwise
            cos[b], norm_before = any_widths.cosine(
                am[a0:a1], aw[a0:a1], sig_a, ka, na, top_a, bm[b0:b1], bw[b0:b1], sig_b, kb, nb, top_b,
                h, n_bins, level_a, level_b, a0, b0, a_out, b_out, norm_before if known else math.nan,
            )  # fmt: skip
            n_before, scale_before = nb, -top_b
            continue
        if s != memo:
            memo = s
            terms = series_of(s * math.sqrt(0.5), h, coef)
        _take(am, aw, a0, ka, na, top_a, of_a)
        _take(bm, bw, b0, kb, nb, top_b, of_b)
        same = _equal(of_a, na, of_b, nb)
        aa = equal_widths.norm(
            of_a[0], of_a[1], na, s, h, n_bins, coef, terms, level_a, work, first, second, of_a[5:8]
        )  # fmt: skip
        if same:
            bb = ab = aa
            _copy(of_a[5:8], na, of_a[2:5])
            if level_b > level_a:
                equal_widths.norm(
                    of_b[0], of_b[1], nb, s, h, n_bins, coef, terms, level_b, work, first, second, of_b[5:8]
                )  # fmt: skip
                _copy(of_b[5:8], nb, of_b[2:5])
            elif level_b > 0:
                _copy(of_a[5:8], na, of_b[2:5])
                _copy(of_a[5:8], na, of_b[5:8])
        else:
            if use_norms:
                bb = norms[b]
            else:
                known = level_b == 0 and _known(bm[b0:b1], bw[b0:b1], sig_b, kb, nb, before, n_before)
                bb = norm_before
                if not (known and scale_before == top_b):
                    bb = equal_widths.norm(
                        of_b[0], of_b[1], nb, s, h, n_bins, coef, terms, level_b, work, first, second, of_b[5:8]
                    )  # fmt: skip
                n_before, norm_before, scale_before = nb, bb, top_b
            of_b[0, nb : nb + BEHIND] = math.inf
            ab = equal_widths.cross(
                of_a[0], of_a[1], na, of_b[0], of_b[1], nb, s, h, n_bins, coef, terms, level_a, level_b,
                work, first, second, of_a[2:5], of_b[2:5],
            )  # fmt: skip
        norm = math.sqrt(aa * bb)
        if not norm > 0.0:
            continue
        cos[b] = min(ab / norm, 1.0)
        if level_a > 0:
            chain(ka, a0, na, of_a[1], of_a[2:5], of_a[5:8], norm, cos[b] / aa, top_a, level_a, a_out)
        if level_b > 0:
            chain(kb, b0, nb, of_b[1], of_b[2:5], of_b[5:8], norm, cos[b] / bb, top_b, level_b, b_out)


@jit
def norm_range(
    start: int, stop: int, mz: F64, weight: F64, sigma: F64, offsets: I64, h: float, n_bins: int, out: F64
) -> None:
    """``<S, S>`` of spectra start to stop, intensities scaled as in ``cosine_range``; 0 where nothing is rendered."""
    most = longest(offsets, start, stop)
    keep, of = np.empty(most, np.int64), np.empty((5, most + BEHIND))
    work, first, second = np.empty((equal_widths.ROWS, BLOCK)), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    coef = np.empty(MAX_TERMS)
    terms = series_of(sigma[0] * math.sqrt(0.5), h, coef) if sigma.size == 1 else 0
    for b in range(start, stop):
        p0, p1 = offsets[b], offsets[b + 1]
        widths = sigma if sigma.size != mz.size else sigma[p0:p1]
        n, top = rendered(mz[p0:p1], weight[p0:p1], widths, h, n_bins, keep)
        out[b] = 0.0
        if n <= 0:
            continue
        if sigma.size == 1:
            _take(mz, weight, p0, keep, n, top, of)
            out[b] = equal_widths.norm(
                of[0], of[1], n, sigma[0], h, n_bins, coef, terms, 0, work, first, second, of[2:5]
            )  # fmt: skip
        else:
            out[b] = any_widths.norm(mz[p0:p1], weight[p0:p1], widths, keep, n, top, h, n_bins)


@jit
def _take(mz: F64, weight: F64, start: int, keep: I64, n: int, top: float, out: F64) -> None:
    """The kept peaks' m/z and scaled intensity, as the first two rows of ``out``."""
    scale = 1.0 / top
    m, w = out[0], out[1]
    for i in range(n):
        m[i] = mz[start + keep[i]]
        w[i] = weight[start + keep[i]] * scale


@jit
def _copy(rows: F64, n: int, out: F64) -> None:
    """Copies n columns; a slice assignment would compile its error message, too."""
    for row in range(len(rows)):
        for i in range(n):
            out[row, i] = rows[row, i]


@jit
def _known(mz: F64, weight: F64, sigma: F64, keep: I64, n: int, before: F64, n_before: int) -> bool:
    """Whether the kept peaks are those of the row before, widths included; notes them for the row behind."""
    same = n == n_before
    for i in range(n):
        k = keep[i]
        s = sigma[k] if sigma.size == mz.size else sigma[0]
        if not (same and before[0, i] == mz[k] and before[1, i] == weight[k] and before[2, i] == s):
            same = False
            before[0, i], before[1, i], before[2, i] = mz[k], weight[k], s
    return same


@jit
def _equal(a: F64, na: int, b: F64, nb: int) -> bool:
    """Whether two spectra are the same, peak by peak, intensities up to a power of two."""
    i = 0
    while i < min(na, nb) and a[0, i] == b[0, i] and a[1, i] == b[1, i]:
        i += 1
    return na == nb == i


@jit
def product_range(
    start: int, stop: int,
    am: F64, aw: F64, asig: F64, aoff: I64, bm: F64, bw: F64, bsig: F64, boff: I64,
    h: float, n_bins: int, value: F64, by_mz: F64, by_w: F64,
) -> None:  # fmt: skip
    """Inner products of rendered spectra start to stop, with derivatives by the first side's m/z and intensity."""
    most_a, most_b = longest(aoff, start, stop), longest(boff, start, stop)
    ka, kb = np.empty(most_a, np.int64), np.empty(most_b, np.int64)
    for b in range(start, stop):
        a0, a1, b0, b1 = aoff[b], aoff[b + 1], boff[b], boff[b + 1]
        na, top_a = rendered(am[a0:a1], aw[a0:a1], asig[a0:a1], h, n_bins, ka)
        nb, top_b = rendered(bm[b0:b1], bw[b0:b1], bsig[b0:b1], h, n_bins, kb)
        value[b] = 0.0
        if na < 0 or nb < 0:
            value[b], by_mz[a0:a1], by_w[a0:a1] = math.nan, math.nan, math.nan
            continue
        a = gather(am[a0:a1], aw[a0:a1], asig[a0:a1], ka, na, top_a, 6)
        o = gather(bm[b0:b1], bw[b0:b1], bsig[b0:b1], kb, nb, top_b, 3)
        none = a[0]  # not read: the sides are not taken for one spectrum
        total = any_widths.add_up(
            a[0], a[1], a[2], o[0], o[1], o[2], h, n_bins, False, none, none, none, True, a[3], a[4], a[5]
        )
        value[b] = total * top_a * top_b
        for n in range(na):
            by_mz[a0 + ka[n]] = a[1, n] * a[3, n] * top_a * top_b
            by_w[a0 + ka[n]] = a[4, n] * top_b
