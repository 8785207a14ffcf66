"""Reads any text or Parquet table with a column of peptides and one that names spectra."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from peploss.dataset.tables.columns import FIELDS, IGNORE, SPECTRUM, beams, guess, meanings, others_for_peptide, plain
from peploss.dataset.tables.modification_columns import Reader, reader_of
from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.dataset.tables.rows import Rows, open_rows
from peploss.errors import SourceError
from peploss.peptides.notations import proforma
from peploss.spectra.record import MAX_CHARGE

CHARGED: Final = ("plain", "peprec")
"""Formats whose peptides stay without the charge that stands beside them."""

_TRUE, _FALSE = {"true", "yes", "decoy", "d"}, {"false", "no", "target", "t"}
_FLAGS: Final = dict.fromkeys(("1", "y", "t", "+", "true"), "decoy") | dict.fromkeys(("0", "n", "f", "false"), "target")
"""Of a column that asks whether a PSM is a decoy."""

_CROSS_LINKED: Final = {"linkpos1", "linkpos2", "pepseq1", "pepseq2", "crosslink position1", "crosslinker", "link type",
                        "alpha peptide", "beta peptide", "beta sequence", "beta peptide full sequence"}  # fmt: skip
_PERCOLATOR_ID: Final = re.compile(r"_(?P<scan>\d+)_\d+_(?P<rank>\d+)$")  # of Comet, Crux and MS-GF+: scan_charge_rank
_PEAKS_SCAN: Final = re.compile(r"(?:F(?P<fraction>\d+):)?(?P<scan>\d+)(?:[;, ]\s*(?:F\d+:)?\d+)*")
_CHARGE_COLUMN: Final = re.compile(r"charge[ _]?(\d+)", re.I)
_LOOKS_LIKE_PEPTIDE: Final = re.compile(r"[A-Z]{2}[A-Z\[\]()+.\d-]{3,}")

_OWN: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "fragpipe": {"peptide": ("peptide",), "title": ("spectrum",), "run": ("spectrum file",)},
    "msms": {"run": ("raw file",), "scan": ("scan number",)},
    "percolator": {"title": ("specid", "psmid"), "q_value": ("q value",)},
    "ionbot": {"precursor_mz": ("m z",), "rt": ("observed retention time",)},
    "alphadia": {"modifications": ("mods",), "rt": ("rt observed",)},
    "sage_tsv": {"rt": ("rt",), "mass": ("calcmass",)},
    "sage_parquet": {"rt": ("rt",), "mass": ("calcmass",)},
    "proteoscape": {"peptide": ("stripped peptide",), "scan": ("ms2 id",)},
}
"""Columns of an engine's own table that its names alone would not choose."""


def read_plain(path: Path, columns: Mapping[str, str], format: str = "plain") -> PsmTable:
    """Read a TSV, CSV or Parquet file; what ``columns`` does not name is guessed.

    Args:
        columns: field -> column; ``ignore`` names columns that are not looked at, between tabs.
    Raises:
        SourceError: a column is not there, none holds peptides or none names spectra, or one that looks like
            modifications cannot be read.
    """
    where = str(path)
    asked = {what: column for what, column in columns.items() if what != IGNORE}
    ignored = {c for c in columns.get(IGNORE, "").split("\t") if c}
    rows = open_rows(path, lambda names: _complete(names, asked))
    for what in asked:
        if what not in FIELDS:
            raise SourceError(f"A column can be {', '.join(FIELDS)}; {what!r} is none of them.", where=where)
    for column in (*asked.values(), *ignored):
        if column not in rows.names:
            raise SourceError(f"There is no column {column!r}; the columns are {_shown(rows.names)}.", where=where)
    chosen = _chosen(rows.names, asked, ignored, format)
    _whole(chosen, rows.names, where)
    table = PsmTable(where, format, [], [], chosen, rows.notes)
    if "mass" in chosen:
        table.mass_column, table.mass_meanings = chosen["mass"], meanings(chosen["mass"])
    modified = reader_of(rows, chosen, set(asked), ignored, where)
    _Reading(table, rows, chosen, modified, "peptide" in asked).read()
    if not table.psms:
        why = f" Line {table.refused[0].line}: {table.refused[0].reason}" if table.refused else ""
        raise SourceError(f"There is no PSM in this table.{why}", where=where)
    return table


