"""Reads any TSV or CSV with a column of peptides and one that names spectra."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.dataset.tables.sniff import header, separator
from peploss.errors import SourceError
from peploss.peptides.notations import listed, proforma, unflanked

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "peptide": (
        "proforma", "peptidoform", "modified sequence", "modified peptide", "full sequence",
        "annotated sequence", "mod sequence", "peptide", "sequence", "seq", "prediction",
    ),
    "modifications": ("modifications", "assigned modifications", "mods"),
    "title": ("title", "spectrum title", "spectrum", "spectrum id", "spec id", "psm id", "specid"),
    "native id": ("native id", "nativeid", "spectrum ref", "spectra ref"),
    "scan": ("scan", "scan number", "scannr", "scan id", "scannum", "scans", "ms2 scan number"),
    "index": ("index", "spectrum index", "spectrumindex"),
    "run": ("file", "filename", "file name", "raw file", "run", "source file", "source", "spectrum file"),
    "charge": ("charge", "precursor charge", "z"),
    "precursor_mz": ("precursor mz", "mz", "m z", "observed m z", "exp mz"),
    "rt": ("rt", "retention time", "rtinseconds"),
    "rank": ("rank",),
    "score": ("score", "engine score", "search engine score", "hyperscore", "xcorr"),
    "q_value": ("q value", "qvalue", "psm q value", "fdr", "q"),
    "label": ("label", "target decoy", "is decoy", "decoy"),
    "protein": ("protein", "proteins", "protein id", "accession", "protein list"),
}  # fmt: skip
"""What a column can be, with the names it is known by (case, ``_ . -`` and brackets do not count), the best first."""

SPECTRUM: Final = ("native id", "title", "scan", "index")
_TRUE, _FALSE = {"true", "yes", "decoy"}, {"false", "no", "target"}
_FLAGS: Final = dict.fromkeys(("1", "y", "t", "+"), "decoy") | dict.fromkeys(("0", "n", "f"), "target")
"""Of a column that asks whether a PSM is a decoy."""


def guess(names: list[str]) -> dict[str, str]:
    """Which column is what, by its name.

    >>> guess(["Scan Number", "Peptide", "Modified_Sequence", "z"])
    {'peptide': 'Modified_Sequence', 'scan': 'Scan Number', 'charge': 'z'}
    """
    plain = {_plain(n): n for n in reversed(names)}
    return {
        field: next(plain[k] for k in known if k in plain)
        for field, known in FIELDS.items()
        if any(k in plain for k in known)
    }


def read_plain(path: Path, columns: Mapping[str, str], format: str = "plain") -> PsmTable:
    """Read a TSV or CSV; what ``columns`` does not name is guessed.

    Raises:
        SourceError: a column is not there, or none holds peptides or none names spectra.
    """
    names, first = _start(path)
    where = str(path)
    for what, column in columns.items():
        if what not in FIELDS:
            raise SourceError(f"A column can be {', '.join(FIELDS)}; {what!r} is none of them.", where=where)
        if column not in names:
            raise SourceError(f"There is no column {column!r}; the columns are {', '.join(names)}.", where=where)
    chosen = guess(names) | dict(columns)
    asked = [k for k in SPECTRUM if k in columns]
    if asked:  # who names one column of spectra does not want another that was guessed
        chosen = {k: v for k, v in chosen.items() if k not in SPECTRUM or k in asked}
    missing = [] if "peptide" in chosen else ["peptide"]
    missing += [] if any(k in chosen for k in SPECTRUM) else [" or ".join(SPECTRUM)]
    if missing:
        raise SourceError(
            f"No column holds the {' and none the '.join(missing)} of a PSM; the columns are {', '.join(names)}.",
            where=where,
            remedy="Say which it is, as in --column peptide=NAME --column scan=NAME.",
        )
    table = PsmTable(where, format, [], [], chosen)
    flag = "decoy" in _plain(chosen.get("label", "")).split() and "target" not in _plain(chosen["label"]).split()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(first):
            head = next(file)
        reader = csv.DictReader(file, names, delimiter=separator(head))
        try:
            for row in reader:
                cells = {what: (row.get(column) or "").strip() for what, column in chosen.items()}
                if flag:  # there, 1 is a decoy; in Percolator's labels, a target
                    cells["label"] = _FLAGS.get(cells["label"].lower(), cells["label"])
                if not any(cells.values()):
                    continue
                try:
                    table.psms.append(_psm(cells, reader.line_num + first))
                except (ValueError, OverflowError) as error:
                    table.refused.append(Refused(reader.line_num + first, str(error)))
        except (csv.Error, UnicodeDecodeError) as error:  # the rest of the file is not to be had
            line = reader.line_num + first + 1
            table.refused.append(Refused(line, f"The table cannot be read from here on: {error}"))
    if not table.psms:
        why = f" Line {table.refused[0].line}: {table.refused[0].reason}" if table.refused else ""
        raise SourceError(f"There is no PSM in this table.{why}", where=where)
    return table


def _start(path: Path) -> tuple[list[str], int]:
    """The names of the columns, and how many lines they and comments before them take."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, line in enumerate(file, start=1):
                if line.strip() and not line.startswith("#"):
                    return header(line), number
    except UnicodeDecodeError as error:
        raise SourceError("This is not a table in UTF-8.", where=str(path)) from error
    raise SourceError("There is no line with names of columns.", where=str(path))


def _psm(cells: dict[str, str], line: int) -> Psm:
    if not cells["peptide"]:
        raise ValueError("There is no peptide.")
    keys: dict[str, str | int] = {}
    for kind in SPECTRUM:
        value = cells.get(kind, "")
        if value:
            keys[kind] = int(float(value)) if kind == "index" or (kind == "scan" and _number(value)) else value
    if not keys:
        raise ValueError("The spectrum is not named.")
    charge = cells.get("charge", "").strip("+")
    label = cells.get("label", "")
    if label.lower() in _TRUE | _FALSE:
        label = "decoy" if label.lower() in _TRUE else "target"
    elif label in ("-1", "1"):  # Percolator's and Sage's
        label = "decoy" if label == "-1" else "target"
    peptide = cells["peptide"]
    if cells.get("modifications") and re.fullmatch("[A-Za-z]+", bare := unflanked(peptide)):
        # Lower case marks what is modified in some, as in Proteome Discoverer's; the list says by what.
        peptide = listed(bare.upper(), cells["modifications"])
    return Psm(
        peptide=proforma(peptide),
        spectrum=str(next(iter(keys.values()))),
        line=line,
        run=sys.intern(cells.get("run", "")),
        charge=int(float(charge)) or None if charge else None,
        precursor_mz=_optional(cells.get("precursor_mz", "")),
        rt=_optional(cells.get("rt", "")),
        rank=None if (rank := _optional(cells.get("rank", ""))) is None else int(rank),
        score=_optional(cells.get("score", "")),
        q_value=_optional(cells.get("q_value", "")),
        label=sys.intern(label),
        protein=sys.intern(cells.get("protein", "")),
        keys=keys,
    )


def _optional(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:  # nothing there, or a word for it
        return None


def _number(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()


def _plain(name: str) -> str:
    out = name.strip().lower()
    for sign in "_.-/()[]":
        out = out.replace(sign, " ")
    return " ".join(out.split())
