"""Decoys: peptides of the same residues in another order, which are right about nothing but the mass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from peploss.peptides.peptide import Peptide

TRIES = 20
SAME_MASS = 1e-6  # Da: leucine for isoleucine is no other peptide


def shuffled(peptide: Peptide, rng: np.random.Generator) -> Peptide | None:
    """The residues but the last in an order of chance, each with its modifications; the last stays in its place.

    Modifications of the ends stay at the ends. The order of masses differs from the peptide's; nothing more is asked
    of it, so a short peptide's decoy may share fragments with it.

    Args:
        rng: where chance comes from; a seeded one gives the same decoy again.
    Returns:
        The decoy, at the peptide's charge, or None where every order has the same masses (``GGGGK``).
    Source:
        Shuffled decoys with the terminal residue kept: Elias, J. E. & Gygi, S. P. (2010),
        doi:10.1007/978-1-60761-444-9_5. The last residue is what an enzyme cut behind, and y1 with it.

    >>> shuffled(Peptide.parse("PEM[Oxidation]TIDEK/2"), np.random.default_rng(1)).proforma
    'DPEIM[Oxidation]ETK/2'
    """
    n = len(peptide) - 1
    inner = peptide.residue_masses[:-1]
    if n < 2 or np.ptp(inner) <= SAME_MASS:
        return None
    for _ in range(TRIES):
        order = rng.permutation(n)
        if (np.abs(inner[order] - inner) > SAME_MASS).any():
            return reordered(peptide, np.append(order, n))
    order = np.arange(n + 1)
    other = int(np.flatnonzero(np.abs(inner - inner[0]) > SAME_MASS)[0])
    order[[0, other]] = other, 0
    return reordered(peptide, order)


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
