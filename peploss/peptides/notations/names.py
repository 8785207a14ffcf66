"""Translates search engines' names of modifications into Unimod's."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SHORT: Final = {
    "ox": "Oxidation", "oxidized": "Oxidation", "hydroxylation": "Oxidation", "oxidation": "Oxidation",
    "ac": "Acetyl", "acetylation": "Acetyl", "n-acetylalanine": "Acetyl", "acetylated": "Acetyl",
    "ph": "Phospho", "phos": "Phospho", "phosphorylation": "Phospho", "phosphorylated": "Phospho",
    "de": "Deamidated", "deamidation": "Deamidated", "deamidated": "Deamidated", "citrullination": "Deamidated",
    "me": "Methyl", "methylation": "Methyl", "dimethylation": "Dimethyl", "trimethylation": "Trimethyl",
    "gl": "Gln->pyro-Glu", "pyro_glu": "Glu->pyro-Glu", "pyro-glu from q": "Gln->pyro-Glu",
    "pyro-glu from e": "Glu->pyro-Glu",
    "cam": "Carbamidomethyl", "carbamidomethylation": "Carbamidomethyl", "iodoacetamide derivative": "Carbamidomethyl",
    "carbamylation": "Carbamyl", "formylation": "Formyl", "succinylation": "Succinyl", "malonylation": "Malonyl",
    "crotonylation": "Crotonyl", "ammonia-loss": "Ammonia-loss", "ammonia loss": "Ammonia-loss",
    "water loss": "Dehydrated", "sodium": "Cation:Na", "potassium": "Cation:K",
    "tmt": "TMT6plex", "tmt_6": "TMT6plex", "tmt6": "TMT6plex", "tmt10plex": "TMT6plex", "tmt_pro": "TMTpro",
    "tmt16plex": "TMTpro", "itraq": "iTRAQ4plex",
    "lys4": "Label:2H(4)", "lys6": "Label:13C(6)", "lys8": "Label:13C(6)15N(2)",
    "arg6": "Label:13C(6)", "arg10": "Label:13C(6)15N(4)",
}  # fmt: skip
"""Names in use elsewhere, in lower case, each with Unimod's. The one list of them: every reader asks here."""

NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")

_END: Final = r"(?:Any |Protein |Peptide |Any|Protein|Peptide)?[NC]-?[Tt]erm[^()\[\]]*"
_GROUP: Final = re.compile(r"^(?:Common|Less Common|Uncommon|Multiplex|Isobaric|Metal|UniProt) ?[\w ]{0,40}:")
_SITES: Final = (
    re.compile(r"@\w.*$"),  # alphabase: Oxidation@M, Acetyl@Any_N-term
    re.compile(r"(?<!\s)\s++on\s++[A-Z]$"),  # MetaMorpheus: Oxidation on M
    re.compile(rf"(?<!\s)\s*+\((?:[A-Z]+|{_END})\)$"),  # MaxQuant: Oxidation (M), Acetyl (Protein N-term)
    re.compile(rf"\[(?:[A-Z]|{_END})\]$"),  # pFind: Carbamidomethyl[C], Acetyl[ProteinN-term]
)
_ACCESSION: Final = re.compile(r"(?:unimod|u):(\d+)|\[(\d+)\].*", re.I)  # [35]Oxidation is ionbot's
_SHIFT: Final = re.compile(r"(?:chemmod:)?([+-]?\d+(?:\.\d*)?)", re.I)


@lru_cache(maxsize=1 << 14)
def name(tag: str) -> str:
    """A modification's name or mass as ProForma wants it between brackets.

    >>> name("Oxidation (M)"), name("UniMod:35"), name("57.0215"), name("Acetyl (Protein N-term)"), name("ox")
    ('Oxidation', 'UNIMOD:35', '+57.0215', 'Acetyl', 'Oxidation')
    >>> name("Carbamidomethyl[C]"), name("Common Variable:Oxidation on M"), name("[35]Oxidation[M]")
    ('Carbamidomethyl', 'Oxidation', 'UNIMOD:35')
    """
    tag = tag.strip()
    if numbered := _ACCESSION.fullmatch(tag):
        return f"UNIMOD:{numbered[1] or numbered[2]}"
    tag = _GROUP.sub("", tag)
    for site in _SITES:
        if shorter := site.sub("", tag):
            tag = shorter
    if shift := _SHIFT.fullmatch(tag):
        return shift[1] if shift[1][0] in "+-" else "+" + shift[1]
    if numbered := _ACCESSION.fullmatch(tag):
        return f"UNIMOD:{numbered[1] or numbered[2]}"
    return SHORT.get(tag.lower(), tag)
