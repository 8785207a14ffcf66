"""Turns a sequence and a list of its modifications into ProForma."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from peploss.peptides.notations.names import NUMBER, name
from peploss.peptides.notations.text import proforma, unflanked

NONE: Final = ("", "-", "null", "none", "unmodified", "nan", "na", "n/a", "no modification", "[]")
"""How tables write that there is no modification, in lower case."""

Sites = list[tuple[int, str]]
"""Positions and tags: 0 is the N-terminus, 1 the first residue, L + 1 the C-terminus."""

_END: Final = r"(?P<end>[NC])-?term(?:inus)?(?:\s*\((?:Prot|Protein|Pep|Peptide)\))?"
_FORMS: Final = tuple(
    re.compile(form, re.I)
    for form in (
        rf"{_END}\((?P<tag>.+)\)",  # N-Term(Acetyl), N-Term(Prot)(Acetyl)
        r"(?P<residue>[A-Z])(?P<at>\d+)\((?P<tag>.+)\)",  # C4(Carbamidomethyl)
        r"(?P<at>\d+)(?P<residue>[A-Z])\((?P<tag>.+)\)",  # 4C(57.0215)
        r"(?P<at>\d+)_[SV]_(?P<tag>[+-]?[\d.]+)(?:_(?P<end>[nc]))?",  # Comet: 4_S_57.02, 1_V_42.01_n
        r"(?P<at>\d+)-(?P<tag>.+)",  # mzTab: 4-UNIMOD:4
        r"(?P<at>-?\d+),(?P<tag>[^,]+)",  # pFind: 4,Carbamidomethyl[C]
        r"(?P<tag>[^\[\]]+)@(?P<residue>[A-Z]):(?P<at>\d+)",  # Oxidation@M:5
        r"(?P<tag>[^\[\]()]+)\((?P<residue>[A-Z])\)@(?P<at>\d+)",  # ProteinPilot: Oxidation(M)@5
        r"(?P<tag>[^\[\]]+)@(?P<end>[NC])-?term",  # ProteinPilot: iTRAQ4plex@N-term
        r"(?P<residue>[A-Z])(?P<at>\d+):\s?(?P<tag>[^()]+?)(?:\s?\([+-][\d.]+\))?",  # Scaffold: C5: Oxidation (+15.99)
        r"(?P<tag>.+):(?P<at>\d+)",  # ursgal: Carbamidomethyl:4
    )
)
_BY_MASCOT: Final = re.compile(
    r"(?:(?P<n>\d{1,6}+)x?\s++)?+(?P<tag>.+)\((?P<site>[A-Z]+|[^()]{0,40}[NC]-?term[^()]{0,40})\)", re.I
)
_BY_DISCOVERER: Final = re.compile(r"(?:(?P<n>\d{1,6}+)x)?+(?P<tag>\S.*)\[(?P<sites>[^\[\]]*)\]")
_DISCOVERED: Final = re.compile(r"(?P<residue>[A-Z])(?P<at>\d+)(?:\([\d.]+\))?|(?P<end>[NC])-?term", re.I)


class NoPlace(ValueError):
    """A list that names modifications but not their residues."""


def placed(sequence: str, sites: Sites) -> str:
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

    Raises:
        ValueError: the list cannot be read, or names a place that the sequence does not have.

    >>> listed("ACMK", "N-Term(Acetyl); C2(Carbamidomethyl)"), listed("ACMK", "0|Acetyl|3|Oxidation"), listed("AK", "-")
    ('[Acetyl]-AC[Carbamidomethyl]MK', '[Acetyl]-ACM[Oxidation]K', 'AK')
    >>> listed("ACMK", "2_S_57.02146,3_V_15.9949"), listed("ACMK", "2,Carbamidomethyl[C];3,Oxidation[M];")
    ('AC[+57.02146]M[+15.9949]K', 'AC[Carbamidomethyl]M[Oxidation]K')
    """
    return placed(sequence, sites_of(sequence, modifications))


