"""Reads X!Tandem's XML."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from peploss.constants import PROTON
from peploss.dataset.tables.columns.names import PROTONATED, number
from peploss.dataset.tables.formats.xml import Hit, children, read_hits
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import SourceError
from peploss.peptides.notations import placed


class _Domain(NamedTuple):
    """A place of a protein that a spectrum fits: sequence, (residue, place, mass, mutation) of each change."""

    sequence: str
    changes: tuple[tuple[str, int, str, str], ...]
    start: int
    mass: float | None
    expect: float | None
    protein: str


def read_xtandem(path: Path) -> PsmTable:
    """Read every model. A peptide in several proteins is one PSM; modifications of an end are on its residue.

    Raises:
        SourceError: it is not X!Tandem's XML, or has no models.
    """
    table = PsmTable(str(path), "xtandem", [], mass_column="mh", mass_meanings=(PROTONATED,))
    run = _run(path)
    waiting: list[_Domain] = []
    title = ""

    def hits(kind: str, element: Any) -> Iterator[Hit]:
        nonlocal title
        if kind == "domain":
            waiting.append(_domain(element))
        elif kind == "note" and element.get("label") == "Description":
            title = (element.text or "").strip()
        elif kind == "group" and element.get("type") == "model":
            found: dict[tuple[Any, ...], list[_Domain]] = {}
            for domain in waiting:
                changes = tuple((r, at - domain.start, mass, new) for r, at, mass, new in domain.changes)
                found.setdefault((domain.sequence, changes), []).append(domain)
            for same in found.values():
                yield partial(_psm, same, dict(element.attrib), title, run)
            waiting.clear()
            title = ""

    return read_hits(table, ("domain", "note", "group"), "X!Tandem XML", hits)


def _run(path: Path) -> str:
    """The file of spectra that the first element's label names."""
    try:
        with path.open("rb") as file:
            _, root = next(iter(etree.iterparse(file, events=("start",), resolve_entities=False, no_network=True)))
    except (etree.XMLSyntaxError, StopIteration) as error:
        raise SourceError(f"This is not X!Tandem XML: {error}"[:300], where=str(path)) from error
    named = re.search(r"from '([^']*)'", root.get("label") or "")
    return sys.intern(named[1]) if named else ""


def _domain(element: Any) -> _Domain:
    protein = next((p.get("label") or "" for p in element.iterancestors("{*}protein")), "")
    changes = tuple(
        (c.get("type") or "", int(number(c.get("at") or "") or 0), c.get("modified") or "", c.get("pm") or "")
        for c in children(element, "aa")
    )
    return _Domain(
        (element.get("seq") or "").strip(),
        changes,
        int(number(element.get("start") or "") or 0),
        number(element.get("mh") or ""),
        number(element.get("expect") or ""),
        protein,
    )


def _psm(domains: list[_Domain], about: dict[str, str], title: str, run: str, line: int) -> Psm:
    first = domains[0]
    residues = list(first.sequence)
    sites: list[tuple[int, str]] = []
    for residue, place, mass, mutation in first.changes:
        at = place - first.start
        if not 0 <= at < len(residues) or residue != first.sequence[at]:
            raise ValueError(f"A modification of {residue!r} at {place} is not in {first.sequence} from {first.start}.")
        if mutation:
            residues[at] = mutation
        elif number(mass) is None:
            raise ValueError(f"The modification of {residue} at {place} has no mass.")
        else:
            sites.append((at + 1, f"{number(mass):+.5f}"))
    if not residues:
        raise ValueError("There is no peptide.")
    charge = int(number(about.get("z", "")) or 0) or None
    protonated = number(about.get("mh", ""))
    peptide = placed("".join(residues), sorted(sites))
    decoys = {d.protein.startswith("DECOY_") or d.protein.endswith(":reversed") for d in domains}
    return Psm(
        peptide=f"{peptide}/{charge}" if charge else peptide,
        spectrum=title or about.get("id", ""),
        line=line,
        run=run,
        charge=charge,
        precursor_mz=None if protonated is None or not charge else (protonated - PROTON) / charge + PROTON,
        rt=_seconds(about.get("rt", "")),
        score=-math.log(first.expect) if first.expect else None,
        label="target" if False in decoys else "decoy",
        protein=sys.intern(";".join(dict.fromkeys(d.protein for d in domains if d.protein))),
        keys={} if title else {"scan": int(about["id"])} if about.get("id", "").isdigit() else {},
        mass=first.mass,
    )


def _seconds(text: str) -> float | None:
    """A retention time, also as XML writes durations."""
    found = re.fullmatch(r"PT([\d.]+)S", text)
    return number(found[1] if found else text)
