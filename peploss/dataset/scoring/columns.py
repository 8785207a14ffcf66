"""Compiled steps from the columns of a set to both sides of the comparison: fragments, peaks, explained intensity.

Everything lies one spectrum after the other (values and offsets), as Arrow holds lists. The same definitions as
``peploss.peptides.fragments`` and ``peploss.spectra.preprocessing``, which hold one spectrum each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@jit
def highest_charge(limit: int, charge: int) -> int:
    """Highest fragment charge; ``limit`` 0 is not given, ``charge`` 0 not known."""
    top = limit
    if top == 0:
        top = 2 if charge >= 3 else 1
    return min(top, charge) if charge > 0 else top


@jit
def count_fragments(
    charges: I64, off: I64, n_rows: int, limit: int, immonium: bool, precursor: bool, isotopes: int, ends: I64
) -> None:
    """Sets ``ends`` (B + 1,) to a running total that leaves each PSM room enough."""
    ends[0] = 0
    for b in range(charges.size):
        length = off[b + 1] - off[b]
        n = n_rows * max(length - 1, 0) * highest_charge(limit, charges[b])
        n += length if immonium else 0
        n += 1 if precursor else 0
        ends[b + 1] = ends[b] + n * (1 + isotopes)


@jit
def fill_fragments(
    start: int, stop: int,
    masses: F64, off: I64, n_term: F64, c_term: F64, neutral: F64, charges: I64,
    n_terminal: NDArray[np.bool_], shift: F64, weight: F64, limit: int,
    immonium: float, precursor: F64, isotopes: int, spacing: float, carbon_monoxide: float,
    ends: I64, mz: F64, intensity: F64,
) -> None:  # fmt: skip
    """Fragments of PSMs start to stop, into their room; what is left of it stays infinite, which is never rendered.

    Args:
        n_terminal, shift: (R,) an ion type with a neutral loss: which end it starts from, and Da it adds.
        weight: (R, 9) predicted intensity by charge.
        immonium, precursor: weights, (50,) by charge for the precursor; negative where not asked for.
    """
    for b in range(start, stop):
        at, first, last = ends[b], off[b], off[b + 1]
        length = last - first
        for row in range(shift.size):
            for z in range(1, highest_charge(limit, charges[b]) + 1):
                total = n_term[b] if n_terminal[row] else c_term[b]
                for k in range(length - 1):
                    total += masses[first + k] if n_terminal[row] else masses[last - 1 - k]
                    at = _put(
                        at, (total + shift[row]) / z + PROTON, weight[row, z - 1], z, isotopes, spacing, mz, intensity
                    )
        if immonium >= 0.0:
            seen = np.sort(masses[first:last])
            for k in range(length):
                if k == 0 or round(seen[k], 6) != round(seen[k - 1], 6):
                    at = _put(at, seen[k] - carbon_monoxide + PROTON, immonium, 1, isotopes, spacing, mz, intensity)
        z = charges[b]
        if z > 0 and precursor[z - 1] >= 0.0:
            _put(at, neutral[b] / z + PROTON, precursor[z - 1], z, isotopes, spacing, mz, intensity)


@jit
def _put(at: int, m: float, w: float, z: int, isotopes: int, spacing: float, mz: F64, intensity: F64) -> int:
    for k in range(isotopes + 1):
        value = m + k * spacing / z
        if value > 0:
            mz[at], intensity[at] = value, w
            at += 1
    return at


@jit
def keep_peaks(
    start: int, stop: int, mz: F64, intensity: F64, off: I64, precursor_mz: F64, charges: I64,
    low: float, high: float, tolerance: float, share: float, top_n: int, keep: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Sets ``keep`` for peaks that preprocessing keeps; ``tolerance`` negative, ``top_n`` 0: not asked for."""
    for b in range(start, stop):
        a, o = off[b], off[b + 1]
        for i in range(a, o):
            keep[i] = low <= mz[i] <= high
        if tolerance >= 0.0 and precursor_mz[b] > 0.0:
            z = max(charges[b], 1)
            whole = precursor_mz[b] * z
            for left in range(z):
                for lost in (0, left):
                    ion = (whole - lost * PROTON) / (z - left)
                    i = a + np.searchsorted(mz[a:o], ion - tolerance)
                    while i > a and abs(mz[i - 1] - ion) <= tolerance:
                        i -= 1
                    while i < o and mz[i] - ion <= tolerance:
                        if abs(mz[i] - ion) <= tolerance:
                            keep[i] = False
                        i += 1
        if share > 0.0:
            top = 0.0
            for i in range(a, o):
                if keep[i]:
                    top = max(top, intensity[i])
            for i in range(a, o):
                keep[i] = keep[i] and intensity[i] >= share * top
        if top_n > 0:
            n = 0
            for i in range(a, o):
                n += keep[i]
            if n > top_n:
                left_over = np.empty(n)
                k = 0
                for i in range(a, o):
                    if keep[i]:
                        left_over[k] = intensity[i]
                        k += 1
                cut = np.sort(left_over)[n - top_n]
                above = 0
                for i in range(a, o):
                    above += keep[i] and intensity[i] > cut
                ties = top_n - above  # those of lower m/z stay
                for i in range(a, o):
                    if keep[i] and intensity[i] <= cut:
                        keep[i] = intensity[i] == cut and ties > 0
                        ties -= keep[i]