def sites_of(sequence: str, modifications: str) -> Sites:
    """Positions and names in a list of modifications.

    Peptide Record's ``0|Acetyl|3|Oxidation``, Proteome Discoverer's ``N-Term(Prot)(Acetyl); C4(Carbamidomethyl)`` and
    ``1xOxidation [M3]``, MS Amanda's ``M3(Oxidation|15.994915|variable)``, MSFragger's ``3M(15.9949), N-term(42.01)``,
    Comet's ``3_V_15.9949``, pFind's ``3,Oxidation[M];``, ursgal's ``Oxidation:3`` and mzTab's ``3-UNIMOD:35``. Mascot's
    and MaxQuant's ``2 Oxidation (M)`` name no place: it is known where as many residues can carry it.

    Raises:
        NoPlace: the list does not say where, and more than one place is possible.
        ValueError: the list cannot be read, or names a place that the sequence does not have.
    """
    text = modifications.strip()
    if text.lower() in NONE:
        return []
    if "|" in text and re.fullmatch(r"-?\d+", text.split("|", 1)[0]) and text.count("|") % 2:
        parts = text.split("|")
        return [
            (_position(at, sequence, text), tag) for at, tag in zip(parts[::2], parts[1::2], strict=True)
        ]  # fmt: skip
    sites: Sites = []
    for part in _parts(text):
        sites += _site(sequence, part, text)
    return sites


def paired(sequence: str, names: str, positions: str) -> Sites:
    """Names and positions in two columns, as alphabase writes them.

    Raises:
        ValueError: there are more of the one than of the other, one is no position, or another residue stands there.

    >>> paired("ACMK", "Carbamidomethyl@C;Oxidation@M", "2;3"), paired("ACMK", "Acetyl@Any_N-term", "0")
    ([(2, 'Carbamidomethyl@C'), (3, 'Oxidation@M')], [(0, 'Acetyl@Any_N-term')])
    """
    tags = [t for t in re.split(r"[;|]", names) if t.strip()]
    places = [p for p in re.split(r"[;|,]", positions) if p.strip()]
    if len(tags) != len(places):
        raise ValueError(f"{names!r} names {len(tags)} modifications, and {positions!r} {len(places)} places.")
    sites = [(_position(at, sequence, positions), tag) for at, tag in zip(places, tags, strict=True)]
    for at, tag in sites:  # alphabase says on which residue: Oxidation@M
        if on := re.search(r"@([A-Z])$", tag.strip()):
            _check(sequence, at, on[1])
    return sites


def merged(peptide: str, sites: Sites) -> str:
    """A peptide, bare or with modifications of its own, with those of a list beside it.

    A modification that both name counts once; the others are added.

    Raises:
        ValueError: both name different modifications of one residue, or a place lies outside.

    >>> merged("AC[+57.0215]M[Oxidation]K", [(2, "57.02146"), (3, "Oxidation")]), merged("AM[16]K", [(2, "15.9949")])
    ('AC[+57.0215]M[Oxidation]K', 'AM[16]K')
    >>> merged("ACM[+15.9949]K/2", [(2, "57.02146"), (3, "15.9949")])
    'AC[+57.02146]M[+15.9949]K/2'
    """
    residues, own, tail = parts_of(bare(peptide) or peptide)
    if residues is None:
        raise ValueError(f"{peptide!r} has modifications in a form that a list beside it cannot be added to.")
    added: Sites = []
    for position, tag in sites:
        if not 0 <= position <= len(residues) + 1:
            raise ValueError(f"{tag} stands at position {position} of {residues}, which has {len(residues)} residues.")
        there = own.get(position, [])
        if not there:
            added.append((position, tag))
        elif not any(_same(t, name(tag)) for t in there):
            if len(there) == 1 and position in (0, len(residues) + 1):
                raise ValueError(f"The peptide has {there[0]} at its end, the list beside it {name(tag)}.")
            raise ValueError(f"The peptide has {there[0]} at position {position}, the list beside it {name(tag)}.")
    whole = [(at, tag) for at, tags in own.items() for tag in tags] + added
    return peptide if not added else placed(residues, sorted(whole, key=lambda s: s[0])) + tail


@lru_cache(maxsize=8)  # the same peptide twice in a row: for its residues, and to add a list to
def parts_of(peptide: str) -> tuple[str | None, Mapping[int, list[str]], str]:
    """Residues, tags by position, and the charge of a peptide in any notation, as ``taken_apart`` has them.

    Raises:
        ValueError: it cannot be read.
    """
    return taken_apart(proforma(peptide))


def taken_apart(text: str) -> tuple[str | None, dict[int, list[str]], str]:
    """Residues, tags by position, and the charge of ProForma; None for residues where there is more in it than that."""
    body, slash, charge = text.partition("/") if re.search(r"/\d+$", text) else (text, "", "")
    residues: list[str] = []
    tags: dict[int, list[str]] = {}
    at, ended = 0, False
    while at < len(body):
        c = body[at]
        if c == "[":
            depth, end = 0, at
            while end < len(body):
                depth += (body[end] == "[") - (body[end] == "]")
                if not depth:
                    break
                end += 1
            tags.setdefault(len(residues) + ended, []).append(body[at + 1 : end])
            at = end + 1
            if not residues and body[at : at + 1] == "-":
                at += 1
            continue
        if c == "-" and body[at + 1 : at + 2] == "[":
            ended = True
        elif c.isupper() and c.isascii() and not ended:
            residues.append(c)
        else:
            return None, {}, ""
        at += 1
    return "".join(residues), tags, slash + charge


