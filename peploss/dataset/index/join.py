"""Joins PSMs of tables to spectra of files, and says why some could not be joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.dataset.index.agreement import Agreement, Pairs, agreement, counted
from peploss.dataset.index.headers import COUNT, KINDS, NOWHERE, ORDINAL, SEVERAL, Headers
from peploss.dataset.index.joined import Joined, NotJoined, OfFile
from peploss.dataset.index.keys import OF_ANY_RUN, key_columns, run_in, run_name
from peploss.dataset.index.systematic import ask_precursors
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.dataset.tables.psm_columns import NONE, Coded, PsmColumns

OF_SPECTRUM: Final = "Its spectrum cannot be used: "
"""How the reason starts where a PSM was joined, and its spectrum has a problem."""
ELSEWHERE: Final = -1
"""Marks a run for which there is no file."""
I64 = NDArray[np.int64]
_FILE_INDEX: Final = re.compile(r"file_idx (\d+)")


def join(tables: Sequence[PsmTable], files: Sequence[Headers], by: str | None = None) -> Joined:
    """Join every PSM to a spectrum of its run.

    A run is found by its name, without folders and endings, or by the run that the spectrum's name tells of. A PSM of
    no run is looked for in all files. Where a table speaks of one run only and there is one file, they are taken for
    each other, which the table's notes say. A PSM of a run that is not there is joined by its spectrum's title only,
    which a merged file may have: scans and indices of another run mean other spectra. For each table and file one kind
    of name is chosen, the one that joins most and whose PSMs agree with their spectra's precursors.

    Args:
        by: the kind to use, one of ``KINDS``, whatever the precursors say; None chooses.
    """
    for table in tables:
        table.psms = PsmColumns.of(table.psms)
    joined = Joined([OfFile(tables) for _ in files])
    names: dict[str, int | None] = {}
    for i, file in enumerate(files):
        names[run_name(file.name)] = None if run_name(file.name) in names else i  # None: in several, so look in all
    for number, table in enumerate(tables):
        psms = PsmColumns.of(table.psms)
        for target, rows in _by_file(table, psms, files, names).items():
            everywhere = list(range(len(files)))
            targets = everywhere if target in (None, ELSEWHERE) else [target]
            _Group(joined, number, table, psms, rows, targets, files, target).join(by)
        for line in table.refused:
            joined.not_joined.append(NotJoined(table.path, line.line, "", "", line.reason))
    for number, table in enumerate(tables):
        ask_precursors(table, number, joined.psms, files)
    return joined


def _by_file(
    table: PsmTable, psms: PsmColumns, files: Sequence[Headers], names: dict[str, int | None]
) -> dict[int | None, I64]:
    """Rows by the file that they are looked for in, None for all files."""
    written = psms.run.values
    kinds = np.unique(psms.run.codes)
    runs = {run_name(written[k]) for k in kinds if written[k]}
    one_run = len(files) == 1 and len(runs) <= 1
    run_of = Coded.of(run_name(text) for text in written)
    of_row = Coded(run_of.codes[psms.run.codes] if len(psms) else np.empty(0, np.int32), run_of.values)
    unsaid = np.isin(psms.run.codes, [k for k in kinds if not written[k]])
    if unsaid.any():
        told = Coded.of(run_in(text) for text in psms.spectrum.filter(pa.array(unsaid)).to_pylist())
        codes = of_row.codes.copy()
        codes[unsaid] = told.codes + len(of_row.values)
        of_row = Coded(codes, [*of_row.values, *told.values])
    there = set(np.unique(of_row.codes).tolist())
    any_there = any(of_row.values[k] in names for k in there)
    if one_run and runs and not any_there:
        _tell(table, f"It speaks of the run {min(runs)!r}; the one file given, {files[0].name}, was taken for it.")
    numbered = bool(runs) and all(_FILE_INDEX.fullmatch(r) for r in runs) and not one_run
    if numbered:
        _tell(table, "Its file_idx counts the spectrum files: they were taken in the order given, "
              + ", ".join(f"{i} for {f.name}" for i, f in enumerate(files)) + ".")  # fmt: skip
    groups: dict[int | None, list[I64]] = {}
    pairs, which = np.unique(
        psms.run.codes.astype(np.int64) * (len(of_row.values) + 1) + of_row.codes, return_inverse=True
    )
    by_pair = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which, minlength=pairs.size))[:-1])
    for pair, rows in zip(pairs.tolist(), by_pair, strict=True):
        said, run = written[pair // (len(of_row.values) + 1)], of_row.values[pair % (len(of_row.values) + 1)]
        target: int | None
        if numbered and (found := _FILE_INDEX.fullmatch(said)):
            target = int(found[1]) if int(found[1]) < len(files) else ELSEWHERE
        elif run in names:
            target = names[run]
        elif (said and not one_run) or (run and any_there):
            target = ELSEWHERE
        else:
            target = 0 if len(files) == 1 else None
        groups.setdefault(target, []).append(rows)
    return {target: np.sort(np.concatenate(rows)) for target, rows in groups.items()}


def _tell(table: PsmTable, note: str) -> None:
    if note not in table.notes:
        table.notes.append(note)


class _Group:
    """PSMs of one table that are looked for in the same files."""

    def __init__(
        self,
        joined: Joined,
        number: int,
        table: PsmTable,
        psms: PsmColumns,
        rows: I64,
        targets: list[int],
        files: Sequence[Headers],
        group: int | None,
    ) -> None:
        self.joined, self.number, self.table, self.psms, self.rows, self.files = (
            joined, number, table, psms, rows, files,
        )  # fmt: skip
        self.targets, self.elsewhere = targets, group == ELSEWHERE
        self.where = files[targets[0]].name if len(targets) == 1 else f"any of {len(targets)} files"
        self.doubted: dict[int, str] = {}  # PSMs that disagree with their spectra, where few do
        self.first = 1  # what the first spectrum is counted as, where a table counts
        self.keys = key_columns(psms, rows)

    def join(self, by: str | None) -> None:
        """Choose what joins, and join."""
        kind, doubt = (by, None) if by else self._kind()
        self._all(kind, doubt, forced=by is not None)

    def _kind(self) -> tuple[str, Agreement | None]:
        """What joins most without contradicting the precursors; else what joins most, and how it contradicts."""
        if self.elsewhere:
            return "title", None
        if (self.psms.nth[self.rows] != NONE).any():
            ways = [self._pairs(COUNT, first) for first in (1, 0)]
            way = counted(ways)
            if way is None:
                return COUNT, Agreement()
            self.first = (1, 0)[way]
            return COUNT, None
        hits = {}
        for kind in KINDS:
            hit = np.zeros(self.rows.size, dtype=bool)
            for t in self.targets:
                hit |= self.files[t].places(kind, self._key(kind)) != NOWHERE
            hits[kind] = int(hit.sum())
        likely = sorted((k for k in KINDS if hits[k]), key=lambda k: -hits[k])
        doubts: list[tuple[str, Agreement]] = []
        for kind in likely:
            found = agreement(self._pairs(kind))
            if kind == "title" or not found.suspect:  # a title is no number that another spectrum may have by chance
                # Predictions are often wrong, and none is marked for that; where nearly all are, it is the join.
                self.doubted = {} if found.by_peptide and not found.mostly else found.said
                return kind, None
            doubts.append((kind, found))
        if len(self.targets) == 1 and agreement(self._pairs(ORDINAL)).confirmed:
            return ORDINAL, None
        return doubts[0] if doubts else (max(hits, key=lambda k: hits[k]), None)

    def _key(self, kind: str) -> pa.Array:
        if kind == COUNT:
            nth = self.psms.nth[self.rows]
            return pa.array(nth, pa.int64(), mask=nth == NONE)
        return self.keys["scan" if kind == ORDINAL else kind]

    def _found(self, kind: str, first: int = 1) -> tuple[I64, I64]:
        """Where each PSM's spectrum is: the target, ``SEVERAL`` or ``NOWHERE``, and the place in it."""
        key = self._key(kind)
        target = np.full(self.rows.size, NOWHERE)
        place = np.zeros(self.rows.size, dtype=np.int64)
        for t in self.targets:
            at = self.files[t].places(kind, key, first)
            again = (target != NOWHERE) & (at != NOWHERE)
            new = (target == NOWHERE) & (at >= 0)
            target[new], place[new] = t, at[new]
            target[again | ((target == NOWHERE) & (at == SEVERAL))] = SEVERAL
        return target, place

    def _pairs(self, kind: str, first: int = 1) -> list[Pairs]:
        target, place = self._found(kind, first)
        pairs = []
        for t in self.targets:
            own = target == t
            if self.files[t].problems:
                own &= ~np.isin(place, list(self.files[t].problems))
            pairs.append(Pairs(self.psms, self.rows[own], self.files[t], place[own]))
        return pairs

    def _all(self, kind: str, doubt: Agreement | None, forced: bool) -> None:
        target, place = self._found(kind, self.first)
        key = self._key(kind)
        failed = target < 0
        if self.elsewhere and not forced:
            failed |= pc.fill_null(pc.match_substring_regex(key.cast(pa.string()), f"^(?:{OF_ANY_RUN.pattern})$"),
                                   True).to_numpy(zero_copy_only=False)  # fmt: skip
        for t in self.targets:
            if self.files[t].problems:
                failed |= (target == t) & np.isin(place, list(self.files[t].problems))
        if doubt is not None:
            failed[:] = True
        for i in np.flatnonzero(failed).tolist():
            psm = self.psms[int(self.rows[i])]
            reason = self._reason(psm, kind, key[i].as_py(), int(target[i]), int(place[i]), doubt, forced)
            self.joined.not_joined.append(NotJoined(self.table.path, psm.line, psm.spectrum, psm.peptide, reason))
        for t in self.targets:
            own = np.flatnonzero((target == t) & ~failed)
            if own.size:
                self.joined.psms[t].add(self.number, self.rows[own], place[own], kind)
                self.joined.counts[self.table.path, self.files[t].name, kind] += own.size
        joined = set(self.rows[~failed].tolist()) if self.doubted else set()
        for row, said in self.doubted.items():
            if row in joined:
                self.psms.add_note(row, f"The precursors of table and spectrum disagree: {said}.")

    def _reason(
        self, psm: Psm, kind: str, key: str | int | None, target: int, place: int, doubt: Agreement | None, forced: bool
    ) -> str:
        """Why a PSM is not joined."""
        if self.elsewhere and not forced and (target == NOWHERE or OF_ANY_RUN.fullmatch(str(key))):
            return f"No spectrum file matches its run, {psm.run or run_in(psm.spectrum)!r}."
        if doubt is not None and kind == COUNT:
            return (
                "MS2.Scan counts the spectra with fragments and is no scan number, and retention times do not confirm "
                "which spectrum is meant."
            )
        if target == NOWHERE:
            asked = f"with {kind} {key!r}" if key is not None else f"that it names by {kind}"
            return f"There is no fragment spectrum {asked} in {self.where}."
        if target == SEVERAL:
            return f"Several spectra have the {kind} {key!r} in {self.where}."
        if place in self.files[target].problems:
            return f"{OF_SPECTRUM}{self.files[target].problems[place]}"
        against = doubt or Agreement()
        return (
            f"The join by {kind} to {self.where} is suspect: {against.disagreeing:,} of {against.compared:,} PSMs "
            f"disagree with their spectra ({'; '.join(against.examples)}). If it is right, force it: --join {kind!r}."
        )
