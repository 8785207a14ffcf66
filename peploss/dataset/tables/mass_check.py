"""The masses that a table states, against those of its peptides as read."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.dataset.tables.columns import PER_CHARGE, PROTONATED
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import PeptideError
from peploss.peptides.modifications.fixed import free_sites, with_fixed
from peploss.peptides.peptide import Peptide

WITHIN: Final = 0.02
"""Da by which the masses may differ: tables write them with two digits at worst."""
ENOUGH: Final = 0.9
"""Share of a table's PSMs that fixed modifications have to explain."""
SAMPLE: Final = 400
"""PSMs by which fixed modifications are looked for."""

_OF_CYSTEINE: Final = (
    "", "Carbamidomethyl", "Methylthio", "Carboxymethyl", "Propionamide", "Nethylmaleimide", "Pyridylethyl",
)  # fmt: skip
_LABELS: Final = (
    "TMT6plex", "TMTpro", "iTRAQ4plex", "iTRAQ8plex", "Dimethyl", "Dimethyl:2H(4)", "Dimethyl:2H(6)13C(2)", "mTRAQ",
    "Propionyl",
)  # fmt: skip
_LABELLED: Final = (("K", "N-term"), ("K",), ("N-term",))
_HEAVY_K: Final = ("", "Label:13C(6)15N(2)", "Label:13C(6)", "Label:2H(4)")
_HEAVY_R: Final = ("", "Label:13C(6)15N(4)", "Label:13C(6)")
SITES: Final = ("C", "K", "R", "N-term")

Fixed = dict[str, str]
"""Modifications by residue, or ``N-term`` or ``C-term``."""


def check_masses(table: PsmTable) -> None:
    """Compare each PSM's mass with the table's; add fixed modifications that explain the difference, mark the rest.

    Sets ``mass_difference`` of every PSM whose table states a mass, and says in ``notes`` what was done.
    """
    if not table.mass_meanings:
        return
    psms = [p for p in table.psms if p.mass is not None and np.isfinite(p.mass) and p.mass > 0]
    masses = _masses([p.peptide for p in psms])
    known = np.isfinite(masses)
    if not known.any():
        return
    meant = max(table.mass_meanings, key=lambda m: _share(psms, masses, m))
    stated = _stated(psms, meant)
    differences = stated - masses
    fixed = explained(
        [p.peptide for p, k in zip(psms, known & np.isfinite(stated), strict=True) if k],
        differences[known & np.isfinite(stated)],
    )
    if fixed:
        differences = _apply(table, psms, stated, masses, fixed)
    _mark(table, psms, differences)


