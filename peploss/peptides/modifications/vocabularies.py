"""Modifications of PSI-MOD, RESID and XL-MOD -> masses, from the vocabularies that psims carries on disk.

PSI-MOD names the entries of Unimod and RESID that mean the same. Where it names one of Unimod, and the masses agree,
the modification is Unimod's: one modification has one name here.

Source:
    PSI-MOD (Montecchi-Palazzi et al., Nat. Biotechnol. 26 (2008) 864) and XLMOD, as distributed with psims; the RESID
    accessions are those that PSI-MOD names.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from peploss.errors import PeplossError, PeptideError
from peploss.peptides.modifications import unimod

_FOLDER: Final = Path("controlled_vocabulary", "vendor")
_FILES: Final = {"MOD": "psi-mod.obo.gz", "XLMOD": "XLMOD.obo.gz"}
_KINDS: Final = {"M": "MOD", "MOD": "MOD", "R": "RESID", "RESID": "RESID", "X": "XLMOD", "XLMOD": "XLMOD"}
_TITLES: Final = {"MOD": "PSI-MOD", "RESID": "RESID", "XLMOD": "XL-MOD"}
_REMEDY: Final = "Give its Unimod name or number ([UNIMOD:35]) or its mass ([+15.9949])."
_SAME: Final = 2e-3  # Da by which the masses of one modification differ between vocabularies

KINDS: Final = frozenset(_KINDS)
"""Prefixes that ``resolve`` knows."""


class _Term(NamedTuple):
    """An entry: its accession, names, mass in Da (None where it has none), the entries said to be the same, and how
    many residues it holds together."""

    accession: str
    names: tuple[str, ...]
    mass: float | None
    unimod: tuple[int, ...]
    resid: tuple[str, ...]
    ends: int


def resolve(kind: str, value: str) -> tuple[str, float]:
    """A modification by accession or name.

    Args:
        kind: the prefix, one of ``KINDS`` in upper case; the short ones are of names.
        value: what stands behind the colon.
    Returns:
        Its name as ProForma writes it, and its mass in Da.
    Raises:
        PeptideError: there is no such entry, or it has no mass.

    >>> resolve("MOD", "00719"), resolve("RESID", "AA0581"), resolve("MOD", "00425")
    (('Oxidation', 15.994915), ('Oxidation', 15.994915), ('Oxidation', 15.994915))
    """
    vocabulary = _KINDS[kind]
    title, shown = _TITLES[vocabulary], value[:60]
    found = _terms("XLMOD" if vocabulary == "XLMOD" else "MOD")[vocabulary].get(_key(vocabulary, value))
    if not found:
        raise PeptideError(f"{title} has no modification {shown!r}.", remedy=_REMEDY)
    weighed = [(term.mass, term) for term in found if term.mass is not None]
    masses = sorted({round(mass, 6) for mass, _ in weighed})
    if not masses:
        raise PeptideError(f"{title} gives no mass for {shown!r} ({found[0].names[0]}).", remedy=_REMEDY)
    if masses[-1] - masses[0] > _SAME:
        listed = ", ".join(f"{mass:+g}" for mass in masses)
        raise PeptideError(f"{shown!r} of {title} means modifications of several masses ({listed}).", remedy=_REMEDY)
    mass, term = weighed[0]
    if term.ends > 1:
        raise PeptideError(
            f"{shown!r} of {title} ({term.names[0]}) is a cross-linker of {term.ends} ends; the text does not say what "
            "the others hold.",
            remedy="For a dead end give its own entry, as in [XLMOD:01002] (hydrolyzed DSS), or its mass.",
        )
    for number in term.unimod:
        same = unimod.by_number(number)
        if same is not None and abs(same.mass - mass) <= _SAME:
            return same.name, same.mass
    return term.accession, mass


def has_name(name: str) -> bool:
    """Whether PSI-MOD has an entry of that name, whatever its case."""
    return name.strip().lower() in _terms("MOD")["MOD"]


def _key(vocabulary: str, value: str) -> str:
    """An accession as it is kept, else a name in lower case."""
    value = value.strip()
    if vocabulary == "RESID":
        return value.upper() if re.fullmatch(r"(?i)AA\d{4}", value) else value.lower()
    return f"{vocabulary}:{value}" if re.fullmatch(r"\d{5}", value) else value.lower()


@cache
def _terms(file: str) -> Mapping[str, Mapping[str, tuple[_Term, ...]]]:
    """Entries by vocabulary, and in it by accession and by name in lower case."""
    found: dict[str, dict[str, list[_Term]]] = {"MOD": {}, "RESID": {}, "XLMOD": {}}
    for term in _read(file):
        keys = [term.accession, *(name.lower() for name in term.names[:1])]
        for key in keys:
            found[file].setdefault(key, []).append(term)
        for key in (*term.resid, *(name.lower() for name in term.names[1:])) if file == "MOD" else ():
            found["RESID"].setdefault(key, []).append(term)
    return MappingProxyType({
        name: MappingProxyType({key: tuple(terms) for key, terms in keys.items()}) for name, keys in found.items()
    })  # fmt: skip


def _read(file: str) -> Iterator[_Term]:
    """The entries of one vocabulary that are not obsolete; behind its own name stand those of RESID."""
    spec = find_spec("psims")
    folder = None if spec is None or not spec.submodule_search_locations else Path(spec.submodule_search_locations[0])
    if folder is None or not (folder / _FOLDER / _FILES[file]).is_file():
        raise PeplossError(
            f"The vocabulary {_FILES[file]} that psims carries is not there.",
            remedy="Reinstall it: pip install --force-reinstall psims.",
        )
    with gzip.open(folder / _FOLDER / _FILES[file], "rt", encoding="utf-8") as text:
        for stanza in re.split(r"\n(?=\[)", text.read()):
            if stanza.startswith("[Term]") and "\nis_obsolete: true" not in stanza:
                yield _term(stanza)


def _term(stanza: str) -> _Term:
    accession = re.search(r"^id: (\S+)", stanza, re.M)
    name = re.search(r"^name: (.*)", stanza, re.M)
    mass = re.search(r'^xref: DiffMono: "(-?[\d.]+)"|^property_value: monoIsotopicMass: "(-?[\d.]+)"', stanza, re.M)
    same = re.search(r"^def: .*\[([^\]]*)\]\s*$", stanza, re.M)
    ends = re.search(r'^property_value: reactionSites: "(\d)"', stanza, re.M)
    resid_names = re.findall(r'^synonym: "([^"]*)" EXACT RESID-name', stanza, re.M)
    other = same[1] if same else ""
    return _Term(
        accession[1] if accession else "",
        (name[1].strip() if name else "", *resid_names),
        float(mass[1] or mass[2]) if mass else None,
        tuple(int(number) for number in re.findall(r"\bUnimod:(\d+)", other)),
        tuple(re.findall(r"\bRESID:(AA\d{4})", other)),
        int(ends[1]) if ends else 1,
    )