@jit
def compact(mz: F64, intensity: F64, off: I64, keep: NDArray[np.bool_], root: bool) -> tuple[F64, F64, I64]:
    """The kept peaks, the square root of their intensities where asked, and their offsets."""
    m, y, ends = np.empty(mz.size), np.empty(mz.size), np.zeros(off.size, np.int64)
    n = 0
    for b in range(off.size - 1):
        for i in range(off[b], off[b + 1]):
            if keep[i]:
                m[n], y[n] = mz[i], math.sqrt(intensity[i]) if root else intensity[i]
                n += 1
        ends[b + 1] = n
    return m[:n].copy(), y[:n].copy(), ends


@jit
def explained_range(
    start: int, stop: int, fm: F64, fw: F64, foff: I64, mz: F64, intensity: F64, off: I64,
    sigma: float, ppm: bool, reach: float, out: F64, matched: I64,
) -> None:  # fmt: skip
    """Share of the intensity within ``reach`` sigma of an ion of weight above 0, and how many peaks those are."""
    for b in range(start, stop):
        a, o = off[b], off[b + 1]
        ions = np.empty(foff[b + 1] - foff[b])
        n = 0
        for i in range(foff[b], foff[b + 1]):
            if fw[i] > 0.0 and math.isfinite(fm[i]):
                ions[n] = fm[i]
                n += 1
        ions = np.sort(ions[:n])
        total, part, k, count = 0.0, 0.0, 0, 0
        for i in range(a, o):
            total += intensity[i]
            while k < n and ions[k] < mz[i]:
                k += 1
            near = math.inf
            if k < n:
                near = ions[k] - mz[i]
            if k > 0:
                near = min(near, mz[i] - ions[k - 1])
            if near <= reach * (sigma * 1e-6 * mz[i] if ppm else sigma):
                part += intensity[i]
                count += 1
        out[b] = part / total if total > 0.0 else 0.0
        matched[b] = count


@jit
def shuffle_masses(
    start: int, stop: int, masses: F64, off: I64, ids: I64, seed: int, order: I64, different: Any
) -> None:
    """An order of each PSM's residues, the last kept in place, from its id and the seed alone.

    ``different`` says where the masses come in another order than the peptide's.
    """
    for b in range(start, stop):
        first, n = off[b], off[b + 1] - off[b]
        for k in range(n):
            order[first + k] = k
        different[b] = False
        state = np.uint64(ids[b] + 1) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed) * np.uint64(0xD1B54A32D192ED03)
        for _ in range(20):
            for k in range(n - 2, 0, -1):
                state += np.uint64(0x9E3779B97F4A7C15)  # SplitMix64
                x = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                x ^= x >> np.uint64(31)
                j = int(x % np.uint64(k + 1))
                order[first + k], order[first + j] = order[first + j], order[first + k]
            for k in range(n - 1):
                if abs(masses[first + order[first + k]] - masses[first + k]) > 1e-6:
                    different[b] = True
                    break
            if different[b]:
                break
