"""A peptide with its modifications, from ProForma text to residue masses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON, RESIDUE_MASSES, WATER
from peploss.errors import PeptideError
from peploss.peptides import proforma
from peploss.peptides.modifications import isotopes
from peploss.peptides.modifications.tags import resolve_tag
from peploss.peptides.proforma import MAX_CHARGE, Notation, Tag


class ModificationSite(NamedTuple):
    """A modification on a peptide.

    Args:
        position: 0-based residue, or ``"n_term"``, ``"c_term"``, ``"labile"``.
        name: as ProForma writes it between brackets.
        mass: in Da.
    """

    position: int | str
    name: str
    mass: float


class _Placed(NamedTuple):
    """A modification with the index in the text where it is written."""

    site: ModificationSite
    position: int


_Sites = dict[int | str, list[_Placed]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Peptide:
    """A linear peptide of defined mass. ``Peptide.parse`` makes one from text.

    Args:
        text: the text it was read from.
        residues: (L,) one-letter codes; ``X`` only as a gap of known mass.
        residue_masses: (L,) Da, float64, modifications of the residue included.
        n_term_mass, c_term_mass: Da added at the ends, beyond the water of the intact peptide; 0 if none.
        labile_mass: Da of labile modifications: part of the intact peptide, lost from every fragment.
        modifications: every modification with its site, in the order of the sequence.
        charge: of the precursor, as written or given; None if neither.
        isotopes: ``"13C"``, ``"15N"`` or both, where all atoms of the element are of that isotope. Residue masses and
            those of modifications count it; so do ions that lose or gain such atoms (``peploss.peptides.ions``).

    >>> peptide = Peptide.parse("[Acetyl]-PEM[Oxidation]K/2")
    >>> len(peptide), peptide.sequence, round(peptide.neutral_mass, 4), round(peptide.mz(), 4)
    (4, 'PEMK', 561.2468, 281.6307)
    >>> Peptide.parse("PEPTIDB")
    Traceback (most recent call last):
    ...
    peploss.errors.PeptideError: at character 7: B stands for N or D, which differ in mass. Write the residue it is.
    """

    text: str
    residues: tuple[str, ...]
    residue_masses: NDArray[np.float64]
    n_term_mass: float = 0.0
    c_term_mass: float = 0.0
    labile_mass: float = 0.0
    modifications: tuple[ModificationSite, ...] = ()
    charge: int | None = None
    isotopes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Peptide.parse({self.proforma!r})"

    @classmethod
    def parse(cls, text: str, charge: int | None = None) -> Peptide:
        """Read a peptide in ProForma 2.0.

        Modifications by Unimod name (``M[Oxidation]``, ``M[U:Oxidation]``), number (``M[UNIMOD:35]``), mass in Da
        (``M[+15.9949]``), formula (``M[Formula:O]``), entry of PSI-MOD, RESID or XL-MOD (``M[MOD:00719]``) or glycan
        composition (``N[Glycan:HexNAc2Hex5]``), on residues, ends (``[Acetyl]-PEPTIDE-[Amidated]``), labile
        (``{Hex}PEPTIDE``) or fixed (``<[Carbamidomethyl]@C>``, ``<[TMT6plex]@K,N-term>``). Global isotopes
        (``<13C>``, ``<15N>``) label residues and modifications. A mass is taken to the
        digits given. Of several descriptions of one modification (``[Oxidation|Obs:+15.99]``) the first that has a
        mass counts.

        Args:
            text: the peptide; spaces around it, ``K.PEPTIDE.R`` and ``_PEPTIDE_`` are accepted.
            charge: precursor charge where the text gives none; at least 1.
        Raises:
            PeptideError: one sentence and, as ``position``, the 0-based index in ``text`` where the trouble is.
        """
        if charge is not None and not 1 <= charge <= MAX_CHARGE:
            raise PeptideError(f"A charge from 1 to {MAX_CHARGE} was expected, not {charge}.", text=text)
        notation = proforma.read(text)
        sites = _written(notation, text)
        _fix(notation, sites, text)
        shifts = {site: math.fsum(m.site.mass for m in placed) for site, placed in sites.items()}
        masses = []
        for i, residue in enumerate(notation.residues):
            if residue == "X" and i in sites and shifts[i] < RESIDUE_MASSES["G"] - 0.01:
                raise PeptideError(
                    f"The gap X of {shifts[i]:.4f} Da is lighter than any residue.",
                    text=text,
                    position=notation.positions[i],
                    remedy="Write a gap with the whole mass of its residues, as X[+113.084].",
                )
            if residue == "X" and i not in sites:
                raise PeptideError(
                    "X has no mass of its own.",
                    text=text,
                    position=notation.positions[i],
                    remedy="Write the residue it is, or a gap of known mass as X[+113.084].",
                )
            mass = RESIDUE_MASSES.get(residue, 0.0) + isotopes.of_residue(residue, notation.isotopes)
            masses.append(mass + shifts.get(i, 0.0))
        _check_positive(masses, shifts, sites, text)
        residue_masses = np.array(masses)
        residue_masses.flags.writeable = False
        order: list[int | str] = ["n_term", *range(len(masses)), "c_term", "labile"]
        return cls(
            text=text,
            residues=notation.residues,
            residue_masses=residue_masses,
            n_term_mass=shifts.get("n_term", 0.0),
            c_term_mass=shifts.get("c_term", 0.0),
            labile_mass=shifts.get("labile", 0.0),
            modifications=tuple(m.site for site in order for m in sites.get(site, ())),
            charge=charge if notation.charge is None else notation.charge,
            isotopes=notation.isotopes,
        )

    def __len__(self) -> int:
        return len(self.residues)

    @property
    def sequence(self) -> str:
        """The residues without their modifications."""
        return "".join(self.residues)

    @property
    def neutral_mass(self) -> float:
        """Monoisotopic mass of the uncharged, intact peptide in Da."""
        return float(self.residue_masses.sum()) + self.n_term_mass + self.c_term_mass + self.labile_mass + WATER

    @property
    def proforma(self) -> str:
        """ProForma in one spelling: Unimod names, fixed modifications written out, charge if known.

        >>> Peptide.parse(" <[UNIMOD:4]@C>CM[U:35]K/2 ").proforma, Peptide.parse("<15N>PEK").proforma
        ('C[Carbamidomethyl]M[Oxidation]K/2', '<15N>PEK')
        """
        tags: dict[int | str, str] = {}
        for site, name, _ in self.modifications:
            tags[site] = tags.get(site, "") + (f"{{{name}}}" if site == "labile" else f"[{name}]")
        parts = [*(f"<{isotope}>" for isotope in self.isotopes), tags.get("labile", "")]
        if "n_term" in tags:
            parts.append(tags["n_term"] + "-")
        parts.extend(residue + tags.get(i, "") for i, residue in enumerate(self.residues))
        if "c_term" in tags:
            parts.append("-" + tags["c_term"])
        if self.charge is not None:
            parts.append(f"/{self.charge}")
        return "".join(parts)

    def mz(self, charge: int | None = None) -> float:
        """m/z in Th of the protonated peptide.

        Args:
            charge: at least 1; the peptide's own where not given.
        Raises:
            PeptideError: neither is known.

        >>> round(Peptide.parse("PEPTIDE").mz(2), 4)
        400.6873
        """
        z = self.charge if charge is None else charge
        if z is None or z < 1:
            raise PeptideError("The m/z needs a charge of at least 1.", text=self.text, remedy="Write it as PEPTIDE/2.")
        return self.neutral_mass / z + PROTON

    def with_charge(self, charge: int | None) -> Peptide:
        """The same peptide at another charge."""
        return replace(self, charge=charge)


def charge_in_force(*known: int | None) -> int | None:
    """The charge that counts, of those that are known: the first, so give the candidate's own before the spectrum's.

    >>> charge_in_force(None, 2), charge_in_force(3, 2), charge_in_force(None, None)
    (2, 3, None)
    """
    return next((charge for charge in known if charge), None)


def _written(notation: Notation, text: str) -> _Sites:
    """The modifications written on residues, ends and as labile."""
    brackets: list[tuple[int | str, tuple[Tag, ...]]] = [("n_term", notation.n_term)]
    brackets.extend(enumerate(notation.tags))
    brackets.extend([("c_term", notation.c_term), ("labile", notation.labile)])
    sites: _Sites = {}
    for site, tags in brackets:
        for tag in tags:
            resolved = resolve_tag(tag, text, notation.isotopes)
            if resolved is not None:
                sites.setdefault(site, []).append(_Placed(ModificationSite(site, *resolved), tag.position))
    return sites


def _fix(notation: Notation, sites: _Sites, text: str) -> None:
    """Add the fixed modifications to ``sites``."""
    ends = {"n_term": notation.residues[0], "c_term": notation.residues[-1]}
    written = {site: [m.site for m in placed] for site, placed in sites.items()}
    for rule in notation.fixed:
        resolved = resolve_tag(rule.tag, text, notation.isotopes)  # a typo is one even where the rule matches nothing
        if resolved is None:
            continue
        targets: dict[int | str, None] = {}  # an ordered set
        for end, residue in rule.targets:
            if end and residue in ("", ends[end]):
                targets[end] = None
            elif not end:
                targets.update((i, None) for i, r in enumerate(notation.residues) if r == residue)
        for site in targets:
            fixed = ModificationSite(site, *resolved)
            if any(abs(m.mass - fixed.mass) < 1e-3 for m in written.get(site, ())):
                raise PeptideError(
                    f"{fixed.name} is fixed and also written on the same site, which would count it twice.",
                    text=text,
                    position=rule.tag.position,
                    remedy="Leave out one of the two.",
                )
            sites.setdefault(site, []).append(_Placed(fixed, rule.tag.position))


def _check_positive(masses: list[float], shifts: dict[int | str, float], sites: _Sites, text: str) -> None:
    for i, residue_mass in enumerate(masses):
        near: list[int | str] = [i]
        if i == 0:
            near.append("n_term")
        if i == len(masses) - 1:
            near.append("c_term")
        mass = residue_mass + sum(min(shifts.get(end, 0.0), 0.0) for end in near[1:])
        # Unimod's Lys-loss takes a whole residue away and leaves rounding behind.
        if mass < -0.001:
            raise PeptideError(
                f"The modifications take more mass than residue {i + 1} has.",
                text=text,
                position=min(m.position for site in near for m in sites.get(site, ())),
            )


def as_peptide(peptide: Peptide | str) -> Peptide:
    """What a ``peptide`` argument means: a peptide, or its text.

    >>> as_peptide("PEM[Oxidation]K/2")
    Peptide.parse('PEM[Oxidation]K/2')
    """
    return Peptide.parse(peptide) if isinstance(peptide, str) else peptide
