"""Soft peptides on the CPU: expected residue masses and fragment m/z, with their gradients, each in one pass.

The same numbers as the tensor operations of ``peploss.peptides.soft``, which are their naive form, in the same order of
additions along a peptide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.kernels.jit import jit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

N_SIDE, C_SIDE, ONE_RESIDUE, WHOLE = 0, 1, 2, 3  # which residues an ion has


@jit
def residue_positions(mask: Bool, sos: bool, eos: bool, out: Bool) -> None:
    """Fills ``out`` (B, L): ``mask`` without the first and last tokens, as ``peploss.peptides.soft`` says."""
    for b in range(mask.shape[0]):
        last = -1
        for p in range(mask.shape[1]):
            out[b, p] = mask[b, p] and not (sos and p == 0)
            last = p if mask[b, p] else last
        if eos and last >= 0 and (mask[b, 0] or not sos):
            out[b, last] = False


@jit
def expected_masses(
    probs: NDArray[np.floating], mask: Bool, which: I64, masses: F64, special: I64, least: float, uniform: float,
    out: F64, total: F64, share: F64,
) -> None:  # fmt: skip
    """Fills expected masses ``out`` (B, L) in Da, and the probability on residues ``total`` and on others ``share``.

    Args:
        probs: (B, L, V); ``total`` is (B, L), ``share`` (B,), a mean over the residues of a peptide.
        which, masses: (R,) residue tokens and their masses in Da.
        special: (S,) the other tokens.
        least: probability on residues up to which a position counts as ``uniform`` (Da).
    """
    for b in range(probs.shape[0]):
        residues, on_special = 0, 0.0
        for p in range(probs.shape[1]):
            out[b, p], total[b, p] = 0.0, 0.0
            if not mask[b, p]:
                continue
            residues += 1
            here, of_mass = 0.0, 0.0
            for k in range(which.size):
                q = np.float64(probs[b, p, which[k]])
                here += q
                of_mass += q * masses[k]
            for k in range(special.size):
                on_special += probs[b, p, special[k]]
            total[b, p] = here
            out[b, p] = uniform if here <= least else of_mass / here
        share[b] = on_special / max(residues, 1)


@jit
def expected_masses_backward(
    by_mass: F64, by_share: F64, mask: Bool, which: I64, masses: F64, special: I64, least: float,
    out: F64, total: F64, grad: NDArray[np.floating],
) -> None:  # fmt: skip
    """Fills ``grad`` (B, L, V): ``d expected / d p_v = (m_v - expected) / total`` for residues, 0 where uniform."""
    for b in range(mask.shape[0]):
        residues = 0
        for p in range(mask.shape[1]):
            residues += mask[b, p]
        on_special = by_share[b] / max(residues, 1)
        for p in range(mask.shape[1]):
            grad[b, p, :] = 0.0
            if not mask[b, p]:
                continue
            for k in range(special.size):
                grad[b, p, special[k]] = on_special
            if total[b, p] <= least:
                continue
            up = by_mass[b, p] / total[b, p]
            for k in range(which.size):
                grad[b, p, which[k]] = up * (masses[k] - out[b, p])


@jit
def fragments(
    masses: F64, mask: Bool, side: I64, add: F64, charge: F64, after: F64, water: float, none: float,
    mz: F64, valid: Bool,
) -> None:  # fmt: skip
    """Fills ``mz`` and ``valid`` (B, K L) of K ions from residue masses (B, L): ``(mass + add) / charge + after``.

    ``none`` is the m/z of a slot without a fragment.
    """
    length = masses.shape[1]
    up_to, from_here, before = np.empty(length), np.empty(length), np.empty(length, np.int64)
    for b in range(masses.shape[0]):
        total, count = 0.0, 0
        for p in range(length):
            if mask[b, p]:
                total += masses[b, p]
                count += 1
            up_to[p], before[p] = total, count
        total = 0.0
        for p in range(length - 1, -1, -1):
            if mask[b, p]:
                total += masses[b, p]
            from_here[p] = total
        for k in range(side.size):
            for p in range(length):
                at = k * length + p
                if side[k] == N_SIDE:
                    mass, there = up_to[p], before[p] < count
                elif side[k] == C_SIDE:
                    mass, there = from_here[p], before[p] > 1
                elif side[k] == ONE_RESIDUE:
                    mass, there = masses[b, p], True
                else:
                    mass, there = up_to[p] + water, before[p] == count
                value = (mass + add[k]) / charge[k] + after[k]
                there = there and mask[b, p] and not value <= 0.0
                valid[b, at] = there
                mz[b, at] = value if there else none


@jit
def fragments_backward(by_mz: F64, valid: Bool, mask: Bool, side: I64, charge: F64, by_mass: F64) -> None:
    """Fills ``by_mass`` (B, L): every residue moves the fragments that it is part of."""
    length = mask.shape[1]
    for b in range(mask.shape[0]):
        by_mass[b, :] = 0.0
        for k in range(side.size):
            first = k * length
            total = 0.0
            for step in range(length):
                # Fragments of the N side hold all residues before their own: those behind a residue are summed up.
                p = step if side[k] == C_SIDE else length - 1 - step
                share = by_mz[b, first + p] / charge[k] if valid[b, first + p] else 0.0
                total = share if side[k] == ONE_RESIDUE else total + share
                if mask[b, p]:
                    by_mass[b, p] += total
