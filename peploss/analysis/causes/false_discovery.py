"""How far a cause can be believed: of the PSMs it is named for, how many would be wrong peptides all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from peploss.analysis.causes.rules import Cause
from peploss.peptides.decoys import decoys
from peploss.peptides.peptide import Peptide
from peploss.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class NamedCause:
    """A cause over a set.

    Attributes:
        cause: its name.
        n: PSMs it is named for.
        n_decoys: decoys it is named for.
        false_discovery: estimated share of the n that are wrong peptides, in [0, 1]: decoys named so, over PSMs named
            so, each counted over all of its kind. None for "wrong peptide", which is what decoys are.
    """

    cause: Cause
    n: int
    n_decoys: int
    false_discovery: float | None


def decoy_psms(psms: Iterable[tuple[Spectrum, Peptide]], seed: int = 0) -> list[tuple[Spectrum, Peptide]]:
    """Each spectrum with the first decoy of its peptide; without those whose peptide has none."""
    return [(spectrum, decoy) for spectrum, peptide in psms for decoy in decoys(peptide, 1, seed)]


def false_discovery(named: Iterable[Cause], named_decoys: Iterable[Cause]) -> list[NamedCause]:
    """Every cause with its estimate, the most frequent first.

    Args:
        named: cause of each PSM of a set.
        named_decoys: cause of each of its decoys, as ``decoy_psms`` makes them.

    >>> false_discovery(["noise", "noise", "wrong peptide"], ["wrong peptide", "wrong peptide", "noise"])[0]
    NamedCause(cause='noise', n=2, n_decoys=1, false_discovery=0.5)
    """
    of_psms, of_decoys = Counter(named), Counter(named_decoys)
    scale = of_psms.total() / max(of_decoys.total(), 1)
    out = []
    for cause, n in of_psms.most_common():
        wrong = min(1.0, of_decoys[cause] * scale / n)
        out.append(NamedCause(cause, n, of_decoys[cause], None if cause == "wrong peptide" else wrong))
    return out
