"""Joins PSMs of tables to spectra of files, and says why some could not be joined."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from peploss.dataset.index.agreement import Agreement, Pair, agreement, counted
from peploss.dataset.index.headers import COUNT, KINDS, ORDINAL, Headers
from peploss.dataset.index.keys import OF_ANY_RUN, keys_of, run_in, run_name
from peploss.dataset.index.systematic import ask_precursors
from peploss.dataset.tables.psm import Psm, PsmTable

ELSEWHERE: Final = -1
"""Marks a run for which there is no file."""
_FILE_INDEX: Final = re.compile(r"file_idx (\d+)")


@dataclass(frozen=True)
class NotJoined:
    """A PSM that is not in the set, and why."""

    table: str
    line: int
    spectrum: str
    peptide: str
    reason: str


@dataclass
class Joined:
    """PSMs by the spectra they belong to.

    Args:
        psms: for each file, place of a spectrum -> its PSMs with the name of their table and what joined them.
        counts: (table, file, kind) -> PSMs.
        not_joined: the rest.
    """

    psms: list[dict[int, list[tuple[Psm, str, str]]]]
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    not_joined: list[NotJoined] = field(default_factory=list)


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
    joined = Joined([{} for _ in files])
    names: dict[str, int | None] = {}
    for i, file in enumerate(files):
        names[run_name(file.name)] = None if run_name(file.name) in names else i  # None: in several, so look in all
    for table in tables:
        for target, psms in _by_file(table, files, names).items():
            everywhere = list(range(len(files)))
            _Group(joined, table, psms, everywhere if target in (None, ELSEWHERE) else [target], files, target).join(by)
        for line in table.refused:
            joined.not_joined.append(NotJoined(table.path, line.line, "", "", line.reason))
    for table in tables:
        ask_precursors(table, joined.psms, files)
    return joined


def _by_file(table: PsmTable, files: Sequence[Headers], names: dict[str, int | None]) -> dict[int | None, list[Psm]]:
    runs = {run_name(p.run) for p in table.psms if p.run}
    one_run = len(files) == 1 and len(runs) <= 1
    any_there = any(_run_of(p) in names for p in table.psms)
    if one_run and runs and not any_there:
        _tell(table, f"It speaks of the run {min(runs)!r}; the one file given, {files[0].name}, was taken for it.")
    numbered = bool(runs) and all(_FILE_INDEX.fullmatch(r) for r in runs) and not one_run
    if numbered:
        _tell(table, "Its file_idx counts the spectrum files: they were taken in the order given, "
              + ", ".join(f"{i} for {f.name}" for i, f in enumerate(files)) + ".")  # fmt: skip
    groups: dict[int | None, list[Psm]] = {}
    for psm in table.psms:
        run = _run_of(psm)
        target: int | None
        if numbered and (found := _FILE_INDEX.fullmatch(psm.run)):
            target = int(found[1]) if int(found[1]) < len(files) else ELSEWHERE
        elif run in names:
            target = names[run]
        elif (psm.run and not one_run) or (run and any_there):
            target = ELSEWHERE
        else:
            target = 0 if len(files) == 1 else None
        groups.setdefault(target, []).append(psm)
    return groups


def _tell(table: PsmTable, note: str) -> None:
    if note not in table.notes:
        table.notes.append(note)


def _run_of(psm: Psm) -> str:
    return run_name(psm.run) if psm.run else run_in(psm.spectrum)


class _Group:
    """PSMs of one table that are looked for in the same files."""

    def __init__(
        self,
        joined: Joined,
        table: PsmTable,
        psms: list[Psm],
        targets: list[int],
        files: Sequence[Headers],
        group: int | None,
    ) -> None:
        self.joined, self.table, self.psms, self.files = joined, table, psms, files
        self.targets, self.elsewhere = targets, group == ELSEWHERE
        self.where = files[targets[0]].name if len(targets) == 1 else f"any of {len(targets)} files"
        self.doubted: dict[int, str] = {}  # PSMs that disagree with their spectra, where few do
        self.first = 1  # what the first spectrum is counted as, where a table counts

    def join(self, by: str | None) -> None:
        """Choose what joins, and join."""
        kind, doubt = (by, None) if by else self._kind()
        for psm in self.psms:
            self._one(psm, kind, doubt, forced=by is not None)

    def _kind(self) -> tuple[str, Agreement | None]:
        """What joins most without contradicting the precursors; else what joins most, and how it contradicts."""
        if self.elsewhere:
            return "title", None
        if any(COUNT in p.keys for p in self.psms):
            ways = [self._pairs(COUNT, first) for first in (1, 0)]
            way = counted(ways)
            if way is None:
                return COUNT, Agreement()
            self.first = (1, 0)[way]
            return COUNT, None
        hits = dict.fromkeys(KINDS, 0)
        for psm in self.psms:  # made twice: keeping the keys would take more memory than the PSMs
            keys = keys_of(psm)
            for kind in KINDS:
                hits[kind] += any(self.files[t].place(kind, keys.get(kind)) is not None for t in self.targets)
        likely = sorted((k for k in KINDS if hits[k]), key=lambda k: -hits[k])
        doubts: list[tuple[str, Agreement]] = []
        for kind in likely:
            found = agreement(self._pairs(kind)) if kind != "title" else Agreement()
            if not found.suspect:
                self.doubted = {} if found.by_peptide else found.said
                return kind, None
            doubts.append((kind, found))
        if len(self.targets) == 1 and agreement(self._pairs(ORDINAL)).confirmed:
            return ORDINAL, None
        return doubts[0] if doubts else (KINDS[0] if not self.psms else max(hits, key=lambda k: hits[k]), None)

    def _key(self, psm: Psm, kind: str) -> str | int | None:
        if kind == COUNT:
            return psm.keys.get(COUNT)
        return keys_of(psm).get("scan" if kind == ORDINAL else kind)

    def _pairs(self, kind: str, first: int = 1) -> list[Pair]:
        pairs: list[Pair] = []
        for psm in self.psms:
            key = self._key(psm, kind)
            found = [
                (self.files[t], at) for t in self.targets if (at := self.files[t].place(kind, key, first)) is not None
            ]
            if len(found) == 1 and found[0][1] >= 0 and found[0][1] not in found[0][0].problems:
                pairs.append((psm, *found[0]))
        return pairs

    def _one(self, psm: Psm, kind: str, doubt: Agreement | None, forced: bool) -> None:
        key = self._key(psm, kind)
        places = ((t, self.files[t].place(kind, key, self.first)) for t in self.targets)
        found = [(t, at) for t, at in places if at is not None]
        if self.elsewhere and not forced and (not found or OF_ANY_RUN.fullmatch(str(key))):
            self._fail(psm, f"No spectrum file matches its run, {psm.run or _run_of(psm)!r}.")
        elif doubt is not None and kind == COUNT:
            self._fail(
                psm,
                "MS2.Scan counts the spectra with fragments and is no scan number, and retention times do not confirm "
                "which spectrum is meant.",
            )
        elif not found:
            asked = f"with {kind} {key!r}" if key is not None else f"that it names by {kind}"
            self._fail(psm, f"There is no spectrum {asked} in {self.where}.")
        elif len(found) > 1 or found[0][1] < 0:
            self._fail(psm, f"Several spectra have the {kind} {key!r} in {self.where}.")
        elif found[0][1] in self.files[found[0][0]].problems:
            problem = self.files[found[0][0]].problems[found[0][1]]
            self._fail(psm, f"Its spectrum cannot be used: {problem}")
        elif doubt is not None:
            self._fail(
                psm,
                f"The join by {kind} to {self.where} is suspect: {doubt.disagreeing:,} of {doubt.compared:,} PSMs "
                f"disagree with their spectra ({'; '.join(doubt.examples)}). If it is right, force it: --join "
                f"{kind!r}.",
            )
        else:
            target, at = found[0]
            if said := self.doubted.get(id(psm)):
                note = f"The precursors of table and spectrum disagree: {said}."
                psm.notes = psm.notes if note in psm.notes else f"{psm.notes} {note}".strip()
            self.joined.psms[target].setdefault(at, []).append((psm, self.table.path, kind))
            self.joined.counts[self.table.path, self.files[target].name, kind] += 1

    def _fail(self, psm: Psm, reason: str) -> None:
        self.joined.not_joined.append(NotJoined(self.table.path, psm.line, psm.spectrum, psm.peptide, reason))