def explained(peptides: Sequence[str], differences: NDArray[np.float64]) -> Fixed:
    """The fixed modifications that explain what peptides lack, the fewest that do; none where nothing does, or several.

    Args:
        peptides: N in ProForma.
        differences: (N,) Da, stated mass less the mass as read.
    """
    lacking = np.abs(differences) > WITHIN
    if not lacking.any():
        return {}
    # The sample holds what lacks mass before what does not, but as much as there is of both.
    order = np.concatenate([np.flatnonzero(lacking)[: SAMPLE // 2], np.flatnonzero(~lacking)[: SAMPLE // 2]])
    counts = np.array([[free_sites(peptides[i], s) for s in SITES] for i in order], dtype=float)
    wanted = differences[order]
    before = float((np.abs(wanted) <= WITHIN).mean())
    best, found = max(ENOUGH, before + 1e-9), list[Fixed]()
    for fixed in _candidates():
        deltas = np.array([_delta(fixed[s]) if s in fixed else 0.0 for s in SITES])
        share = float((np.abs(wanted - counts @ deltas) <= WITHIN).mean())
        if share >= best:
            found = [*(found if share == best else []), fixed]
            best = share
    there = {s for s, n in zip(SITES, counts.sum(axis=0), strict=True) if n}
    fewest = [{s: m for s, m in f.items() if s in there} for f in found if len(f) == len(found[0])]
    if len({frozenset(f) for f in fewest}) != 1:
        return {}  # of several places that explain it alike, none is known

    def off(fixed: Fixed) -> float:  # TMTpro and iTRAQ8plex differ by 0.002 Da
        deltas = np.array([_delta(fixed[s]) if s in fixed else 0.0 for s in SITES])
        return float(np.median(np.abs(wanted - counts @ deltas)))

    return min(fewest, key=off)


def _candidates() -> list[Fixed]:
    labels: list[Fixed] = [{}]
    labels += [dict.fromkeys(sites, label) for label in _LABELS for sites in _LABELLED]
    labels += [
        {k: v for k, v in (("K", heavy_k), ("R", heavy_r)) if v}
        for heavy_k, heavy_r in itertools.product(_HEAVY_K, _HEAVY_R)
        if heavy_k or heavy_r
    ]
    every = itertools.product(_OF_CYSTEINE, labels)
    found = [({"C": cysteine} if cysteine else {}) | label for cysteine, label in every]
    return sorted(filter(None, found), key=len)


def _delta(tag: str) -> float:
    from peploss.peptides.modifications import unimod

    return unimod.resolve(tag).mass


def _masses(peptides: Sequence[str]) -> NDArray[np.float64]:
    found: dict[str, float] = {}
    for text in peptides:
        if text not in found:
            try:
                found[text] = Peptide.parse(text).neutral_mass
            except PeptideError:  # told when the peptide is resolved
                found[text] = np.nan
    return np.array([found[t] for t in peptides], dtype=float)


def _stated(psms: Sequence[Psm], meant: str) -> NDArray[np.float64]:
    """Neutral masses that the table states; NaN where an m/z has no charge."""
    given = np.array([p.mass for p in psms], dtype=float)
    if meant == PROTONATED:
        return given - PROTON
    if meant == PER_CHARGE:
        charge = np.array([p.charge or np.nan for p in psms], dtype=float)
        return (given - PROTON) * charge
    return given


def _share(psms: Sequence[Psm], masses: NDArray[np.float64], meant: str) -> float:
    """How many PSMs fit a meaning of the column, with fixed modifications where there are any."""
    differences = _stated(psms, meant) - masses
    good = np.isfinite(differences)
    if not good.any():
        return 0.0
    plain = float((np.abs(differences[good]) <= WITHIN).mean())
    if plain >= ENOUGH:
        return plain
    fixed = explained([p.peptide for p, k in zip(psms, good, strict=True) if k], differences[good])
    return max(plain, ENOUGH - 1e-9 if fixed else 0.0)


def _apply(
    table: PsmTable,
    psms: Sequence[Psm],
    stated: NDArray[np.float64],
    masses: NDArray[np.float64],
    fixed: Fixed,
) -> NDArray[np.float64]:
    """Put them on every PSM whose mass they explain, and on those without a mass."""
    place = {id(p): i for i, p in enumerate(psms)}
    deltas = {site: _delta(modification) for site, modification in fixed.items()}
    residues = dict.fromkeys(fixed, 0)
    touched = dict.fromkeys(fixed, 0)
    cache: dict[str, tuple[str, dict[str, int]]] = {}
    differences = stated - masses
    for psm in table.psms:
        if psm.peptide not in cache:
            free = {site: free_sites(psm.peptide, site) for site in fixed}
            cache[psm.peptide] = with_fixed(psm.peptide, fixed), free
        whole, free = cache[psm.peptide]
        added = sum(n * deltas[site] for site, n in free.items())
        at = place.get(id(psm))
        if at is not None and np.isfinite(differences[at]):
            off = abs(differences[at] - added)
            if off > min(WITHIN, abs(differences[at])):
                continue  # this one they do not explain: it stays as it is written, and is marked
            differences[at] -= added
        for site, n in free.items():
            residues[site] += n
            touched[site] += bool(n)
        psm.peptide = whole
    told = ", ".join(f"{fixed[s]} on {s} ({residues[s]:,} in {touched[s]:,} PSMs)" for s in fixed if residues[s])
    table.notes.append(
        f"By the masses in the column {table.mass_column!r} the peptides leave out fixed modifications. They were "
        f"added: {told}."
    )
    return differences


def _mark(table: PsmTable, psms: Sequence[Psm], differences: NDArray[np.float64]) -> None:
    n, first = 0, None
    for psm, difference in zip(psms, differences.tolist(), strict=True):
        if not np.isfinite(difference):
            continue
        psm.mass_difference = round(difference, 6)
        if abs(difference) > WITHIN:
            n += 1
            first = first or psm
            note = f"The mass differs by {difference:+.4f} Da from the table's."
            psm.notes = f"{psm.notes} {note}".strip()
    if first:
        table.notes.append(
            f"The masses of {n:,} of {len(psms):,} PSMs differ from those in the column {table.mass_column!r} by more "
            f"than {WITHIN:g} Da; the first is in line {first.line}, {first.peptide}, by "
            f"{first.mass_difference:+.4f} Da. They are in the set, marked in its column mass_difference. If the "
            "tables leave out modifications, say which (--fixed C=Carbamidomethyl)."
        )
