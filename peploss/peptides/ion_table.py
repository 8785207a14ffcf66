"""Fragment m/z of many candidates of one length at once: rows of a matrix, where ``fragments`` makes one peptide's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from peploss.constants import CARBON_MONOXIDE, ISOTOPE_SPACING, PROTON, WATER
from peploss.peptides.fragments import ION_OFFSETS, LOSS_MASSES, N_TERMINAL, fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
HEAVY = 1000.0  # Da a residue, of a stand-in peptide from which no loss takes more than there is


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
    """What settings make of any peptide of L residues: F ions without their masses, immonium ions apart.

    Attributes:
        ordinal, charge: (F,) as in ``Fragments``.
        add: (F,) Da to add to the residues and the end, before dividing by the charge.
        after: (F,) Th to add after it.
        n_terminal, whole: (F,) bool: counts from the N-terminus; is the intact precursor.
        column: (F,) place of its residues in ``Candidates.sums``.
        weight: (F,) predicted intensity.
        immonium: weight of immonium ions, None where there are none.
    """

    ordinal: I64
    charge: F64
    add: F64
    after: F64
    n_terminal: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    column: I64
    weight: F64
    immonium: float | None
    isotopes: int

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
        weight = np.tile(self.weight, (len(of), 1))
        if self.immonium is None:
            return mz, weight
        masses = np.sort(of.residues, axis=1)
        twice = np.zeros(masses.shape, dtype=bool)
        twice[:, 1:] = np.diff(masses.round(6), axis=1) == 0
        own = masses - CARBON_MONOXIDE + PROTON
        own = np.where(twice | (own <= 0), np.inf, own)
        extra = np.hstack([own + k * ISOTOPE_SPACING for k in range(self.isotopes + 1)])
        end = int(np.argmax(self.whole)) if self.whole.any() else mz.shape[1]  # the precursor stands last
        return (
            np.hstack([mz[:, :end], extra, mz[:, end:]]),
            np.hstack([weight[:, :end], np.full(extra.shape, self.immonium), weight[:, end:]]),
        )


@lru_cache(maxsize=1024)
def ion_table(length: int, settings: LossSettings, charge: int | None) -> IonTable:
    """The ions that ``fragments`` makes of a peptide of ``length`` residues.

    Raises:
        PeptideError: as ``fragments``.
    """
    stand_in = Peptide(text="", residues=("X",) * length, residue_masses=np.full(length, HEAVY), charge=charge)
    ions = fragments(stand_in, settings, charge)
    of_residue = ions.ion_type == "immonium"
    weights = ions.intensity[of_residue]
    kept = ~of_residue
    kind, z, isotope = ions.ion_type[kept], ions.charge[kept], ions.isotope[kept]
    offset = np.array([ION_OFFSETS.get(k, 0.0) for k in kind.tolist()])
    lost = np.array([LOSS_MASSES[loss] for loss in ions.neutral_loss[kept].tolist()])
    ordinal, n_terminal, whole = ions.ordinal[kept], np.isin(kind, list(N_TERMINAL)), kind == "precursor"
    return IonTable(
        ordinal=ordinal,
        charge=z.astype(np.float64),
        add=offset - lost,
        after=PROTON + isotope * ISOTOPE_SPACING / z,
        n_terminal=n_terminal,
        whole=whole,
        column=np.where(whole, 2 * length - 1, np.where(n_terminal, 0, length) + ordinal - 1),
        weight=ions.intensity[kept],
        immonium=float(weights[0]) if weights.size else None,
        isotopes=settings.isotopes,
    )
