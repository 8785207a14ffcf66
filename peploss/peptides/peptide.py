"""One peptide with its modifications: ProForma text -> residue masses."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON, RESIDUE_MASSES, WATER
from peploss.errors import PeptideError
from peploss.peptides import proforma, unimod
from peploss.peptides.proforma import MAX_CHARGE, Tag

_MASS_SHIFT = re.compile(r"[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FORMULA = re.compile(r"(?:\[[0-9]+[A-Z][a-z]?-?[0-9]*\]|[A-Z][a-z]?(?:-?[0-9]+)?|\s)+")
_MAX_SHIFT = 1e5  # Da


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


@dataclass(frozen=True, kw_only=True, eq=False)
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

    @classmethod
    def parse(cls, text: str, charge: int | None = None) -> Peptide:
        """Read a peptide in ProForma 2.0.

        Modifications by Unimod name (``M[Oxidation]``, ``M[U:Oxidation]``), number (``M[UNIMOD:35]``), mass in Da
        (``M[+15.9949]``) or formula (``M[Formula:O]``), on residues, ends (``[Acetyl]-PEPTIDE-[Amidated]``),
        labile (``{Hex}PEPTIDE``) or fixed (``<[Carbamidomethyl]@C>``, ``<[TMT6plex]@K,N-term>``). A mass is taken
        to the digits given. Of several descriptions of one modification (``[Oxidation|Obs:+15.99]``) the first
        that has a mass counts.

        Args:
            text: the peptide; spaces around it, ``K.PEPTIDE.R`` and ``_PEPTIDE_`` are accepted.
            charge: precursor charge where the text gives none; at least 1.
        Raises:
            PeptideError: one sentence and, as ``position``, the 0-based index in ``text`` where the trouble is.
        """
        if charge is not None and not 1 <= charge <= MAX_CHARGE:
            raise PeptideError(f"A charge from 1 to {MAX_CHARGE} was expected, not {charge}.", text=text)
        notation = proforma.read(text)
        masses = [RESIDUE_MASSES.get(residue, 0.0) for residue in notation.residues]
        last = len(masses) - 1
        on: dict[int | str, list[tuple[ModificationSite, int]]] = {}

        def add(site: int | str, tag: Tag) -> None:
            resolved = _resolve(tag, text)
            if resolved is not None:
                on.setdefault(site, []).append((ModificationSite(site, *resolved), tag.position))

        for site, tags in (
            ("n_term", notation.n_term),
            *enumerate(notation.tags),
            ("c_term", notation.c_term),
            ("labile", notation.labile),
        ):
            for tag in tags:
                add(site, tag)
        written = {site: [m for m, _ in found] for site, found in on.items()}
        for rule in notation.fixed:
            sites: dict[int | str, None] = {}
            for end, residue in rule.targets:
                if end:
                    if residue in ("", notation.residues[0 if end == "n_term" else last]):
                        sites[end] = None
                else:
                    sites.update((i, None) for i, r in enumerate(notation.residues) if r == residue)
            for site in sites:
                add(site, rule.tag)
                fixed = on[site][-1][0] if site in on else None
                if fixed and any(abs(m.mass - fixed.mass) < 1e-3 for m in written.get(site, ())):
                    raise PeptideError(
                        f"{fixed.name} is fixed and also written on the same site, which would count it twice.",
                        text=text,
                        position=rule.tag.position,
                        remedy="Leave out one of the two.",
                    )
            if not sites:
                _resolve(rule.tag, text)  # a typo in a rule is a typo even where it matches nothing

        ends = {"n_term": 0.0, "c_term": 0.0, "labile": 0.0}
        for site, found in on.items():
            shift = math.fsum(m.mass for m, _ in found)
            if isinstance(site, str):
                ends[site] += shift
            else:
                masses[site] += shift
        for i, residue in enumerate(notation.residues):
            if residue == "X" and i not in on:
                raise PeptideError(
                    "X has no mass of its own.",
                    text=text,
                    position=notation.positions[i],
                    remedy="Write the residue it is, or a gap of known mass as X[+113.084].",
                )
        _check_positive(masses, ends, on, text)
        residue_masses = np.array(masses)
        residue_masses.flags.writeable = False
        order: list[int | str] = ["n_term", *range(last + 1), "c_term", "labile"]
        return cls(
            text=text,
            residues=notation.residues,
            residue_masses=residue_masses,
            n_term_mass=ends["n_term"],
            c_term_mass=ends["c_term"],
            labile_mass=ends["labile"],
            modifications=tuple(m for site in order for m, _ in on.get(site, ())),
            charge=charge if notation.charge is None else notation.charge,
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

        >>> Peptide.parse(" <[UNIMOD:4]@C>CM[U:35]K/2 ").proforma
        'C[Carbamidomethyl]M[Oxidation]K/2'
        """
        tags: dict[int | str, str] = {}
        for site, name, _ in self.modifications:
            tags[site] = tags.get(site, "") + (f"{{{name}}}" if site == "labile" else f"[{name}]")
        parts = [tags.get("labile", "")]
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


