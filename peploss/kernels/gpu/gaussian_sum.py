"""Sums many Gaussians at once over the bins of a grid: ``L(c, r) = sum_k exp(-(x_k - c)^2 / 2r^2)``.

All lengths are in bins: ``rho`` is the width r, ``g`` where the centre c lies from the centre of some bin. The
formulas and their derivatives are those of ``peploss.kernels.cpu.gaussian_sum`` with h = 1. Only near the ends of a
fine grid the sum is taken in another way: float32 has no digits for the difference of two normal integrals.
"""

import math

import triton
import triton.language as tl

MIN_RATIO_64 = tl.constexpr(0.2 / math.sqrt(2))  # rho under which the sum over bins is shorter than the series
MIN_RATIO_32 = tl.constexpr(0.25)  # and more exact: between two bins the series' terms cancel to a tenth of them
EDGE = tl.constexpr(8.5)  # distance of the centre from an end of the grid, in r, from which the end is not felt
REACH = tl.constexpr(12.0)  # half-width of the sum over bins, in r
SMOOTH_32 = tl.constexpr(10.0)  # rho from which wider bins give the same sum but for the ends of the grid, to 2e-7
SMOOTH_64 = tl.constexpr(20.0)  # and to 1e-14
SQRT_2PI = tl.constexpr(math.sqrt(2 * math.pi))
PI = tl.constexpr(math.pi)
DEPTH_32 = tl.constexpr(1.08)  # terms of the series times rho: the first one left out is below 2e-10
DEPTH_64 = tl.constexpr(1.38)  # and below 1e-16

# Taylor series of sine, less its first factor, and of cosine.
S1 = tl.constexpr(-1 / math.factorial(3))
S2 = tl.constexpr(1 / math.factorial(5))
S3 = tl.constexpr(-1 / math.factorial(7))
S4 = tl.constexpr(1 / math.factorial(9))
S5 = tl.constexpr(-1 / math.factorial(11))
S6 = tl.constexpr(1 / math.factorial(13))
S7 = tl.constexpr(-1 / math.factorial(15))
S8 = tl.constexpr(1 / math.factorial(17))
S9 = tl.constexpr(-1 / math.factorial(19))
S10 = tl.constexpr(1 / math.factorial(21))
C1 = tl.constexpr(-1 / math.factorial(2))
C2 = tl.constexpr(1 / math.factorial(4))
C3 = tl.constexpr(-1 / math.factorial(6))
C4 = tl.constexpr(1 / math.factorial(8))
C5 = tl.constexpr(-1 / math.factorial(10))
C6 = tl.constexpr(1 / math.factorial(12))
C7 = tl.constexpr(-1 / math.factorial(14))
C8 = tl.constexpr(1 / math.factorial(16))
C9 = tl.constexpr(-1 / math.factorial(18))
C10 = tl.constexpr(1 / math.factorial(20))
C11 = tl.constexpr(-1 / math.factorial(22))


@triton.jit
def turn(u):
    """Cosine and sine of ``2 pi u`` for u of at most half a turn, to a few units of the last place of 1.

    From Taylor series of the half angle, as in ``kernels.cpu.gaussian_sum``. Not ``tl.cos``: that reduces any angle
    there is first, in a branch with memory of its own, and is another thing in the interpreter than on a card.
    """
    x = u * PI
    y = x * x
    if u.dtype == tl.float32:
        s, c = S6 + y * 0.0, C6 + y * 0.0
    else:
        s = S6 + y * (S7 + y * (S8 + y * (S9 + y * S10)))
        c = C6 + y * (C7 + y * (C8 + y * (C9 + y * (C10 + y * C11))))
    s = x * (1.0 + y * (S1 + y * (S2 + y * (S3 + y * (S4 + y * (S5 + y * s))))))
    c = 1.0 + y * (C1 + y * (C2 + y * (C3 + y * (C4 + y * (C5 + y * c)))))
    return 1.0 - 2.0 * s * s, 2.0 * s * c


@triton.jit
def least_ratio(rho):
    """rho from which the series is taken, as often as there are rho."""
    return rho * 0.0 + (MIN_RATIO_32 if rho.dtype == tl.float32 else MIN_RATIO_64)


@triton.jit
def terms_for(s, t):
    """How many terms of the series count where the narrowest peaks of two sides have these widths."""
    ratio = t / s
    rho = t / tl.sqrt(1.0 + ratio * ratio)
    rho = tl.maximum(rho, least_ratio(rho))
    return (1.0 / rho * (DEPTH_32 if rho.dtype == tl.float32 else DEPTH_64)).to(tl.int32)


