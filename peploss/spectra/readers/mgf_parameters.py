"""What the parameters of an MGF block say of its spectrum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from peploss.constants import PROTON
from peploss.errors import PeptideError
from peploss.peptides.notations import proforma
from peploss.spectra.record import MAX_CHARGE, Record

_CHARGE: Final = re.compile(r"([+-]?)(\d+)(?:\.0*)?([+-]?)")
_BETWEEN: Final = re.compile(r"[\s,;/]+|\b(?:and|or)\b", re.I)
_NO_VALUE: Final = frozenset({"", "-", "+", "na", "n/a", "nan", "none", "null", "unknown"})
_RANGE: Final = re.compile(r"(?<=\d)-|,")
_SCANS: Final = re.compile(r"(?:F\d+:)?(\d{1,15})(?!\d)")
_SCAN_IN_TEXT: Final = (
    re.compile(r"(?i)\bscan(?:[ _]?id)?=(\d{1,15})\b"),
    re.compile(r"\.0*(\d{1,15})\.0*\1\.\d*(?:\s|$)"),
)
_SCAN_KEYS: Final = ("SCANS", "SCAN", "RAWSCANS", "SCAN ID", "SCAN_ID", "SCANID", "SCAN NUMBER", "SCAN_NUMBER")
_LEVEL_KEYS: Final = ("MSLEVEL", "MS_LEVEL", "LEVEL")
AGAIN: Final = "=again"
"""Where a block's values name parameters that it gives twice, unlike each other; no parameter is called so."""
_POLARITY_KEYS: Final = ("IONMODE", "ION_MODE", "ION MODE", "POLARITY")


