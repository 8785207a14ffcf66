"""Turns a spectral library's name and modifications into ProForma."""

from __future__ import annotations

import re
from typing import Final

from peploss.errors import PeptideError
from peploss.peptides.notations.lists import NONE, taken_apart
from peploss.peptides.notations.names import name as unimod_name
from peploss.peptides.notations.text import proforma

MAX_RESIDUES: Final = 200
_TERMINAL: Final = re.compile(r"acetyl|carbamyl|formyl|pyro|tmt|itraq|biotin|dimethyl|propionyl", re.I)


def proforma_from_msp(name: str, mods: str) -> tuple[str | None, str | None]:
    """Peptide and charge of a library entry, as ProForma.

    Positions count from 0 in NIST and ProteomeTools libraries and from 1 in MS2PIP's; the residue letters beside
    them tell which. -1 is the N-terminus (SpectraST, Prosit) or the C-terminus (MS2PIP): again by the letter.

    Args:
        name: ``PEPTIDE/2``, with anything after the charge.
        mods: value of ``Mods=``: ``0``, ``1/3,C,Carbamidomethyl`` or ``2(0,A,Acetyl)(3,C,CAM)``.
    Returns:
        The peptide, or None where the name is not one; and a note where something was left open, or None.

    >>> proforma_from_msp("ACDEK/2", "1/1,C,Carbamidomethyl")[0]
    'AC[Carbamidomethyl]DEK/2'
    >>> proforma_from_msp("AAMCK/3_1", "2(0,A,Acetyl)(2,M,Oxidation)")[0]
    '[Acetyl]-AAM[Oxidation]CK/3'
    """
    peptide, charge = _name_and_charge(name.strip())
    if not charge:
        return None, None
    try:
        found = proforma(peptide)
    except PeptideError as error:
        return None, f"The peptide {peptide!r} cannot be read: {error}"
    bare, _, _ = taken_apart(found)
    if not bare or len(bare) > MAX_RESIDUES:
        return None, None
    placed = re.findall(r"(?<![\d-])(-?\d{1,9}),([A-Z^]|\w-?term),([^/()]+(?:\([^/()]*\))?)", mods, re.I)
    counted = re.match(r"\d+", mods)
    given = counted[0].lstrip("0") if counted else ""
    words = not counted and not placed and mods.strip().lower() not in NONE and "[" not in found
    if words or given != (str(len(placed)) if placed else ""):
        return None, f"Mods={mods[:80]} cannot be read: {len(placed)} modifications with a place were found in it."
    if not placed:
        if re.search(r"\[\+\d+\]", found):
            return None, f"The masses in {peptide!r} are rounded and no Mods= says what they are."
        return f"{found}/{charge}", None
    sites = [(int(position), letter, unimod_name(mod)) for position, letter, mod in placed]
    base, note = _counting_base(bare, sites)
    if base is None or not all(_at_an_end(bare, position, letter) for position, letter, _ in sites):
        return None, f"Mods={mods} does not fit the peptide {bare}."
    return f"{_place(bare, sites, base)}/{charge}", note


def _name_and_charge(name: str) -> tuple[str, str]:
    """``PEPTIDE/2`` with anything behind; a modification's name may hold blanks, as in MetaMorpheus' libraries."""
    depth = 0
    for at, c in enumerate(name):
        depth += (c in "[(") - (c in "])")
        if c.isspace() and depth <= 0:
            break
        if c == "/" and depth <= 0:
            charge = re.match(r"\d{1,2}(?!\d)", name[at + 1 :])
            return (name[:at], charge[0]) if charge else ("", "")
    return "", ""


def _counting_base(bare: str, sites: list[tuple[int, str, str]]) -> tuple[int | None, str | None]:
    inner = [(p, letter) for p, letter, _ in sites if p > 0]
    fits = [
        base for base in (0, 1) if all(p - base < len(bare) and letter in (bare[p - base], "^") for p, letter in inner)
    ]
    if not fits:
        return None, None
    if len(fits) == 2 and inner:
        return 0, "Positions in Mods= fit counting from 0 and from 1; they were counted from 0, as NIST does."
    return fits[0], None


def _at_an_end(bare: str, position: int, letter: str) -> bool:
    """Whether the letter of a place before the second residue is that of an end; of any other place, yes."""
    if position > 0 or len(letter) > 1 or letter == "^":
        return True
    return letter == bare[0] or (position < 0 and letter == bare[-1])


def _place(bare: str, sites: list[tuple[int, str, str]], base: int) -> str:
    n_term = c_term = ""
    residues = list(bare)
    for position, letter, mod in sites:
        terminal = position < 0 or (position == 0 and (base == 1 or letter == "^" or bool(_TERMINAL.search(mod))))
        if position < 0 and letter == bare[-1] != bare[0]:
            c_term = f"-[{mod}]"
        elif terminal and not n_term:
            n_term = f"[{mod}]-"
        else:
            at = max(position - base, 0)
            residues[at] += f"[{mod}]"
    return n_term + "".join(residues) + c_term
