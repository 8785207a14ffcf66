"""Turns a peptide as search engines write it into ProForma; names of modifications are not looked up.

One walk over the characters, no regular expression that can go back: a line of digits or of open brackets takes as
long as any other line of its length.
"""

from __future__ import annotations

import re
from typing import Final

from peploss import limits
from peploss.errors import PeptideError
from peploss.peptides.notations.names import NUMBER, name
from peploss.peptides.notations.whole_masses import near, nothing, whole

_CLOSING: Final = {"[": "]", "(": ")"}
_SLASH: Final = re.compile(r"/\d{1,2}$")
_CHARGE: Final = re.compile(r"(?<=[A-Za-z\])])(?:/?(?P<charge>\d{1,2})\+?|\+(?P<plus>\d))$")
_BEHIND_UNDERSCORE: Final = re.compile(r"_\.(\d{1,2})$")  # Spectronaut's precursors: _PEPTIDEK_.2
_FLANK: Final = re.compile(r"\[[A-Z,; _-]{0,20}\]|[A-Z_-]")
_SITE: Final = re.compile(r"\(([A-Z]+)\)$")
_PLACES: Final = re.compile(r"\d{1,3}(?:\s*[-,;]\s*\d{1,3})+")
_SQUARE: Final = r"\[[+A-Za-z-][^\[\]]*\]"
_ROUND: Final = r"\((?:[+-][^()\[\]]*|(?=[^()]*[a-z:])[A-Za-z][^()\[\]]*(?:\([^()\[\]]*\))?)\)"
_TAG: Final = rf"(?:{_SQUARE}|{_ROUND}|[+-]\d+\.\d+)"
_SIMPLE: Final = re.compile(rf"(?:n?({_TAG})-?)?[A-Z](?:[A-Z]|{_TAG})*")
"""Residues with names and signed masses behind them: most peptides of most tables, for which one pass is enough."""
_UNSIGNED: Final = re.compile(r"(^n|[A-Z])\[(\d+\.\d+)\]")
_INSIDE: Final = re.compile(r"\[([^\[\]]*)\]|\(((?:[^()]|\([^()]*\))*)\)|([+-]\d+\.\d+)")
_DEEPNOVO: Final = {"Cmod": "C[Carbamidomethyl]", "Mmod": "M[Oxidation]", "Nmod": "N[Deamidated]",
                    "Qmod": "Q[Deamidated]"}  # fmt: skip


def proforma(text: str) -> str:
    """A peptide of any dialect as ProForma; what is ProForma already stays as it is.

    MaxQuant's ``_(ac)AM(ox)K_`` and ``M(Oxidation (M))``, DIA-NN's ``C(UniMod:4)``, MSFragger's ``n[42.01]AC[57.02]K``,
    Casanovo's ``+42.011AC+57.021K``, MetaMorpheus' ``C[Common Fixed:Carbamidomethyl on C]``, OpenMS's
    ``.(Acetyl)M(Oxidation)K``, DeepNovo's ``P,C(Carbamidomethylation),K`` and flanking residues are understood. A
    number in brackets is a difference of mass, or a whole mass where only that is one of a known modification.

    Raises:
        PeptideError: the text is too long, or a number in brackets is a position, as in tables of cross-links.

    >>> proforma("_(ac)AAM(Oxidation (M))K_")
    '[Acetyl]-AAM[Oxidation]K'
    >>> proforma("K.n[42.0106]AC[57.0215]K.R")
    '[+42.0106]-AC[+57.0215]K'
    >>> proforma("+42.011AC+57.021DEK"), proforma("AAC(UniMod:4)K3")
    ('[+42.011]-AC[+57.021]DEK', 'AAC[UNIMOD:4]K/3')
    """
    text = text.strip()
    if len(text) > limits.PEPTIDE.default and len(text) > limits.PEPTIDE.most:
        raise PeptideError(limits.PEPTIDE.over(len(text)), text=text[:100])
    if text.isascii() and text.isalpha() and text.isupper():
        return text
    tail = ""
    if behind := _BEHIND_UNDERSCORE.search(text):
        text, tail = text[: behind.start() + 1], f"/{behind[1]}"
    if len(text) > 2 and text[0] == text[-1] == "_":
        text = text[1:-1]
    if not tail and (charge := _SLASH.search(text)):
        text, tail = text[: charge.start()], charge[0]
    text = _joined(unflanked(text))
    if text.startswith(("<", "{")):
        return text + tail
    if not tail and (charge := _CHARGE.search(text)):
        text, tail = text[: charge.start()], f"/{charge['charge'] or charge['plus']}"
    if simple := _SIMPLE.fullmatch(text) or _SIMPLE.fullmatch(_UNSIGNED.sub(_signed, text)):
        found = _INSIDE.sub(_named, simple[0].removeprefix("n"))
        if simple[1] and found[(end := found.index("]") + 1)] != "-":
            found = f"{found[:end]}-{found[end:]}"
        return found + tail
    return _Walk(text).read() + tail


