"""What a cause is: its name, its rule in words, the thresholds, and what a rule that holds says.

Thresholds were set on the tuning half of ``benchmarks/planted_faults.py`` and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from peploss.analysis.causes.counterfactual import PRECURSOR_PPM, Counterfactual, Counterfactuals

Cause = Literal[
    "too few peaks",
    "profile data",
    "peaks off the grid",
    "calibration",
    "precursor charge",
    "precursor isotope",
    "wrong or missing modification",
    "residue order",
    "wrong peptide",
    "unmodelled ions",
    "noise",
    "intensity pattern",
    "annotation fine",
    "not known",
]

FEWEST_PEAKS = 6
SAMPLED = 0.5
SEEN = 0.6
FRAGMENTS_SEEN = 0.55
SUPPORT = 1.7
MASS_SUPPORT = 6.0
SHIFT_GAIN = 0.04
SHIFT_SUPPORT = 1.5
SHIFT_MATCHES = 3
SHIFT_PPM = 10.0
SHIFT_SCATTERS = 3.0
FARTHEST_PPM = 60.0
SIGMA_GAIN = 0.15
EDIT_GAIN = 0.05
OPEN_GAIN = 0.02
OPEN_SUPPORT = 4.0
OPEN_LEAST = 0.5
EDIT_COST = 0.02
NEAR_PPM = 5.0
SWAP_GAIN = 0.04
SWAP_FLAT_GAIN = 0.015
SWAP_SUPPORT = 3.0
ION_GAIN = 0.17
SURE_ION_GAIN = 0.2
ION_SHARE = 0.3
UNEXPLAINED = 0.73
INTENSITY_STEP = 0.65
TOP_PEAK = 0.5


_TOLERANCE = f"{PRECURSOR_PPM:g} ppm (or the tolerance given)"


class Number(NamedTuple):
    """One number of the evidence."""

    name: str
    value: float


@dataclass(frozen=True, eq=False)
class Finding:
    """A cause that holds.

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


RULES: Final[dict[Cause, str]] = {
    "peaks off the grid": f"Less than {SEEN:.0%} of the intensity, or {FRAGMENTS_SEEN:.0%} of the fragments, lies on "
    "the grid and within the m/z window.",
    "too few peaks": f"The loss sees fewer than {FEWEST_PEAKS} peaks, or fewer than half as many as the peptide has "
    "bonds.",
    "profile data": f"At least {SAMPLED:.0%} of the intensity is in runs of samples of one peak each.",
    "calibration": f"Moving all peaks by one amount gains {SHIFT_GAIN:g}, also on flattened peaks, where the peptide "
    f"then does {SHIFT_SUPPORT:g} standard deviations better than decoys; or at least {SHIFT_MATCHES} matched peaks "
    f"lie {SHIFT_PPM:g} to {FARTHEST_PPM:g} ppm off and {SHIFT_SCATTERS:g} times their scatter; or, no earlier rule "
    f"holding, a wider sigma gains {SIGMA_GAIN:g}.",
    "precursor charge": f"The precursor is off by more than {_TOLERANCE}, and by less at another charge.",
    "precursor isotope": f"The precursor is off by more than {_TOLERANCE} and by less at another isotope, and the "
    f"peptide does {SUPPORT:g} standard deviations better than decoys.",
    "wrong or missing modification": "One common modification added, or one removed, brings the precursor within "
    f"{_TOLERANCE}, costs no more than {EDIT_COST:g}, and the peptide then does {SUPPORT:g} standard deviations better "
    f"than decoys; or one of the precursor's mass difference gains {OPEN_GAIN:g} and does {OPEN_SUPPORT:g} better; or "
    f"one moved gains {EDIT_GAIN:g} and does {OPEN_SUPPORT:g} better; or, without a precursor, any one does.",
    "residue order": f"Two neighbouring residues in the other order gain {SWAP_GAIN:g} ({SWAP_FLAT_GAIN:g} on "
    f"flattened peaks) and do {SWAP_SUPPORT:g} standard deviations better than decoys.",
    "wrong peptide": f"The peptide does less than {SUPPORT:g} standard deviations better than decoys; or less than "
    f"{MASS_SUPPORT:g}, and the precursor is off by more than {_TOLERANCE}. No single change mends it.",
    "unmodelled ions": f"A kind of ion that is left out gains {ION_GAIN:g} or explains {ION_SHARE:.0%} more of the "
    "intensity than it does for decoys, or leaving out the precursor's peak gains as much.",
    "noise": f"At least {UNEXPLAINED:.0%} of the intensity is in peaks that no ion of any kind explains.",
    "intensity pattern": f"Matched peaks of unlike intensity cost {INTENSITY_STEP:g} of the loss, or one matched peak "
    f"holds {TOP_PEAK:.0%} of the intensity.",
    "annotation fine": f"The precursor fits, the peptide does {SUPPORT:g} standard deviations better than decoys, and "
    "no other rule holds.",
    "not known": "No rule holds.",
}
"""When each cause is named, in words; the first that holds, in this order, is the one.

Standard deviations are those of the losses of 40 shuffled peptides from their mean, all on flattened peaks (``FLAT``).
"""


def found(
    cause: Cause, confidence: float, text: str, fix: Counterfactual | None = None, **evidence: float | None
) -> Finding:
    """A finding with its rule; evidence that is not known is left out, ``_`` in its names reads as a space."""
    numbers = tuple(Number(k.replace("_", " "), float(v)) for k, v in evidence.items() if v is not None)
    return Finding(cause, min(confidence, 1.0), text, RULES[cause], numbers, fix)


def precursor_fits(c: Counterfactuals) -> bool:
    """Whether nothing speaks against the peptide's mass."""
    return c.ppm is None or abs(c.ppm) <= c.precursor_ppm


def stands_out(support: float | None, least: float) -> bool:
    """Whether decoys do so much worse; not where there is none, since the best of many changes always gains."""
    return support is not None and support >= least


def within(c: Counterfactuals, case: Counterfactual) -> bool:
    """Whether the precursor is known and fits under a change."""
    return case.ppm is not None and abs(case.ppm) <= c.precursor_ppm


def supported(support: float | None) -> bool:
    """Whether decoys do worse; where there is none, nothing speaks against the peptide."""
    return support is None or support >= SUPPORT
