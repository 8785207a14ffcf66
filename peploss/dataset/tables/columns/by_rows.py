"""Reads the rows of a table by its columns: each is one PSM, or several candidates for one spectrum."""

from __future__ import annotations

import csv
import math
import re
import sys
from dataclasses import replace
from typing import Any, Final

from peploss.constants import PROTON
from peploss.dataset.tables.columns.modifications import Modified
from peploss.dataset.tables.columns.names import SPECTRUM, beams, number, others_for_peptide, plain
from peploss.dataset.tables.columns.rows import Rows
from peploss.dataset.tables.columns.token_scores import column_of_beam, of_row
from peploss.dataset.tables.columns.unread import Unread
from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.peptides.notations import proforma
from peploss.spectra.record import MAX_CHARGE

CHARGED: Final = ("plain", "peprec")
"""Formats whose peptides stay without the charge that stands beside them."""

_TRUE, _FALSE = {"true", "yes", "decoy", "d"}, {"false", "no", "target", "t"}
_FLAGS: Final = dict.fromkeys(("1", "y", "t", "+", "true"), "decoy") | dict.fromkeys(("0", "n", "f", "false"), "target")
"""Of a column that asks whether a PSM is a decoy."""

_HIGHEST_SCAN: Final = 1e15
NO_RANK: Final = "A rank is a whole number, and not infinite."
PERCOLATOR_ID: Final = re.compile(r"_(?P<scan>\d+)_\d+_(?P<rank>\d+)$")  # of Comet, Crux and MS-GF+: scan_charge_rank
_PEAKS_SCAN: Final = re.compile(r"(?:F(?P<fraction>\d+):)?(?P<scan>\d+)(?:[;, ]\s*(?:F\d+:)?\d+)*")
_CHARGE_COLUMN: Final = re.compile(r"charge[ _]?(\d+)", re.I)
_LOOKS_LIKE_PEPTIDE: Final = re.compile(r"[A-Z]{2}[A-Z\[\]()+.\d-]{3,}")


