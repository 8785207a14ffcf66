"""Joins PSMs of tables to spectra of files, and says why some could not be joined."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

from peploss.dataset.tables.psm import Psm, PsmTable

KINDS: Final = ("native id", "title", "scan", "index")
"""The kinds of names that can join, in order of preference: the kind that joins most wins, the first of equals."""

_SCAN: Final = (
    re.compile(r"\bscans?[=:\s]\s*(\d+)", re.I),
    re.compile(r"^(\d+)(?:-\1)?$"),
    re.compile(r"\.0*(\d+)\.0*\1(?:\.\d+)?(?:\.dta)?(?:\s|$)"),
)
_INDEX: Final = re.compile(r"^(?:.*\s)?index[=:](\d+)$", re.I)
_QUERY: Final = re.compile(r"^query=(\d+)$", re.I)
_ENDINGS: Final = re.compile(r"(\.(gz|mgf|mzml|mzxml|msp|sptxt|raw|wiff|d|pep|xml|apl|dta|tsv|txt|idxml|mzid))+$", re.I)

_RUN_IN_NAME: Final = (
    re.compile(r"^(.+?)\.0*(\d+)\.0*\2(?:\.|_|\s|$)"),  # TPP's run.scan.scan.charge, and msconvert's titles
    re.compile(r"^(.+?)(?:_SII_\d+_\d+)?_\d+_\d+_\d+$"),  # Percolator's run_scan_charge_rank
)
_OF_ANY_RUN: Final = re.compile(r"(?:\w+=)?\d+(?:\s+\w+=\d+)*")
"""A name that spectra of several runs may share: a number, or a native id."""

ELSEWHERE: Final = -1
"""Marks a run for which there is no file."""

Keys = dict[str, str | int]


def keys_of(psm: Psm) -> Keys:
    """Every name a PSM's spectrum may have, by kind.

    >>> keys_of(Psm("PEK", "controllerType=0 controllerNumber=1 scan=17", 1))["scan"]
    17
    >>> keys_of(Psm("PEK", "run.00017.00017.2", 1))["scan"], keys_of(Psm("PEK", "index=4", 1))["index"]
    (17, 4)
    """
    text = psm.spectrum.strip()
    keys: Keys = dict(psm.keys)
    if psm.keys and text in (str(v) for v in psm.keys.values()):
        given = next(k for k, v in psm.keys.items() if str(v) == text)
        keys.setdefault(given, text)
        if given in ("scan", "index"):  # a column of scans holds scans
            return _scans(keys)
    keys.setdefault("native id", text)
    keys.setdefault("title", text)
    for name in dict.fromkeys((text, str(keys["native id"]))):
        if "scan" not in keys and (scan := scan_in(name)) is not None:
            keys["scan"] = scan
        if "index" not in keys:
            if found := _INDEX.match(name):
                keys["index"] = int(found[1])
            elif found := _QUERY.match(name):
                keys["index"] = int(found[1]) - 1
    return _scans(keys)


def _scans(keys: Keys) -> Keys:
    if isinstance(keys.get("scan"), str):
        scan = scan_in(str(keys["scan"]))
        if scan is None:
            del keys["scan"]
        else:
            keys["scan"] = scan
    return keys


def scan_in(text: str) -> int | None:
    """The scan number in a native id or title, None where there is none."""
    for pattern in _SCAN:
        if found := pattern.search(text):
            return int(found[1])
    return None


def run_in(text: str) -> str:
    """The run named in a spectrum's name, ``""`` if none is.

    >>> run_in("a/run_1.00017.00017.2"), run_in("run_1_17_2_1"), run_in("scan=17")
    ('run_1', 'run_1', '')
    """
    return next((run_name(found[1]) for p in _RUN_IN_NAME if (found := p.match(text))), "")


@lru_cache(maxsize=4096)
def run_name(text: str) -> str:
    """A file's or run's name without folders and endings, for comparison.

    >>> run_name("D:/x/interact-Run_01_rank1.pep.xml"), run_name("Run_01.mzML.gz")
    ('run_01', 'run_01')
    """
    name = PureWindowsPath(PurePosixPath(text.removeprefix("file://")).name).name
    name = _ENDINGS.sub("", name)
    return re.sub(r"_rank\d+$", "", name.removeprefix("interact-")).lower()


@dataclass
class Headers:
    """Names of the spectra of one file, for looking up; M spectra.

    Args:
        name: of the file.
        by: for each kind, key -> place among the M, -1 where several have it.
        problems: place -> why it cannot be used.
    """

    name: str
    by: dict[str, dict[str | int, int]] = field(default_factory=lambda: {k: {} for k in KINDS})
    problems: dict[int, str] = field(default_factory=dict)
    size: int = 0

    def add(self, columns: dict[str, list[Any]]) -> None:
        """More spectra, as columns of a part."""
        rows = zip(*(columns[n] for n in ("index", "scan", "native_id", "title", "problem")), strict=True)
        for at, (index, scan, native_id, title, problem) in enumerate(rows, start=self.size):
            scan = scan if scan is not None else scan_in(native_id or "") if native_id else scan
            scan = scan if scan is not None else scan_in(title or "")
            for kind, key in (("native id", native_id), ("title", title), ("scan", scan), ("index", index)):
                if key not in (None, ""):
                    self.by[kind][key] = -1 if key in self.by[kind] else at
            if problem:
                self.problems[at] = problem
        self.size += len(columns["index"])


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

    A run matches the file of the same name, without folders and endings; the run may also be part of the spectrum's
    name. A PSM that names no run is looked for in all files. If a table names a single run and there is a single file,
    the two are matched whatever their names. If no file matches a PSM's run, only its spectrum's title can join it (a
    merged file keeps titles): scans and indices of another run mean other spectra. For each table and file, one kind of
    name joins all PSMs: the one that joins most.

    Args:
        by: the kind to use, one of ``KINDS``; None chooses.
    """
    joined = Joined([{} for _ in files])
    names: dict[str, int | None] = {}
    for i, file in enumerate(files):
        names[run_name(file.name)] = None if run_name(file.name) in names else i  # None: in several, so look in all
    for table in tables:
        one_run = len(files) == 1 and len({run_name(p.run) for p in table.psms if p.run}) <= 1
        any_there = any(_run_of(p) in names for p in table.psms)
        groups: dict[int | None, list[Psm]] = {}
        for psm in table.psms:
            run = _run_of(psm)
            if run in names:
                target = names[run]
            elif (psm.run and not one_run) or (run and any_there):
                target = ELSEWHERE
            else:
                target = 0 if len(files) == 1 else None
            groups.setdefault(target, []).append(psm)
        for target, psms in groups.items():
            everywhere = list(range(len(files)))
            _join_to(joined, table, psms, everywhere if target in (None, ELSEWHERE) else [target], files, by, target)
        for line in table.refused:
            joined.not_joined.append(NotJoined(table.path, line.line, "", "", line.reason))
    return joined


