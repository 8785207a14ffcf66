"""Peptides as other software writes them, as ProForma text. Nothing is looked up here: a name stays a name."""

from __future__ import annotations

import re
from typing import Final

_SHORT: Final = {  # names in use elsewhere -> Unimod's
    "ox": "Oxidation",
    "ac": "Acetyl",
    "ph": "Phospho",
    "de": "Deamidated",
    "cam": "Carbamidomethyl",
    "carbamidomethylation": "Carbamidomethyl",
    "deamidation": "Deamidated",
    "phosphorylation": "Phospho",
    "acetylation": "Acetyl",
    "tmt_6": "TMT6plex",
    "tmt": "TMT6plex",
    "tmt_pro": "TMTpro",
    "itraq": "iTRAQ4plex",
    "pyro_glu": "Glu->pyro-Glu",
}
_MASS: Final = r"[+-]\d+(?:\.\d*)?"
_LEADING: Final = re.compile(rf"^(?:{_MASS})+(?=[A-Z])")
_INSIDE: Final = re.compile(rf"\[[^\]]*\]|<[^>]*>|\{{[^}}]*\}}|\(({_MASS}|[A-Za-z_]*[a-z][A-Za-z_>:\-]*)\)|({_MASS})")
_TERMINAL: Final = re.compile(r"acetyl|carbamyl|formyl|pyro|tmt|itraq|biotin|dimethyl|propionyl", re.I)


def proforma_from_seq(text: str) -> str:
    """A ``SEQ=`` value as ProForma; what is ProForma already stays as it is.

    >>> proforma_from_seq("+42.011AC+57.021DEK")
    '[+42.011]-AC[+57.021]DEK'
    >>> proforma_from_seq("M(+15.99)PEC(Carbamidomethylation)K")
    'M[+15.99]PEC[Carbamidomethyl]K'
    >>> proforma_from_seq("[Acetyl]-PEPT[Phospho]IDE/2")
    '[Acetyl]-PEPT[Phospho]IDE/2'
    """
    text = text.strip()
    head = ""
    leading = _LEADING.match(text)
    if leading:
        masses = re.findall(_MASS, leading.group())
        total = masses[0] if len(masses) == 1 else f"{sum(map(float, masses)):+.6f}"
        head, text = f"[{total}]-", text[leading.end() :]

    def bracket(found: re.Match[str]) -> str:
        inside = found.group(1) or found.group(2)
        return found.group() if inside is None else f"[{_SHORT.get(inside.lower(), inside)}]"

    return head + _INSIDE.sub(bracket, text)


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
    found = re.match(r"(?P<peptide>[^/\s]+)/(?P<charge>\d{1,2})(?!\d)", name.strip())
    if not found:
        return None, None
    peptide, charge = found["peptide"].strip("_"), found["charge"]
    bare = re.sub(r"\[[^\]]*\]-?|\([^)]*\)|^n|c$", "", peptide)
    if not re.fullmatch(r"[A-Z]{1,200}", bare):
        return None, None
    placed = re.findall(r"(-?\d+),([A-Z^]|\w-?term),([^/()]+(?:\([^/()]*\))?)", mods, re.I)
    if not placed:
        if bare == peptide:
            return f"{bare}/{charge}", None
        nominal = re.search(r"\[\d+\]", peptide)
        if nominal:
            return None, f"The masses in {peptide!r} are rounded and no Mods= says what they are."
        return f"{proforma_from_seq(peptide)}/{charge}", None
    sites = [(int(position), letter, _SHORT.get(mod.strip().lower(), mod.strip())) for position, letter, mod in placed]
    base, note = _counting_base(bare, sites)
    if base is None:
        return None, f"Mods={mods} does not fit the peptide {bare}."
    return f"{_place(bare, sites, base)}/{charge}", note


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
