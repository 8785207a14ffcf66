"""Masses of many peptides at once, each distinct modification looked up once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.constants import RESIDUE_MASSES, WATER
from peploss.errors import PeptideError
from peploss.peptides.modifications.tags import resolve_tag
from peploss.peptides.peptide import Peptide
from peploss.peptides.proforma import Tag

_TAG: Final = re.compile(r"\[([^\[\]#|]+)\]")
_REST: Final = re.compile(r"-?([A-WYZ]+)-?(/[1-9]\d?)?")
_LEAST: Final = -50.0  # Da that a residue can lose whatever it is; beyond it the parser judges


def neutral_masses(peptides: Sequence[str]) -> NDArray[np.float64]:
    """(N,) monoisotopic masses in Da of peptides in ProForma, NaN where one cannot be used.

    >>> neutral_masses(["PEM[Oxidation]K/2", "PEM[+15.9949]K", "PEPTIDB"]).round(3).tolist()
    [519.236, 519.236, nan]
    """
    return np.array([_mass(text) for text in peptides], dtype=np.float64)


def _mass(text: str) -> float:
    bare = _TAG.sub("", text)
    rest = _REST.fullmatch(bare)
    if rest and text.endswith(rest[2] or "") and (("-" not in bare and text[0] != "[") or _ends(text, bare)):
        shifts = [] if len(bare) == len(text) else [_shift(tag) for tag in _TAG.findall(text)]
        if all(shift > _LEAST for shift in shifts):  # NaN is not
            try:
                return sum(map(RESIDUE_MASSES.__getitem__, rest[1]), sum(shifts)) + WATER
            except KeyError:  # B or Z, which the parser judges
                pass
    try:
        return Peptide.parse(text).neutral_mass
    except PeptideError:
        return float("nan")


def _ends(text: str, bare: str) -> bool:
    """Whether hyphens stand between an end's brackets and its residue, and there alone."""
    first = text[0] == "["
    behind = text.find("]") + 1
    if first and not (text.startswith("-", behind) and text[behind + 1 : behind + 2].isupper()):
        return False
    inner = bare.partition("/")[0][first:]
    return "-" not in inner or (inner.count("-") == 1 and inner.endswith("-") and "-[" in text[text.find("]-") + 2 :])


@lru_cache(maxsize=1 << 16)
def _shift(tag: str) -> float:
    """What a tag adds in Da, NaN where the parser has to judge."""
    try:
        found = resolve_tag(Tag(tag, 0), tag)
    except PeptideError:
        return float("nan")
    return float("nan") if found is None else found[1]
