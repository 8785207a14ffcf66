"""Looks up modifications in the Unimod that psims carries on disk; never uses the network."""

from __future__ import annotations

import difflib
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from peploss.errors import PeplossError, PeptideError
from peploss.peptides.modifications.close_names import CloseNames

_TABLES = Path("controlled_vocabulary", "vendor", "unimod_tables.xml.gz")
_NAMESPACE = "{http://www.unimod.org/xmlns/schema/unimod_tables_1}"

_ABBREVIATIONS = {  # MaxQuant's and other common short forms: never resolved, only suggested
    "ox": "Oxidation",
    "ac": "Acetyl",
    "ph": "Phospho",
    "de": "Deamidated",
    "gl": "Gln->pyro-Glu",
    "me": "Methyl",
    "cam": "Carbamidomethyl",
    "carbamidomethylation": "Carbamidomethyl",
    "tmt": "TMT6plex",
}

_LONGEST_NAME = 200  # letters; for a longer text nothing is suggested

_OTHER_VOCABULARIES = {
    "M": "PSI-MOD",
    "MOD": "PSI-MOD",
    "R": "RESID",
    "RESID": "RESID",
    "X": "XL-MOD",
    "XLMOD": "XL-MOD",
    "G": "GNOme",
    "GNO": "GNOme",
}


@dataclass(frozen=True)
class Modification:
    """A modification with its mass.

    Args:
        name: what ProForma calls it: Unimod's PSI-MS name, its interim name where it has none, or the text of a
            mass shift or formula.
        unimod_id: Unimod's record number; None where it does not come from Unimod.
        mass: monoisotopic mass it adds, in Da.

    >>> resolve("Oxidation")
    Modification(name='Oxidation', unimod_id=35, mass=15.994915)
    """

    name: str
    unimod_id: int | None
    mass: float


@dataclass(frozen=True)
class _Tables:
    by_id: Mapping[int, Modification]
    by_name: Mapping[str, int | None]  # None: the name is shared by several entries
    by_lower_name: Mapping[str, int | None]
    spellings: tuple[tuple[str, str], ...]  # (lower-case spelling, canonical name), for suggestions


def resolve(name_or_id: str | int) -> Modification:
    """Look a modification up in Unimod.

    Args:
        name_or_id: a Unimod name (PSI-MS name, interim name, full name or synonym; case matters only where it
            tells two entries apart), a record number, or either with the prefix ``U:`` or ``UNIMOD:``.
    Raises:
        PeptideError: Unimod has no such entry (with the names that come close), the name means several entries, or
            an accession of another vocabulary (PSI-MOD, RESID, XL-MOD, GNOme) was given.
    Source:
        Unimod (www.unimod.org), as distributed with psims.

    >>> resolve("UNIMOD:35") == resolve("U:Oxidation") == resolve("oxidation") == resolve(35)
    True
    >>> resolve("Carbamidometyl")
    Traceback (most recent call last):
    ...
    peploss.errors.PeptideError: Unimod has no modification 'Carbamidometyl'. Did you mean Carbamidomethyl?
    """
    if isinstance(name_or_id, int):
        return _by_id(name_or_id)
    given = name_or_id.strip()
    prefix, colon, rest = given.partition(":")
    if colon and prefix.upper() in ("U", "UNIMOD"):
        rest = rest.strip()
        return _by_id(int(rest)) if re.fullmatch("[0-9]{1,9}", rest) else _by_name(rest)
    if colon and prefix.upper() in _OTHER_VOCABULARIES:
        raise PeptideError(
            f"{given[:60]!r} is from {_OTHER_VOCABULARIES[prefix.upper()]}, not from Unimod.",
            remedy="Give its Unimod name or number ([UNIMOD:35]) or its mass ([+15.9949]).",
        )
    return _by_name(given)


def by_number(number: int) -> Modification | None:
    """The entry of a record number, None where there is none."""
    return _tables().by_id.get(number)


def suggestions(name: str, limit: int = 3) -> list[str]:
    """Unimod names that come close to ``name``, best first, at most ``limit``; takes milliseconds.

    >>> suggestions("Carbamidometyl")[0], suggestions("phosphorylaton")[0], suggestions("qqqqqq")
    ('Carbamidomethyl', 'Phospho', [])
    """
    if len(name) > _LONGEST_NAME:
        return []
    wanted = re.sub(r"(?<!\s)\s*+\(.*", "", name.strip().lower())  # "oxidation (m)", as search engines write it
    tables = _tables()
    canonical = dict(tables.spellings)
    found: dict[str, None] = {}  # an ordered set
    if wanted in _ABBREVIATIONS:
        found[_ABBREVIATIONS[wanted]] = None
    if wanted in canonical:
        found[canonical[wanted]] = None
    for spelling in _close().to(wanted, 3 * limit, 0.7):
        found.setdefault(canonical[spelling])
    if not found and len(wanted) >= 4:  # "oxidized"
        start = sorted((len(s), s) for s in canonical if s.startswith(wanted[:4]))
        found.update((canonical[spelling], None) for _, spelling in start)
    if len(wanted) >= 2:  # "pyro-glu" is too far from "Gln->pyro-Glu" for a ratio
        inside = sorted((not s.startswith(wanted), len(s), s) for s in canonical if wanted in s)
        for _, _, spelling in inside:
            found.setdefault(canonical[spelling])
    return list(found)[:limit]


