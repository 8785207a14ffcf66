"""Parses ProForma text and keeps the place of every part, so that errors can point at it.

pyteomics parses ProForma too, and the tests hold this reader against it. It is not used here because it keeps no
places, lets some malformed text through (``PEPTIDE-[Amidated]XYZ``, an unclosed range) and takes over a second to
import.
"""

from __future__ import annotations

import re
from typing import NoReturn

from peploss import limits
from peploss.constants import RESIDUE_MASSES
from peploss.errors import PeptideError
from peploss.peptides.proforma_hints import of_isotope, of_stray
from peploss.peptides.proforma_parts import FixedRule, Notation, Tag, without_brackets

__all__ = ["MAX_CHARGE", "FixedRule", "Notation", "Tag", "read"]

MAX_CHARGE = 99
_MAX_RULES = 100  # fixed modifications of one peptide
_CLOSING = {"[": "]", "{": "}", "<": ">", "(": ")"}
ISOTOPES = ("13C", "15N")
"""Global isotopes that are read."""
_TARGET = re.compile(r"(?:(N-term|C-term)(?::([A-Z]))?|([A-Z]))")


def read(text: str) -> Notation:
    """Read one linear peptidoform.

    Around it, spaces, one flanking residue each side (``K.PEPTIDE.R``) and MaxQuant's underscores
    (``_PEPTIDE_``) are tolerated.

    Raises:
        PeptideError: the text is not ProForma, or is ProForma that leaves the mass of fragments open: ambiguous
            positions and ranges, cross-links, chimeric spectra, labels of hydrogen and oxygen, adducts. What leaves
            nothing open is read: a range of one residue, residues of one mass in open order, a group of one place.
    Source:
        ProForma 2.0, LeDuc et al., J. Proteome Res. 2022, 21, 1189.

    >>> notation = read("[Acetyl]-PEM[Oxidation]K/2")
    >>> notation.residues, notation.tags[2], notation.charge
    (('P', 'E', 'M', 'K'), (Tag(text='Oxidation', position=13),), 2)
    """
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        stripped = text.strip()
        self.at = text.index(stripped) if stripped else 0
        self.behind = 0
        self.end = self.at + len(stripped)
        if re.fullmatch(r"[A-Z_-]\..+\.[A-Z_-]", stripped, re.DOTALL):
            self.at, self.end = self.at + 2, self.end - 2
        elif len(stripped) > 2 and stripped[0] == stripped[-1] == "_":
            self.at, self.end = self.at + 1, self.end - 1

    def fail(self, position: int, problem: str, remedy: str | None = None) -> NoReturn:
        raise PeptideError(problem, text=self.text, position=position, remedy=remedy)

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead] if self.at + ahead < self.end else ""

    def bracket(self) -> Tag:
        """The bracket that opens here, up to its partner; the cursor ends behind it."""
        opening = self.text[self.at]
        closing, depth, square = _CLOSING[opening], 0, 0
        for i in range(self.at, self.end):
            c = self.text[i]
            if opening != "[":  # the ">" of <[Gln->pyro-Glu]@Q> closes nothing
                square += (c == "[") - (c == "]")
                if square > 0:
                    continue
            if c == opening:
                depth += 1
            elif c == closing:
                depth -= 1
                if depth == 0:
                    tag = Tag(self.text[self.at + 1 : i], self.at + 1)
                    self.at = i + 1
                    return tag
        self.fail(self.at, f"The bracket {opening} is never closed.", f"Close it with {closing}.")

    def read(self) -> Notation:
        if len(self.text) > limits.PEPTIDE.default and len(self.text) > limits.PEPTIDE.most:
            self.fail(0, limits.PEPTIDE.over(len(self.text)))
        if self.at >= self.end:
            self.fail(0, "A peptide was expected and the text is empty.", "Write one like PEPTIDEK/2.")
        isotopes, fixed, labile, n_term = self.prefix()
        residues: list[str] = []
        positions: list[int] = []
        tags: list[list[Tag]] = []
        while self.peek() not in ("", "-", "/"):
            c = self.peek()
            if c in RESIDUE_MASSES or c == "X":
                residues.append(c)
                positions.append(self.at)
                tags.append([])
                self.at += 1
            elif c == "[" and residues:
                tags[-1].append(self.bracket())
            elif c == "(" and (stretch := self.stretch()):
                self.at = stretch[0].position
                for residue in stretch[0].text:
                    residues.append(residue)
                    positions.append(self.at)
                    tags.append([])
                    self.at += 1
                tags[-1].extend(stretch[1:])
                self.at = self.behind
            else:
                self.stray(c, residues)
        if not residues:
            self.fail(
                min(self.at, len(self.text) - 1), "A residue was expected here.", "Write a peptide like PEPTIDEK/2."
            )
        c_term = self.c_term()
        charge = self.charge()
        return Notation(
            tuple(residues),
            tuple(positions),
            tuple(map(tuple, tags)),
            n_term,
            c_term,
            tuple(labile),
            tuple(fixed),
            charge,
            isotopes,
        )

    def stretch(self) -> list[Tag]:
        """Residues in round brackets that leave nothing open, with the modifications inside; empty where it is no such.

        A range of one residue is that residue, and the order of residues of one mass does not matter.
        """
        start = self.at
        inside = self.bracket()
        self.behind, self.at = self.at, start
        bare, tags = without_brackets(inside)
        letters = bare.removeprefix("?")
        if not letters or not all(letter in RESIDUE_MASSES or letter in "XBZ" for letter in letters):
            return []
        residues = Tag(letters, inside.position + len(bare) - len(letters))
        ranged = self.behind < self.end and self.text[self.behind] == "["
        if bare.startswith("?"):
            if (
                not tags
                and len({RESIDUE_MASSES.get(letter) for letter in letters} - {None}) == 1
                and "X" not in letters
            ):
                return [residues]
            self.fail(
                start,
                f"The order of {letters[:20]} is left open (?...), and with it the masses of fragments.",
                "Write one sequence.",
            )
        if not ranged:
            self.fail(
                start,
                f"{letters[:20]} stands in round brackets without a modification behind it.",
                "Take the brackets away; a modification stands in square ones, as in M[Oxidation].",
            )
        if len(letters) == 1:
            return [residues, *tags]
        shown = self.text[self.behind : self.behind + 40].partition("]")[0] + "]"
        self.fail(
            start,
            f"A modification somewhere in the range {letters[:20]} leaves the masses of fragments open.",
            f"Put it on one residue, as in {letters[0]}{shown if len(shown) < 40 else '[Phospho]'}.",
        )

    def prefix(self) -> tuple[tuple[str, ...], list[FixedRule], list[Tag], tuple[Tag, ...]]:
        isotopes: set[str] = set()
        fixed: list[FixedRule] = []
        labile: list[Tag] = []
        while self.peek() in ("<", "{"):
            if self.peek() == "{":
                labile.append(self.bracket())
            elif self.peek(1) != "[":
                isotopes.add(self.isotope())
            else:
                fixed.append(self.fixed_rule())
                if len(fixed) > _MAX_RULES:
                    self.fail(self.at - 1, f"There are more than {_MAX_RULES} fixed modifications.")
        n_term: list[Tag] = []
        start = self.at
        while self.peek() == "[":
            n_term.append(self.bracket())
        after = self.peek()
        if n_term and after in ("?", "^"):
            self.fail(
                start,
                "A modification of unknown position ([...]?) leaves the masses of fragments open.",
                f"Put [{n_term[0].text[:40]}] behind the residue that it is on.",
            )
        if n_term and after != "-":
            if after == "":
                self.fail(
                    start, "This modification stands on nothing.", "Put it behind its residue, as in M[Oxidation]."
                )
            self.fail(start, "A modification before the first residue needs a hyphen.", "Write [Acetyl]-PEPTIDE.")
        if n_term:
            self.at += 1
        return tuple(sorted(isotopes)), fixed, labile, tuple(n_term)

    def isotope(self) -> str:
        """A global isotope, as ``<13C>``."""
        start = self.at
        isotope = self.bracket().text.strip()
        if isotope not in ISOTOPES:
            self.fail(start, *of_isotope(isotope))
        return isotope

    def fixed_rule(self) -> FixedRule:
        start = self.at
        rule = self.bracket()
        behind, self.at = self.at, rule.position
        tag = self.bracket()
        targets_at, self.at = self.at, behind
        written = self.text[targets_at : behind - 1]
        remedy = "Write <[Carbamidomethyl]@C> or <[TMT6plex]@K,N-term>."
        if not written.startswith("@"):
            self.fail(start, "A fixed modification needs the residues it goes on.", remedy)
        targets = []
        place = targets_at + 1
        for target in written[1:].split(","):
            match = _TARGET.fullmatch(target.strip())
            residue = match and (match[2] or match[3] or "")
            if not match or (residue and residue not in RESIDUE_MASSES):
                self.fail(place, f"A fixed modification cannot go on {target[:20]!r}.", remedy)
            targets.append(({"N-term": "n_term", "C-term": "c_term", None: ""}[match[1]], residue or ""))
            place += len(target) + 1
        return FixedRule(tag, tuple(targets))

    def stray(self, c: str, residues: list[str]) -> NoReturn:
        here = self.at
        behind = self.peek(1)
        inside = self.bracket().text if c == "(" else ""
        self.fail(here, *of_stray(c, residues[-1] if residues else "X", behind, inside))

    def c_term(self) -> tuple[Tag, ...]:
        if self.peek() != "-":
            return ()
        start = self.at
        self.at += 1
        tags: list[Tag] = []
        while self.peek() == "[":
            tags.append(self.bracket())
        if not tags:
            self.fail(start, "A C-terminal modification was expected behind the hyphen.", "Write PEPTIDE-[Amidated].")
        if self.peek() not in ("", "/"):
            self.fail(
                self.at, f"{self.peek()!r} stands behind the C-terminal modification.", "Only a charge may follow."
            )
        return tuple(tags)

    def charge(self) -> int | None:
        if self.peek() == "":
            return None
        start = self.at
        self.at += 1
        if self.peek() == "/":
            self.fail(start, "Cross-linked peptides (//) are not supported.", "Write one linear peptide.")
        digits = re.compile("[0-9]+").match(self.text, self.at, self.end)
        if digits is None or not 1 <= int(digits[0][:6]) <= MAX_CHARGE:
            self.fail(
                start, f"A charge from 1 to {MAX_CHARGE} was expected behind the slash.", "Write it as PEPTIDE/2."
            )
        self.at = digits.end()
        rest = self.peek()
        if rest == "[":
            place, carriers = self.at, self.bracket().text
            protons = [re.fullmatch(r"\+?(\d{0,3})H(?:\+1?|1\+|:z\+1)?", part.strip()) for part in carriers.split(",")]
            if not all(protons) or sum(int(found[1] or 1) for found in protons if found) != int(digits[0]):
                self.fail(
                    place,
                    f"The charge carriers [{carriers[:40]}] are not {int(digits[0])} proton"
                    f"{'s' if int(digits[0]) > 1 else ''}; fragments of other adducts are not computed.",
                    f"Write the charge alone for protons: /{int(digits[0])}.",
                )
            rest = self.peek()
        if rest == "+" and self.peek(1):
            self.fail(self.at, "Several peptides in one spectrum (+) are not supported.", "Write one peptide.")
        if rest:
            self.fail(self.at, f"{rest!r} stands behind the charge.", "The charge ends the peptide, as in PEPTIDE/2.")
        return int(digits[0])
