"""Columns of a set and its results: what they are called, which are offered where, how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

LABELS: Final[Mapping[str, str]] = {
    "loss": "spectrum loss",
    "decoy_loss": "loss of a decoy",
    "precursor_loss": "precursor loss",
    "explained": "explained",
    "explained_peaks": "explained peaks",
    "ppm": "precursor ppm",
    "isotope_ppm": "ppm, best isotope",
    "isotope": "best isotope",
    "fixed_loss": "loss after the fix",
    "cause_confidence": "confidence of the cause",
    "n_peaks": "peaks",
    "length": "peptide length",
    "charge": "charge",
    "precursor_mz": "precursor m/z",
    "mass": "peptide mass, Da",
    "rt": "retention time, s",
    "engine_score": "engine score",
    "q_value": "q-value",
    "rank": "rank",
    "min_distance_loss": "min-distance loss",
    "min_distance": "min-distance loss",  # of results written by 0.1
    "file": "file",
    "modifications": "modification",
    "label": "label",
    "cause": "cause",
    "table": "PSM table",
    "joined_by": "joined by",
    "notes": "notes on spectrum and PSM",
    "mass_difference": "mass by the table − peptide mass, Da",
    "truth": "right peptide by the table",
    "id": "id",
    "title": "title",
    "peptide": "peptide",
}
_GROUPS: Final = (
    "charge", "length", "file", "modifications", "label", "cause", "rank", "isotope", "table", "joined_by", "notes",
)  # fmt: skip
_NOT_SHOWN: Final = ("id", "index", "scan", "n_term_score")


def label(name: str) -> str:
    """A column in words."""
    return LABELS.get(name, name.replace("_", " "))


def numbers(columns: Mapping[str, bool]) -> list[str]:
    """Columns of numbers that say something, the most asked for first."""
    found = [name for name, number in columns.items() if number and name not in _NOT_SHOWN]
    known = list(LABELS)
    return sorted(found, key=lambda name: known.index(name) if name in known else 100)


def groups(columns: Iterable[str]) -> list[str]:
    """Columns to group by."""
    return [name for name in _GROUPS if name in columns]


def first_of(names: Iterable[str], columns: Iterable[str]) -> str:
    """The first name that is a column; ``"id"`` where none is."""
    there = set(columns)
    return next((name for name in names if name in there), "id")