def _resolve(tag: Tag, text: str) -> tuple[str, float] | None:
    """(name, mass) of one bracket's content; None where it holds nothing but INFO."""
    position = tag.position
    problem: PeptideError | None = None
    observed: tuple[str, float] | None = None
    informed = False
    for part in tag.text.split("|"):
        name = part.strip()
        place = position + len(part) - len(part.lstrip())
        position += len(part) + 1
        prefix, colon, value = name.partition(":")
        kind = prefix.upper() if colon else ""
        if kind == "INFO":
            informed = True
            continue
        try:
            if kind == "OBS":
                observed = (name, _mass_shift(value, text, place))
                continue
            return _described(name, kind, value.strip(), text, place)
        except PeptideError as error:
            problem = problem or error
    if observed is not None:
        return observed
    if problem is not None:
        raise problem
    if informed:
        return None
    raise PeptideError("The brackets are empty.", text=text, position=tag.position, remedy="Name the modification.")


def _described(name: str, kind: str, value: str, text: str, place: int) -> tuple[str, float]:
    if not name:
        raise PeptideError(
            "A modification was expected between the brackets.",
            text=text,
            position=place,
            remedy="Write its Unimod name, as in M[Oxidation], or its mass, as in M[+15.9949].",
        )
    if "#" in name:
        what = "A cross-link" if re.search("#(XL|BRANCH)", name) else "A modification with several possible positions"
        raise PeptideError(
            f"{what} (#) leaves the fragment masses open.",
            text=text,
            position=place + name.index("#"),
            remedy="Put the modification on one residue.",
        )
    if name[0] in "+-":
        return name, _mass_shift(name, text, place)
    if kind in ("U", "UNIMOD", "M", "MOD", "R", "RESID", "X", "XLMOD", "G", "GNO") and value[:1] in ("+", "-"):
        return value, _mass_shift(value, text, place)
    if re.fullmatch(r"[0-9]+\.?[0-9]*", name):
        raise PeptideError(
            f"{name} has no sign.",
            text=text,
            position=place,
            remedy=f"A mass shift is written as [+{name}]; the mass of a whole residue is not understood.",
        )
    if kind == "FORMULA":
        return f"Formula:{value}", _formula_mass(value, text, place)
    if kind == "GLYCAN":
        raise PeptideError(
            "Glycan compositions are not supported.",
            text=text,
            position=place,
            remedy="Give the Unimod name, as in [Hex(1)HexNAc(1)], the formula or the mass.",
        )
    try:
        found = unimod.resolve(name)
    except PeptideError as error:
        raise PeptideError(error.problem, text=text, position=place, remedy=error.remedy) from None
    return found.name, found.mass


def _mass_shift(written: str, text: str, place: int) -> float:
    mass = float(written) if _MASS_SHIFT.fullmatch(written) else math.nan
    if not abs(mass) <= _MAX_SHIFT:  # NaN too
        raise PeptideError(
            f"{written[:40]!r} is not a mass shift between -100,000 and +100,000 Da.",
            text=text,
            position=place,
            remedy="Write it as [+15.9949].",
        )
    return mass


def _formula_mass(formula: str, text: str, place: int) -> float:
    problem = PeptideError(
        f"{formula[:40]!r} is not a chemical formula.",
        text=text,
        position=place,
        remedy="Write it as [Formula:C2H3NO].",
    )
    if not _FORMULA.fullmatch(formula):
        raise problem
    from pyteomics.auxiliary import PyteomicsError
    from pyteomics.proforma import FormulaModification  # a second to import, and formulas are rare

    try:
        mass = float(FormulaModification(formula).mass)
    except (PyteomicsError, KeyError, ValueError) as error:
        raise problem from error
    if not abs(mass) <= _MAX_SHIFT:
        raise problem
    return mass


def _check_positive(
    masses: list[float],
    ends: dict[str, float],
    on: dict[int | str, list[tuple[ModificationSite, int]]],
    text: str,
) -> None:
    for i, mass in enumerate(masses):
        sites: tuple[int | str, ...] = (i,)
        if i == 0:
            mass, sites = mass + min(ends["n_term"], 0.0), (*sites, "n_term")
        if i == len(masses) - 1:
            mass, sites = mass + min(ends["c_term"], 0.0), (*sites, "c_term")
        # Unimod's Lys-loss takes a whole residue away and leaves rounding behind.
        if mass < -0.001:
            place = min((p for site in sites for _, p in on.get(site, ())), default=None)
            raise PeptideError(f"The modifications take more mass than residue {i + 1} has.", text=text, position=place)