def _run_of(psm: Psm) -> str:
    return run_name(psm.run) if psm.run else run_in(psm.spectrum)


def _join_to(
    joined: Joined,
    table: PsmTable,
    psms: list[Psm],
    targets: list[int],
    files: Sequence[Headers],
    by: str | None,
    group: int | None,
) -> None:
    kinds = (by,) if by else ("title",) if group == ELSEWHERE else KINDS
    hits = dict.fromkeys(kinds, 0)
    for psm in psms:  # made twice: keeping the keys would take more memory than the PSMs
        keys = keys_of(psm)
        for kind in kinds:
            hits[kind] += any(keys.get(kind) in files[t].by[kind] for t in targets)
    kind = max(hits, key=lambda k: hits[k])
    name = table.path
    where = files[targets[0]].name if len(targets) == 1 else f"any of {len(targets)} files"
    for psm in psms:
        key = keys_of(psm).get(kind)
        found = [(t, files[t].by[kind][key]) for t in targets if key is not None and key in files[t].by[kind]]
        if group == ELSEWHERE and not by and (not found or _OF_ANY_RUN.fullmatch(str(key))):
            _fail(joined, table, psm, f"No spectrum file is named like its run, {psm.run or _run_of(psm)!r}.")
        elif not found:
            asked = f"with {kind} {key!r}" if key is not None else f"that it names by {kind}"
            _fail(joined, table, psm, f"There is no spectrum {asked} in {where}.")
        elif len(found) > 1 or found[0][1] < 0:
            _fail(joined, table, psm, f"Several spectra have the {kind} {key!r} in {where}.")
        elif found[0][1] in files[found[0][0]].problems:
            problem = files[found[0][0]].problems[found[0][1]]
            _fail(joined, table, psm, f"Its spectrum cannot be used: {problem}")
        else:
            target, at = found[0]
            joined.psms[target].setdefault(at, []).append((psm, name, kind))
            joined.counts[name, files[target].name, kind] += 1


def _fail(joined: Joined, table: PsmTable, psm: Psm, reason: str) -> None:
    joined.not_joined.append(NotJoined(table.path, psm.line, psm.spectrum, psm.peptide, reason))