def _named(bracket: re.Match[str]) -> str:
    return f"[{bracket[3] or name((bracket[1] or bracket[2]).strip())}]"


def _signed(unsigned: re.Match[str]) -> str:
    """A residue, or ``n``, and the difference or the modification that the mass behind it means."""
    place, number = unsigned.groups()
    if nothing(number, place):
        return ""
    return f"{place}[{whole(number, place) or '+' + number}]"


def as_proforma(text: str) -> tuple[str, str]:
    """What somebody typed, as ProForma, and a sentence that says what became of it.

    Returns:
        ProForma and the sentence; the text itself and ``""`` where it is ProForma already.
    Raises:
        PeptideError: as ``proforma``.

    >>> as_proforma("AC+57.021DEM(ox)K")
    ('AC[+57.021]DEM[Oxidation]K', 'AC+57.021DEM(ox)K was read as AC[+57.021]DEM[Oxidation]K.')
    >>> as_proforma("AC[+57.021]DEK/2")
    ('AC[+57.021]DEK/2', '')
    """
    given = text.strip()
    found = proforma(given)
    return found, "" if found == given else f"{given} was read as {found}."


def unflanked(text: str) -> str:
    """Without the residues that stand before and behind it in its protein.

    >>> unflanked("K.PEPTIDEK.R"), unflanked("[R].PEPTIDEK.[-]"), unflanked("PEPTIDEK"), unflanked("K.PEPC(+57.02)K")
    ('PEPTIDEK', 'PEPTIDEK', 'PEPTIDEK', 'PEPC(+57.02)K')
    """
    if text.startswith((".(", ".[")):  # OpenMS writes the N-terminus so
        return text
    before = _FLANK.match(text)
    start = before.end() + 1 if before and text[before.end() : before.end() + 1] == "." else 0
    if not start and text.startswith("."):
        start = 1
    dot = text.rfind(".")
    behind = dot + 1 == len(text) or _FLANK.fullmatch(text, dot + 1)
    # Without a flank before, a digit before the dot is that of a mass: M+15.K names nobody's neighbour.
    if dot > start and behind and (start or not text[dot - 1].isdigit()):
        return text[start:dot]
    return text[start:]


def _joined(text: str) -> str:
    """Residues between commas or blanks, as DeepNovo, PointNovo and GraphNovo write them, or in a list, in one word."""
    if not ("," in text or " " in text or ";" in text):
        return text
    words, depth, start = [], 0, 0
    for at, c in enumerate(text):
        depth += (c in "[(") - (c in "])")
        if depth == 0 and c in ", ;":
            words.append(text[start:at])
            start = at + 1
    words = [w for w in (*words, text[start:]) if w]
    words = [_DEEPNOVO.get(w, w) for w in words]
    if len(words) > 1 and all(w[0] in "+-[(" or (w[0].isupper() and not w[1:2].isalpha()) for w in words):
        return "".join(words)
    return text


