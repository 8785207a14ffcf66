"""Sums a Gaussian over the bins of a grid, ``L(c, r) = sum_k exp(-(x_k - c)^2 / 2r^2)``, in numba.

``x_k = (k + 1/2) h`` for k from 0 to n - 1. Three forms, each taken where it is both short and exact:

- ``series``: away from the ends of the grid, the Fourier series of the sum over all whole numbers k;
- ``direct``: near an end, or where bins are wider than the peak, bin by bin;
- ``_integral``: near an end where bin by bin were hundreds of bins, the integral and what the ends add to it.

``own`` is the series for all peaks of a spectrum against themselves. Every form also gives ``dL/dc`` and ``dL/dr``;
``pairs`` turns those into derivatives by m/z and sigma.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit, jit_inline

F64 = NDArray[np.float64]

MIN_RATIO = 0.2 / math.sqrt(2)  # r / h under which the sum over bins is shorter than the series
MAX_TERMS = 12  # at MIN_RATIO the first one left out is below 1e-17
EDGE = 8.5  # distance of c from an end of the grid, in r, from which the end is not felt (2e-16)
REACH = 12.0  # half-width of the sum over bins, in r; 1e-15 even for a peak that only just reaches a bin
SMOOTH = 20.0  # r / h from which the sum is the integral and three terms of Euler and Maclaurin, to 1e-14
SQRT_2PI = math.sqrt(2 * math.pi)
TWO_PI = 2 * math.pi

# The best polynomials of sin(x) / x and cos(x) in x^2 for x up to a quarter turn: ``mpmath.chebyfit`` of 8 and 9 terms
# over [0, (pi / 2)^2], off by 1.2e-16 and 4e-18.
S0, S1, S2, S3 = 0.9999999999999999, -0.16666666666666072, 0.008333333333282756, -0.0001984126982486189
S4, S5, S6, S7 = 2.7557316609072636e-06, -2.5051881946645233e-08, 1.6048168316015247e-10, -7.374387477050416e-13
C0, C1, C2, C3 = 1.0, -0.4999999999999997, 0.04166666666666388, -0.001388888888877299
C4, C5, C6 = 2.4801587277414912e-05, -2.7557316391024623e-07, 2.0876561839875116e-09
C7, C8 = -1.146290190020628e-11, 4.6089769862410907e-14


@jit_inline
def cos_sin_turns(u: float) -> tuple[float, float]:
    """Cosine and sine of ``2 pi u``, to 3e-16 absolute; unlike libm's it vectorises.

    From polynomials of the half angle, which lies within a quarter turn.
    """
    x = math.pi * (u - np.rint(u))
    y = x * x
    s = x * (S0 + y * (S1 + y * (S2 + y * (S3 + y * (S4 + y * (S5 + y * (S6 + y * S7)))))))
    c = C0 + y * (C1 + y * (C2 + y * (C3 + y * (C4 + y * (C5 + y * (C6 + y * (C7 + y * C8)))))))
    return 1.0 - 2.0 * s * s, 2.0 * s * c


@jit
def coefficients(rho: float, coef: F64) -> int:
    """Fills ``2 exp(-2 (pi n rho)^2)`` for n = 1, 2, ..., and returns how many of them count."""
    n = 0
    while n < MAX_TERMS:
        x = math.pi * (n + 1) * rho
        value = 2 * math.exp(-2 * x * x)
        if value < 1e-16:
            break
        coef[n] = value
        n += 1
    return n


@jit
def series(c: float, r: float, h: float, coef: F64, terms: int) -> tuple[float, float, float]:
    """L and its derivatives by c and r, from the Fourier series (Poisson summation).

    With ``A = r sqrt(2 pi) / h``, ``u = c / h - 1/2`` and ``q_n = 2 exp(-2 (pi n r / h)^2)``, which is ``coef``::

        L     = A [1 + sum_n q_n cos(2 pi n u)]
        dL/dc = -A (2 pi / h) sum_n n q_n sin(2 pi n u)                          as du/dc = 1 / h
        dL/dr = L / r - A (4 pi^2 r / h^2) sum_n n^2 q_n cos(2 pi n u)           as dA/dr = A / r

    and ``cos(2 pi (n + 1) u)`` follows from ``cos(2 pi n u)`` by the addition theorem.
    """
    cos1, sin1 = cos_sin_turns(c / h - 0.5)
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


@jit
def _at_end(z: float, eta: float) -> tuple[float, float, float]:
    """What one end of the grid adds to the midpoint sums of g, -g' and z^2 g over z, with ``g = exp(-z^2 / 2)``.

    Euler and Maclaurin for midpoints eta apart, the first and the last half a step inside the ends::

        eta sum_k f(z_k) = [F - eta^2 / 24 f^(1) + 7 eta^4 / 5760 f^(3) - 31 eta^6 / 967680 f^(5) + ...] over the ends

    with F the integral of f. The n-th derivative of g is ``(-1)^n H_n(z) g`` with Hermite's polynomials
    ``H_{n+1} = z H_n - n H_{n-1}``, so that with ``a, b, c`` for the three numbers::

        f = g:      F is the normal integral, which ``_integral`` adds; then (-a H_1 - b H_3 - c H_5) g
        f = -g':    -g (1 + a H_2 + b H_4 + c H_6), as F = -g
        f = z^2 g:  as z^2 g = g'' + g, that of g and (-z - a H_3 - b H_5 - c H_7) g

    The first term left out, ``127 eta^8 / 154828800`` of a seventh derivative, is below 1e-14 of the sum at SMOOTH.
    """
    g = math.exp(-0.5 * z * z)
    a, b, c = -eta * eta / 24, 7 * eta**4 / 5760, -31 * eta**6 / 967680
    h2, h3 = z * z - 1, z * (z * z - 3)
    h4, h5 = z * h3 - 3 * h2, z * (z * h3 - 3 * h2) - 4 * h3
    h6 = z * h5 - 5 * h4
    h7 = z * h6 - 6 * h5
    of_g = g * (a * -z + b * -h3 + c * -h5)
    of_slope = -g * (1 + a * h2 + b * h4 + c * h6)
    of_square = g * (-z + a * -h3 + b * -h5 + c * -h7) + of_g
    return of_g, of_slope, of_square


@jit
def _integral(c: float, r: float, h: float, n_bins: int) -> tuple[float, float, float]:
    """L and its derivatives by c and r where bins are far narrower than the peak, near an end of the grid.

    In ``z = (x - c) / r`` with bins ``eta = h / r`` apart, ``L = sum g``, ``dL/dc = sum z g / r = sum -g' / r`` and
    ``dL/dr = sum z^2 g / r``. Each sum is ``1 / eta`` of its integral between the ends and of what those add.
    """
    eta = h / r
    low, high = -c / r, (n_bins * h - c) / r
    # Subtract two tails, from the side where the difference keeps its digits.
    near, far = (low, high) if low > 0 else (-high, -low)
    area = SQRT_2PI * 0.5 * (math.erfc(near / math.sqrt(2)) - math.erfc(far / math.sqrt(2)))
    g0, d0, s0 = _at_end(low, eta)
    g1, d1, s1 = _at_end(high, eta)
    total = (area + g1 - g0) / eta
    by_c = (d1 - d0) / eta
    by_r = (area + s1 - s0) / eta
    return total, by_c / r, by_r / r


@jit
def direct(c: float, r: float, h: float, n_bins: int) -> tuple[float, float, float]:
    """L and its derivatives by c and r, bin by bin; where that were hundreds of bins, by their integral.

    With ``z = (x_k - c) / r`` and ``g = exp(-z^2 / 2)``: ``L = sum g``, ``dL/dc = sum z g / r``,
    ``dL/dr = sum z^2 g / r``.
    """
    if r > SMOOTH * h:
        return _integral(c, r, h, n_bins)
    k = max(0.0, np.floor((c - REACH * r) / h - 0.5))
    last = min(n_bins - 1.0, np.ceil((c + REACH * r) / h - 0.5))
    total, by_c, by_r = 0.0, 0.0, 0.0
    while k <= last:
        z = ((k + 0.5) * h - c) / r
        g = math.exp(-0.5 * z * z)
        total += g
        by_c += g * z
        by_r += g * z * z
        k += 1.0
    return total, by_c / r, by_r / r


@jit
def own(mz: F64, sigma: F64, h: float, n_bins: int, grad: bool, value: F64, by_c: F64, by_r: F64, work: F64) -> None:
    """L of every peak against itself, with derivatives where asked; ``mz`` ascending, ``work`` is (4, P) scratch.

    A peak against itself has ``c = m`` and ``r = sigma / sqrt(2)``. Where all widths are one, this is ``series`` for
    all peaks at once, term by term, in loops over peaks that vectorise; r is written as ``pairs`` has it, so that both
    round alike.
    """
    n = mz.size
    if n == 0:
        return
    s = sigma[0]
    r = s * s * math.sqrt(1.0 / (s * s + s * s))
    one_width = True
    for i in range(n):
        one_width = one_width and sigma[i] == s
    if h == 0.0:
        for i in range(n):
            r = sigma[i] * sigma[i] * math.sqrt(1.0 / (sigma[i] * sigma[i] + sigma[i] * sigma[i]))
            value[i], by_c[i], by_r[i] = r * SQRT_2PI, 0.0, SQRT_2PI
        return
    coef = np.empty(MAX_TERMS)
    end = h * n_bins
    if not one_width or r < MIN_RATIO * h:
        for i in range(n):
            r = sigma[i] * sigma[i] * math.sqrt(1.0 / (sigma[i] * sigma[i] + sigma[i] * sigma[i]))
            if r >= MIN_RATIO * h and mz[i] > EDGE * r and mz[i] < end - EDGE * r:
                value[i], by_c[i], by_r[i] = series(mz[i], r, h, coef, coefficients(r / h, coef))
            else:
                value[i], by_c[i], by_r[i] = direct(mz[i], r, h, n_bins)
        return
    terms = coefficients(r / h, coef)
    cos1, sin1, cos_n, sin_n = work[0], work[1], work[2], work[3]
    for i in range(n):
        cos1[i], sin1[i] = cos_sin_turns(mz[i] / h - 0.5)
        cos_n[i], sin_n[i] = cos1[i], sin1[i]
        value[i], by_c[i], by_r[i] = 1.0, 0.0, 0.0
    for k in range(terms):
        f, g = coef[k], coef[k] * (k + 1.0)
        for i in range(n):
            value[i] += f * cos_n[i]
        if grad:
            for i in range(n):
                by_c[i] -= g * sin_n[i]
                by_r[i] -= g * (k + 1.0) * cos_n[i]
        for i in range(n):
            c = cos_n[i] * cos1[i] - sin_n[i] * sin1[i]
            sin_n[i] = sin_n[i] * cos1[i] + cos_n[i] * sin1[i]
            cos_n[i] = c
    area = r * SQRT_2PI / h
    for i in range(n):
        by_r[i] = area * (value[i] / r + TWO_PI * TWO_PI * r * by_r[i] / (h * h))
        by_c[i] = area * TWO_PI * by_c[i] / h
        value[i] = area * value[i]
    for i in range(n):
        if not (mz[i] > EDGE * r and mz[i] < end - EDGE * r):
            value[i], by_c[i], by_r[i] = direct(mz[i], r, h, n_bins)
