"""Fragments of many peptides of any length, compiled.

Peptides lie one after the other (values and offsets), as Arrow holds lists. The kinds of ions and the numbers of their
formula come from ``peploss.peptides.ions``, as those of ``fragments`` do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.cpu.sort import ascending
from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


N_TERMINAL, C_TERMINAL, IMMONIUM, PRECURSOR = range(4)
"""What the residues of an ion are: from one of the ends, one by itself, or all."""


@jit
def fragment_offsets(off: I64, side: I64, first: I64, count: I64) -> I64:
    """(B + 1,) a running total that leaves each PSM room enough; arguments as for ``fill_fragments``."""
    ends = np.zeros(off.size, np.int64)
    for b in range(off.size - 1):
        length, n = off[b + 1] - off[b], 0
        for row in range(first[b], first[b] + count[b]):
            if side[row] == IMMONIUM:
                n += length
            elif side[row] == PRECURSOR:
                n += 1
            else:
                n += max(length - 1, 0)
        ends[b + 1] = ends[b] + n
    return ends


@jit
def fill_fragments(
    masses: F64, off: I64, n_term: F64, c_term: F64, neutral: F64,
    side: I64, add: F64, charge: F64, after: F64, weight: F64, first: I64, count: I64,
    ends: I64, mz: F64, intensity: F64,
) -> None:  # fmt: skip
    """Fragments of B PSMs, into their room, in the order of ``fragments``; what is left of it stays as it was.

    Args:
        masses, off, n_term, c_term, neutral: as for ``predicted_ions``.
        side: (R,) where the residues of a kind of ion come from.
        add, charge, after, weight: (R,) as in ``IonKind``.
        first, count: (B,) which of the R kinds a PSM has.
    """
    for b in range(off.size - 1):
        at, start, stop = ends[b], off[b], off[b + 1]
        length = stop - start
        for row in range(first[b], first[b] + count[b]):
            if side[row] == PRECURSOR:
                at = _put(at, (neutral[b] + add[row]) / charge[row] + after[row], weight[row], mz, intensity)
            elif side[row] == IMMONIUM:
                seen = ascending(masses[start:stop])
                for k in range(length):
                    if k == 0 or round(seen[k], 6) != round(seen[k - 1], 6):
                        at = _put(at, (seen[k] + add[row]) / charge[row] + after[row], weight[row], mz, intensity)
            else:
                total = n_term[b] if side[row] == N_TERMINAL else c_term[b]
                for k in range(length - 1):
                    total += masses[start + k] if side[row] == N_TERMINAL else masses[stop - 1 - k]
                    at = _put(at, (total + add[row]) / charge[row] + after[row], weight[row], mz, intensity)


@jit
def _put(at: int, value: float, weight: float, mz: F64, intensity: F64) -> int:
    if value > 0:
        mz[at], intensity[at] = value, weight
        at += 1
    return at
