"""Any table with a peptide and a spectrum in its columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from peploss.dataset.dialects import proforma
from peploss.dataset.psms import Psm, PsmTable, Refused, header, separator
from peploss.errors import SourceError

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "peptide": (
        "proforma", "peptidoform", "modified sequence", "modified peptide", "annotated sequence", "mod sequence",
        "peptide", "sequence", "seq", "prediction",
    ),
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


def read_plain(path: Path, columns: Mapping[str, str]) -> PsmTable:
    """Read a TSV or CSV; what ``columns`` does not name is guessed.

    Raises:
        SourceError: a column is not there, or none holds peptides or none names spectra.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError("This is not a table in UTF-8.", where=str(path)) from error
    names = header(text)
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
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table = PsmTable(where, "plain", [], [], chosen)
    for at, row in enumerate(csv.DictReader(lines, delimiter=separator(lines[0])), start=2):
        cells = {what: (row.get(column) or "").strip() for what, column in chosen.items()}
        try:
            table.psms.append(_psm(cells, at))
        except ValueError as error:
            table.refused.append(Refused(at, str(error)))
    return table


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
    return Psm(
        peptide=proforma(cells["peptide"]),
        spectrum=str(next(iter(keys.values()))),
        line=line,
        run=cells.get("run", ""),
        charge=int(float(charge)) or None if charge else None,
        precursor_mz=_optional(cells.get("precursor_mz", "")),
        rt=_optional(cells.get("rt", "")),
        rank=None if (rank := _optional(cells.get("rank", ""))) is None else int(rank),
        score=_optional(cells.get("score", "")),
        q_value=_optional(cells.get("q_value", "")),
        label=label,
        protein=cells.get("protein", ""),
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
