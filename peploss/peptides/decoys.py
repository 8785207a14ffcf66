"""Makes decoys: peptides of the same residues in another order.

There is one shuffle. The page, the commands and the batch ask it for the k-th decoy of a peptide and get the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.peptides.peptide import Peptide

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

SAME_MASS: Final = 1e-6  # Da: swapping leucine and isoleucine makes no other peptide
MOST_ALIKE: Final = 0.5
"""Largest share of its bonds at which a decoy may have the peptide's own masses: with more it is no null."""
DRAWS: Final = 160
"""Orders drawn at most for one peptide."""
_GOLDEN, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def decoys(peptide: Peptide, n: int = 1, seed: int = 0) -> list[Peptide]:
    """The first ``n`` decoys of a peptide, at its charge.

    The residues but the last come in an order of chance, each with its modifications. The last stays in its place, and
    modifications of the ends stay at the ends. At most half of the bonds lie at the peptide's own masses.

    Args:
        n: how many; a decoy may come twice where a peptide has few orders.
        seed: another one gives other decoys.
    Returns:
        ``n`` peptides; none where no order differs enough (``GGGGK``).
    Source:
        Shuffled decoys with the terminal residue kept: Elias, J. E. & Gygi, S. P. (2010),
        doi:10.1007/978-1-60761-444-9_5. The last residue is what an enzyme cut behind, and y1 with it.

    >>> [d.proforma for d in decoys(Peptide.parse("PEM[Oxidation]TIDEK/2"), 2)]
    ['IDM[Oxidation]PEETK/2', 'IDEM[Oxidation]TPEK/2']
    """
    return [reordered(peptide, order) for order in decoy_orders(peptide.residue_masses, n, seed)]


def decoy_orders(residue_masses: F64, n: int, seed: int) -> I64:
    """(K, L) orders of the residues of one peptide: its first ``n`` decoys.

    Args:
        residue_masses: (L,) Da.
    Returns:
        K is n, or fewer where 160 draws hold no more.
    """
    return decoy_orders_of_each([residue_masses], n, seed)[0]


def decoy_orders_of_each(residue_masses: Sequence[F64], n: int, seed: int) -> list[I64]:
    """The same of peptides of any length, those of one length at once.

    Args:
        residue_masses: for each peptide (L,) Da.
    """
    places: dict[int, list[int]] = {}
    for at, masses in enumerate(residue_masses):
        places.setdefault(masses.size, []).append(at)
    out: dict[int, I64] = {}
    for own in places.values():
        orders, found = decoy_orders_of(np.stack([residue_masses[at] for at in own]), n, seed)
        out.update((at, orders[row, : found[row]]) for row, at in enumerate(own))
    return [out[at] for at in range(len(residue_masses))]


def decoy_orders_of(residue_masses: F64, n: int, seed: int) -> tuple[I64, I64]:
    """The same of many peptides of one length; chance comes from the seed and each peptide's own masses.

    Args:
        residue_masses: (B, L) Da.
    Returns:
        (B, n, L) orders, and (B,) how many of the n there are; the rest of a row is the peptide's own order.
    """
    rows, length = residue_masses.shape
    orders = np.tile(np.arange(length), (rows, n, 1))
    found = np.zeros(rows, dtype=np.int64)
    if length < 3 or not n:
        return orders, found
    stream = _stream(residue_masses, seed)
    own = np.cumsum(residue_masses, axis=1)[:, :-1]
    wanting, first, size = np.arange(rows), 0, n
    while wanting.size and first < DRAWS:
        size = min(size, DRAWS - first)
        drawn = _drawn(stream[wanting], np.arange(first, first + size), length)  # (W, D, L)
        masses = np.take_along_axis(residue_masses[wanting][:, None], drawn, axis=2)
        alike = np.abs(np.cumsum(masses, axis=2)[:, :, :-1] - own[wanting][:, None]) <= SAME_MASS
        good = alike.mean(axis=2) <= MOST_ALIKE
        place = found[wanting][:, None] + np.cumsum(good, axis=1) - 1
        row, draw = np.nonzero(good & (place < n))
        orders[wanting[row], place[row, draw]] = drawn[row, draw]
        found[wanting] = np.minimum(found[wanting] + good.sum(axis=1), n)
        wanting = wanting[found[wanting] < n]
        first, size = first + size, max(4, n // 2)
    return orders, found


def _stream(residue_masses: F64, seed: int) -> U64:
    """(B,) where each peptide's chance begins: a digest of the seed and the masses to 1e-5 Da."""
    state = np.full(len(residue_masses), np.uint64(seed % 2**64))
    for column in np.rint(residue_masses.T * 1e5).astype(np.int64).view(np.uint64):
        state = _mixed(state ^ column)
    return state


def _drawn(stream: U64, draws: I64, length: int) -> I64:
    """(W, D, L) orders: the residues but the last by a random key each."""
    number = (draws.astype(np.uint64)[:, None] << np.uint64(32)) + np.arange(length - 1, dtype=np.uint64)
    keys = _mixed(stream[:, None, None] + (number.astype(np.uint64) + np.uint64(1)) * _GOLDEN)
    out = np.empty((stream.size, draws.size, length), dtype=np.int64)
    out[:, :, :-1] = np.argsort(keys, axis=2)
    out[:, :, -1] = length - 1
    return out


def _mixed(x: U64) -> U64:
    """Every bit of x depends on every bit of it: the finaliser of SplitMix64, which wraps around on purpose."""
    with np.errstate(over="ignore"):
        x = x + _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * _FIRST
        x = (x ^ (x >> np.uint64(27))) * _SECOND
    return x ^ (x >> np.uint64(31))


def reordered(peptide: Peptide, order: np.ndarray) -> Peptide:
    """The peptide with residue ``order[i]``, of (L,), in place i; modifications travel with their residues."""
    place = np.argsort(order)
    masses = peptide.residue_masses[order]
    masses.flags.writeable = False
    rank = {"n_term": -1.0, "c_term": np.inf, "labile": np.inf}
    moved = [m._replace(position=int(place[m.position])) if isinstance(m.position, int) else m for m in
             peptide.modifications]  # fmt: skip
    moved.sort(key=lambda m: rank[m.position] if isinstance(m.position, str) else m.position)
    decoy = replace(
        peptide,
        residues=tuple(peptide.residues[i] for i in order),
        residue_masses=masses,
        modifications=tuple(moved),
    )
    return replace(decoy, text=decoy.proforma)
