"""The column of a table that holds modifications beside the sequence: found, read, or named as not understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pyarrow.compute as pc

from peploss.dataset.tables.columns.blocks import texts
from peploss.dataset.tables.columns.names import FIELDS, modifying, plain
from peploss.dataset.tables.columns.rows import Rows
from peploss.errors import SourceError
from peploss.peptides.notations import NoPlace, bare, merged, paired, sites_of, unflanked
from peploss.peptides.notations.lists import NONE, parts_of

_LOOKED_AT: Final = 2000
"""Rows by which a column is judged, of those in which it says anything."""

Cells = dict[str, Any]
Reader = Callable[[str, Cells], str]
"""Peptide as written and a row -> ProForma with the modifications of both; raises ``ValueError``."""


class Modified(NamedTuple):
    """How the modifications of a table are read.

    Args:
        read: of a row.
        further: columns that it looks at beside those of ``modifications`` and ``modification places``.
    """

    read: Reader
    further: list[str]


def reader_of(rows: Rows, chosen: dict[str, str], asked: set[str], ignored: set[str], where: str) -> Modified:
    """How the modifications of this table are read.

    Args:
        chosen: which column is what.
        asked: fields that the caller named.
        ignored: columns that the caller does not want looked at.
    Raises:
        SourceError: a column looks like modifications and cannot be read as such.
    """
    own = chosen.get("modifications", "")
    if own and "modifications" not in asked:
        known = [c for c in rows.names if plain(c) in FIELDS["modifications"] and c not in ignored]
        own = next((c for c in dict.fromkeys([own, *known]) if _speaks(rows, c, _is_none)), "")
    if not own:
        chosen.pop("modifications", None)
        own = _unknown(rows, chosen, ignored, where)
        if own:
            rows.notes.append(f"The column {own!r} was read as modifications.")
    if own:
        chosen["modifications"] = own
    read = _reader(own, chosen.get("modification places", ""))
    further = [] if "modifications" in asked else _further(rows, chosen, read, ignored, where)
    if not further:
        return Modified(read, [])
    rows.notes.append(f"Modifications were read from {', '.join(map(repr, further))}, too.")

    def of_all(peptide: str, row: Cells) -> str:
        found = read(peptide, row)
        for column in further:
            found = _with(found, peptide, str(row.get(column) or "").strip())
        return found

    return Modified(of_all, further)


def _with(found: str, peptide: str, listed: str) -> str:
    """A peptide with a further list of modifications."""
    return found if listed.lower() in NONE else _merged(found, sites_of(_residues(peptide), listed))


def _further(rows: Rows, chosen: dict[str, str], read: Reader, ignored: set[str], where: str) -> list[str]:
    """Columns that add modifications to those of the one that was chosen, as where fixed and variable stand apart.

    Raises:
        SourceError: a column says something of a peptide of which nothing else says anything, and cannot be read.
    """
    further = []
    for name in modifying(rows.names):
        if name in chosen.values() or name in ignored:
            continue
        adds, unread, example, alone = 0, 0, "", False
        for peptide, text, row in _said(rows, name, chosen):
            try:
                found = read(peptide, row)
                adds += _with(found, peptide, text) != found
            except ValueError:
                unread += 1
                own = str(row.get(chosen.get("modifications", "")) or "").strip()
                if bare(peptide) and own.lower() in NONE and not alone:
                    example, alone = text, True
                example = example or text
        if alone:
            raise _not_understood(name, example, where)
        if unread:
            rows.notes.append(
                f"The column {name!r} looks like modifications and was not read beside the others, such as "
                f"{example[:80]!r}."
            )
        if adds and not unread:
            further.append(name)
    return further


def _reader(own: str, places: str) -> Reader:
    if not own:
        return lambda peptide, row: peptide
    if plain(places) == "ptm locations":
        return _by_masses(own, places)
    if plain(places) == "pep var mod pos":
        return _by_digits(own, places)
    if places:
        return lambda peptide, row: _merged(
            peptide, paired(_residues(peptide), str(row.get(own) or ""), str(row.get(places) or ""))
        )
    return _by_list(own)


def _by_list(column: str) -> Reader:
    def read(peptide: str, row: Cells) -> str:
        listed = str(row.get(column) or "").strip()
        if listed.lower() in NONE:
            return peptide
        try:
            sites = sites_of(_residues(peptide), listed)
        except NoPlace:
            if not bare(peptide):  # the sequence says where: the list only counts
                return peptide
            raise
        return _merged(peptide, sites)

    return read


def _by_masses(names: str, places: str) -> Reader:
    """ProteoScape's lists: masses, and places that count residues from 0, -1 the N-terminus."""

    def read(peptide: str, row: Cells) -> str:
        masses = [m for m in str(row.get(names) or "").split(";") if m]
        at = [int(p) + 1 for p in str(row.get(places) or "").split(";") if p]
        if len(masses) != len(at):
            raise ValueError(f"There are {len(masses)} modifications and {len(at)} places.")
        return _merged(peptide, list(zip(at, masses, strict=True)))

    return read


