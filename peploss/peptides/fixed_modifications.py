"""Fixed modifications, which some tables leave out of their peptides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from peploss.errors import PeptideError, SettingsError
from peploss.peptides.notations import name
from peploss.peptides.peptide import Peptide

OF_CYSTEINE: Final = (
    "Carbamidomethyl",
    "Methylthio",
    "Carboxymethyl",
    "Propionamide",
    "Pyridylethyl",
    "Nethylmaleimide",
)
"""What cysteines are blocked with."""
ENOUGH: Final = 0.9
"""Share of the peptides whose mass has to tell the same."""
SAMPLE: Final = 200
WITHIN: Final = 0.01  # Da: tables write masses to 1e-2 at worst

_PARTS: Final = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]|[^\[]")


def with_fixed(peptide: str, fixed: Mapping[str, str]) -> str:
    """A peptide in ProForma with a modification on every residue of a kind that has none; ``N-term`` is the first end.

    >>> with_fixed("AC[+57.02]CK[GG]/2", {"C": "Carbamidomethyl", "K": "TMT6plex", "N-term": "TMT6plex"})
    '[TMT6plex]-AC[+57.02]C[Carbamidomethyl]K[GG]/2'
    """
    charge = re.search(r"/\d+$", peptide)
    tail = charge[0] if charge else ""
    parts = _PARTS.findall(peptide.removesuffix(tail))
    out = []
    for i, part in enumerate(parts):
        free = i + 1 == len(parts) or not parts[i + 1].startswith("[")
        out.append(f"{part}[{name(fixed[part])}]" if part in fixed and free else part)
    head = f"[{name(fixed['N-term'])}]-" if "N-term" in fixed and not peptide.startswith(("[", "<", "{")) else ""
    return head + "".join(out) + tail


def checked(fixed: Mapping[str, str]) -> dict[str, str]:
    """Fixed modifications as they are used.

    Raises:
        SettingsError: one is on no residue, or has no mass.
    """
    for residue, modification in fixed.items():
        if residue != "N-term" and not re.fullmatch("[A-Z]", residue):
            raise SettingsError(f"A fixed modification is on a residue or N-term, not on {residue!r}.")
        try:
            Peptide.parse(f"A[{name(modification)}]K")
        except PeptideError as error:
            raise SettingsError(f"The fixed modification of {residue} has no mass: {error}") from error
    return dict(fixed)


def of_cysteine(peptides: Iterable[tuple[str, float]]) -> str:
    """What every cysteine carries that is written without a modification, by the masses that a table gives.

    Args:
        peptides: in ProForma, each with its neutral mass in Da.
    Returns:
        A name of Unimod; ``""`` where nothing does so for ``ENOUGH`` of them.
    """
    blocked = {tag: _mass(tag) for tag in OF_CYSTEINE}
    votes: list[str] = []
    for text, mass in peptides:
        n = sum(1 for _ in re.finditer(r"C(?!\[)", re.sub(r"\[(?:[^\[\]]|\[[^\]]*\])*\]", "[]", text)))
        try:
            missing = mass - Peptide.parse(text).neutral_mass
        except PeptideError:
            continue
        if n:
            votes.append(next((tag for tag, each in blocked.items() if abs(missing - n * each) <= WITHIN), ""))
        if len(votes) == SAMPLE:
            break
    best = max(set(votes), key=votes.count, default="")
    return best if votes.count(best) >= ENOUGH * len(votes) else ""


def _mass(tag: str) -> float:
    return Peptide.parse(f"C[{tag}]").residue_masses[0] - Peptide.parse("C").residue_masses[0]
