"""Sets a model's confidence in each residue beside what the ions prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.ladder import Bond, ladder
from peploss.analysis.one_psm.matching import match
from peploss.peptides.confidence import Confidence
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]

SURE: Final = 0.9
"""Confidence in both residues beside a bond from which on a bond without any ion is marked."""
LEAST_RESIDUES: Final = 6
"""Residues that a peptide needs before the order of its scores is judged."""
CLEAR: Final = 0.8
"""What reading the scores of one PSM backwards must add to their correlation with the ions to be told."""
FITS: Final = 0.5
"""The correlation that they must have backwards."""
LEAST_PSMS: Final = 20
"""PSMs that a table needs before the order of its scores is judged."""
MEAN_CLEAR: Final = 0.1
"""What reading backwards must add on average over a table; it must be 3 standard errors, too."""


def bonds_of(spectrum: Spectrum, peptide: Peptide, settings: LossSettings) -> tuple[Bond, ...]:
    """The bonds of a candidate and the ions that prove them, as in ``Explanation.bonds``, without the rest of it."""
    ions = fragments(peptide, settings, charge_in_force(peptide.charge, spectrum.precursor_charge))
    seen = preprocess(spectrum, settings)
    sides = on_grid((ions.mz, ions.intensity), settings), on_grid((seen.mz, seen.intensity), settings)
    return ladder(len(peptide), ions, match(*sides[0], *sides[1], settings).peak_of_fragment >= 0)


def sure_without_ions(confidence: Confidence, bonds: Sequence[Bond]) -> list[int]:
    """Positions of the bonds that no ion proves although the model is sure of the residues on both sides.

    Args:
        confidence: in L residues.
        bonds: (L - 1,) of the peptide.
    """
    sure = confidence.residues >= SURE
    return [b.position for b in bonds if not b.covered and sure[b.position - 1] and sure[b.position]]


def evidence(bonds: Sequence[Bond]) -> F64:
    """(L,) share of each residue's bonds that an ion proves; a residue at an end has one bond."""
    covered = np.array([b.covered for b in bonds], dtype=np.float64)
    left, right = np.concatenate([covered[:1], covered]), np.concatenate([covered, covered[-1:]])
    return (left + right) / 2


class Order(NamedTuple):
    """How the scores of one PSM go with the ions: correlations as they are, and read backwards."""

    forwards: float
    backwards: float


def order_of(confidence: Confidence, bonds: Sequence[Bond]) -> Order | None:
    """Correlation of scores and evidence in both orders; None where there are too few residues, or no difference."""
    proven = evidence(bonds)
    if len(confidence) < LEAST_RESIDUES or np.ptp(confidence.residues) <= 0 or np.ptp(proven) <= 0:
        return None
    both = (confidence.residues, confidence.residues[::-1])
    return Order(*(float(np.corrcoef(scores, proven)[0, 1]) for scores in both))


def reversed_here(confidence: Confidence, bonds: Sequence[Bond]) -> str | None:
    """A sentence where the scores of one PSM may be in reversed order, else None."""
    order = order_of(confidence, bonds)
    if order is None or order.backwards < FITS or order.backwards - order.forwards < CLEAR:
        return None
    return (
        "The scores of the residues may be in reversed order: backwards they correlate with the proven bonds by "
        f"{order.backwards:+.2f}, as they are by {order.forwards:+.2f}. One PSM is weak evidence: see what "
        "`peploss index` says of the table."
    )


def reversed_in_all(orders: Iterable[Order]) -> str | None:
    """A sentence where the scores of many PSMs are in reversed order, else None.

    That is told where, over at least ``LEAST_PSMS``, reading backwards adds ``MEAN_CLEAR`` to the correlation with the
    proven bonds on average, and 3 standard errors. Casanovo 4.2 is known to write them so.

    Source:
        Casanovo, issue 408.
    """
    found = list(orders)
    if len(found) < LEAST_PSMS:
        return None
    gain = np.array([order.backwards - order.forwards for order in found])
    mean, error = float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(gain.size))
    if mean < max(MEAN_CLEAR, 3 * error):
        return None
    return (
        f"Its scores of residues seem to be in reversed order: over {len(found):,} PSMs they correlate with the bonds "
        f"that ions prove by {np.mean([o.forwards for o in found]):+.2f}, and read backwards by "
        f"{np.mean([o.backwards for o in found]):+.2f}. They are shown as the table has them."
    )
