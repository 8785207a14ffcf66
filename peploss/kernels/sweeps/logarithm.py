"""The natural logarithm of an array, written so that the compiler computes several at a time.

``math.log`` is a call for each number. Here ``x = 2^e m`` with ``m`` in [1/sqrt 2, sqrt 2) is taken apart by its bits,
and ``log m = 2 atanh(s)``, ``s = (m - 1) / (m + 1)``, by its series: loops without a call or a branch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

HALF_ROOT = 0x3FE6A09E667F3BCD  # the bits of 1 / sqrt(2)
EXPONENT = 52  # bits of a mantissa
MAGIC = 0x4338000000000000  # the bits of 3 * 2^51: what is added to its mantissa is added to the number
MAGIC_NUMBER = 6755399441055744.0
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the sum is ln 2 to 1e-26


@jit
def log_in_place(x: F64) -> None:
    """Replaces each x (K,) by its logarithm; error below 2e-16 + 2e-16 |log x|, and log 1 is exactly 0.

    For positive numbers of at least 2.3e-308. Below that, and for 0, the answer is between -746 and -708.
    """
    n = x.size
    bits = x.view(np.int64)
    exponent = np.empty(n, np.int64)
    for k in range(n):
        e = (bits[k] - HALF_ROOT) >> EXPONENT
        bits[k] -= e << EXPONENT
        exponent[k] = e + MAGIC
    power = exponent.view(np.float64)
    for k in range(n):
        m = x[k]
        s = (m - 1.0) / (m + 1.0)
        t = s * s
        # 1/3, 1/5, ... 1/21: s is at most 0.1716, so that the first term left out is below 2e-18.
        r = t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (
            1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21))))))))))  # fmt: skip
        e_ = power[k] - MAGIC_NUMBER
        x[k] = e_ * LN2_HIGH + (2.0 * s + (2.0 * s * r + e_ * LN2_LOW))
