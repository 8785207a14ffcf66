"""Which PSMs of a run are surely right, and how their fragments lie off and scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from peploss.analysis.causes.counterfactuals.counterfactual import FLAT, PRECURSOR_PPM, ppm_error, standing
from peploss.analysis.causes.observed_facts import likeliest_shifts
from peploss.analysis.causes.run import BetterHeights, ChargesWithoutHeights, Run
from peploss.analysis.tuning.calibration import calibrate
from peploss.analysis.tuning.height_sources import better_source, fit_of_sources
from peploss.analysis.tuning.psm_set import Psm, observed
from peploss.intensities.heights import fragments_with_heights, highest_charge, unpredicted_charge
from peploss.intensities.source import MODEL, names
from peploss.peptides.decoys import decoy_orders
from peploss.peptides.ion_table import Candidates, ion_table
from peploss.settings import UNIFORM, LossSettings

N_DECOYS: Final = 20
CONFIDENT: Final = 4.0
"""Standard deviations above decoys, each at its own best shift, from which a PSM is taken to be right."""
WIDTHS: Final = (0.05, 0.2)
"""Sigma in Da at which PSMs are looked at: of an Orbitrap and of an ion trap. A run scatters as it does, whatever the
settings are."""
FEWEST_PSMS: Final = 5
ENOUGH_PSMS: Final = 60


def run_of(
    psms: Sequence[Psm], settings: LossSettings, *, seed: int = 0, precursor_ppm: float = PRECURSOR_PPM
) -> Run | None:
    """Mass errors of a run, from those of its PSMs that are surely right; None of fewer than 5 of them.

    Args:
        psms: of one run; the first 60 confident ones are enough.
        settings: ions, peaks and heights; sigma plays no part in the errors, which may be what is wrong. Where the
            heights are those of a model, the other models are compared with it.
        precursor_ppm: how far the precursor of a right peptide may be off.
    """
    right: list[Psm] = []
    for psm in psms:
        if len(right) == ENOUGH_PSMS:
            break
        if _confident(psm, settings, seed, precursor_ppm):
            right.append(psm)
    if len(right) < FEWEST_PSMS:
        return None
    found = calibrate(right, settings)
    if found.da is None or found.ppm is None:
        return None
    da, ppm = found.da, found.ppm
    heights = _better_heights(right, settings), _without_heights(right, settings)
    return Run(len(right), da.n, da.offset, da.sigma, ppm.offset, ppm.sigma, *heights)


def _better_heights(right: Sequence[Psm], settings: LossSettings) -> BetterHeights | None:
    """The model, of those that can be used here, that fits confident PSMs better than the one of the settings."""
    used = settings.intensities
    if not used.startswith(MODEL):
        return None
    models = dict.fromkeys([used, *(name for name in names() if name.startswith(MODEL))])
    found = better_source(fit_of_sources(right, settings, list(models)), used)
    if found is None:
        return None
    fit, lower, share = found
    return BetterHeights(fit.source, used, lower, share)


def _without_heights(right: Sequence[Psm], settings: LossSettings) -> ChargesWithoutHeights | None:
    """Confident PSMs with fragments of a charge that the settings' source of heights does not predict."""
    if settings.intensities == UNIFORM:
        return None
    charges = [psm.charge for psm in right]
    highest = [
        highest_charge(found.prediction)
        for found in fragments_with_heights([psm.peptide for psm in right], settings, charges)
        if found.prediction is not None and unpredicted_charge(found.fragments, found.prediction) is not None
    ]
    if not highest:
        return None
    return ChargesWithoutHeights(settings.intensities, max(highest), len(highest), len(right))


def _confident(psm: Psm, settings: LossSettings, seed: int, precursor_ppm: float) -> bool:
    error = ppm_error(psm.peptide.neutral_mass, psm.spectrum.precursor_mz, psm.charge)
    if error is not None and abs(error) > precursor_ppm:
        return False
    masses = psm.peptide.residue_masses
    orders = decoy_orders(masses, N_DECOYS, seed)
    if len(orders) < N_DECOYS:
        return False
    own = Candidates.of(psm.peptide)
    charge = psm.charge if psm.charge is not None or not settings.precursor else 1
    ions = ion_table(len(masses), settings, charge, psm.peptide.isotopes).ions(
        own.with_residues(np.concatenate([own.residues, masses[orders]]))
    )
    mz, intensity = observed(psm, settings)
    for sigma in WIDTHS:
        at = settings.replace(sigma=sigma, sigma_unit="Da")
        in_da, _ = likeliest_shifts(*ions, mz, intensity**FLAT, at)
        if (standing(in_da.votes) or 0.0) >= CONFIDENT:
            return True
    return False