def _shown(names: list[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 300 else text[:300] + " …"


def _complete(names: list[str], asked: Mapping[str, str]) -> bool:
    if asked and not set(asked.values()) <= set(names):
        return False
    found = guess(names) | dict(asked)
    return "peptide" in found and (any(k in found for k in SPECTRUM) or plain_has(names, "ms2 scan", "frame start"))


def plain_has(names: list[str], *wanted: str) -> bool:
    """Whether one of the columns is known by one of these names."""
    return any(plain(n) in wanted for n in names)


def _chosen(names: list[str], asked: Mapping[str, str], ignored: set[str], format: str) -> dict[str, str]:
    by_name = {plain(n): n for n in reversed(names)}
    own = {field: by_name[k] for field, known in _OWN.get(format, {}).items() for k in reversed(known) if k in by_name}
    chosen = guess([n for n in names if n not in ignored]) | own | dict(asked)
    spectrum = [k for k in SPECTRUM if k in asked]
    if spectrum:  # who names one column of spectra does not want another that was guessed
        chosen = {k: v for k, v in chosen.items() if k not in SPECTRUM or k in spectrum}
    numbered = plain(chosen.get("title", "")) in ("psm id", "psmid") and bool({"scan", "native id"} & set(chosen))
    if numbered and format != "percolator" and "title" not in asked:
        del chosen["title"]  # a number of its own
    if plain(chosen.get("native id", "")) == "spectrum id" == plain(chosen.get("title", "")):
        del chosen["native id"]
    return chosen


def _whole(chosen: dict[str, str], names: list[str], where: str) -> None:
    """Whether the columns name a peptide and a spectrum.

    Raises:
        SourceError: they do not, or they are those of cross-links, or of frames.
    """
    if crossed := [n for n in names if plain(n) in _CROSS_LINKED or n.lower() in _CROSS_LINKED]:
        raise SourceError(
            f"This is a table of cross-links (column {crossed[0]!r}): a pair of peptides has no fragments of one.",
            where=where,
            remedy="Give a table of linear peptides.",
        )
    spectrum = any(k in chosen for k in SPECTRUM)
    if "peptide" in chosen and not spectrum and plain_has(names, "frame start"):
        raise SourceError(
            "alphaDIA counts frames of its own (frame_start), which are no scans of the spectrum file.",
            where=where,
            remedy="Name a column of scans, titles or native ids: --column scan=NAME.",
        )
    missing = [] if "peptide" in chosen else ["peptide"]
    if not spectrum and not plain_has(names, "ms2 scan"):
        missing.append(" or ".join(SPECTRUM))
    if missing:
        raise SourceError(
            f"No column holds the {' and none the '.join(missing)} of a PSM; the columns are {_shown(names)}.",
            where=where,
            remedy="Say which it is, as in --column peptide=NAME --column scan=NAME.",
        )


class _Reading:
    """One pass over a table."""

    def __init__(self, table: PsmTable, rows: Rows, chosen: dict[str, str], modified: Reader, alone: bool) -> None:
        self.table, self.rows, self.chosen, self.modified = table, rows, chosen, modified
        self.others = [] if alone else others_for_peptide(rows.names, chosen["peptide"])
        self.beams = [c for _, c in beams(rows.names) if c != chosen["peptide"]]
        self.charges = [(c, int(m[1])) for c in rows.names if (m := _CHARGE_COLUMN.fullmatch(c))]
        words = plain(chosen.get("label", "")).split()
        self.flag = bool({"decoy", "reverse"} & set(words)) and "target" not in words
        self.counted = "" if any(k in chosen for k in SPECTRUM) else self.named("ms2 scan")
        self.file_index = self.named("file idx")
        self.observed = self.named("precursor neutral mass", "exp neutral mass", "observed mass", "pep exp mr") or (
            self.named("expmass") if table.format.startswith("sage") else ""
        )
        self.texts, self.scored, self.text = 0, 0, ""
        self.blank = 0

    def named(self, *wanted: str) -> str:
        return next((n for n in self.rows.names if plain(n) in wanted), "")

    def read(self) -> None:
        table = self.table
        try:
            for line, row, problem in self.rows.each():
                cells = {what: str(row.get(column) or "").strip() for what, column in self.chosen.items()}
                if not any(cells.values()) and not any(str(v).strip() for v in row.values()):
                    continue
                if problem:
                    table.refused.append(Refused(line, problem))
                    continue
                try:
                    table.psms += self.psms(cells, row, line)
                except (ValueError, OverflowError) as error:
                    table.refused.append(Refused(line, str(error)))
        except csv.Error as error:  # the rest of the file is not to be had
            table.refused.append(Refused(line + 1, f"The table cannot be read from here on: {error}"))
        if self.texts:
            table.notes.append(
                f"The column {self.chosen['score']!r} holds no number in {self.texts:,} of {self.scored:,} rows, such "
                f"as {self.text[:40]!r}: these PSMs have no score."
            )

    def psms(self, cells: dict[str, str], row: dict[str, Any], line: int) -> list[Psm]:
        """The candidates of one row: its peptide, further ones of a beam search, and the truth beside a prediction."""
        peptide = cells["peptide"] or next((c for n in self.others if (c := str(row.get(n) or "").strip())), "")
        truth = self._truth(cells)
        if not peptide and not truth:
            raise ValueError("There is no peptide.")
        first = self.psm(peptide or truth, cells, row, line)
        found = [first] if peptide else []
        for column in self.beams:
            further = str(row.get(column) or "").strip()
            if further and (one := proforma(_tokens(further))) not in {p.peptide.split("/")[0] for p in found}:
                found.append(replace(first, peptide=self.charged(one, first.charge), rank=len(found) + 1, score=None))
        if truth:
            right = self.charged(proforma(_tokens(truth)), first.charge)
            for candidate in found:
                candidate.truth = right
            if right not in {p.peptide for p in found}:
                found.append(
                    replace(
                        first, peptide=right, truth=right, label="truth", rank=len(found) + 1, score=None, mass=None
                    )
                )
        return found

    def _truth(self, cells: dict[str, str]) -> str:
        if cells.get("truth"):
            return cells["truth"]
        label = cells.get("label", "")
        if _LOOKS_LIKE_PEPTIDE.match(label) and label not in ("DECOY", "TARGET"):  # pi-HelixNovo calls the truth so
            cells["label"] = ""
            return label
        return ""

    def charged(self, peptide: str, charge: int | None) -> str:
        own = self.table.format in CHARGED or charge is None or re.search(r"/\d+$", peptide)
        return peptide if own else f"{peptide}/{charge}"

    def psm(self, peptide: str, cells: dict[str, str], row: dict[str, Any], line: int) -> Psm:
        keys, spectrum, rank = self.spectrum(cells, row)
        charge = self.charge(cells.get("charge", ""), row)
        if rank is None and (given := number(cells.get("rank", ""))) is not None:
            rank = int(given) + (self.table.format == "alphadia")  # counts from 0
        mz = number(cells.get("precursor_mz", ""))
        if mz is None and charge and self.observed:
            mass = number(str(row.get(self.observed) or ""))
            mz = None if mass is None else mass / charge + 1.007276466621
        if cells.get("score"):
            self.scored += 1
        score = number(cells.get("score", ""))
        if cells.get("score") and score is None:
            self.texts += 1
            self.text = self.text or cells["score"]
        proteins = ";".join([cells.get("protein", ""), *row.get("", [])]) if self.table.format == "percolator" else ""
        protein = proteins or cells.get("protein", "")
        return Psm(
            peptide=self.charged(proforma(self.modified(_tokens(peptide), row)), charge),
            spectrum=spectrum,
            line=line,
            run=self.run(cells, row),
            charge=charge,
            precursor_mz=mz,
            rt=number(cells.get("rt", "")),
            rank=rank,
            score=score,
            q_value=number(cells.get("q_value", "")),
            label=sys.intern(self.label(cells.get("label", ""), protein)),
            protein=sys.intern(protein),
            keys=keys,
            mass=number(cells.get("mass", "")),
        )

    def run(self, cells: dict[str, str], row: dict[str, Any]) -> str:
        run = cells.get("run", "")
        if not run and self.file_index:
            run = f"file_idx {str(row.get(self.file_index) or '').strip()}"
        return sys.intern(run)

    def label(self, label: str, protein: str) -> str:
        if self.flag:  # there, 1 is a decoy; in Percolator's labels, a target
            return _FLAGS.get(label.lower(), label or ("target" if self.table.format == "msms" else ""))
        if label.lower() in _TRUE | _FALSE and (len(label) > 1 or self.table.format == "ionbot"):
            return "decoy" if label.lower() in _TRUE else "target"
        if label in ("-1", "1", "-1.0", "1.0"):  # Percolator's and Sage's
            return "decoy" if label.startswith("-") else "target"
        if not label and self.table.format == "msamanda":
            return "decoy" if protein.startswith("REV_") else "target"
        return label

    def charge(self, text: str, row: dict[str, Any]) -> int | None:
        if not text:
            hot = [z for column, z in self.charges if str(row.get(column) or "").strip() in ("1", "1.0")]
            return hot[0] if len(hot) == 1 else None
        value = number(text.strip("+").removesuffix(".0"))
        if value is None or value != int(value) or not 0 <= value <= MAX_CHARGE:
            raise ValueError(f"A charge is a whole number from 1 to {MAX_CHARGE}, not {text!r}.")
        return int(value) or None

    def spectrum(self, cells: dict[str, str], row: dict[str, Any]) -> tuple[dict[str, str | int], str, int | None]:
        """Names of the spectrum by kind, what the table calls it, and a rank that is part of its name."""
        keys: dict[str, str | int] = {}
        spoken, rank = "", None
        for kind in SPECTRUM:
            value = cells.get(kind, "")
            if not value:
                continue
            spoken = spoken or value
            if kind == "scan":
                found = _PEAKS_SCAN.fullmatch(value)
                if found or number(value) is not None:
                    keys[kind] = int(found["scan"]) if found else int(number(value) or 0)
                    spoken = str(keys[kind]) if spoken == value else spoken
                else:
                    keys.setdefault("native id", value)
                    keys.setdefault("title", value)
            elif kind == "index":
                keys[kind] = int(float(value))
            else:
                keys[kind] = value
        if self.counted and (count := number(str(row.get(self.counted) or ""))) is not None:
            keys["ms2 count"], spoken = int(count), str(int(count))
        if self.table.format == "percolator" and (named := _PERCOLATOR_ID.search(cells.get("title", ""))):
            keys["scan"], rank = int(named["scan"]), int(named["rank"])
        if not keys:
            raise ValueError("The spectrum is not named.")
        if set(keys) == {"title"} and self.table.format != "plain":
            del keys["title"]  # what it is, its form tells
        return keys, spoken, rank


def _tokens(text: str) -> str:
    """A peptide that is a list of tokens in Python's writing, ``['A', 'C[UNIMOD:4]']``, with commas alone."""
    if text.startswith("['") or text.startswith('["'):
        return ",".join(t.strip().strip("'\"") for t in text[1:-1].split(","))
    return text


def number(text: str) -> float | None:
    """A number with a decimal point or comma; None where nothing is there, or a word for it.

    >>> number("464.73"), number("464,73"), number("1.234,5"), number("1,234.5"), number("n/a")
    (464.73, 464.73, 1234.5, 1234.5, None)
    """
    text = text.strip()
    try:
        return float(text)
    except ValueError:
        pass
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text):
        return float(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", text):
        return float(text.replace(",", "."))
    return None