class Reading:
    """One pass over a table."""

    def __init__(self, table: PsmTable, rows: Rows, chosen: dict[str, str], modified: Modified, alone: bool) -> None:
        self.table, self.rows, self.chosen = table, rows, chosen
        self.modified, self.further = modified.read, modified.further
        self.others = [] if alone else others_for_peptide(rows.names, chosen["peptide"])
        self.beams = [(c, column_of_beam(rows.names, k)) for k, c in beams(rows.names) if c != chosen["peptide"]]
        self.charges = [(c, int(m[1])) for c in rows.names if (m := _CHARGE_COLUMN.fullmatch(c))]
        words = plain(chosen.get("label", "")).split()
        self.flag = bool({"decoy", "reverse"} & set(words)) and "target" not in words
        self.counted = "" if any(k in chosen for k in SPECTRUM) else self.named("ms2 scan")
        self.file_index = self.named("file idx")
        self.observed = self.named("precursor neutral mass", "exp neutral mass", "observed mass", "pep exp mr") or (
            self.named("expmass") if table.format.startswith("sage") else ""
        )
        self.unread = Unread(chosen)

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
                    table.hold_refused(len(table.psms))
                    continue
                try:
                    table.add(*self.psms(cells, row, line))
                except (ValueError, OverflowError) as error:
                    table.refused.append(Refused(line, str(error)))
                    table.hold_refused(len(table.psms))
        except csv.Error as error:  # the rest of the file is not to be had
            table.refused.append(Refused(line + 1, f"The table cannot be read from here on: {error}"))
        self.tell()

    def tell(self) -> None:
        """Say in the table's notes what was passed over."""
        self.table.notes += self.unread.notes()

    def psms(self, cells: dict[str, str], row: dict[str, Any], line: int) -> list[Psm]:
        """The candidates of one row: its peptide, further ones of a beam search, and the truth beside a prediction."""
        peptide = cells["peptide"] or next((c for n in self.others if (c := str(row.get(n) or "").strip())), "")
        truth = self.truth(cells)
        if not peptide and not truth:
            raise ValueError("There is no peptide.")
        first = self.psm(peptide or truth, cells, row, line)
        found = [first] if peptide else []
        for column, scores in self.beams:
            further = str(row.get(column) or "").strip()
            if further and (one := proforma(tokens(further))) not in {p.peptide.split("/")[0] for p in found}:
                found.append(
                    replace(first, peptide=self.charged(one, first.charge), rank=len(found) + 1, score=None,
                            token_scores=of_row(row, scores))
                )  # fmt: skip
        if truth:
            right = self.charged(proforma(tokens(truth)), first.charge)
            for candidate in found:
                candidate.truth = right
            if right not in {p.peptide for p in found}:
                found.append(
                    replace(
                        first,
                        peptide=right,
                        truth=right,
                        label="truth",
                        rank=len(found) + 1,
                        score=None,
                        mass=None,
                        mass_shift=None,
                        token_scores=(),
                    )
                )
        return found

    def truth(self, cells: dict[str, str]) -> str:
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
        given = self.unread.number("rank", cells.get("rank", ""))
        if rank is None and given is not None:
            if math.isinf(given):
                raise ValueError(NO_RANK)
            rank = int(given) + (self.table.format == "alphadia")  # counts from 0
        mz, rt, score, q_value, mass_said, shift = (
            self.unread.number(f, cells.get(f, ""))
            for f in ("precursor_mz", "rt", "score", "q_value", "mass", "mass shift")
        )
        if mz is None and charge and self.observed:
            mass = number(str(row.get(self.observed) or ""))
            mz = None if mass is None else mass / charge + PROTON
        proteins = ";".join([cells.get("protein", ""), *row.get("", [])]) if self.table.format == "percolator" else ""
        protein = proteins or cells.get("protein", "")
        return Psm(
            peptide=self.charged(proforma(self.modified(tokens(peptide), row)), charge),
            spectrum=spectrum,
            line=line,
            run=self.run(cells, row),
            charge=charge,
            precursor_mz=mz,
            rt=rt,
            rank=rank,
            score=score,
            q_value=q_value,
            label=sys.intern(self.label(cells.get("label", ""), protein)),
            protein=sys.intern(protein),
            keys=keys,
            mass=mass_said,
            mass_shift=shift,
            token_scores=of_row(row, self.chosen.get("token scores", "")),
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
        if value is None or not 0 <= value <= MAX_CHARGE or value != int(value):
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
                if (scan := scan_of(value)) is not None:
                    keys[kind] = scan
                    spoken = str(scan) if spoken == value else spoken
                else:
                    keys.setdefault("native id", value)
                    keys.setdefault("title", value)
            elif kind == "index":
                keys[kind] = place_of(value)
            else:
                keys[kind] = value
        if self.counted and (count := number(str(row.get(self.counted) or ""))) is not None:
            keys["ms2 count"], spoken = int(count), str(int(count))
        if self.table.format == "percolator" and (named := PERCOLATOR_ID.search(cells.get("title", ""))):
            keys["scan"], rank = int(named["scan"]), int(named["rank"])
        if not keys:
            raise ValueError("The spectrum is not named.")
        if set(keys) == {"title"} and self.table.format != "plain":
            del keys["title"]  # what it is, its form tells
        return keys, spoken, rank


def scan_of(text: str) -> int | None:
    """The scan in a cell of scans, PEAKS' ``F1:101`` and ``3553;3556`` among them; None where it is a name.

    >>> scan_of("F1:101"), scan_of("3553;3556"), scan_of("17.0"), scan_of("controllerType=0 scan=5")
    (101, 3553, 17, None)
    """
    found = _PEAKS_SCAN.fullmatch(text)
    value = number(found["scan"] if found else text)
    if value is not None and (abs(value) > _HIGHEST_SCAN or value != int(value)):
        raise ValueError(f"{text[:40]} is no scan number.")
    return int(found["scan"]) if found else None if value is None else int(value)


def place_of(text: str) -> int:
    """The place in its file that a cell of indices names."""
    value = number(text)
    if value is None or not abs(value) <= _HIGHEST_SCAN or value != int(value):
        raise ValueError(f"{text[:40]} is no index of a spectrum.")
    return int(value)


def tokens(text: str) -> str:
    """A peptide that is a list of tokens in Python's writing, ``['A', 'C[UNIMOD:4]']``, with commas alone."""
    if text.startswith("['") or text.startswith('["'):
        return ",".join(t.strip().strip("'\"") for t in text[1:-1].split(","))
    return text