class _Walk:
    """One peptide without charge and flanks, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.residues = 0
        self.last = ""  # the residue before
        self.ends = _brackets(text)

    def read(self) -> str:
        head = self.n_term()
        if head is None:
            return self.text
        out = [head]
        while self.at < len(self.text):
            foot = self.c_term()
            out.append(self.next() if foot is None else foot)
        return "".join(out)

    def n_term(self) -> str | None:
        """Tags before the first residue; None where the text is ProForma that only its own reader understands."""
        start = self.at
        prefix = self.text[:1] if self.text[:1] in ("n", ".") and self.text[1:2] in ("[", "(", "+", "-") else ""
        self.at += len(prefix)
        tags: list[str] = []
        while self.at < len(self.text):
            before = self.at
            if (tag := self.bracket("n" if prefix == "n" else "")) is not None or (tag := self.number()):
                tags += [tag] if tag else []
            else:
                self.at = before
                break
        if not tags:
            self.at = start if self.at == start + len(prefix) else self.at
            return ""
        if self.text[self.at : self.at + 1] in ("?", "^"):  # unlocalised: [Phospho]?PEPTIDE
            return None
        if self.text.startswith("-", self.at):
            self.at += 1
        if len(tags) > 1 and all(NUMBER.fullmatch(t) for t in tags):  # one shift at one end: the sum
            tags = [f"{sum(map(float, tags)):+.6f}"]
        return "".join(f"[{t}]" for t in tags) + "-"

    def next(self) -> str:
        """One residue, tag or character."""
        c = self.text[self.at]
        if c == "p" and self.text[self.at + 1 : self.at + 2] in ("S", "T", "Y"):
            self.at += 2
            self.residues, self.last = self.residues + 1, self.text[self.at - 1]
            return f"{self.last}[Phospho]"
        if self.residues:
            tag = self.bracket(self.last)
            if tag is not None or (tag := self.number()):
                return f"[{tag}]"
        if c == "(" and (end := self.closing()):  # a range, which ProForma's own reader judges
            self.residues += sum(x.isupper() for x in self.text[self.at : end])
            begin, self.at = self.at, end + 1
            return self.text[begin : self.at]
        self.at += 1
        if c.isupper():
            self.residues, self.last = self.residues + 1, c
        return "" if c == "." and self.at == len(self.text) else c

    def c_term(self) -> str | None:
        """The tag of the last end; None where there is none here."""
        c = self.text[self.at]
        if not (self.residues and c in "-.c" and self.text[self.at + 1 : self.at + 2] in ("[", "(")):
            return None
        start = self.at
        self.at += 1
        end = self.closing()
        if end is None or end + 1 != len(self.text):
            self.at = start
            return None
        inside = self.text[self.at + 1 : end]
        tag = self.bracket("c" if c == "c" else "")
        # psm-utils puts MaxQuant's "...M(Oxidation (M))_" on the end; what names a residue is on that residue.
        site = _SITE.search(inside)
        if not tag:
            return ""
        return f"{'' if site and self.last in site[1] else '-'}[{tag}]"

    def closing(self) -> int | None:
        """Where the bracket that opens here is closed."""
        return self.ends.get(self.at)

    def bracket(self, place: str) -> str | None:
        """The tag in a bracket that opens here, behind a residue or at the end ``n`` or ``c``; None if none does."""
        kind = self.text[self.at : self.at + 1]
        if kind not in ("[", "("):
            return None
        end = self.closing()
        if end is None:
            return None
        inside = self.text[self.at + 1 : end].strip()
        if kind == "(" and self._range(inside, end):
            return None
        self._no_position(inside, kind, end)
        self.at = end + 1
        if NUMBER.fullmatch(inside) and inside[0] not in "+-":
            if nothing(inside, place):
                return ""
            if found := whole(inside, place):
                return found
        return name(inside)

    def _range(self, inside: str, end: int) -> bool:
        if inside.startswith("?"):
            return True
        letters = re.sub(r"\[[^\[\]]*\]", "", inside)
        return letters.isalpha() and letters.isupper() and self.text[end + 1 : end + 2] == "["

    def _no_position(self, inside: str, kind: str, end: int) -> None:
        behind = self.text[end + 1 : end + 2]
        if inside.isdigit() and len(inside) <= 5:
            within = self.residues and int(inside) <= self.residues
            last = not behind.isalpha() if kind == "[" else True
            position = within and (last or not near(inside)[0])
        else:
            position = bool(_PLACES.fullmatch(inside))
        if position:
            shown = self.text[self.at : end + 1]
            raise PeptideError(
                f"{shown} may be the position of a residue, as tables of cross-links and loop-links write it.",
                text=self.text,
                position=self.at,
                remedy=f"Only linear peptides are read. If it is a mass, write {self.last or 'K'}[+{inside}].",
            )

    def number(self) -> str:
        """A signed mass without brackets, ``""`` where none starts here."""
        if self.text[self.at : self.at + 1] not in ("+", "-"):
            return ""
        found = NUMBER.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found[0]


def _brackets(text: str) -> dict[int, int]:
    """Where each bracket opens -> where it is closed; brackets of one kind may stand in each other."""
    found: dict[int, int] = {}
    opened: dict[str, list[int]] = {closing: [] for closing in _CLOSING.values()}
    for at, c in enumerate(text):
        if c in _CLOSING:
            opened[_CLOSING[c]].append(at)
        elif opened.get(c):
            found[opened[c].pop()] = at
    return found