@triton.jit
def series(g, rho, terms):
    """L and its derivatives by c and r, from that many terms of the Fourier series.

    ``L = rho sqrt(2 pi) [1 + sum_n q_n cos(2 pi n g)]`` with ``q_n = 2 exp(-2 (pi n rho)^2)``. With
    ``q = exp(-2 (pi rho)^2)`` those are ``2 q, 2 q^4, 2 q^9, ...``, by products alone.
    """
    cos1, sin1 = turn(g - tl.floor(g + 0.5))
    cos_n, sin_n = cos1, sin1
    p = rho * PI
    q = tl.exp(-2.0 * p * p)
    coef, step, square = 2.0 * q, q * q * q, q * q
    total, by_c, by_r = q * 0.0 + 1.0, q * 0.0, q * 0.0
    for n in range(0, terms):
        k = n + 1.0
        total += coef * cos_n
        by_c -= coef * k * sin_n
        by_r -= coef * k * k * cos_n
        coef = coef * step
        step = step * square
        turned = cos_n * cos1 - sin_n * sin1
        sin_n = sin_n * cos1 + cos_n * sin1
        cos_n = turned
    area = rho * SQRT_2PI
    return area * total, area * 2.0 * PI * by_c, total * SQRT_2PI + area * 4.0 * PI * PI * rho * by_r


@triton.jit
def bin_by_bin(g, k, rho, from_low, from_high, wanted, n_bins):
    """L and its derivatives by c and r where ``wanted``, bin by bin.

    Args:
        g: where the centre c lies from the centre of bin ``k``.
        from_low, from_high: from the lower end of the grid to c, and from c to the upper end. Near an end each has
            the digits of a short length.
        n_bins: of the grid.

    Hundreds of narrow bins are joined to wider ones, ten or twenty to r, which give the same sum but for what the ends
    of the grid add (see ``_at_end``). Those are counted from the nearer end.
    """
    smooth = rho * 0.0 + (SMOOTH_32 if rho.dtype == tl.float32 else SMOOTH_64)
    joined = rho > smooth
    bins = n_bins.to(rho.dtype) + rho * 0.0
    wide = tl.where(joined, tl.ceil(bins * smooth / rho), bins)  # how many bins there are
    width = bins / wide
    mirrored = joined & (from_high < from_low)
    at = tl.where(mirrored, from_high, from_low) / width - 0.5
    nearest = tl.floor(at + 0.5)
    off = tl.where(joined, at - nearest, g - tl.floor(g + 0.5))
    # The first and the last bin there is, from the nearest one; in integers, of which float32 runs out.
    of_grid = k + tl.floor(g + 0.5).to(tl.int32)
    first = tl.where(joined, -nearest, (-of_grid).to(rho.dtype))
    last = tl.where(joined, wide - 1.0 - nearest, (n_bins - 1 - of_grid).to(rho.dtype))
    inverse = width / rho
    reach = tl.max(tl.where(wanted, rho / width * REACH, 0.0), 0)
    total, by_c, by_r = rho * 0.0, rho * 0.0, rho * 0.0
    most = tl.ceil(reach).to(tl.int32) + 1
    for step in range(0, 2 * most + 1):
        q = step - most + rho * 0.0
        z = (q - off) * inverse
        e = tl.where((q >= first) & (q <= last) & (tl.abs(z) <= REACH + 1.0), tl.exp(-0.5 * z * z), 0.0)
        total += e
        by_c += e * z
        by_r += e * z * z
    by_c = tl.where(mirrored, -by_c, by_c)
    g0, d0, s0 = _at_end(-from_low / rho, 1.0 / rho, inverse)
    g1, d1, s1 = _at_end(from_high / rho, 1.0 / rho, inverse)
    total = tl.where(joined, (total * inverse + g1 - g0) * rho, total)
    by_c = tl.where(joined, (by_c * inverse + d1 - d0) * rho, by_c)
    by_r = tl.where(joined, (by_r * inverse + s1 - s0) * rho, by_r)
    return total, by_c / rho, by_r / rho


@triton.jit
def _at_end(z, narrow, wide):
    """What an end of the grid adds to midpoint sums of g, -g' and z^2 g where bins are ``narrow``, less where ``wide``.

    Euler and Maclaurin: a sum over midpoints is the integral and, at each end, derivatives of the integrand. The
    derivatives of ``g = exp(-z^2 / 2)`` are Hermite polynomials times g. As in ``kernels.cpu.gaussian_sum._at_end``,
    but for the difference of two widths of bins: the integrals themselves cancel.
    """
    z = tl.minimum(tl.maximum(z, -30.0), 30.0)
    g = tl.exp(-0.5 * z * z)
    n, w = narrow * narrow, wide * wide
    a, b, c = (w - n) / 24.0, 7.0 * (n * n - w * w) / 5760.0, 31.0 * (w * w * w - n * n * n) / 967680.0
    h2, h3 = z * z - 1.0, z * (z * z - 3.0)
    h4 = z * h3 - 3.0 * h2
    h5 = z * h4 - 4.0 * h3
    h6 = z * h5 - 5.0 * h4
    h7 = z * h6 - 6.0 * h5
    of_g = -g * (a * z + b * h3 + c * h5)
    return of_g, -g * (a * h2 + b * h4 + c * h6), of_g - g * (a * h3 + b * h5 + c * h7)
