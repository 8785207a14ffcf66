"""Precursor masses: what an m/z and a charge weigh, and how far a peptide is off.

Arguments are numbers, or arrays of many PSMs.
"""

from __future__ import annotations

from typing import Any

from peploss.constants import ISOTOPE_SPACING, PROTON

PPM = 1e6


def neutral_mass(precursor_mz: Any, charge: Any) -> Any:
    """Da of the uncharged precursor: ``(m/z - proton) * z``. Not positive where no such precursor can be.

    >>> round(neutral_mass(500.0, 2), 4)
    997.9854
    """
    return (precursor_mz - PROTON) * charge


def precursor_ppm(peptide_mass: Any, observed_mass: Any, isotope: Any = 0) -> Any:
    """``(M_obs - M_peptide) / M_obs * 1e6``: positive where the measured mass is the heavier.

    Args:
        peptide_mass, observed_mass: neutral, in Da; the observed one positive.
        isotope: which 13C isotope of the peptide the precursor is taken for.

    >>> round(precursor_ppm(1000.0, 1000.01), 2)
    10.0
    """
    return (observed_mass - isotope * ISOTOPE_SPACING - peptide_mass) / observed_mass * PPM
