"""The masses that a table states, against those of its peptides as read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.dataset.tables.columns.names import PER_CHARGE, PROTONATED, plain
from peploss.dataset.tables.mass_shift import is_isotope
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.masses import neutral_masses
from peploss.peptides.modifications.fixed import free_sites, with_fixed

WITHIN: Final = 0.02
"""Da by which the masses may differ: tables write them with two digits at worst."""
ENOUGH: Final = 0.9
"""Share of the PSMs looked at that fixed modifications have to explain to be tried on all."""
SAMPLE: Final = 400
"""PSMs by which fixed modifications are looked for."""
REPEATS: Final = 5e-4
"""Th by which a mass that only repeats the precursor may differ from its m/z: tables write three digits at worst."""

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
Fits = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
"""Differences in Da -> which of them are none."""


def same(differences: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a calculated mass is that of the peptide; False where it is not known."""
    return np.asarray(np.abs(differences) <= WITHIN)


def check_masses(table: PsmTable) -> None:
    """Compare each PSM's mass with the table's; add fixed modifications that explain the difference, mark the rest.

    A fixed modification is added where it explains the masses of all PSMs that it would change. Sets
    ``mass_difference`` of every PSM whose table states a mass, and says in ``notes`` what was done.
    """
    if not table.mass_meanings:
        return
    psms = table.psms = PsmColumns.of(table.psms)
    masses = neutral_masses(psms.peptide.values)[psms.peptide.codes] if len(psms) else np.empty(0)
    sound = np.isfinite(psms.mass) & (psms.mass > 0)
    if not (sound & np.isfinite(masses)).any():
        return
    measured = plain(table.mass_column) == "mass" and _repeats_precursors(psms, sound)
    fits = is_isotope if measured else same
    meanings = table.mass_meanings[:1] if measured else table.mass_meanings
    meant = max(meanings, key=lambda m: _share(psms, masses, m))
    differences = np.where(sound, _stated(psms, meant) - masses, np.nan)
    known = np.flatnonzero(np.isfinite(differences))
    fixed = explained(_Texts(psms, known), differences[known], fits)
    if fixed:
        _apply(table, psms, differences, fixed, fits)
    if measured:
        _pass_over_measured(table, differences)
    _mark(table, psms, differences)


def _repeats_precursors(psms: PsmColumns, sound: NDArray[np.bool_]) -> bool:
    """Whether all masses are those of the precursors: measured, as in MaxQuant's msmsScans.txt, and not calculated."""
    known = sound & np.isfinite(psms.precursor_mz) & (psms.charge > 0)
    mz = psms.mass[known] / psms.charge[known] + PROTON
    return bool(known.any() and (np.abs(mz - psms.precursor_mz[known]) <= REPEATS).all())


def _pass_over_measured(table: PsmTable, differences: NDArray[np.float64]) -> None:
    """Say nothing of peptides that a measured mass fits but for an isotope and what instruments are off.

    Args:
        differences: (N,) Da; NaN afterwards where they are passed over.
    """
    passed = is_isotope(differences) & ~same(differences)
    if passed.any():
        differences[passed] = np.nan
        table.notes.append(
            f"The column {table.mass_column!r} repeats the precursors: its masses were measured, not calculated. "
            f"{int(passed.sum()):,} that differ from their peptides by isotopes or by what instruments are off were "
            "passed over."
        )


class _Texts(Sequence[str]):
    """Peptides of some PSMs, each made when it is asked for."""

    def __init__(self, psms: PsmColumns, rows: NDArray[np.int64]) -> None:
        self.psms, self.rows = psms, rows

    def __len__(self) -> int:
        return int(self.rows.size)

    def __getitem__(self, at: Any) -> Any:
        return self.psms.peptide[int(self.rows[at])]


