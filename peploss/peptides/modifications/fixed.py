"""Adds fixed modifications that tables leave out of their peptides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from peploss.errors import PeptideError, SettingsError
from peploss.peptides.notations import name
from peploss.peptides.peptide import Peptide

_PARTS: Final = re.compile(r"\[(?:[^\[\]]++|\[[^\[\]]*+\])*+\]|[^\[]")

_BEFORE: Final = re.compile(r"(?:<(?:[^<>\[\]]++|\[(?:[^\[\]]++|\[[^\[\]]*+\])*+\])*+>|\{[^{}]*+\})++")


def with_fixed(peptide: str, fixed: Mapping[str, str]) -> str:
    """A peptide in ProForma with a modification on every residue of a kind that has none, or on an end.

    >>> with_fixed("AC[+57.02]CK[GG]/2", {"C": "Carbamidomethyl", "K": "TMT6plex", "N-term": "TMT6plex"})
    '[TMT6plex]-AC[+57.02]C[Carbamidomethyl]K[GG]/2'
    """
    charge = re.search(r"/\d+$", peptide)
    tail = charge[0] if charge else ""
    before, body = _split(peptide.removesuffix(tail))
    ruled = _ruled(before)
    parts = _PARTS.findall(body)
    out = []
    for i, part in enumerate(parts):
        free = (i + 1 == len(parts) or not parts[i + 1].startswith("[")) and part not in ruled
        out.append(f"{part}[{name(fixed[part])}]" if part in fixed and free else part)
    head = f"[{name(fixed['N-term'])}]-" if "N-term" in fixed and free_sites(peptide, "N-term") else ""
    foot = f"-[{name(fixed['C-term'])}]" if "C-term" in fixed and free_sites(peptide, "C-term") else ""
    return before + head + "".join(out) + foot + tail


def _split(peptide: str) -> tuple[str, str]:
    """What stands before the peptide, global isotopes, fixed and labile modifications, and the peptide itself."""
    end = before[0] if (before := _BEFORE.match(peptide)) else ""
    return end, peptide[len(end) :]


def _ruled(before: str) -> set[str]:
    """Sites that the peptide's own rules are on."""
    return {site.strip() for sites in re.findall(r"@([^<>]*)>", before) for site in sites.split(",")}


def checked(fixed: Mapping[str, str]) -> dict[str, str]:
    """Fixed modifications as they are used.

    Raises:
        SettingsError: one is on no residue, or has no mass.
    """
    for residue, modification in fixed.items():
        if residue not in ("N-term", "C-term") and not re.fullmatch("[A-Z]", residue):
            raise SettingsError(f"A fixed modification is on a residue, N-term or C-term, not on {residue!r}.")
        try:
            Peptide.parse(f"A[{name(modification)}]K")
        except PeptideError as error:
            raise SettingsError(f"The fixed modification of {residue} has no mass: {error}") from error
    return dict(fixed)


def free_sites(peptide: str, site: str) -> int:
    """How many places of a kind carry no modification: a residue, ``N-term`` or ``C-term``.

    >>> free_sites("AC[+57.02]CK/2", "C"), free_sites("[Acetyl]-ACK", "N-term"), free_sites("ACK", "C-term")
    (1, 0, 1)
    """
    before, text = _split(re.sub(r"/\d+$", "", peptide))
    if site in _ruled(before):
        return 0
    if site == "N-term":
        return int(not text.startswith("["))
    parts = _PARTS.findall(text)
    if site == "C-term":
        return int(not (len(parts) > 1 and parts[-2] == "-"))
    behind = [*parts[1:], ""]
    return sum(part == site and not after.startswith("[") for part, after in zip(parts, behind, strict=True))
