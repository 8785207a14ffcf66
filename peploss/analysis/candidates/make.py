"""Makes candidates beside a peptide: other sites of its modifications, isobaric swaps, fixes of causes, decoys."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from peploss.analysis.candidates.compare import MOST, losses_of
from peploss.analysis.causes.counterfactuals.common_modifications import COMMON
from peploss.analysis.causes.counterfactuals.edits import WRITTEN
from peploss.analysis.causes.diagnosis import Diagnosis
from peploss.errors import PeptideError
from peploss.intensities.prediction import key_of
from peploss.peptides.peptide import ModificationSite, Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

WITHIN: Final = 0.04
"""Da by which residues that are swapped may differ: K and Q differ by 0.036."""
MOST_FORMS: Final = 2000
"""Placements of modifications, or swaps, that are scored."""
LEAST_GAIN: Final = 0.0005
"""What lowers the loss by less is no fix."""

_LETTERS: Final = "GASPVTCLNDQKEMHFRYW"  # L stands for I, too
_MODIFIED: Final = ("M[Oxidation]",)
_EXCHANGE: Final = str.maketrans("IL", "LI")


class Made(NamedTuple):
    """Candidates made of a peptide.

    Attributes:
        peptides: the best, the lowest loss first.
        n: how many there were to choose from.
    """

    peptides: list[Peptide]
    n: int

    def told(self, what: str) -> str:
        """``"the best 7 of 35 placements"``, or how many there are."""
        return (
            f"the best {len(self.peptides)} of {self.n:,} {what}" if self.n > len(self.peptides) else f"{self.n} {what}"
        )


def all_sites(peptide: Peptide) -> list[Peptide]:
    """The peptide with its modifications on every set of residues they may sit on, itself left out.

    A common modification (Phospho: S, T, Y) may sit on its own residues and ends, any other on residues of the letter
    it sits on. Modifications of the ends of an uncommon kind and labile ones stay. No residue carries two.

    >>> [p.proforma for p in all_sites(Peptide.parse("S[Phospho]TEYK/2"))]
    ['ST[Phospho]EYK/2', 'STEY[Phospho]K/2']
    """
    groups: dict[float, list[ModificationSite]] = {}
    for site in peptide.modifications:
        if site.position != "labile":
            groups.setdefault(round(site.mass, 2), []).append(site)  # tables write masses for names
    choices = []
    fixed = [site for site in peptide.modifications if site.position == "labile"]
    for sites in groups.values():
        places = itertools.combinations(_allowed(peptide, sites), len(sites))
        choices.append([[old._replace(position=at) for old, at in zip(sites, some, strict=True)] for some in places])
    out = []
    for chosen in itertools.islice(itertools.product(*choices), MOST_FORMS):
        placed = [site for part in chosen for site in part]
        taken = [site.position for site in placed]
        if len(set(taken)) == len(taken):
            out.append(_with(peptide, [*placed, *fixed]))
    return _unlike(peptide, out)


def _unlike(peptide: Peptide, others: Iterable[Peptide]) -> list[Peptide]:
    """Those with other masses than the peptide; of several with the same masses the first."""
    found: dict[tuple[float, ...], Peptide] = {}
    for one in others:
        found.setdefault(_masses(one), one)
    found.pop(_masses(peptide), None)
    return list(found.values())


def _masses(peptide: Peptide) -> tuple[float, ...]:
    ends = (peptide.n_term_mass, peptide.c_term_mass, peptide.labile_mass)
    return (*(round(mass, 3) for mass in ends), *peptide.residue_masses.round(3).tolist())


def _allowed(peptide: Peptide, sites: list[ModificationSite]) -> list[int | str]:
    """Places that a modification may take, those where it sits among them."""
    here = [site.position for site in sites]
    name, mass = sites[0].name, sites[0].mass
    common = next((c for c in COMMON if c.name == name or abs(c.mass_in(peptide.isotopes) - mass) <= WRITTEN), None)
    may: list[int | str] = list(common.sites(peptide.sequence)) if common else []
    letters = {peptide.residues[at] for at in here if isinstance(at, int)}
    if common is None or not set(here) & set(may):
        may = [i for i, residue in enumerate(peptide.residues) if residue in letters]
    rank: dict[int | str, float] = {"n_term": -1.0, "c_term": math.inf}
    return sorted({*may, *here}, key=lambda at: rank.get(at, at) if isinstance(at, str) else float(at))


def _with(peptide: Peptide, sites: Iterable[ModificationSite]) -> Peptide:
    """The bare residues with other modifications."""
    rank = {"n_term": -1.0, "c_term": math.inf, "labile": math.inf}
    ordered = sorted(sites, key=lambda m: rank[m.position] if isinstance(m.position, str) else float(m.position))
    masses = peptide.residue_masses.copy()
    ends = {"n_term": 0.0, "c_term": 0.0, "labile": 0.0}
    for site in peptide.modifications:
        if isinstance(site.position, int):
            masses[site.position] -= site.mass
    for site in ordered:
        if isinstance(site.position, int):
            masses[site.position] += site.mass
        else:
            ends[site.position] += site.mass
    masses.flags.writeable = False
    changed = replace(
        peptide, residue_masses=masses, modifications=tuple(ordered),
        n_term_mass=ends["n_term"], c_term_mass=ends["c_term"], labile_mass=ends["labile"],
    )  # fmt: skip
    return replace(changed, text=changed.proforma)


def isobaric_swaps(peptide: Peptide, *, within: float = WITHIN) -> list[Peptide]:
    """The peptide with one residue, or two neighbours, replaced by one or two others of nearly the same mass.

    N for GG, Q for AG, K for Q, F for oxidised M, W for AD, and whatever else the masses allow; two neighbours also
    change places. Of spellings with the same masses there is one. The last is the peptide with all I and L exchanged,
    which no fragment tells from it.

    Args:
        within: Da that the masses may differ by.

    >>> [p.proforma for p in isobaric_swaps(Peptide.parse("NLK"), within=0.001)]
    ['GGLK', 'VQK', 'LNK', 'QVK', 'NKL', 'NIK']
    """
    tokens = _tokens(peptide)
    found: list[Peptide] = []
    for start in range(len(tokens)):
        for size in (1, 2):
            if start + size > len(tokens):
                continue
            mass = float(peptide.residue_masses[start : start + size].sum())
            for new in [*_of_mass(mass, within, peptide.isotopes), tuple(reversed(tokens[start : start + size]))]:
                changed = _joined(peptide, [*tokens[:start], *new, *tokens[start + size :]])
                if changed is not None and len(found) < MOST_FORMS:
                    found.append(changed)
    exchanged = _joined(peptide, [token.translate(_EXCHANGE) if len(token) == 1 else token for token in tokens])
    alike = [exchanged] if exchanged is not None and exchanged.sequence != peptide.sequence else []
    return [*_unlike(peptide, found), *alike]


def _tokens(peptide: Peptide) -> list[str]:
    """Residues with their modifications, as ProForma writes them."""
    tags: dict[int, str] = {}
    for site in peptide.modifications:
        if isinstance(site.position, int):
            tags[site.position] = tags.get(site.position, "") + f"[{site.name}]"
    return [residue + tags.get(i, "") for i, residue in enumerate(peptide.residues)]


def _joined(peptide: Peptide, tokens: Sequence[str]) -> Peptide | None:
    """The peptide of these residues between the same ends; None where there is none."""
    ends: dict[str, str] = {"n_term": "", "c_term": "", "labile": ""}
    for site in peptide.modifications:
        if isinstance(site.position, str):
            ends[site.position] += f"{{{site.name}}}" if site.position == "labile" else f"[{site.name}]"
    labels = "".join(f"<{isotope}>" for isotope in peptide.isotopes)
    head = labels + ends["labile"] + (f"{ends['n_term']}-" if ends["n_term"] else "")
    tail = (f"-{ends['c_term']}" if ends["c_term"] else "") + (f"/{peptide.charge}" if peptide.charge else "")
    try:
        return Peptide.parse(head + "".join(tokens) + tail)
    except PeptideError:
        return None  # an end that takes more mass than the new residue has


def _of_mass(mass: float, within: float, isotopes: tuple[str, ...]) -> list[tuple[str, ...]]:
    """One or two residues of a mass, in a peptide with these global isotopes."""
    names, masses = _alphabet(isotopes)
    one = [(names[i],) for i in np.flatnonzero(np.abs(masses - mass) <= within)]
    two = np.argwhere(np.abs(masses[:, None] + masses - mass) <= within)
    return [*one, *((names[i], names[j]) for i, j in two.tolist())]


def _alphabet(isotopes: tuple[str, ...]) -> tuple[list[str], np.ndarray]:
    labels = "".join(f"<{isotope}>" for isotope in isotopes)
    names = [*_LETTERS, *_MODIFIED]
    return names, np.array([float(Peptide.parse(labels + name).residue_masses[0]) for name in names])


def best_of(
    spectrum: Spectrum, peptide: Peptide, others: Sequence[Peptide], settings: LossSettings, n: int = MOST - 1
) -> Made:
    """The ``n`` of lowest loss among others, with the heights that ``compare_candidates`` gives them."""
    if not others:
        return Made([], 0)
    losses = losses_of(spectrum, [peptide, *others], settings)[1:]
    order = np.argsort(losses, kind="stable")[: max(n, 0)].tolist()
    return Made([others[i] for i in order], len(others))


def fixes(why: Diagnosis) -> list[Peptide]:
    """The changed peptides by which the causes of a loss would be undone, the one of lowest loss first."""
    found = [c for c in why.counterfactuals if c.kind != "decoy" and c.gain > LEAST_GAIN]
    return [c.peptide for c in found if c.peptide is not None]


def distinct(candidates: Iterable[Peptide], charge: int | None = None) -> list[Peptide]:
    """Each peptidoform and charge once, the first of its kind.

    Args:
        charge: of the spectrum, where a candidate has none of its own.
    """
    found: dict[str, Peptide] = {}
    for one in candidates:
        found.setdefault(f"{one.sequence} {key_of(one, charge_in_force(one.charge, charge) or 0)}", one)
    return list(found.values())
