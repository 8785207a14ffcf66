"""Holds a precursor against the survey scan before it: its isotope envelope, and what else was isolated with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.context.isotopes import N_PEAKS, envelope
from peploss.constants import ISOTOPE_SPACING
from peploss.peptides.peptide import Peptide
from peploss.spectra.survey import Context, Isolation, Survey

F64 = NDArray[np.float64]

WITHIN_PPM: Final = 20.0
"""How far a peak of the survey scan may lie from an isotope to be taken for it."""
USUAL_WINDOW: Final = 1.6
"""Th of an isolation window that is assumed where the file names none."""
MOST_OTHERS: Final = 8


@dataclass(frozen=True, eq=False)
class Envelope:
    """The isotopes of a peptide in a survey scan; the first is one neutron lighter than the peptide can be.

    Attributes:
        mz: (K,) in Th.
        expected: (K,) of the molecules, scaled so that expected and observed have the same sum; the first is 0.
        observed: (K,) intensity of the highest peak within ``WITHIN_PPM``, 0 where there is none.
        error_ppm: (K,) of that peak; NaN where there is none.
    """

    mz: F64
    expected: F64
    observed: F64
    error_ppm: F64

    @property
    def cosine(self) -> float:
        """Of expected and observed heights, the lighter neighbour included; 0 where nothing is there."""
        norm = float(np.linalg.norm(self.expected) * np.linalg.norm(self.observed))
        return float(self.expected @ self.observed) / norm if norm > 0 else 0.0

    @property
    def lighter(self) -> float:
        """What lies one neutron below the peptide, over its first isotope: a high value says that another isotope or
        another peptide was picked. Infinite where only the former is there."""
        if not self.observed[0]:
            return 0.0
        return float(self.observed[0] / self.observed[1]) if self.observed[1] > 0 else float("inf")


@dataclass(frozen=True, eq=False)
class Purity:
    """What was isolated.

    Attributes:
        window: in Th.
        assumed: whether the file names no window and a usual one was taken.
        share: of the intensity in the window that lies in isotopes of the peptide; None where the window is empty.
        total: intensity in the window.
        others: (n, 2) m/z and intensity of the highest other peaks in it, the highest first.
    """

    window: Isolation
    assumed: bool
    share: float | None
    total: float
    others: F64


def envelope_in(survey: Survey, peptide: Peptide, charge: int) -> Envelope:
    """The peptide's isotopes in a survey scan.

    Args:
        charge: at least 1.
    """
    expected = np.concatenate([[0.0], envelope(peptide)])
    mz = peptide.mz(charge) + ISOTOPE_SPACING / charge * np.arange(-1, N_PEAKS)
    observed, error = np.zeros(mz.size), np.full(mz.size, np.nan)
    for k, at in enumerate(mz.tolist()):
        low, high = np.searchsorted(survey.mz, [at * (1 - WITHIN_PPM * 1e-6), at * (1 + WITHIN_PPM * 1e-6)])
        if high > low:
            best = low + int(np.argmax(survey.intensity[low:high]))
            observed[k], error[k] = survey.intensity[best], (survey.mz[best] - at) / at * 1e6
    scale = float(observed.sum() / expected.sum())
    return Envelope(mz.astype(np.float64), expected * (scale if scale > 0 else 1.0), observed, error)


def purity_of(survey: Survey, peptide: Peptide, charge: int, centre: float, isolation: Isolation | None) -> Purity:
    """How much of what was isolated is the peptide.

    Args:
        charge: at least 1.
        centre: m/z of the precursor, around which a usual window is assumed where the file names none.
    """
    window = isolation or Isolation(centre - USUAL_WINDOW / 2, centre + USUAL_WINDOW / 2)
    low, high = np.searchsorted(survey.mz, [window.low, window.high])
    mz, intensity = survey.mz[low:high], survey.intensity[low:high]
    isotopes = peptide.mz(charge) + ISOTOPE_SPACING / charge * np.arange(N_PEAKS)
    own = np.array([bool((np.abs(x - isotopes) <= WITHIN_PPM * 1e-6 * x).any()) for x in mz.tolist()], dtype=bool)
    total = float(intensity.sum())
    rest = np.flatnonzero(~own & (intensity > 0))
    rest = rest[np.argsort(-intensity[rest], kind="stable")][:MOST_OTHERS]
    return Purity(
        window=window,
        assumed=isolation is None,
        share=float(intensity[own].sum()) / total if total > 0 else None,
        total=total,
        others=np.stack([mz[rest], intensity[rest]], axis=1),
    )


def told(context: Context, seen: Envelope, pure: Purity) -> list[str]:
    """What envelope and window say, in sentences."""
    out = []
    if not seen.observed[1:].any():
        out.append(
            f"No isotope of the peptide has a peak within {WITHIN_PPM:g} ppm in the survey scan: it may be another "
            "peptide, or its charge may be wrong."
        )
    else:
        out.append(f"Isotope envelope: cosine {seen.cosine:.3f} to the theoretical one.")
        if seen.lighter > 0.3:
            out.append("A peak one isotope below the peptide stands out: the precursor may be another isotope's.")
    if pure.share is not None:
        window = f"{pure.window.low:.3f} to {pure.window.high:.3f}" + (", assumed" if pure.assumed else "")
        out.append(f"Purity: {pure.share:.0%} of the intensity in the isolation window ({window}) is the peptide's.")
    else:
        out.append("The survey scan has no peak in the isolation window.")
    if context.survey is not None and not context.survey.named:
        out.append("The spectrum does not name its survey scan; the last one before it was taken.")
    return out