@cache
def _close() -> CloseNames:
    return CloseNames(dict(_tables().spellings))


def _by_id(number: int) -> Modification:
    try:
        return _tables().by_id[number]
    except KeyError:
        raise PeptideError(
            f"Unimod has no modification number {number}.", remedy="Oxidation is UNIMOD:35, for example."
        ) from None


@lru_cache(maxsize=4096)
def _by_name(name: str) -> Modification:
    tables = _tables()
    for known, spelling in ((tables.by_name, name), (tables.by_lower_name, name.lower())):
        if spelling in known:
            number = known[spelling]
            if number is None:
                raise PeptideError(
                    f"{name!r} means more than one Unimod modification.", remedy="Give its number, as in [UNIMOD:35]."
                )
            return tables.by_id[number]
    close = suggestions(name)
    if close and difflib.SequenceMatcher(None, name.lower(), close[0].lower()).ratio() >= 0.85:
        close = close[:1]  # a slip of the finger: one answer
    hint = f"Did you mean {', '.join(close[:-1])}{' or ' if close[:-1] else ''}{close[-1]}?" if close else None
    shown = name if len(name) <= 60 else name[:57] + "..."
    raise PeptideError(
        f"Unimod has no modification {shown!r}.", remedy=hint or "Give its mass instead, as in [+15.9949]."
    )


def atoms(number: int) -> Mapping[str, int]:
    """The atoms that an entry adds, natural ones (``C``) apart from isotopes (``13C``).

    >>> dict(sorted(atoms(1).items())), atoms(188)["C"], atoms(188)["13C"]
    ({'C': 2, 'H': 2, 'O': 1}, -6, 6)
    """
    return _compositions().get(number, MappingProxyType({}))


@cache
def _compositions() -> Mapping[int, Mapping[str, int]]:
    root = _root()
    names = {row.get("record_id"): row.get("brick") for row in root.find(f"{_NAMESPACE}bricks")}
    of_brick: dict[str, dict[str, int]] = {}
    for row in root.find(f"{_NAMESPACE}brick2element"):
        own = of_brick.setdefault(names[row.get("brick_key")], {})
        own[row.get("element")] = own.get(row.get("element"), 0) + int(row.get("num_element"))
    found: dict[int, dict[str, int]] = {}
    for row in root.find(f"{_NAMESPACE}mod2brick"):
        own = found.setdefault(int(row.get("mod_key")), {})
        for element, count in of_brick.get(row.get("brick"), {}).items():
            own[element] = own.get(element, 0) + count * int(row.get("num_brick"))
    return found


def _root() -> Any:
    """The tables as XML."""
    # find_spec, not importlib.resources: the latter imports psims, which takes a second and loads sqlalchemy.
    from lxml import etree

    spec = find_spec("psims")
    path = None if spec is None or not spec.submodule_search_locations else Path(spec.submodule_search_locations[0])
    if path is None or not (path / _TABLES).is_file():
        raise PeplossError(
            f"The Unimod tables that psims carries ({_TABLES.as_posix()}) are not there.",
            remedy="Reinstall it: pip install --force-reinstall psims.",
        )
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    with gzip.open(path / _TABLES) as file:
        return etree.parse(file, parser).getroot()


@cache
def _tables() -> _Tables:
    root = _root()
    by_id: dict[int, Modification] = {}
    ranked: list[list[tuple[str, int]]] = [[], [], [], []]  # PSI-MS, interim, full names, synonyms
    for row in root.find(f"{_NAMESPACE}modifications"):
        number = int(row.get("record_id"))
        names = [row.get(key).strip() for key in ("ex_code_name", "code_name", "full_name")]
        by_id[number] = Modification(names[0] or names[1], number, float(row.get("mono_mass")))
        ranked[0].append((by_id[number].name, number))
        ranked[1].append((names[1], number))
        ranked[2].append((names[2], number))
    ranked[3].extend(
        (row.get("alt_name").strip(), int(row.get("mod_key"))) for row in root.find(f"{_NAMESPACE}alt_names")
    )

    by_name: dict[str, int | None] = {}
    by_lower_name: dict[str, int | None] = {}
    spellings: dict[str, str] = {}
    for rank, names_of_rank in enumerate(ranked):
        exact: dict[str, set[int]] = {}
        lower: dict[str, set[int]] = {}
        for name, number in names_of_rank:
            if name and number in by_id:
                exact.setdefault(name, set()).add(number)
                lower.setdefault(name.lower(), set()).add(number)
        # A better rank wins; within one rank a name shared by several entries names none of them.
        for name, numbers in exact.items():
            by_name.setdefault(name, next(iter(numbers)) if len(numbers) == 1 else None)
        for name, numbers in lower.items():
            number_or_none = next(iter(numbers)) if len(numbers) == 1 else None
            by_lower_name.setdefault(name, number_or_none)
            if rank < 3 and number_or_none is not None:  # synonyms hold whole sentences: nothing to suggest
                spellings.setdefault(name, by_id[number_or_none].name)
    return _Tables(
        MappingProxyType(by_id), MappingProxyType(by_name), MappingProxyType(by_lower_name), tuple(spellings.items())
    )
