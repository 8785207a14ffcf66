"""Reads the content of one ProForma bracket: name and mass."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from peploss.errors import PeptideError
from peploss.foreign import MET
from peploss.peptides.modifications import glycans, unimod, vocabularies
from peploss.peptides.modifications.isotopes import of_modification
from peploss.peptides.proforma import Tag

_MASS_SHIFT = re.compile(r"[+-](?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FORMULA = re.compile(r"(?:\[[0-9]+[A-Z][a-z]?-?[0-9]*\]|[A-Z][a-z]?(?:-?[0-9]+)?|\s)+")
_LABEL = re.compile(r"(#(?!XL|BRANCH)\w+)(?:\([0-9.eE+-]*\))?$")
_MAX_SHIFT = 1e5  # Da
_VOCABULARIES = ("U", "UNIMOD", "M", "MOD", "R", "RESID", "X", "XLMOD", "G", "GNO")


def resolve_tag(tag: Tag, text: str, isotopes: Sequence[str] = ()) -> tuple[str, float] | None:
    """What one bracket adds.

    Args:
        tag: its content, of one or several descriptions between ``|``: the first that has a mass counts, an observed
            mass (``Obs:``) only where nothing else has one.
        text: the peptide it stands in, for errors.
        isotopes: global ones of the peptide, which label its atoms, too.
    Returns:
        Its name in canonical spelling and its mass in Da; None where it holds nothing but ``INFO:``.
    Raises:
        PeptideError: no description has a mass that can be known, or one that is to be labelled has no known atoms.

    >>> resolve_tag(Tag("Obs:+15.99|UNIMOD:35", 2), "M[Obs:+15.99|UNIMOD:35]")
    ('Oxidation', 15.994915)
    """
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
            return _labelled(_described(name, kind, value.strip(), text, place), isotopes, text, place)
        except PeptideError as error:
            problem = problem or error
    if observed is not None:
        return _labelled(observed, isotopes, text, tag.position)
    if problem is not None:
        raise problem
    if informed:
        return None
    raise PeptideError("The brackets are empty.", text=text, position=tag.position, remedy="Name the modification.")


def _labelled(found: tuple[str, float], isotopes: Sequence[str], text: str, place: int) -> tuple[str, float]:
    if not isotopes:
        return found
    name, mass = found
    return _at(place, text, lambda: (name, mass + of_modification(name, isotopes)))


def _described(name: str, kind: str, value: str, text: str, place: int) -> tuple[str, float]:
    if not name:
        raise PeptideError(
            "A modification was expected between the brackets.",
            text=text,
            position=place,
            remedy="Write its Unimod name, as in M[Oxidation], or its mass, as in M[+15.9949].",
        )
    alone = _LABEL.search(name)
    if alone and text.count(alone[1]) == 1:  # a group of one place leaves nothing open
        name = name[: alone.start()].strip()
        value = value[: value.rindex("#")].strip() if "#" in value else value
        return _described(name, kind, value, text, place)
    if "#" in name:
        what = "A cross-link" if re.search("#(XL|BRANCH)", name) else "A modification with several possible positions"
        raise PeptideError(
            f"{what} (#) leaves the masses of fragments open.",
            text=text,
            position=place + name.index("#"),
            remedy="Put the modification on one residue.",
        )
    if name[0] in "+-":
        return name, _mass_shift(name, text, place)
    if kind in _VOCABULARIES and value[:1] in ("+", "-"):
        return value, _mass_shift(value, text, place)
    if re.fullmatch(r"[0-9]+(?:\.[0-9]*)?", name):
        raise PeptideError(
            f"{name} has no sign.",
            text=text,
            position=place,
            remedy=f"A mass shift is written as [+{name}]; the mass of a whole residue is not understood.",
        )
    if kind == "FORMULA":
        return f"Formula:{value}", _formula_mass(value, text, place)
    if kind == "GLYCAN":
        return _at(place, text, lambda: glycans.resolve(value))
    if kind in ("G", "GNO"):
        raise PeptideError(
            "A GNOme accession names a glycan and not its mass.",
            text=text,
            position=place,
            remedy="Write its composition, as in [Glycan:HexNAc2Hex5], or its mass.",
        )
    if kind in vocabularies.KINDS:
        return _at(place, text, lambda: vocabularies.resolve(kind, value))
    return _at(place, text, lambda: _of_unimod(name))


def _at(place: int, text: str, look_up: Callable[[], tuple[str, float]]) -> tuple[str, float]:
    """What a vocabulary says, its errors with their place in the peptide."""
    try:
        return look_up()
    except PeptideError as error:
        raise PeptideError(error.problem, text=text, position=place, remedy=error.remedy) from None


def _of_unimod(name: str) -> tuple[str, float]:
    """Unimod's, else PSI-MOD's: ProForma lets both stand without a prefix."""
    try:
        found = unimod.resolve(name)
    except PeptideError as error:
        if not vocabularies.has_name(name):
            raise error from None
        return vocabularies.resolve("MOD", name)
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
    except (PyteomicsError, *MET) as error:
        raise problem from error
    if not abs(mass) <= _MAX_SHIFT:
        raise problem
    return mass
