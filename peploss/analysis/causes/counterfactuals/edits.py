"""Small changes of a peptide, one row of masses each: modifications added, removed and moved, neighbours swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from peploss.analysis.causes.counterfactuals.common_modifications import COMMON
from peploss.peptides.decoys import SAME_MASS, reordered
from peploss.peptides.ion_table import Candidates
from peploss.peptides.peptide import ModificationSite, Peptide

EditKind = Literal["add", "open", "remove", "move", "swap"]

WRITTEN = 0.01  # Da: tables write masses of modifications with at least two decimals


@dataclass(frozen=True)
class Edit:
    """One change.

    Attributes:
        kind: what is done.
        name: of the modification, ``""`` for a swap.
        mass: Da it adds to the peptide.
        gone, new: the modification that goes, and the one that comes.
        place: of a swap, the first of the two residues.
    """

    kind: EditKind
    name: str = ""
    mass: float = 0.0
    gone: ModificationSite | None = None
    new: ModificationSite | None = None
    place: int = -1

    def text(self, peptide: Peptide) -> str:
        """What it does, in words."""
        if self.kind == "swap":
            a, b = (f"{peptide.residues[i]}{i + 1}" for i in (self.place, self.place + 1))
            return f"swap {a} and {b}"
        if self.kind == "remove":
            return f"remove {self.name} from {_where(self.gone, peptide)}"
        if self.kind == "move":
            return f"move {self.name} from {_where(self.gone, peptide)} to {_where(self.new, peptide)}"
        return f"add {self.name} to {_where(self.new, peptide)}"

    def apply(self, peptide: Peptide) -> Peptide:
        """The changed peptide."""
        if self.kind == "swap":
            order = np.arange(len(peptide))
            order[[self.place, self.place + 1]] = self.place + 1, self.place
            return reordered(peptide, order)
        sites = list(peptide.modifications)
        if self.gone is not None:
            sites.remove(self.gone)
        if self.new is not None:
            sites.append(self.new)
            ends = {"n_term": -1.0, "c_term": np.inf, "labile": np.inf}
            sites.sort(key=lambda m: ends[m.position] if isinstance(m.position, str) else m.position)
        masses = candidates(peptide, [self])
        residues = masses.residues[0]
        residues.flags.writeable = False
        changed = replace(
            peptide,
            residue_masses=residues,
            n_term_mass=float(masses.n_term[0]),
            c_term_mass=float(masses.c_term[0]),
            labile_mass=float(masses.labile[0]),
            modifications=tuple(sites),
        )
        return replace(changed, text=changed.proforma)


def _where(site: ModificationSite | None, peptide: Peptide) -> str:
    names = {"n_term": "the N-terminus", "c_term": "the C-terminus", "labile": "the labile modifications"}
    if site is None:
        return "nowhere"
    if isinstance(site.position, str):
        return names[site.position]
    return f"{peptide.residues[site.position]}{site.position + 1}"


def edits(peptide: Peptide, open_mass: float | None = None) -> list[Edit]:
    """Every change to try, one step from the peptide.

    A common modification comes onto every site of its that is free; each modification that is there goes, and a common
    one also moves to each free site of its own; each two neighbours of unlike mass change places.

    Args:
        open_mass: Da of a modification without a name, tried on every residue; None for none.
    """
    taken = {m.position for m in peptide.modifications}
    # Without its modification a gap (X) has no mass.
    removable = [m for m in peptide.modifications if isinstance(m.position, str) or peptide.residues[m.position] != "X"]
    out: list[Edit] = []
    for common in COMMON:
        mass = common.mass_in(peptide.isotopes)
        there = [m for m in removable if abs(m.mass - mass) <= WRITTEN]  # many tables write masses, not names
        for position in common.sites(peptide.sequence):
            if position in taken:
                continue
            new = ModificationSite(position, common.name, mass)
            out.append(Edit("add", common.name, mass, new=new))
            moved = ((m, ModificationSite(position, m.name, m.mass)) for m in there)
            out.extend(Edit("move", common.name, 0.0, gone=old, new=site) for old, site in moved)
    out.extend(Edit("remove", m.name, -m.mass, gone=m) for m in removable)
    if open_mass is not None and not peptide.isotopes:  # a mass has no atoms that could be labelled
        name = f"{open_mass:+.4f}"
        sites = np.flatnonzero(peptide.residue_masses + open_mass > 0).tolist()
        out.extend(Edit("open", name, open_mass, new=ModificationSite(i, name, open_mass)) for i in sites)
    unlike = np.abs(np.diff(peptide.residue_masses)) > SAME_MASS
    out.extend(Edit("swap", place=int(i)) for i in np.flatnonzero(unlike))
    return out


def candidates(peptide: Peptide, changes: Sequence[Edit]) -> Candidates:
    """Masses of the changed peptides, a row each."""
    out = Candidates.of(peptide, len(changes))
    ends = {"n_term": out.n_term, "c_term": out.c_term, "labile": out.labile}
    for row, change in enumerate(changes):
        for site, sign in ((change.gone, -1.0), (change.new, 1.0)):
            if site is None:
                continue
            if isinstance(site.position, str):
                ends[site.position][row] += sign * site.mass
            else:
                out.residues[row, site.position] += sign * site.mass
        if change.kind == "swap":
            i = change.place
            out.residues[row, [i, i + 1]] = out.residues[row, [i + 1, i]]
    return out
