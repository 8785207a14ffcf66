"""The report of an index: what is in the set, what is not, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from peploss.dataset.index.joined import NotJoined
from peploss.dataset.store import ParquetStore

NOTES: Final = 10
"""Kinds of notes that are named, the most frequent first."""
_VALUE: Final = re.compile(r"'[^']*'|(?<=title )\S+|[+-]?\b\d+(?:\.\d+)?\b")
TOLD: Final = 1000
"""How many left-out PSMs the file itself lists; the report lists all."""


@dataclass
class IndexReport:
    """Counts of everything that was given to an index.

    Args:
        n_psms: in the set.
        n_spectra: entries of all files that are no survey scans, of which ``n_unusable`` cannot be used.
        n_without: usable spectra without a PSM, which are not in the set.
        joined: table, file, by what, and how many PSMs.
        not_joined: PSMs that are not in the set, and why.
        unusable: spectra that cannot be used, and why, with the file in place of a table and the place in it as line.
        n_mass_differs: PSMs in the set whose mass is not the one that their table states.
        n_replaced: spectra whose own peptide is not in the set, as a table gives them another.
        n_parts_kept: parts that an interrupted run had left.
        file_notes: file, and what its reader says of the whole of it: cut short, an index that is wrong.
        score_order: of each table whose scores of residues are in reversed order, a sentence.
        notes_without: the same of usable spectra without a PSM, as why their own peptide could not be read.
        notes: what readers had to assume or leave out, without the values of one spectrum -> PSMs.
    """

    n_psms: int = 0
    n_spectra: int = 0
    n_unusable: int = 0
    n_without: int = 0
    joined: list[tuple[str, str, str, int]] = field(default_factory=list)
    not_joined: list[NotJoined] = field(default_factory=list)
    unusable: list[NotJoined] = field(default_factory=list)
    n_replaced: int = 0
    n_parts_kept: int = 0
    n_mass_differs: int = 0
    file_notes: list[tuple[str, str]] = field(default_factory=list)
    score_order: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    notes_without: Counter[str] = field(default_factory=Counter)

    def add_notes(self, notes: Iterable[str | None]) -> None:
        """Count the notes on the spectra of PSMs."""
        self.notes.update(general(note) for note in notes if note)

    def add_spectra(self, spectra: pa.RecordBatch, file: str) -> None:
        """Count the spectra of a part, and keep of those that cannot be used why not."""
        self.n_spectra += spectra.num_rows
        self.n_unusable += spectra.num_rows - spectra["problem"].null_count
        if spectra["problem"].null_count == spectra.num_rows:
            return
        columns = (spectra[n].to_pylist() for n in ("index", "title", "native_id", "problem"))
        self.unusable += [
            NotJoined(file, index + 1, title or native_id or f"spectrum {index + 1}", "", problem)
            for index, title, native_id, problem in zip(*columns, strict=True)
            if problem
        ]

    def add_unread(self, spectra: pa.RecordBatch, file: str, why: str, found: set[int]) -> set[int]:
        """Keep the peptides of spectra that cannot be read, of those that no PSM was found for; their places.

        Args:
            why: how the reason starts.
        """
        if spectra["unread"].null_count == spectra.num_rows:
            return set()
        columns = (spectra[n].to_pylist() for n in ("index", "title", "native_id", "unread"))
        rows = [
            (at, NotJoined(file, index + 1, title or native_id or f"spectrum {index + 1}", "", why + unread))
            for at, (index, title, native_id, unread) in enumerate(zip(*columns, strict=True))
            if unread and at not in found
        ]
        self.not_joined += [row for _, row in rows]
        return {at for at, _ in rows}

    @property
    def why_unusable(self) -> list[tuple[str, int, NotJoined]]:
        """Why spectra cannot be used: the reason, how many, and the first of them."""
        return _reasons(self.unusable)

    def add_notes_without(self, spectra: pa.RecordBatch, found: set[int]) -> None:
        """Count the notes on those spectra of a part that can be used and are not among the found places."""
        if spectra["notes"].null_count == spectra.num_rows:
            return
        pairs = zip(spectra["notes"].to_pylist(), spectra["problem"].to_pylist(), strict=True)
        self.notes_without.update(
            general(note) for at, (note, problem) in enumerate(pairs) if note and problem is None and at not in found
        )

    @property
    def of_files(self) -> list[tuple[str, int, NotJoined]]:
        """What is to be known of whole files: the note, how often, and the first file."""
        return _reasons([NotJoined(file, 0, "", "", note) for file, note in self.file_notes])

    @property
    def reasons(self) -> list[tuple[str, int, NotJoined]]:
        """Why PSMs are not in the set: the reason, how many, and the first of them."""
        return _reasons(self.not_joined)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; of the PSMs left out the first ``TOLD``."""
        return {
            **{
                n: getattr(self, n)
                for n in (
                    "n_psms",
                    "n_spectra",
                    "n_unusable",
                    "n_without",
                    "n_replaced",
                    "n_parts_kept",
                    "n_mass_differs",
                )
            },
            "joined": [dict(zip(("table", "file", "by", "psms"), j, strict=True)) for j in self.joined],
            "score_order": self.score_order,
            "file_notes": [{"note": note, "times": n, "file": first.table} for note, n, first in self.of_files],
            "n_not_joined": len(self.not_joined),
            "spectrum_notes": dict(self.notes.most_common(NOTES)),
            "notes_without": dict(self.notes_without.most_common(NOTES)),
            "reasons": [{"reason": r, "psms": n, "first": asdict(f)} for r, n, f in self.reasons],
            "not_joined": [asdict(x) for x in self.not_joined[:TOLD]],
            "unusable": [{"reason": r, "spectra": n, "first": asdict(f)} for r, n, f in self.why_unusable],
        }


