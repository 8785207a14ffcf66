"""Names of spectra and runs: every name a PSM's spectrum may have, by kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.dataset.tables.psm import Psm
from peploss.dataset.tables.psm_columns import NONE, PsmColumns

_SCAN: Final = (
    re.compile(r"\bscans?[=:\s]\s{0,9}(\d{1,15})(?!\d)", re.I),
    re.compile(r"^(\d{1,15})(?:-\1)?$"),
    re.compile(r"\.0{0,9}(\d{1,15})\.0{0,9}\1(?:\.\d{1,9})?(?:\.dta)?(?:\s|$)"),
    re.compile(r"^[\w.-]+:(\d{1,15})$"),  # PEAKS' F1:101, InstaNovo's run1:101
)
_INDEX: Final = re.compile(r"^(?:.*\s)?index[=:](\d{1,15})$", re.I)
_QUERY: Final = re.compile(r"^query=(\d{1,15})$", re.I)
_ENDINGS: Final = frozenset((
    "gz", "mgf", "mzml", "mzxml", "msp", "sptxt", "raw", "wiff", "d", "pep", "xml", "apl", "dta", "tsv", "txt",
    "idxml", "mzid",
))  # fmt: skip

_RUN_IN_NAME: Final = (
    re.compile(
        r"^(.+?)\.0{0,9}(\d{1,15})\.0{0,9}\2(?:\.|_|\s|$)"
    ),  # TPP's run.scan.scan.charge, and msconvert's titles
    re.compile(r"^(.+?)(?:_SII_\d+_\d+)?_\d+_\d+_\d+$"),  # Percolator's run_scan_charge_rank
)
OF_ANY_RUN: Final = re.compile(r"(?:\w+=)?\d+(?:\s+\w+=\d+)*")
"""A spectrum's name that a spectrum of every run may have: a number, or a native id."""

Keys = dict[str, str | int]
_KINDS: Final = ("native id", "title", "scan", "index")
_ALL: Final = (*_KINDS, "ms2 count")
_WHOLE: Final = ("scan", "index")


def keys_of(psm: Psm) -> Keys:
    """Every name a PSM's spectrum may have, by kind.

    >>> keys_of(Psm("PEK", "controllerType=0 controllerNumber=1 scan=17", 1))["scan"]
    17
    >>> keys_of(Psm("PEK", "run.00017.00017.2", 1))["scan"], keys_of(Psm("PEK", "index=4", 1))["index"]
    (17, 4)
    """
    return _named(psm.spectrum, psm.keys)


def key_columns(psms: PsmColumns, rows: NDArray[np.int64]) -> dict[str, pa.Array]:
    """The same of some PSMs, kind -> (n,) names, null where there is none."""
    taken = pa.array(rows)
    whole = rows.size == len(psms)
    native, title, text = (c if whole else c.take(taken) for c in (psms.native_id, psms.title, psms.spectrum))
    scan, place, nth = (_numbers(c[rows]) for c in (psms.scan, psms.place, psms.nth))
    numbered = scan.null_count == 0 and nth.null_count == native.null_count == title.null_count == rows.size
    if numbered and text.equals(scan.cast(pa.string())):  # a column of scans and nothing else: a scan is all there is
        return {"native id": native, "title": title, "scan": scan, "index": place}
    if nth.null_count == scan.null_count == place.null_count == rows.size and all(
        c.null_count == rows.size or c is text or c.equals(text) for c in (native, title)
    ):  # one name, of which nobody says what it is: it may be any
        named = _each(text, lambda t: _named(t, {}))
        stripped = pc.utf8_trim_whitespace(text)
        text = text if stripped.equals(text) else stripped
        return {"native id": text, "title": text, **named}
    columns = (text, native, title, scan, place, nth)
    out: dict[str, list[pa.Array]] = {kind: [] for kind in _KINDS}
    for start in range(0, max(rows.size, 1), 1 << 16):
        some = zip(*(c.slice(start, 1 << 16).to_pylist() for c in columns), strict=True)
        found = [_named(t, {k: v for k, v in zip(_ALL, values, strict=True) if v is not None}) for t, *values in some]
        for kind in _KINDS:
            number = pa.int64() if kind in _WHOLE else pa.string()
            out[kind].append(pa.array([n.get(kind) for n in found], number))
    return {kind: pa.concat_arrays(parts) for kind, parts in out.items()}


def _each(texts: pa.Array, of: Callable[[str], Keys]) -> dict[str, pa.Array]:
    """Scan and index that each text tells of, null where it tells of none."""
    found = {kind: np.full(len(texts), NONE) for kind in _WHOLE}
    for start in range(0, len(texts), 1 << 16):
        for at, text in enumerate(texts.slice(start, 1 << 16).to_pylist(), start=start):
            keys = of(text)
            for kind in _WHOLE:
                if (value := keys.get(kind)) is not None:
                    found[kind][at] = value
    return {kind: _numbers(values) for kind, values in found.items()}


def _numbers(values: NDArray[np.int64]) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == NONE)


def _named(spectrum: str, given_keys: Keys) -> Keys:
    text = spectrum.strip()
    keys: Keys = {k: v for k, v in given_keys.items() if k != "ms2 count"}
    if len(keys) < len(given_keys):  # a count of spectra is no name of one
        return keys
    if given_keys and text in (str(v) for v in given_keys.values()):
        given = next(k for k, v in given_keys.items() if str(v) == text)
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
    """The run that a spectrum's name tells of, ``""`` where it tells of none.

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
    while (parts := name.rpartition("."))[1] and parts[2].lower() in _ENDINGS:
        name = parts[0]
    return re.sub(r"_rank\d+$", "", name.removeprefix("interact-")).lower()
