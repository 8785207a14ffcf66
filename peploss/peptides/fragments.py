"""Computes theoretical fragment ions of a peptide, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from peploss.errors import PeptideError
from peploss.peptides.ions import N_TERMINAL, ion_kinds
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fragments:
    """Fragment ions as a struct of arrays, all of length F.

    Args:
        mz: (F,) m/z in Th, float64.
        intensity: (F,) predicted intensity, at least 0: the weight of the ion in the settings; float64.
        ion_type: (F,) ``"a" "b" "c" "y" "z" "z+1" "immonium" "precursor"``.
        ordinal: (F,) number of residues in the fragment; 1 for immonium ions, L for the precursor.
        charge: (F,) at least 1.
        neutral_loss: (F,) ``""``, ``"H2O"`` or ``"NH3"``.
        isotope: (F,) 0, or 1 for the first 13C peak.
        residue: (F,) the residue of an immonium ion with its modifications, else ``""``.

    Order: ion types as in ``ION_TYPES``, in each charge, neutral loss, isotope, ordinal; then immonium ions in order
    of m/z, then the precursor. Not sorted by m/z.
    """

    mz: NDArray[np.float64]
    intensity: NDArray[np.float64]
    ion_type: NDArray[np.str_]
    ordinal: NDArray[np.int64]
    charge: NDArray[np.int64]
    neutral_loss: NDArray[np.str_]
    isotope: NDArray[np.int64]
    residue: NDArray[np.str_]

    def __len__(self) -> int:
        return int(self.mz.size)

    def __repr__(self) -> str:
        kinds = " ".join(dict.fromkeys(self.ion_type.tolist()))
        where = f", {kinds}, m/z {self.mz.min():.2f} to {self.mz.max():.2f}" if len(self) else ""
        return f"<Fragments: {len(self):,} ions{where}>"

    @cached_property
    def label(self) -> tuple[str, ...]:
        """(F,) for display: ``y5``, ``b3-H2O``, ``y7²⁺``, ``z4•`` (z+1), ``y5+i``, ``IM[Oxidation]``, ``[M+2H]²⁺``."""
        labels = []
        for kind, core, suffix, charge in self._label_parts():
            sign = f"{'' if charge == 1 else charge}+".translate(_SUPERSCRIPT).replace("+", "⁺")
            if kind == "precursor":
                labels.append(f"[M+{'' if charge == 1 else charge}H]{suffix}{sign}")
            else:
                dot = "•" if kind == "z+1" else ""
                labels.append(f"{core}{dot}{suffix}{sign if charge > 1 else ''}")
        return tuple(labels)

    @cached_property
    def plain_label(self) -> tuple[str, ...]:
        """(F,) in ASCII, for tables: ``y5``, ``b3-H2O``, ``y7^2``, ``z4+H``, ``y5+i``, ``IM[Oxidation]``, ``p^2``.

        Source:
            mzPAF, HUPO-PSI peak annotation format 1.0.
        """
        labels = []
        for kind, core, suffix, charge in self._label_parts():
            gain = "+H" if kind == "z+1" else ""
            labels.append(f"{core}{gain}{suffix}{f'^{charge}' if charge > 1 else ''}")
        return tuple(labels)

    def _label_parts(self) -> list[tuple[str, str, str, int]]:
        parts = []
        columns = (self.ion_type, self.ordinal, self.neutral_loss, self.isotope, self.charge, self.residue)
        for kind, ordinal, loss, isotope, charge, residue in zip(*(c.tolist() for c in columns), strict=True):
            core = {"immonium": f"I{residue}", "precursor": "p"}.get(kind, f"{kind[0]}{ordinal}")
            parts.append((kind, core, ("-" + loss if loss else "") + ("+i" if isotope else ""), charge))
        return parts


def fragments(peptide: Peptide, settings: LossSettings, precursor_charge: int | None = None) -> Fragments:
    """Theoretical fragments of ``peptide`` as ``settings`` ask for them.

    Backbone ions have ordinals 1 to L-1. Charges run from 1 to ``settings.max_fragment_charge`` and never above the
    precursor's; where that setting is None, to 1, or 2 from precursor charge 3 on. Neutral losses are taken from every
    backbone ion, whatever its residues. There is one immonium ion for each distinct residue mass (so one for leucine
    and isoleucine), at charge 1. The isotope peak is ``1.00335/charge`` above its ion. Neutral-loss and isotope ions
    have the weight of their ion type. Labile modifications are on the precursor only. An ion whose m/z would not be
    positive (a loss larger than the fragment) cannot exist and is left out.

    Args:
        precursor_charge: at least 1; the peptide's own where not given. With neither, the setting alone decides.
    Raises:
        PeptideError: the precursor ion is asked for and no charge is known, or the charge is below 1.

    >>> ions = fragments(Peptide.parse("PEPTIDE/2"), LossSettings())
    >>> len(ions), ions.label[:2], ions.mz[:2].round(4).tolist()
    (12, ('b1', 'b2'), [98.06, 227.1026])
    >>> fragments(Peptide.parse("PEK/3"), LossSettings(ion_types=("y",), neutral_losses=("H2O",))).plain_label
    ('y1', 'y2', 'y1-H2O', 'y2-H2O', 'y1^2', 'y2^2', 'y1-H2O^2', 'y2-H2O^2')
    """
    z = peptide.charge if precursor_charge is None else precursor_charge
    if z is not None and z < 1:
        raise PeptideError(f"The precursor charge must be at least 1, not {z}.", text=peptide.text)
    if settings.precursor and z is None:
        raise PeptideError(
            "The precursor ion needs a charge, and none is known.",
            text=peptide.text,
            remedy="Write it as PEPTIDE/2.",
        )
    ordinals = np.arange(1, len(peptide))
    n_terminal = peptide.n_term_mass + np.cumsum(peptide.residue_masses[:-1])
    c_terminal = peptide.c_term_mass + np.cumsum(peptide.residue_masses[:0:-1])
    residue_masses, residue_names = _distinct_residues(peptide) if settings.immonium else (np.empty(0), [])

    kinds = ion_kinds(settings, z, peptide.isotopes)
    masses, numbers, names = [np.empty(0)], [np.empty(0, dtype=np.int64)], []
    for ion in kinds:
        if ion.kind == "immonium":
            mass, number, name = residue_masses, np.ones(residue_masses.size, dtype=np.int64), residue_names
        elif ion.kind == "precursor":
            mass, number, name = np.array([peptide.neutral_mass]), np.array([len(peptide)]), [""]
        else:
            mass, number = n_terminal if ion.kind in N_TERMINAL else c_terminal, ordinals
            name = [""] * ordinals.size
        masses.append(ion.mz(mass))
        numbers.append(number)
        names += name
    sizes = [m.size for m in masses[1:]]
    mz = np.concatenate(masses)
    columns = {
        "mz": mz,
        "intensity": np.repeat(np.array([ion.weight for ion in kinds], dtype=np.float64), sizes),
        "ion_type": np.repeat(np.array([ion.kind for ion in kinds], dtype="<U9"), sizes),
        "ordinal": np.concatenate(numbers),
        "charge": np.repeat(np.array([ion.charge for ion in kinds], dtype=np.int64), sizes),
        "neutral_loss": np.repeat(np.array([ion.loss for ion in kinds], dtype="<U3"), sizes),
        "isotope": np.repeat(np.array([ion.isotope for ion in kinds], dtype=np.int64), sizes),
        "residue": np.array(names, dtype=np.str_),
    }
    possible = mz > 0
    return Fragments(**{name: column[possible] for name, column in columns.items()})


def _distinct_residues(peptide: Peptide) -> tuple[NDArray[np.float64], list[str]]:
    names = list(peptide.residues)
    for site, name, _ in peptide.modifications:
        if isinstance(site, int):
            names[site] += f"[{name}]"
    by_mass: dict[float, tuple[float, str]] = {}
    for mass, name in sorted(zip(peptide.residue_masses.tolist(), names, strict=True)):
        by_mass.setdefault(round(mass, 6), (mass, name))
    return np.array([mass for mass, _ in by_mass.values()]), [name for _, name in by_mass.values()]
