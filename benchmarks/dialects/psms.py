"""True PSMs, and the parts of which dialects write them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peploss.constants import HYDROGEN, PROTON, RESIDUE_MASSES
from peploss.peptides.modifications import unimod
from peploss.peptides.peptide import Peptide

VARIABLE: Final = {"M": "Oxidation", "S": "Phospho", "T": "Phospho", "N": "Deamidated"}
FIXED: Final = {"C": "Carbamidomethyl"}
N_TERM: Final = "Acetyl"

Sites = list[tuple[int, str]]


@dataclass(frozen=True)
class True_:
    """A PSM that is right: sequence, modifications (0: N-terminus), charge and scan."""

    sequence: str
    sites: tuple[tuple[int, str], ...]
    charge: int
    scan: int

    @property
    def proforma(self) -> str:
        """In ProForma, with the charge."""
        return f"{inside(self, '[{}]', lambda n: n, head='[{}]-')}/{self.charge}"

    @property
    def mass(self) -> float:
        """Neutral mass in Da."""
        return Peptide.parse(self.proforma).neutral_mass

    @property
    def mz(self) -> float:
        """m/z of the precursor."""
        return self.mass / self.charge + PROTON


def true_psms(n: int, seed: int = 1) -> list[True_]:
    """PSMs with fixed, variable and terminal modifications, several of them in some."""
    dice = random.Random(seed)
    found = []
    for i in range(n):
        sequence = "".join(dice.choices("ACDEFGHILMNPQSTVWY", k=dice.randint(6, 18))) + dice.choice("KR")
        sites: Sites = [(0, N_TERM)] if dice.random() < 0.15 else []
        for at, residue in enumerate(sequence, start=1):
            if residue in FIXED:
                sites.append((at, FIXED[residue]))
            elif residue in VARIABLE and dice.random() < 0.25:
                sites.append((at, VARIABLE[residue]))
        found.append(True_(sequence, tuple(sites), dice.randint(2, 4), 100 + 3 * i))
    return found


def inside(
    psm: True_, form: str, name: Callable[[str], str], head: str = "", skip: frozenset[str] = frozenset()
) -> str:
    tags = {at: tag for at, tag in psm.sites if tag not in skip}
    start = (head or form).format(name(tags[0])) if 0 in tags else ""
    return start + "".join(
        residue + (form.format(name(tags[at])) if at in tags else "")
        for at, residue in enumerate(psm.sequence, start=1)
    )


def mass_of(tag: str) -> float:
    return unimod.resolve(tag).mass


def shift(tag: str) -> str:
    return f"{mass_of(tag):+.5f}"


def whole(psm: True_) -> str:
    tags = dict(psm.sites)
    start = f"n[{mass_of(tags[0]) + HYDROGEN:.0f}]" if 0 in tags else ""
    return start + "".join(
        r + (f"[{RESIDUE_MASSES[r] + mass_of(tags[at]):.4f}]" if at in tags else "")
        for at, r in enumerate(psm.sequence, start=1)
    )


def listed(psm: True_, form: str, end: str, between: str, name: Callable[[str], str]) -> str:
    return between.join(
        (end if at == 0 else form).format(at=at, residue=psm.sequence[max(at, 1) - 1], tag=name(tag))
        for at, tag in psm.sites
    )


def accession(tag: str) -> str:
    return {"Oxidation": "35", "Phospho": "21", "Deamidated": "7", "Carbamidomethyl": "4", "Acetyl": "1"}[tag]