def _same(one: str, other: str) -> bool:
    """Whether two tags mean one modification: the same name, or masses within 0.02 Da of each other."""
    if one.lower() == other.lower():
        return True
    first, second = _mass(one), _mass(other)
    if first is None or second is None:
        return False
    rounded = any(NUMBER.fullmatch(t) and "." not in t for t in (one, other))
    return bool(abs(first - second) <= (0.6 if rounded else 0.02))


@lru_cache(maxsize=4096)
def _mass(tag: str) -> float | None:
    """Mass in Da of a residue with this tag; None where the tag has none. A table has few tags, each very often."""
    from peploss.errors import PeptideError
    from peploss.peptides.peptide import Peptide

    try:
        return float(Peptide.parse(f"A[{tag}]").residue_masses[0])
    except PeptideError:
        return None


def _parts(text: str) -> list[str]:
    """A list at its semicolons, else at its commas, but not those within brackets."""
    separator = ";" if ";" in text else ","
    if separator == "," and re.fullmatch(r"-?\d+,[^,\d][^,]*", text):  # one entry of pFind's, without its end
        return [text]
    parts, depth, start = [], 0, 0
    for at, c in enumerate(text):
        depth += (c in "[(") - (c in "])")
        if c == separator and depth <= 0:
            parts.append(text[start:at])
            start = at + 1
    return [p.strip() for p in (*parts, text[start:]) if p.strip(" ,;")]


def _site(sequence: str, part: str, whole: str) -> Sites:
    for form in _FORMS:
        if found := form.fullmatch(part):
            entry = found.groupdict()
            end = (entry.get("end") or "").upper()
            at = (0 if end == "N" else len(sequence) + 1) if end else _position(entry["at"], sequence, whole)
            _check(sequence, at, entry.get("residue") or "")
            return [(at, entry["tag"].split("|")[0])]
    if found := _BY_DISCOVERER.fullmatch(part):
        sites = []
        for site in re.split(r"[;,]\s*", found["sites"]):
            there = _DISCOVERED.fullmatch(site.strip())
            if not there:
                raise NoPlace(f"The modification {part!r} does not say where it is.")
            end = (there["end"] or "").upper()
            at = (0 if end == "N" else len(sequence) + 1) if end else int(there["at"])
            _check(sequence, at, there["residue"] or "")
            sites.append((at, found["tag"].strip()))
        return sites
    if found := _BY_MASCOT.fullmatch(part):
        return _without_place(sequence, found["tag"].strip(), found["site"], int(found["n"] or 1), part)
    raise ValueError(f"The modification {part!r} cannot be read; the whole list is {whole!r}.")


def _without_place(sequence: str, tag: str, site: str, n: int, part: str) -> Sites:
    end = re.search(r"([NC])-?term", site, re.I)
    if end:
        return [(0 if end[1].upper() == "N" else len(sequence) + 1, tag)]
    places = [at for at, residue in enumerate(sequence, start=1) if residue in site]
    if len(places) < n:
        raise ValueError(f"{sequence} has {len(places)} {' or '.join(site)}, and the list beside it says {part!r}.")
    if len(places) > n:
        raise NoPlace(f"The modification {part!r} does not say which of {len(places)} residues it is on.")
    return [(at, tag) for at in places]


def _position(at: str, sequence: str, whole: str) -> int:
    try:
        position = int(at)
    except ValueError:
        raise ValueError(f"{at!r} is no position; the whole list is {whole!r}.") from None
    return position if position >= 0 else len(sequence) + 1


def _check(sequence: str, at: int, residue: str) -> None:
    if residue and not (1 <= at <= len(sequence) and sequence[at - 1].upper() == residue.upper()):
        raise ValueError(f"There is no {residue.upper()} at position {at} of {sequence}.")


def bare(text: str) -> str:
    """The residues of a peptide that is written without modifications, ``""`` where it has some.

    Lower case marks what is modified in some tables, as in Proteome Discoverer's; a list says by what.
    """
    core = unflanked(text.strip().strip("_"))
    return core.upper() if core.isascii() and core.isalpha() else ""
