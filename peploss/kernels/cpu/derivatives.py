"""From sums over pairs to the derivatives of a cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def chain(
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
def fill(out: F64, level: int, start: int, stop: int, value: float) -> None:
    """Sets a spectrum's derivatives, where there are any."""
    if level > 0:
        for row in range(out.shape[0]):
            for i in range(start, stop):
                out[row, i] = value


@jit
def scale(upstream: F64, offsets: I64, derivatives: F64, sign: float) -> F64:
    """(R, N) derivatives, each column times ``sign`` and the upstream gradient (B,) of its spectrum."""
    out = np.empty(derivatives.shape)
    for row in range(derivatives.shape[0]):
        for b in range(upstream.size):
            factor = sign * upstream[b]
            for i in range(offsets[b], offsets[b + 1]):
                out[row, i] = derivatives[row, i] * factor
    return out
