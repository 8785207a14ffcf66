"""Reads pepXML of the Trans-Proteomic Pipeline, Comet, MSFragger and others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from peploss.constants import HYDROGEN, PROTON, RESIDUE_MASSES, WATER
from peploss.dataset.tables.columns.names import NEUTRAL, number
from peploss.dataset.tables.formats.xml import Hit, children, read_hits
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import PeptideError
from peploss.peptides.notations import placed
from peploss.peptides.notations.whole_masses import whole
from peploss.peptides.peptide import Peptide

ROUNDED: Final = 0.01  # Da: files round the masses of ends, and no modification is as light as that
_SCORES: Final = ("hyperscore", "xcorr", "Morpheus Score", "ionscore", "kojak_score", "pvalue", "expect")
_Q_VALUES: Final = ("Percolator q-Value", "q-value", "qvalue")
_ENDS: Final = {"n": HYDROGEN, "c": WATER - HYDROGEN}


def read_pepxml(path: Path) -> PsmTable:
    """Read every search hit. Static modifications that only the search summary lists are put on.

    Raises:
        SourceError: it is not pepXML, or has no hits.
    """
    table = PsmTable(str(path), "pepxml", [], mass_column="calc_neutral_pep_mass", mass_meanings=(NEUTRAL,),
                     shift_column="massdiff")  # fmt: skip
    static: dict[str, float] = {}
    first = 0

    def hits(kind: str, element: Any) -> Iterator[Hit]:
        nonlocal static, first
        if kind == "search_summary":
            static = _static(element)
        elif kind == "msms_run_summary":  # its attributes are known at its end, and its PSMs before it
            run = sys.intern(element.get("base_name") or "")
            for psm in table.psms[first:]:
                psm.run = psm.run or run
            first = len(table.psms)
        else:
            for result in children(element, "search_result"):
                for hit in children(result, "search_hit"):
                    yield partial(_psm, element, hit, static)

    return read_hits(table, ("search_summary", "spectrum_query", "msms_run_summary"), "pepXML", hits)


def _static(summary: Any) -> dict[str, float]:
    """Masses of modified residues and ends that every peptide of the search has, by residue, ``n`` or ``c``."""
    found = {}
    for entry in children(summary, "aminoacid_modification", "terminal_modification"):
        if (entry.get("variable") or "N").upper() != "N" or (entry.get("protein_terminus") or "N").upper() == "Y":
            continue
        site = entry.get("aminoacid") or (entry.get("terminus") or "").lower()
        difference = number(entry.get("massdiff") or "")
        if site and difference:
            found[site] = difference
    return found


def _psm(query: Any, hit: Any, static: dict[str, float], line: int) -> Psm:
    sequence = (hit.get("peptide") or "").strip()
    if not sequence:
        raise ValueError("There is no peptide.")
    sites: dict[int, str] = {}
    for info in children(hit, "modification_info"):
        for end, attribute, at in (("n", "mod_nterm_mass", 0), ("c", "mod_cterm_mass", len(sequence) + 1)):
            if tag := _end(info.get(attribute) or "", end):
                sites[at] = tag
        for entry in children(info, "mod_aminoacid_mass"):
            at = int(entry.get("position") or 0)
            if not 1 <= at <= len(sequence):
                raise ValueError(f"A modification stands at position {at} of {sequence}.")
            if tag := _residue(entry.get("mass") or "", sequence[at - 1]):
                sites[at] = tag
    mass = number(hit.get("calc_neutral_pep_mass") or "")
    peptide = _with_static(sequence, sites, static, mass)
    charge = int(query.get("assumed_charge") or 0) or None
    observed = number(query.get("precursor_neutral_mass") or "")
    scores = {s.get("name"): s.get("value") or "" for s in hit.iter("{*}search_score")}
    proteins = [hit.get("protein"), *(p.get("protein") for p in children(hit, "alternative_protein"))]
    keys: dict[str, str | int] = {}
    if native := query.get("spectrumNativeID"):
        keys["native id"] = native
    if (query.get("start_scan") or "").isdigit():
        keys["scan"] = int(query.get("start_scan"))
    score = next((s for s in (*_SCORES, *scores) if number(scores.get(s, "")) is not None), "")
    return Psm(
        peptide=f"{peptide}/{charge}" if charge else peptide,
        spectrum=query.get("spectrum") or native or str(keys.get("scan", "")),
        line=line,
        charge=charge,
        precursor_mz=None if observed is None or not charge else observed / charge + PROTON,
        rt=number(query.get("retention_time_sec") or ""),
        rank=int(hit.get("hit_rank") or 0) or None,
        score=number(scores.get(score, "")),
        q_value=next((q for n in _Q_VALUES if (q := number(scores.get(n, ""))) is not None), None),
        protein=sys.intern(";".join(p for p in proteins if p)),
        keys=keys,
        mass=mass,
        mass_shift=number((hit.get("massdiff") or "").removeprefix("+-")),
    )


def _with_static(sequence: str, sites: dict[int, str], static: dict[str, float], mass: float | None) -> str:
    """With the static modifications that the hit does not list itself, unless its own mass denies them."""
    own = placed(sequence, sorted(sites.items()))
    added = dict(sites)
    for site, difference in static.items():
        places = [0] if site == "n" else [len(sequence) + 1] if site == "c" else [
            at for at, residue in enumerate(sequence, start=1) if residue == site
        ]  # fmt: skip
        for at in places:
            added.setdefault(at, f"{difference:+.6f}")
    if added == sites:
        return own
    every = placed(sequence, sorted(added.items()))
    if mass is None:
        return every
    try:
        off, off_every = (abs(Peptide.parse(p).neutral_mass - mass) for p in (own, every))
    except PeptideError:  # told when it is resolved
        return every
    return every if off_every <= off else own


def _residue(mass: str, residue: str) -> str:
    """The tag of a residue by the mass of the whole of it, ``""`` where it has none."""
    value = number(mass)
    if value is None or residue not in RESIDUE_MASSES:
        raise ValueError(f"The mass {mass!r} of a modified {residue} cannot be read.")
    difference = value - RESIDUE_MASSES[residue]
    return "" if abs(difference) < ROUNDED else whole(mass, residue) or f"{difference:+.6f}"


def _end(mass: str, end: str) -> str:
    value = number(mass)
    if value is None:
        return ""
    difference = value - _ENDS[end]
    return "" if abs(difference) <= ROUNDED else whole(mass, end) or f"{difference:+.6f}"
