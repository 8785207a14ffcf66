"""The modifications that annotations most often miss or add wrongly, and the residues they sit on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from peploss.peptides.modifications import unimod
from peploss.peptides.modifications.isotopes import of_modification


@dataclass(frozen=True)
class CommonModification:
    """A modification worth trying.

    Attributes:
        name: of Unimod, as ProForma writes it.
        residues: on which it sits.
        n_term, c_term: residues next to that end on which it sits there; ``"*"`` for any, ``""`` for none.
    """

    name: str
    residues: str = ""
    n_term: str = ""
    c_term: str = ""

    @property
    def mass(self) -> float:
        """In Da."""
        return _mass(self.name)

    def mass_in(self, isotopes: tuple[str, ...]) -> float:
        """In Da, in a peptide with these global isotopes."""
        return self.mass + of_modification(self.name, isotopes)

    def sites(self, sequence: str) -> list[int | str]:
        """Where it may sit: ``"n_term"``, positions from 0, ``"c_term"``.

        >>> CommonModification("Acetyl", "K", n_term="*").sites("PEKK")
        ['n_term', 2, 3]
        """
        first: list[int | str] = ["n_term"] if self.n_term == "*" or sequence[0] in self.n_term else []
        last: list[int | str] = ["c_term"] if self.c_term == "*" or sequence[-1] in self.c_term else []
        return first + [i for i, residue in enumerate(sequence) if residue in self.residues] + last


@cache
def _mass(name: str) -> float:
    return unimod.resolve(name).mass


COMMON: Final = (
    CommonModification("Oxidation", "MW"),
    CommonModification("Deamidated", "NQ"),
    CommonModification("Phospho", "STY"),
    CommonModification("Carbamidomethyl", "C", n_term="*"),
    CommonModification("Acetyl", "K", n_term="*"),
    CommonModification("Carbamyl", "K", n_term="*"),
    CommonModification("Gln->pyro-Glu", n_term="Q"),
    CommonModification("Glu->pyro-Glu", n_term="E"),
    CommonModification("Methyl", "KRHDE"),
    CommonModification("Cation:Na", "DE", c_term="*"),
)
"""Sites are those of Unimod's records that are met often."""
