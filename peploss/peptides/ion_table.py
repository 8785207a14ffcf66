"""Computes fragment m/z of many candidates of one length at once, as rows of a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from peploss.constants import WATER
from peploss.errors import PeptideError
from peploss.peptides.ions import N_TERMINAL, IonKind, ion_kinds
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """C peptides of L residues each, as masses.

    Attributes:
        residues: (C, L) residue masses in Da, modifications included.
        n_term, c_term, labile: (C,) Da, as in ``Peptide``.
    """

    residues: F64
    n_term: F64
    c_term: F64
    labile: F64

    def __len__(self) -> int:
        return int(self.n_term.size)

    @property
    def neutral_mass(self) -> F64:
        """(C,) mass of each intact peptide in Da."""
        return self.residues.sum(axis=1) + self.n_term + self.c_term + self.labile + WATER

    @cached_property
    def sums(self) -> F64:
        """(C, 2 L) the residues of every fragment with their end: L - 1 from the N-terminus and one place that is not
        used, L - 1 from the C-terminus, the intact peptide."""
        length = self.residues.shape[1]
        sums = np.zeros((len(self), 2 * length))
        np.cumsum(self.residues[:, :-1], axis=1, out=sums[:, : length - 1])
        np.cumsum(self.residues[:, :0:-1], axis=1, out=sums[:, length : 2 * length - 1])
        sums[:, : length - 1] += self.n_term[:, None]
        sums[:, length : 2 * length - 1] += self.c_term[:, None]
        sums[:, -1] = self.neutral_mass
        return sums

    @classmethod
    def of(cls, peptide: Peptide, copies: int = 1) -> Candidates:
        """The same peptide ``copies`` times, each of which may then be changed."""
        ends = (peptide.n_term_mass, peptide.c_term_mass, peptide.labile_mass)
        return cls(np.tile(peptide.residue_masses, (copies, 1)), *(np.full(copies, mass) for mass in ends))

    def with_residues(self, residues: F64) -> Candidates:
        """The first peptide's ends with other residues, (C, L)."""
        n = len(residues)
        return Candidates(residues, *(np.full(n, end[0]) for end in (self.n_term, self.c_term, self.labile)))


@dataclass(frozen=True, eq=False)
class IonTable:
    """The F ions that settings give any peptide of L residues, without their masses; immonium ions apart.

    Attributes:
        ordinal, charge: (F,) as in ``Fragments``.
        add, after: (F,) as in ``IonKind``: m/z is ``(residues + add) / charge + after``.
        n_terminal, whole: (F,) bool: counts from the N-terminus; is the intact precursor.
        column: (F,) place of its residues in ``Candidates.sums``.
        weight: (F,) predicted intensity.
        immonium: the immonium ions, one kind for each isotope.
        kinds: all kinds as ``ion_kinds`` gives them; each backbone kind stands for L - 1 rows, in this order.
    """

    ordinal: I64
    charge: F64
    add: F64
    after: F64
    n_terminal: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    column: I64
    weight: F64
    immonium: tuple[IonKind, ...]
    kinds: tuple[IonKind, ...]

    def ions(self, of: Candidates) -> tuple[F64, F64]:
        """m/z and predicted intensity, both (C, F), in the order of ``fragments``.

        What cannot be, a loss larger than its fragment or a second immonium ion of one mass, lies at infinite m/z,
        where nothing is rendered.
        """
        mz = of.sums[:, self.column]
        mz += self.add
        mz /= self.charge
        mz += self.after
        mz[mz <= 0] = np.inf
        weight = np.broadcast_to(self.weight, mz.shape)
        if not self.immonium:
            return mz, weight
        masses = np.sort(of.residues, axis=1)
        twice = np.zeros(masses.shape, dtype=bool)
        twice[:, 1:] = np.diff(masses.round(6), axis=1) == 0
        own = [np.where(twice | (at <= 0), np.inf, at) for at in (ion.mz(masses) for ion in self.immonium)]
        extra = np.hstack(own)
        weights = np.repeat([ion.weight for ion in self.immonium], masses.shape[1])
        end = int(np.argmax(self.whole)) if self.whole.any() else mz.shape[1]  # the precursor stands last
        return (
            np.hstack([mz[:, :end], extra, mz[:, end:]]),
            np.hstack([weight[:, :end], np.broadcast_to(weights, extra.shape), weight[:, end:]]),
        )


@lru_cache(maxsize=1024)
def ion_table(length: int, settings: LossSettings, charge: int | None, isotopes: tuple[str, ...] = ()) -> IonTable:
    """The ions that ``fragments`` makes of a peptide of ``length`` residues.

    Args:
        isotopes: global ones, as ``Peptide`` has them.
    Raises:
        PeptideError: as ``fragments``.
    """
    if settings.precursor and charge is None:
        raise PeptideError("The precursor ion needs a charge, and none is known.", remedy="Write it as PEPTIDE/2.")
    kinds = ion_kinds(settings, charge, isotopes)
    rows = [(ion, k) for ion in kinds if ion.kind not in ("immonium", "precursor") for k in range(1, length)]
    rows += [(ion, length) for ion in kinds if ion.kind == "precursor"]
    ordinal = np.array([k for _, k in rows], dtype=np.int64)
    n_terminal = np.array([ion.kind in N_TERMINAL for ion, _ in rows], dtype=bool)
    whole = np.array([ion.kind == "precursor" for ion, _ in rows], dtype=bool)
    return IonTable(
        ordinal=ordinal,
        charge=np.array([ion.charge for ion, _ in rows], dtype=np.float64),
        add=np.array([ion.add for ion, _ in rows], dtype=np.float64),
        after=np.array([ion.after for ion, _ in rows], dtype=np.float64),
        n_terminal=n_terminal,
        whole=whole,
        column=np.where(whole, 2 * length - 1, np.where(n_terminal, 0, length) + ordinal - 1),
        weight=np.array([ion.weight for ion, _ in rows], dtype=np.float64),
        immonium=tuple(ion for ion in kinds if ion.kind == "immonium"),
        kinds=tuple(kinds),
    )
