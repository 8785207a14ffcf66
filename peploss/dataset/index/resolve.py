"""Resolves each peptide of a table once: residue masses, name, charge, or why it cannot be used."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.errors import PeptideError
from peploss.peptides.peptide import Peptide


class Resolved(NamedTuple):
    """A peptide as the columns of a set; see ``schema.ABOUT`` and ``schema.PEAKS``."""

    peptide: str
    sequence: str
    length: int
    modifications: str
    mass: float
    residue_masses: NDArray[np.float64]
    n_term_mass: float
    c_term_mass: float
    charge: int | None


@lru_cache(maxsize=1 << 16)
def resolve(text: str) -> Resolved | str:
    """The peptide, or why it cannot be used.

    >>> found = resolve("AM[+15.9949]C[UNIMOD:4]K/2")
    >>> found.peptide, found.modifications, found.charge
    ('AM[+15.9949]C[Carbamidomethyl]K', 'M[+15.9949] C[Carbamidomethyl]', 2)
    >>> resolve("PEPTIDB")
    'at character 7: B stands for N or D, which differ in mass. Write the residue it is.'
    """
    try:
        peptide = Peptide.parse(text)
    except PeptideError as error:
        return str(error)
    if len(peptide) > 32_000:
        return f"The peptide has {len(peptide)} residues; up to 32,000 can be kept."
    ends = {"n_term": "N-term", "c_term": "C-term", "labile": "labile"}
    modifications = " ".join(
        f"{ends[m.position] if isinstance(m.position, str) else peptide.residues[m.position]}[{m.name}]"
        for m in peptide.modifications
    )
    return Resolved(
        peptide.with_charge(None).proforma,
        peptide.sequence,
        len(peptide),
        modifications,
        peptide.neutral_mass,
        peptide.residue_masses,
        peptide.n_term_mass,
        peptide.c_term_mass,
        peptide.charge,
    )
