"""Peptides as search engines write them, as ProForma text. Nothing is looked up here: a name stays a name."""

from __future__ import annotations

import re
from typing import Final

from peploss.peptides.whole_masses import named

SHORT: Final = {
    "ox": "Oxidation",
    "ac": "Acetyl",
    "ph": "Phospho",
    "de": "Deamidated",
    "me": "Methyl",
    "gl": "Gln->pyro-Glu",
    "cam": "Carbamidomethyl",
    "carbamidomethylation": "Carbamidomethyl",
    "oxidized": "Oxidation",
    "deamidation": "Deamidated",
    "phosphorylation": "Phospho",
    "acetylation": "Acetyl",
    "methylation": "Methyl",
    "carbamylation": "Carbamyl",
    "ammonia-loss": "Ammonia-loss",
    "lys8": "Label:13C(6)15N(2)",
    "arg10": "Label:13C(6)15N(4)",
    "lys6": "Label:13C(6)",
    "arg6": "Label:13C(6)",
}
"""Names in use in tables -> Unimod's."""

_NUMBER: Final = r"[+-]?\d+(?:\.\d*)?"
_TOKEN: Final = re.compile(
    r"\[(?P<square>(?:[^\[\]]|\[[^\]]*\])*)\]|\((?P<round>(?:[^()]|\([^()]*\))*)\)|(?P<mass>[+-]\d+(?:\.\d*)?)"
)
_GROUP: Final = re.compile(r"^(?:Common|Less Common|Uncommon|Multiplex|Isobaric) ?[\w ]*:")  # MetaMorpheus' groups
_SITE: Final = re.compile(r"@\w.*$|\s+(?:\((?:[A-Z]+|(?:Any |Protein |Peptide )?[NC]-?term[^)]*)\)|on\s+[A-Z])$")
_FLANKED: Final = re.compile(r"^(?:\[[^\]]*\]|[A-Z_-])?\.(?P<core>.+)\.(?:\[[^\]]*\]|[A-Z_-])?$")
_END: Final = re.compile(
    rf"^(?:n|\.)?(?P<tags>(?:\[(?:[^\[\]]|\[[^\]]*\])*\]|\((?:[^()]|\([^()]*\))*\)|{_NUMBER}(?![A-Z]*\|))+)-?(?=[A-Z])"
)
_C_END: Final = re.compile(r"(?:c|-)(?P<tag>\[[^\]]*\])(?=$|/)")
_PLACED: Final = re.compile(
    r"(?:(?:(?P<end>[NC]-?[Tt]erm)|(?P<residue>[A-Z])(?P<at>\d+)|(?P<before>\d+)(?P<behind>[A-Z]))\((?P<tag>.+)\)"
    r"|(?P<mz>\d+)-(?P<term>.+))"
)
_NONE: Final = ("", "-", "null", "none", "unmodified", "nan")
_CHARGE: Final = re.compile(r"(?<=[A-Za-z\])])(?:/?(?P<charge>\d{1,2})\+?|\+(?P<plus>\d))$")


def proforma(text: str) -> str:
    """A peptide of any dialect as ProForma; what is ProForma already stays as it is.

    MaxQuant's ``_(ac)AM(ox)K_`` and ``M(Oxidation (M))``, DIA-NN's ``C(UniMod:4)``, MSFragger's ``n[42.01]AC[57.02]K``,
    Casanovo's ``+42.011AC+57.021K``, MetaMorpheus' ``C[Common Fixed:Carbamidomethyl on C]``, OpenMS's
    ``.(Acetyl)M(Oxidation)K`` and flanking residues are understood. A number in brackets is a difference of mass, or a
    whole mass where only that is one of a known modification.

    >>> proforma("_(ac)AAM(Oxidation (M))K_")
    '[Acetyl]-AAM[Oxidation]K'
    >>> proforma("K.n[42.0106]AC[57.0215]K.R")
    '[+42.0106]-AC[+57.0215]K'
    >>> proforma("+42.011AC+57.021DEK"), proforma("AAC(UniMod:4)K3")
    ('[+42.011]-AC[+57.021]DEK', 'AAC[UNIMOD:4]K/3')
    """
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] == "_":
        text = text[1:-1]
    text = unflanked(text)
    if text.startswith(("<", "{")):
        return text
    charge = _CHARGE.search(text)
    tail = ""
    if charge:
        text, tail = text[: charge.start()], f"/{charge['charge'] or charge['plus']}"
    text = named(text)
    head = ""
    start = _END.match(text)
    if start:
        tags = [_tag(m) for m in re.finditer(rf"{_TOKEN.pattern}|(?P<bare>{_NUMBER})", start["tags"])]
        masses = [t for t in tags if re.fullmatch(_NUMBER, t)]
        if len(tags) > 1 and len(masses) == len(tags):  # one shift at one end: ProForma has no other way for a sum
            tags = [f"{sum(map(float, masses)):+.6f}"]
        head, text = "".join(f"[{t}]" for t in tags) + "-", text[start.end() :]
    end = _C_END.search(text)
    foot = ""
    if end:
        text = text[: end.start()]
        # psm-utils puts MaxQuant's "...M(Oxidation (M))_" on the C-terminus; what names a residue is on that residue.
        site = re.search(r"\(([A-Z]+)\)\]$", end["tag"])
        foot = f"{'' if site and text[-1:] in site[1] else '-'}[{name(end['tag'][1:-1])}]"
    return head + _TOKEN.sub(lambda m: f"[{_tag(m)}]", text.rstrip(".")) + foot + tail


