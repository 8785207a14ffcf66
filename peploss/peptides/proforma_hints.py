"""What is wrong with a letter that ProForma has no place for, and what was probably meant."""

from __future__ import annotations

import re

from peploss.constants import RESIDUE_MASSES

_AMBIGUOUS = {
    "B": "B stands for N or D, which differ in mass.",
    "Z": "Z stands for Q or E, which differ in mass.",
}


def of_stray(c: str, before: str, behind: str, inside: str) -> tuple[str, str | None]:
    """The problem with a letter where a residue was expected, and the way out.

    Args:
        c: the letter.
        before: the residue before it, ``"X"`` where there is none.
        behind: the letter behind it, ``""`` at the end.
        inside: where it is a round bracket, what stands in that.

    >>> of_stray("(", "M", "o", "ox")
    ('Modifications stand in square brackets.', 'Write them as M[Oxidation].')
    """
    if c in _AMBIGUOUS:
        gap = ", or a gap of its whole mass, as in X[+114.0429]" if behind == "[" else ""
        return _AMBIGUOUS[c], f"Write the residue it is{gap}."
    if c == "(":
        return _of_round(before, inside)
    if c == "[":
        return "This modification stands on nothing.", "Put it behind its residue, as in M[Oxidation]."
    if c in "+-0123456789":
        return f"{c!r} stands where a residue was expected.", f"Write mass shifts as {before}[+15.9949]."
    if c.isspace():
        return "There is white space inside the peptide.", "Remove it; a charge is written as /2."
    if c in ")]}>":
        return f"The bracket {c} was never opened.", None
    if c.upper() in RESIDUE_MASSES and c.isascii():
        return (
            f"Lower-case {c!r} is not a residue.",
            f"Write {c.upper()}, and if it marks a modification, its name: {c.upper()}[Phospho].",
        )
    return f"{c!r} is not an amino acid.", "Residues are the upper-case one-letter codes."


def of_isotope(isotope: str) -> tuple[str, str]:
    """The problem with ``<isotope>``, and the way out."""
    if isotope in ("D", "T", "2H", "3H", "17O", "18O"):
        return (
            f"Hydrogen and oxygen exchange with the solvent: <{isotope}> leaves open which atoms are labelled.",
            "Label the residues, as in L[Label:2H(3)].",
        )
    return (
        f"<{isotope[:20]}> is no global isotope that is read here.",
        "Those are <13C> and <15N>; a fixed modification is written as <[Carbamidomethyl]@C>.",
    )


def _of_round(before: str, inside: str) -> tuple[str, str | None]:
    if inside.startswith(">"):
        return "A name of the peptide (>...) is not read.", "Write the peptide alone."
    letters = re.sub(r"\[[^\[\]]*\]", "", inside)
    if "(" in letters and re.fullmatch("[A-Z()]+", letters):
        return (
            "A range inside a range leaves the masses of fragments open.",
            "Put each modification on one residue, as in M[Oxidation].",
        )
    if inside.startswith("?") or not re.search("[a-z0-9]", inside):
        return f"({inside[:20]}) is not a range of residues.", "Write the residues without brackets."
    number = re.fullmatch(r"(?i)unimod:(\d+)", inside.strip())
    shift = re.fullmatch(r"[+-]?\d+(?:\.\d*)?", inside.strip())
    tag = f"UNIMOD:{number[1]}" if number else "Oxidation"
    if shift:
        tag = inside.strip() if inside.strip()[0] in "+-" else "+" + inside.strip()
    return "Modifications stand in square brackets.", f"Write them as {before}[{tag[:40]}]."