def explained(peptides: Sequence[str], differences: NDArray[np.float64], fits: Fits = same) -> Fixed:
    """The fixed modifications that explain what peptides lack, the fewest that do; none where nothing does, or several.

    Args:
        peptides: N in ProForma.
        differences: (N,) Da, stated mass less the mass as read.
        fits: what is no difference.
    """
    lacking = ~fits(differences)
    if not lacking.any():
        return {}
    # The sample holds what lacks mass before what does not, but as much as there is of both.
    order = np.concatenate([np.flatnonzero(lacking)[: SAMPLE // 2], np.flatnonzero(~lacking)[: SAMPLE // 2]])
    counts = np.array([[free_sites(peptides[i], s) for s in SITES] for i in order], dtype=float)
    wanted = differences[order]
    before = float(fits(wanted).mean())
    best, found = max(ENOUGH, before + 1e-9), list[Fixed]()
    for fixed in _candidates():
        deltas = np.array([_delta(fixed[s]) if s in fixed else 0.0 for s in SITES])
        share = float(fits(wanted - counts @ deltas).mean())
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


def _stated(psms: PsmColumns, meant: str) -> NDArray[np.float64]:
    """Neutral masses that the table states; NaN where an m/z has no charge."""
    if meant == PROTONATED:
        return psms.mass - PROTON
    if meant == PER_CHARGE:
        return (psms.mass - PROTON) * np.where(psms.charge > 0, psms.charge, np.nan)
    return psms.mass


def _share(psms: PsmColumns, masses: NDArray[np.float64], meant: str) -> float:
    """How many PSMs fit a meaning of the column, with fixed modifications where there are any."""
    differences = _stated(psms, meant) - masses
    good = np.flatnonzero(np.isfinite(differences))
    if not good.size:
        return 0.0
    plain = float((np.abs(differences[good]) <= WITHIN).mean())
    if plain >= ENOUGH:
        return plain
    fixed = explained(_Texts(psms, good), differences[good])
    return max(plain, ENOUGH - 1e-9 if fixed else 0.0)


def _apply(table: PsmTable, psms: PsmColumns, differences: NDArray[np.float64], fixed: Fixed, fits: Fits) -> None:
    """Put them on every PSM that has room for them, if they explain the masses of all of those.

    Args:
        differences: (N,) Da, stated mass less the mass as read, NaN where one is not known; changed with the peptides.
    """
    values, codes = psms.peptide.values, psms.peptide.codes
    free: NDArray[np.int64] = np.array([[free_sites(t, site) for site in fixed] for t in values], dtype=np.int64)
    added = (free @ np.array([_delta(m) for m in fixed.values()]))[codes]
    touched: NDArray[np.bool_] = np.asarray(free.any(axis=1))[codes]
    against = np.asarray(touched & np.isfinite(differences) & ~fits(differences - added))
    named = ", ".join(f"{modification} on {site}" for site, modification in fixed.items())
    if against.any():
        compared, first = int((touched & np.isfinite(differences)).sum()), int(np.flatnonzero(against)[0])
        options = " ".join(f"--fixed {site}={modification}" for site, modification in fixed.items())
        table.notes.append(
            f"By the masses in the column {table.mass_column!r} {compared - int(against.sum()):,} of {compared:,} PSMs "
            f"leave out {named}, and the others do not, the first of them in line {psms.line[first]}, "
            f"{psms.peptide[first]}: nothing was added. If all of them have it, give {options}."
        )
        return
    told = []
    for k, (site, modification) in enumerate(fixed.items()):
        of_site = free[:, k][codes]
        if n := int(of_site.sum()):
            told.append(f"{modification} on {site} ({n:,} in {int((of_site > 0).sum()):,} PSMs)")
    psms.peptide.map(lambda text: with_fixed(text, fixed))
    differences -= np.where(touched, added, 0.0)
    table.notes.append(
        f"By the masses in the column {table.mass_column!r} the peptides leave out fixed modifications. They were "
        f"added: {', '.join(told)}."
    )


def _mark(table: PsmTable, psms: PsmColumns, differences: NDArray[np.float64]) -> None:
    psms.mass_difference = differences.round(6)
    off = np.flatnonzero(np.abs(differences) > WITHIN)
    for row, difference in zip(off.tolist(), differences[off].tolist(), strict=True):
        psms.add_note(row, f"The mass differs by {difference:+.4f} Da from the table's.")
    if off.size:
        first, compared = int(off[0]), int(np.isfinite(differences).sum())
        table.notes.append(
            f"The masses of {off.size:,} of {compared:,} PSMs differ from those in the column {table.mass_column!r} by "
            f"more than {WITHIN:g} Da; the first is in line {psms.line[first]}, {psms.peptide[first]}, by "
            f"{differences[first]:+.4f} Da. They are in the set, marked in its column mass_difference. If the "
            "tables leave out modifications, say which (--fixed C=Carbamidomethyl)."
        )