def unflanked(text: str) -> str:
    """Without the residues that stand before and behind it in its protein.

    >>> unflanked("K.PEPTIDEK.R"), unflanked("[R].PEPTIDEK.[-]"), unflanked("PEPTIDEK")
    ('PEPTIDEK', 'PEPTIDEK', 'PEPTIDEK')
    """
    flanked = _FLANKED.match(text)
    return flanked["core"] if flanked and not text.startswith(".(") else text


def name(tag: str) -> str:
    """A modification's name or mass as ProForma wants it between brackets.

    >>> name("Oxidation (M)"), name("UniMod:35"), name("57.0215"), name("Acetyl (Protein N-term)"), name("ox")
    ('Oxidation', 'UNIMOD:35', '+57.0215', 'Acetyl', 'Oxidation')
    """
    tag = _SITE.sub("", _GROUP.sub("", tag.strip()))
    if re.fullmatch(_NUMBER, tag):
        return tag if tag[0] in "+-" else "+" + tag
    numbered = re.fullmatch(r"(?i)(?:unimod|u):(\d+)", tag)
    if numbered:
        return f"UNIMOD:{numbered[1]}"
    by_mass = re.fullmatch(rf"(?i)chemmod:({_NUMBER})", tag)
    if by_mass:
        return name(by_mass[1])
    return SHORT.get(tag.lower(), tag)


def placed(sequence: str, sites: list[tuple[int, str]]) -> str:
    """A bare sequence with modifications at positions: 0 the N-terminus, 1 the first residue, L + 1 the C-terminus.

    Raises:
        ValueError: a position lies outside of the sequence.

    >>> placed("ACDK", [(0, "Acetyl"), (2, "UNIMOD:4"), (5, "Amidated")])
    '[Acetyl]-AC[UNIMOD:4]DK-[Amidated]'
    """
    tags = [""] * (len(sequence) + 2)
    for position, tag in sites:
        if not 0 <= position <= len(sequence) + 1:
            raise ValueError(f"{tag} stands at position {position} of {sequence}, which has {len(sequence)} residues.")
        tags[position] += f"[{name(tag)}]"
    inner = "".join(r + t for r, t in zip(sequence, tags[1:-1], strict=True))
    return (tags[0] + "-" if tags[0] else "") + inner + ("-" + tags[-1] if tags[-1] else "")


def listed(sequence: str, modifications: str) -> str:
    """A bare sequence with a list of modifications beside it, as ProForma.

    Peptide Record's ``0|Acetyl|3|Oxidation``, Proteome Discoverer's ``N-Term(Acetyl); C4(Carbamidomethyl)``, MS
    Amanda's ``M3(Oxidation|15.994915|variable)``, FragPipe's ``3M(15.9949), N-term(42.0106)`` and mzTab's
    ``3-UNIMOD:35,0-CHEMMOD:42.0106`` are understood.

    Raises:
        ValueError: the list cannot be read, or names a place that the sequence does not have.

    >>> listed("ACMK", "N-Term(Acetyl); C2(Carbamidomethyl)"), listed("ACMK", "0|Acetyl|3|Oxidation"), listed("AK", "-")
    ('[Acetyl]-AC[Carbamidomethyl]MK', '[Acetyl]-ACM[Oxidation]K', 'AK')
    """
    text = modifications.strip()
    if text.lower() in _NONE:
        return sequence
    if re.fullmatch(r"-?\d+\|[^|]+(?:\|-?\d+\|[^|]+)*", text):
        parts = text.split("|")
        sites = [
            (int(at) if int(at) >= 0 else len(sequence) + 1, tag)
            for at, tag in zip(parts[::2], parts[1::2], strict=True)
        ]
        return placed(sequence, sites)
    sites = []
    for part in re.split(r"[;,]\s*(?![^(]*\))", text.strip(";, ")):
        found = _PLACED.fullmatch(part.strip())
        if not found:
            raise ValueError(f"The modification {part.strip()!r} cannot be read; the whole list is {text!r}.")
        end = (found["end"] or "").upper()
        at = (
            0
            if end.startswith("N")
            else len(sequence) + 1
            if end
            else int(found["at"] or found["before"] or found["mz"])
        )
        residue = found["residue"] or found["behind"]
        if residue and sequence[at - 1 : at].upper() != residue:
            raise ValueError(f"There is no {residue} at position {at} of {sequence}.")
        sites.append((at, (found["tag"] or found["term"] or "").split("|")[0]))
    return placed(sequence, sites)


def _tag(match: re.Match[str]) -> str:
    found = match.groupdict()
    return name(found["square"] or found["round"] or found["mass"] or found.get("bare") or "")
