"""Precursor masses: what an m/z and a charge weigh, and how far a peptide is off.

Arguments are numbers, or arrays of many PSMs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.constants import ISOTOPE_SPACING, PROTON

PPM = 1e6
MOST_PPM = 1000.0
"""A larger error is told in Da, which say what it may be; no calibration is so far off."""
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def neutral_mass(precursor_mz: Any, charge: Any) -> Any:
    """Da of the uncharged precursor: ``(m/z - proton) * z``. Not positive where no such precursor can be.

    >>> round(neutral_mass(500.0, 2), 4)
    997.9854
    """
    return (precursor_mz - PROTON) * charge


def precursor_shift(peptide_mass: Any, precursor_mz: Any, charge: Any) -> Any:
    """Observed minus the peptide's precursor m/z, in Th: what the modified cosine may move fragments by.

    Args:
        peptide_mass: neutral, in Da.
        precursor_mz: in Th.
        charge: of both, not 0.

    >>> round(precursor_shift(997.9854, 508.0, 2), 3)
    8.0
    """
    return precursor_mz - PROTON - peptide_mass / charge


def precursor_ppm(peptide_mass: Any, observed_mass: Any, isotope: Any = 0) -> Any:
    """``(M_obs - M_peptide) / M_obs * 1e6``: positive where the measured mass is the heavier.

    Args:
        peptide_mass, observed_mass: neutral, in Da; the observed one positive.
        isotope: which 13C isotope of the peptide the precursor is taken for.

    >>> round(precursor_ppm(1000.0, 1000.01), 2)
    10.0
    """
    return (observed_mass - isotope * ISOTOPE_SPACING - peptide_mass) / observed_mass * PPM


def ppm_in_da(ppm: Any, observed_mass: Any) -> Any:
    """An error of ``precursor_ppm`` in Da."""
    return ppm / PPM * observed_mass


def error_in_words(ppm: float, observed_mass: float) -> str:
    """A precursor error with its unit.

    >>> error_in_words(-12.3, 1000.0), error_in_words(16_000.0, 1000.0)
    ('-12 ppm', '+16.000 Da')
    """
    return f"{ppm:+.0f} ppm" if abs(ppm) < MOST_PPM else f"{ppm_in_da(ppm, observed_mass):+,.3f} Da"


def precursor_shifts(peptide_mass: F64, precursor_mz: F64, charge: I64) -> F64:
    """(B,) ``precursor_shift`` of many PSMs; 0 where m/z (NaN) or charge (0) is not known."""
    known = (charge > 0) & np.isfinite(precursor_mz)
    return np.where(
        known, precursor_shift(peptide_mass, np.where(known, precursor_mz, 0.0), np.maximum(charge, 1)), 0.0
    )
