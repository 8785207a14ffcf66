"""A peptide as the tokens of a model: one for each residue, with whatever is on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary


def peptide_tokens(peptide: Peptide) -> dict[int, tuple[str, float]]:
    """Position -> token and mass in Da of each residue; modifications of an end belong to the residue there.

    >>> peptide_tokens(Peptide.parse("[Acetyl]-GM[Oxidation]"))[0][0]
    '[Acetyl]-G'
    """
    named: dict[int | str, list[str]] = {}
    for site in peptide.modifications:
        named.setdefault(site.position, []).append(f"[{site.name}]")
    out = {}
    last = len(peptide) - 1
    for i, residue in enumerate(peptide.residues):
        token = residue + "".join(named.get(i, ()))
        mass = float(peptide.residue_masses[i])
        if i == 0 and "n_term" in named:
            token = "".join(named["n_term"]) + "-" + token
            mass += peptide.n_term_mass
        if i == last and "c_term" in named:
            token += "-" + "".join(named["c_term"])
            mass += peptide.c_term_mass
        out[i] = token, mass
    return out


def with_tokens_of(
    peptides: Iterable[Peptide], vocabulary: Vocabulary | Mapping[str, float | None] | None = None
) -> Vocabulary:
    """A vocabulary with a token for every residue of these peptides: its own first, modified residues behind.

    >>> with_tokens_of([Peptide.parse("PEM[Oxidation]K")]).tokens[-1]
    'M[Oxidation]'
    """
    start = as_vocabulary(vocabulary)
    masses: dict[str, float | None] = dict(zip(start.tokens, start.masses, strict=True))
    for peptide in peptides:
        for token, mass in peptide_tokens(peptide).values():
            masses.setdefault(token, mass)
    return Vocabulary(tuple(masses), tuple(masses.values()), start.pad, start.sos, start.eos)
