"""PSMs of tables to spectra of files: by what they were joined, and why some were not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

from peploss.dataset.psms import Psm, PsmTable

KINDS: Final = ("native id", "title", "scan", "index")
"""What can join, in the order they are tried: of those that join most, the first counts."""

_SCAN: Final = (
    re.compile(r"\bscans?[=:\s]\s*(\d+)", re.I),
    re.compile(r"^(\d+)(?:-\1)?$"),
    re.compile(r"\.0*(\d+)\.0*\1(?:\.\d+)?(?:\.dta)?(?:\s|$)"),
)
_INDEX: Final = re.compile(r"^(?:.*\s)?index[=:](\d+)$", re.I)
_QUERY: Final = re.compile(r"^query=(\d+)$", re.I)
_ENDINGS: Final = re.compile(r"(\.(gz|mgf|mzml|mzxml|msp|sptxt|raw|wiff|d|pep|xml|apl|dta|tsv|txt|idxml|mzid))+$", re.I)

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
    if "scan" not in keys and (scan := scan_in(text)) is not None:
        keys["scan"] = scan
    if "index" not in keys:
        if found := _INDEX.match(text):
            keys["index"] = int(found[1])
        elif found := _QUERY.match(text):
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
    """A PSM without its spectrum, or without a place in the set for another reason."""

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

    A run is found by its name, without folders and endings; where there is one file, all is taken for it; a PSM of
    no run is looked for in all. For each table and file one kind of name is chosen, the one that joins most.

    Args:
        by: the kind to use, one of ``KINDS``; None chooses.
    """
    joined = Joined([{} for _ in files])
    names = {run_name(f.name): i for i, f in enumerate(files)}
    for table in tables:
        groups: dict[int | None, list[tuple[Psm, Keys]]] = {}
        for psm in table.psms:
            groups.setdefault(_file_of(psm, names, len(files)), []).append((psm, keys_of(psm)))
        for target, psms in groups.items():
            if target == -1:
                for psm, _ in psms:
                    _fail(joined, table, psm, f"No spectrum file is named like its run, {psm.run!r}.")
            elif target is not None:
                _join_to(joined, table, psms, [target], files, by)
            else:
                _join_to(joined, table, psms, list(range(len(files))), files, by)
        for line in table.refused:
            joined.not_joined.append(NotJoined(table.path, line.line, "", "", line.reason))
    return joined


def _file_of(psm: Psm, names: dict[str, int], n_files: int) -> int | None:
    """The file of a PSM's run; None: of no run, -1: of a run that is not there."""
    if n_files == 1:
        return 0
    if not psm.run:
        return None
    return names.get(run_name(psm.run), -1)


def _join_to(
    joined: Joined,
    table: PsmTable,
    psms: list[tuple[Psm, Keys]],
    targets: list[int],
    files: Sequence[Headers],
    by: str | None,
) -> None:
    hits = {
        kind: sum(any(keys.get(kind) in files[t].by[kind] for t in targets) for _, keys in psms if kind in keys)
        for kind in ((by,) if by else KINDS)
    }
    kind = max(hits, key=lambda k: hits[k])
    name = table.path
    where = files[targets[0]].name if len(targets) == 1 else f"any of {len(targets)} files"
    for psm, keys in psms:
        key = keys.get(kind)
        found = [(t, files[t].by[kind][key]) for t in targets if key is not None and key in files[t].by[kind]]
        if not found:
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
