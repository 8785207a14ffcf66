"""A change of a PSM with the loss it would have, and all such changes of one PSM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.causes.counterfactuals.edits import Edit
from peploss.analysis.causes.facts import Facts
from peploss.analysis.causes.run import Run
from peploss.constants import PROTON
from peploss.peptides.decoys import reordered
from peploss.peptides.peptide import Peptide
from peploss.peptides.precursor_mass import neutral_mass, precursor_ppm
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]

Kind = Literal[
    "isotope", "charge", "ions", "peaks", "shift", "sigma", "grid", "add", "open", "remove", "move", "swap", "decoy"
]
ISOTOPES = (-1, 1, 2, 3)
FLAT = 0.25
"""Observed intensities are raised to this power before a peptide is compared with decoys; of 1, 1/2, 1/4, 0 and ranks
it separated them best."""
LEAST_SPREAD = 0.02
PRECURSOR_PPM = 20.0
"""How far off a precursor may be and still fit, by default."""
EDITS = ("add", "open", "remove", "move")


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """One change and what it does to the loss.

    Attributes:
        kind: ``"ions"`` adds ion types, ``"peaks"`` treats observed peaks otherwise, ``"add"``, ``"open"``,
            ``"remove"`` and ``"move"`` are of modifications (the best site), ``"decoy"`` is the best of the null.
        text: the change in words, for example ``"add Oxidation to M4"``.
        loss: under the change.
        gain: how far it lowers the loss; negative where it raises it.
        ppm: signed precursor error under the change; None where precursor m/z or charge is not known.
        settings: the changed settings, None where they stay.
        ions: the kind of ion that is added, ``"all"`` of every kind; ``""`` where that is not the change.
        charge: the changed precursor charge, None where it stays.
        isotope: which isotope of the peptide the precursor is taken for, 0 where that is not the change.
        shift: how far the observed peaks lie off, None where that is not the change. No setting undoes it: the
            spectrum has to be calibrated.
        edit: the change of the peptide, None where there is none.
        order: of a decoy, the order of the residues.
        of: the peptide that is changed, None where it stays.
        flat_gain: of an edit or shift, how far it lowers the loss of the flattened peaks; None of other changes.
        support: of an edit or shift, as ``Counterfactuals.support``, of the changed peptide, or of all at that shift;
            None of other changes and where the peptide has no decoy.
        n_matched: of a shift, matched fragments under it; None of other changes.
        agreement: of a shift, how far the intensity that agrees on it stands above what agrees on the best shift of
            each decoy, in standard deviations of those; None of other changes and where the peptide has no decoy.
    """

    kind: Kind
    text: str
    loss: float
    gain: float
    ppm: float | None
    settings: LossSettings | None = None
    ions: str = ""
    charge: int | None = None
    isotope: int = 0
    shift: Shift | None = None
    edit: Edit | None = None
    order: tuple[int, ...] | None = None
    of: Peptide | None = None
    flat_gain: float | None = None
    support: float | None = None
    n_matched: int | None = None
    agreement: float | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """What changes, as plain values; what stays is left out.

        ``peptide`` (ProForma), ``charge``, ``settings`` (what differs from the defaults), ``isotope``, ``shift_da`` or
        ``shift_ppm``.
        """
        out: dict[str, Any] = {}
        peptide = self.peptide
        if peptide is not None:
            out["peptide"] = peptide.proforma
        if self.charge is not None:
            out["charge"] = self.charge
        if self.settings is not None:
            out["settings"] = self.settings.to_dict()
        if self.isotope:
            out["isotope"] = self.isotope
        if self.shift is not None:
            out[f"shift_{self.shift.unit.lower()}"] = self.shift.value
        return out

    @property
    def peptide(self) -> Peptide | None:
        """The changed peptide, at the charge it is now taken for; None where it stays."""
        if self.of is None:
            return None
        if self.edit is not None:
            return self.edit.apply(self.of)
        if self.order is not None:
            return reordered(self.of, np.array(self.order))
        return None if self.charge is None else self.of.with_charge(self.charge)


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """A PSM, its loss, and its loss under every change that was tried.

    Attributes:
        spectrum, peptide, settings: what was compared.
        charge: the peptide's own, or the spectrum's, or None.
        precursor_ppm: how far the precursor may be off and still fit.
        loss: as it is.
        ppm: signed precursor error; None where not known.
        cases: one of each kind of change, each at its best site; in no order.
        decoys: (K,) losses of shuffled peptides, ascending.
        flat_loss: the loss of the flattened peaks, and ``flat_decoys`` (K,) that of the decoys, ascending.
        facts: the rest.
        run: how the run that the spectrum comes from scatters; None where it is not known.
    """

    spectrum: Spectrum
    peptide: Peptide
    settings: LossSettings
    charge: int | None
    precursor_ppm: float
    loss: float
    ppm: float | None
    cases: tuple[Counterfactual, ...]
    decoys: F64
    flat_loss: float
    flat_decoys: F64
    facts: Facts
    run: Run | None = None

    @cached_property
    def support(self) -> float | None:
        """How far the loss of the flattened peaks lies below the decoys' mean, in their standard deviations.

        Flattened, so that no one high peak decides. None where the peptide has no decoy.
        """
        own = support(np.array([self.flat_loss]), self.flat_decoys)
        return None if own is None else float(own[0])

    def best(self, *kinds: str) -> Counterfactual | None:
        """The change of lowest loss among these kinds; None if there is none."""
        own = [c for c in self.cases if c.kind in kinds]
        return min(own, key=lambda c: c.loss) if own else None


def support(losses: F64, decoys: F64) -> F64 | None:
    """How many standard deviations of the decoys each loss lies below their mean; a deviation below 0.02 counts as
    0.02."""
    if not decoys.size:
        return None
    return (decoys.mean() - losses) / max(float(decoys.std()), LEAST_SPREAD)


def standing(votes: F64) -> float | None:
    """Standard deviations from the mean of all but the first up to the first.

    One below a tenth of that mean, or a fiftieth of the first, counts as that.

    >>> standing(np.array([3.0, 1.0, 2.0])), standing(np.array([3.0]))
    (3.0, None)
    """
    others = votes[1:]
    if not others.size:
        return None
    spread = max(float(others.std()), 0.1 * float(others.mean()), 0.02 * float(votes[0]))
    return float(votes[0] - others.mean()) / spread if spread > 0 else 0.0


def ppm_error(mass: float, precursor_mz: float | None, charge: int | None, isotope: int = 0) -> float | None:
    """Signed precursor error in ppm; None where it cannot be known."""
    if precursor_mz is None or charge is None or precursor_mz <= PROTON:
        return None
    return precursor_ppm(mass, neutral_mass(precursor_mz, float(charge)), isotope)