def _by_digits(names: str, places: str) -> Reader:
    """Mascot's: names without places, and a digit for each residue that tells which modification it has, 0 for none."""

    def read(peptide: str, row: Cells) -> str:
        listed, digits = str(row.get(names) or "").strip(), str(row.get(places) or "").strip().strip("'\"")
        if not listed or not digits:
            return peptide
        first, middle, last = [*digits.split("."), "", ""][:3] if "." in digits else ("0", digits, "0")
        marks = [(0, first), *enumerate(middle, start=1), (len(middle) + 1, last)]
        parts = [p.strip() for p in listed.split(";") if p.strip()]
        sites = []
        residues = _residues(peptide)
        if len(middle) != len(residues):
            raise ValueError(f"{digits!r} has {len(middle)} places for {len(residues)} residues.")
        for at, mark in marks:
            if mark in ("0", ""):
                continue
            residue = "N-term" if at == 0 else "C-term" if at > len(residues) else residues[at - 1]
            fits = [p for p in parts if _on(p, residue)]
            if len(fits) != 1:
                raise ValueError(f"{listed!r} does not tell which modification the {residue} at {at} has.")
            sites.append((at, re.sub(r"^\d+\s+", "", fits[0])))
        return _merged(peptide, sites)

    return read


def _on(part: str, residue: str) -> bool:
    site = re.search(r"\(([^()]*)\)$", part)
    return site is not None and (residue in site[1] if len(residue) > 1 else bool(re.fullmatch("[A-Z]+", site[1])) and
                                 residue in site[1])  # fmt: skip


def _residues(peptide: str) -> str:
    if short := bare(peptide):
        return short
    return parts_of(peptide)[0] or unflanked(peptide)


def _merged(peptide: str, sites: list[tuple[int, str]]) -> str:
    return merged(peptide, sites) if sites else bare(peptide) or peptide


def _speaks(rows: Rows, name: str, silent: Callable[[str], bool]) -> bool:
    """Whether a column says anything, in any row."""
    for block in rows.blocks([name]):
        if name in block.cells:
            said = pc.unique(pc.utf8_trim_whitespace(texts(block.cells[name]))).to_pylist()
            if not all(map(silent, said)):
                return True
    return False


def _said(rows: Rows, name: str, chosen: dict[str, str]) -> Iterator[tuple[str, str, Cells]]:
    """Peptide, what the column says beside it, and the row, of the first rows in which it says anything."""
    left = _LOOKED_AT if _speaks(rows, name, _says_nothing) else 0
    for _, row, problem in rows.each() if left else ():
        text = str(row.get(name) or "").strip()
        peptide = str(row.get(chosen.get("peptide", "")) or "").strip()
        if problem or not peptide or _says_nothing(text):
            continue
        yield peptide, text, row
        left -= 1
        if not left:
            return


def _unknown(rows: Rows, chosen: dict[str, str], ignored: set[str], where: str) -> str:
    """A column of modifications by another name, ``""`` where there is none or where the peptides say it all."""
    taken = {chosen[f] for f in chosen if f != "modifications"}
    for name in modifying(rows.names):
        if name in taken or name in ignored:
            continue
        n = read = 0
        example = ""
        bare_beside = False
        for peptide, text, _ in _said(rows, name, chosen):
            n += 1
            bare_beside |= bool(bare(peptide))
            try:
                sites_of(_residues(peptide), text)
                read += 1
            except ValueError:
                example = example or text
        if n and read == n:
            return name
        if n and bare_beside:
            raise _not_understood(name, example, where)
    return ""


def _is_none(text: str) -> bool:
    return text.lower() in NONE


def _says_nothing(text: str) -> bool:
    return _is_none(text) or bool(re.fullmatch(r"[\d.,+-]+|true|false|yes|no", text, re.I))


def _not_understood(name: str, example: str, where: str) -> SourceError:
    return SourceError(
        f"The column {name!r} looks like modifications and cannot be read: {example[:80]!r}.",
        where=where,
        remedy=f'Leave it out with --column "ignore={name}", or name the column that holds the modifications '
        "with --column modifications=NAME.",
    )