def fill(record: Record, values: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """Put what the parameters say into a record whose peaks were read.

    Args:
        values: by upper-case name.
        defaults: those at the head of the file.
    """
    record.title = values.get("TITLE", "")
    pepmass = values.get("PEPMASS", "").split()
    if pepmass:
        record.precursor_mz = number(pepmass[0])
        if record.precursor_mz is None:
            record.notes.append(f"PEPMASS is not a number: {pepmass[0][:40]!r}.")
    _settle_charge(record, values.get("CHARGE", ""), pepmass, defaults.get("CHARGE", ""))
    record.scan = _scan_number(_first(values, _SCAN_KEYS), record.title)
    record.rt = number(_RANGE.split(values["RTINSECONDS"])[0]) if "RTINSECONDS" in values else None
    if record.rt is None and _says(values.get("RTINSECONDS", "")):
        record.notes.append(f"RTINSECONDS is not a number: {values['RTINSECONDS'][:40]!r}.")
    if record.scan is None and _says(written := _first(values, _SCAN_KEYS)):
        record.notes.append(f"No scan number could be read from {written[:40]!r}.")
    if AGAIN in values:
        record.notes.append(f"{values[AGAIN]} is there more than once; the first was taken.")
    level = _first(values, _LEVEL_KEYS)
    record.ms_level = int(level) if level.isdecimal() and len(level) < 4 else None
    polarity = _first(values, _POLARITY_KEYS) or _first(defaults, _POLARITY_KEYS)
    record.negative = record.negative or is_negative(polarity)
    if not pepmass and ("PRECURSOR_MASS" in values or "PRECURSOR_MZ" in values):
        _from_msalign(record, values)
    if record.ms_level is not None and record.ms_level > 2:
        at = "" if record.precursor_mz is None else f" of the fragment at m/z {record.precursor_mz:g}"
        record.notes.append(
            f"This is an MS{record.ms_level} spectrum{at}: the file does not say which peptide it is of, so its "
            "precursor is not known."
        )
        record.precursor_mz = record.precursor_charge = None
    sequence = values.get("SEQ") or values.get("SEQUENCE") or ""
    if sequence:
        try:
            record.peptide = proforma(sequence)
        except PeptideError as error:
            record.peptide = sequence  # kept as it is written: whoever uses it is told the same
            record.notes.append(f"The peptide {sequence[:60]!r} cannot be read: {error}")


def is_negative(polarity: str) -> bool:
    """Whether a word for the polarity is one for negative.

    >>> [is_negative(word) for word in ("Negative", "N", "-", "Positive", "+", "")]
    [True, True, True, False, False, False]
    """
    return polarity.strip().lower() in ("n", "-", "neg", "negative", "negative ion mode", "negative scan", "-1")


def _from_msalign(record: Record, values: Mapping[str, str]) -> None:
    """A block of TopFD, FLASHDeconv or MS-Deconv: neutral masses of deconvoluted fragments, as m/z at charge 1."""
    record.precursor_mz = number(re.split(r"[:;,\s]", values.get("PRECURSOR_MZ", "").strip())[0])
    found = charges(re.split(r"[:;,\s]", values.get("PRECURSOR_CHARGE", "").strip())[0])
    if record.precursor_charge is None and found:
        record.precursor_charge = found[0]
    mass = number(re.split(r"[:;,\s]", values.get("PRECURSOR_MASS", "").strip())[0])
    if record.precursor_mz is None and mass is not None and (record.precursor_charge or 0) > 0:
        record.precursor_mz = mass / (record.precursor_charge or 1) + PROTON
    if "RETENTION_TIME" in values and record.rt is None:
        record.rt = number(values["RETENTION_TIME"])
        record.notes.append("RETENTION_TIME has no unit; it was taken as seconds.")
    record.mz = record.mz + PROTON
    record.notes.append(
        "The peaks are neutral masses of deconvoluted fragments (msalign); each was taken as the m/z of its ion at "
        "charge 1, so compare them with fragments of charge 1."
    )


def _settle_charge(record: Record, own: str, pepmass: list[str], default: str) -> None:
    """The block's CHARGE, else the third field of PEPMASS, else the CHARGE at the head of the file."""
    in_pepmass = charges(pepmass[2]) if len(pepmass) > 2 else []
    for where, said in (("CHARGE", own), ("The file's head", default)):
        if _says(said) and not charges(said) and not re.fullmatch(r"[+-]?0+(?:\.0*)?[+-]?", said):
            record.notes.append(f"{where} holds no charge: {said[:40]!r}.")
    for where, found in (("CHARGE", charges(own)), ("PEPMASS", in_pepmass), ("The file's head", charges(default))):
        if len(found) == 1:
            record.precursor_charge = found[0]
            if where == "CHARGE" and in_pepmass and in_pepmass != found:
                record.notes.append(f"CHARGE says {found[0]}, PEPMASS says {in_pepmass[0]}; CHARGE was taken.")
            elif where == "The file's head":
                record.notes.append(f"The charge {found[0]} comes from the head of the file.")
            return
        if found:
            record.negative = record.negative or all(charge < 0 for charge in found)
            record.notes.append(f"{where} leaves the charge open: {' or '.join(map(str, found))}.")
            return


def charges(text: str) -> list[int]:
    """Charges in any of the forms in use: ``2+``, ``+2``, ``2``, ``2-``, ``2+ and 3+``, ``2+,3+``; 0 is not given.

    >>> charges("2+ and 3+"), charges("2.0"), charges("2.7"), charges("two")
    ([2, 3], [2], [], [])
    """
    parts = [_CHARGE.fullmatch(part) for part in _BETWEEN.split(text[:200].strip()) if part]
    if not all(parts):
        return []
    found = [int(p[2]) * (-1 if "-" in p[1] + p[3] else 1) for p in parts if p]
    return [c for c in dict.fromkeys(found) if c] if all(abs(c) <= 10 * MAX_CHARGE for c in found) else []


def _says(text: str) -> bool:
    """Whether a value is more than a word for none."""
    return text.strip().lower() not in _NO_VALUE


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text.replace("_", "x"))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _first(values: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((values[key] for key in keys if values.get(key)), "")


def _scan_number(text: str, title: str) -> int | None:
    """From SCANS (``12``, ``12-15``, ``F1:2478``, ``scan=12``), else from ``scan=12`` or ``a.12.12.2`` in the title."""
    found = _SCANS.match(text) or _SCAN_IN_TEXT[0].search(text)
    found = found or next((match for pattern in _SCAN_IN_TEXT if (match := pattern.search(title))), None)
    return int(found.group(1)) if found else None
