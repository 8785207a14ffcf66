"""Reads a peak list pasted as text."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from peploss import limits
from peploss.errors import LimitError, SourceError, SpectrumError
from peploss.spectra.readers.mgf import parse_block
from peploss.spectra.spectrum import Spectrum

_BLOCK: Final = re.compile(r"^[ \t]*BEGIN[ \t]+IONS", re.M)
_END: Final = re.compile(r"^[ \t]*END[ \t]+IONS[^\n]*", re.M)
_COMMENT: Final = ("#", "//", "!")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.I)
_COMMA_NUMBER: Final = re.compile(r"(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")


def parse_peak_list(text: str, precursor_mz: float | None = None, precursor_charge: int | None = None) -> Spectrum:
    """Read a pasted list: one peak a line; blanks, a tab, a comma or a semicolon between m/z and intensity.

    Lines before the first peak may be a header; blank lines and ``#`` comments are skipped; what follows the second
    column is not used. A whole MGF block works too: its title, precursor, charge and peptide are taken where the
    arguments do not give them.

    Args:
        text: the list.
        precursor_mz: in Th, or None.
        precursor_charge: at least 1, or None.
    Raises:
        LimitError: it is too long.
        SourceError: nothing that could be read as peaks.
        SpectrumError: a line, which is named, or a value cannot be used.

    >>> parse_peak_list("m/z;intensity\\n175.119;10\\n72.0444;5").mz
    array([ 72.0444, 175.119 ])
    """
    if len(text) > limits.PASTED.most:
        raise LimitError(f"{limits.PASTED.over(len(text))} Or open it as a file.", where="pasted list")
    text = text.removeprefix("\ufeff")
    block = _BLOCK.search(text)
    return (
        _from_mgf(text, block, precursor_mz, precursor_charge)
        if block
        else _from_list(text, precursor_mz, precursor_charge)
    )


def _from_mgf(text: str, block: re.Match[str], mz: float | None, charge: int | None) -> Spectrum:
    blocks = len(_BLOCK.findall(text))
    if blocks > 1:
        raise SourceError(
            f"The pasted text holds {blocks} MGF blocks; one spectrum was expected.",
            remedy="Paste one block, or open the text as an .mgf file.",
        )
    end = _END.search(text, block.end())
    body = text[block.start() : end.end() if end else len(text)]
    record = parse_block(body.encode("utf-8", "surrogatepass"), 1 + text.count("\n", 0, block.start()))
    record.precursor_mz = mz if mz is not None else record.precursor_mz
    record.precursor_charge = charge if charge is not None else record.precursor_charge
    try:
        return record.spectrum(0, "pasted")
    except SpectrumError as error:
        raise SpectrumError(error.problem, where="pasted list") from error


def _from_list(text: str, precursor_mz: float | None, precursor_charge: int | None) -> Spectrum:
    mz: list[float] = []
    intensity: list[float] = []
    skipped: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(_COMMENT):
            continue
        if _has_decimal_commas(line):
            raise SpectrumError(
                f"Line {number}: {_shown(line)} has decimal commas.",
                where="pasted list",
                remedy="Write numbers with a decimal point, as in 175.119 1200.5.",
            )
        values = [f for f in re.split(r"[\s,;]+", line) if f][:2]
        if len(values) == 2 and all(_NUMBER.fullmatch(v) for v in values):
            mz.append(float(values[0]))
            intensity.append(float(values[1]))
        elif not mz and not re.match(r"[+-]?\.?\d", line):
            skipped.append(line)
        else:
            raise SpectrumError(
                f"Line {number}: {_shown(line)} is not a peak: m/z and intensity were expected.", where="pasted list"
            )
    if not mz:
        what = f"it starts with {_shown(skipped[0])}" if skipped else "it is empty"
        raise SourceError(
            f"The pasted text has no peaks: {what}.", remedy="Paste lines of m/z and intensity, as in 175.119 1200.5."
        )
    notes = [f"The header line {_shown(s)} was skipped." for s in skipped[:3]]
    if len(skipped) > 3:
        notes.append(f"{len(skipped) - 3} more lines before the first peak were skipped.")
    try:
        return Spectrum(
            mz=np.array(mz),
            intensity=np.array(intensity),
            precursor_mz=precursor_mz,
            precursor_charge=precursor_charge,
            title="pasted peaks",
            source="pasted",
            notes=tuple(notes),
        )
    except SpectrumError as error:
        raise SpectrumError(error.problem, where="pasted list") from error


def _has_decimal_commas(line: str) -> bool:
    """Whether a comma in a line is, or may be, a decimal point."""
    fields = [f for f in re.split(r"[\s;]+", line) if f][:2]
    if len(fields) == 2:
        numbers = [bool(_NUMBER.fullmatch(f)) for f in fields]
        commas = [bool(_COMMA_NUMBER.fullmatch(f)) for f in fields]
        return any(commas) and all(n or c for n, c in zip(numbers, commas, strict=True))
    by_comma = line.split(",")
    return len(by_comma) > 2 and all(f.strip().isdecimal() for f in by_comma)


def _shown(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