def general(reason: str) -> str:
    """A reason without the values of one PSM, so that equal reasons can be counted."""
    return _VALUE.sub("…", reason)


def _reasons(left_out: list[NotJoined]) -> list[tuple[str, int, NotJoined]]:
    """Reasons without those values that are not the same for all, how many, and the first of them."""
    first: dict[str, NotJoined] = {}
    counts: Counter[str] = Counter()
    same: dict[str, list[str | None]] = {}
    for one in left_out:
        kind, values = general(one.reason), _VALUE.findall(one.reason)
        counts[kind] += 1
        first.setdefault(kind, one)
        known = same.setdefault(kind, [*values])
        if known != values:
            same[kind] = [a if a == b else None for a, b in zip(known, values, strict=True)]
    return [(_with_values(first[kind].reason, same[kind]), n, first[kind]) for kind, n in counts.most_common()]


def _with_values(reason: str, values: list[str | None]) -> str:
    """A reason with its values, an ellipsis for those that are not known."""
    left = iter(values)
    return _VALUE.sub(lambda _: next(left) or "…", reason)


def describe(report: IndexReport, path: Path) -> list[str]:
    """The report in sentences."""
    with ParquetStore(path) as store:
        groups = store.n_groups
    lines = [f"{report.n_psms:,} PSMs in {path} ({groups:,} row group{'s' if groups != 1 else ''})."]
    if report.n_parts_kept:
        lines.append(f"{report.n_parts_kept:,} parts were there from an interrupted run.")
    lines += [f"{Path(t).name} to {f}: {n:,} joined by {kind}." for t, f, kind, n in report.joined]
    lines.append(
        f"{report.n_spectra:,} spectra: {report.n_unusable:,} cannot be used, {report.n_without:,} without PSM."
    )
    if report.n_replaced:
        lines.append(f"{report.n_replaced:,} spectra name another peptide than the table; the table's is used.")
    for note, n, first in report.of_files:
        lines.append(f"{first.table}: {note}" if n == 1 else f"{n:,} times, first in {first.table}: {note}")
    for reason, n, first in report.reasons:
        example = f"{Path(first.table).name}, line {first.line}" + (f", {first.spectrum}" if first.spectrum else "")
        lines.append(f"{n:,} not in the set ({example}): {reason}")
    for reason, n, first in report.why_unusable:
        which = f"{first.table}, spectrum {first.line}"
        lines.append(
            f"{n:,} spectra cannot be used ({which}): {reason}" if n > 1 else f"{which} cannot be used: {reason}"
        )
    if report.n_mass_differs:
        lines.append(
            f"{report.n_mass_differs:,} PSMs do not have the mass that their table states: mass_difference says "
            "by how much."
        )
    lines += report.score_order
    lines += [f"{n:,} PSMs have a note: {note}" for note, n in report.notes.most_common(NOTES)]
    lines += [f"{n:,} spectra without PSM have a note: {note}" for note, n in report.notes_without.most_common(NOTES)]
    return lines
