"""What a rule is: a cause, its thresholds, its words made from them, and the function that decides, in one object."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from peploss.analysis.causes.counterfactuals.counterfactual import PRECURSOR_PPM, Counterfactual, Counterfactuals
from peploss.peptides.precursor_mass import error_in_words, neutral_mass

Cause = Literal[
    "too few peaks",
    "profile data",
    "peaks off the grid",
    "calibration",
    "settings too narrow",
    "precursor charge",
    "precursor isotope",
    "wrong or missing modification",
    "residue order",
    "wrong peptide",
    "unmodelled ions",
    "noise",
    "wrong model",
    "intensity pattern",
    "annotation fine",
    "not known",
]

_SHOWN: dict[str, str] = {"annotation fine": "no fault found"}


def cause_label(cause: str) -> str:
    """A cause as pages and commands say it; results and links keep its name.

    >>> cause_label("annotation fine"), cause_label("noise")
    ('no fault found', 'noise')
    """
    return _SHOWN.get(cause, cause)


SUPPORT = 1.7
"""Standard deviations, of the losses of shuffled peptides from their mean, by which a right peptide does better than
they; all on flattened peaks."""
TOLERANCE = f"{PRECURSOR_PPM:g} ppm (or the tolerance given)"


class Number(NamedTuple):
    """One number of the evidence."""

    name: str
    value: float


@dataclass(frozen=True, eq=False)
class Finding:
    """A cause whose rule holds.

    Attributes:
        cause: its name.
        confidence: in [0, 1]: 0.5 where the rule only just holds, toward 1 the farther its numbers lie beyond the
            thresholds. No probability.
        text: what was found, with its numbers, as one sentence.
        rule: when this cause is named.
        evidence: the numbers.
        fix: the change that would undo it; None where there is none.
    """

    cause: Cause
    confidence: float
    text: str
    rule: str
    evidence: tuple[Number, ...] = ()
    fix: Counterfactual | None = None


class Rule(ABC):
    """One cause and when it is named. The fields of a rule are its thresholds; ``words`` is made from them."""

    cause: ClassVar[Cause]

    @property
    @abstractmethod
    def words(self) -> str:
        """When the cause is named."""

    @abstractmethod
    def find(self, c: Counterfactuals) -> Finding | None:
        """The finding, None where the rule does not hold."""

    def found(
        self, confidence: float, text: str, fix: Counterfactual | None = None, **evidence: float | None
    ) -> Finding:
        """A finding of this rule; evidence that is not known is left out, ``_`` in its names reads as a space."""
        numbers = tuple(Number(k.replace("_", " "), float(v)) for k, v in evidence.items() if v is not None)
        return Finding(self.cause, min(confidence, 1.0), text, self.words, numbers, fix)


def sentence(text: str) -> str:
    """With a capital first letter; the rest as it is."""
    return text[:1].upper() + text[1:]


def better(support: float) -> str:
    """How a peptide does against decoys, in words.

    >>> better(2.34), better(-0.5)
    ('2.3 standard deviations better than decoys', '0.5 standard deviations worse than decoys')
    """
    return f"{abs(support):.1f} standard deviations {'better' if support >= 0 else 'worse'} than decoys"


def surely(value: float, threshold: float) -> float:
    """0.5 at the threshold and above it toward 1, as ``value / (value + threshold)``.

    >>> surely(0.25, 0.25), surely(0.75, 0.25)
    (0.5, 0.75)
    """
    if value <= 0 or threshold <= 0:
        return 0.5
    return max(0.5, value / (value + threshold))


def how_far_off(c: Counterfactuals) -> str:
    """How far the precursor is off, in words."""
    if c.ppm is None or c.spectrum.precursor_mz is None:
        return "not known to be"
    return error_in_words(c.ppm, neutral_mass(c.spectrum.precursor_mz, c.charge))


def precursor_fits(c: Counterfactuals) -> bool:
    """Whether nothing speaks against the peptide's mass."""
    return c.ppm is None or abs(c.ppm) <= c.precursor_ppm


def within(c: Counterfactuals, case: Counterfactual) -> bool:
    """Whether the precursor is known and fits under a change."""
    return case.ppm is not None and abs(case.ppm) <= c.precursor_ppm


def stands_out(support: float | None, least: float) -> bool:
    """Whether decoys do so much worse; False without decoys, since the best of many changes always gains something."""
    return support is not None and support >= least


def supported(support: float | None, least: float) -> bool:
    """Whether decoys do so much worse; where there is none, nothing speaks against the peptide."""
    return support is None or support >= least
