"""Prepares a sample of a set with its decoys for the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from peploss.analysis.one_psm.gradient import REACH
from peploss.analysis.tuning.landscape import Axes
from peploss.analysis.tuning.psm_set import Psm, Side, draw, observed, predict_ahead, predicted
from peploss.errors import ArgumentError, PeplossError, SourceError
from peploss.kernels import SigmaUnit
from peploss.kernels.landscape import Landscapes, loss_landscapes
from peploss.peptides.decoys import decoys
from peploss.settings import LossSettings

MAX_SPECTRA = 2000
N_DECOYS = 2


class LeftOut(NamedTuple):
    """A spectrum of the sample that is not compared, by name, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """Peaks of a sample of a set, its right peptides and their decoys; N spectra in an order of chance.

    Attributes:
        observed: N peak lists, preprocessed.
        candidates: for each the fragments of its peptide, then those of its decoys.
        groups: (N,) group of each.
        psms: (N,) the PSMs themselves.
        settings: they were prepared for; sigma and bin width play no part.
        n_given: size of the set the sample was drawn from.
        n_decoys: decoys of each.
        seed: of the sample and of the shuffling.
        left_out: spectra of the sample without a decoy, or that these settings cannot be applied to.
        typical_mz: median m/z of the right peptides' fragments, in Th.
    """

    observed: tuple[Side, ...]
    candidates: tuple[tuple[Side, ...], ...]
    groups: tuple[str, ...]
    psms: tuple[Psm, ...]
    settings: LossSettings
    n_given: int
    n_decoys: int
    seed: int
    left_out: tuple[LeftOut, ...]
    typical_mz: float

    def __len__(self) -> int:
        return len(self.observed)

    def reach(self, sigma: float, unit: SigmaUnit) -> float:
        """Distance in Th within which a peak pulls a fragment with at least 1 % of its strongest pull."""
        return REACH * (sigma if unit == "Da" else sigma * 1e-6 * self.typical_mz)


def prepare(
    psms: Sequence[Psm],
    settings: LossSettings,
    *,
    limit: int = MAX_SPECTRA,
    n_decoys: int = N_DECOYS,
    seed: int = 0,
) -> PreparedSet:
    """Draw a sample, fragment and shuffle.

    Args:
        psms: the set.
        settings: everything but sigma and bin width.
        limit: most spectra to take.
        n_decoys: for each spectrum, at least 1.
        seed: of the sample and of the shuffling. The decoys of a spectrum depend on it and on the
            peptide only.
    Raises:
        SourceError: no spectrum of the set can be compared.
        ArgumentError: limit or n_decoys is below 1.
    """
    if n_decoys < 1:
        raise ArgumentError(f"n_decoys must be at least 1, not {n_decoys}.")
    spectra, candidates, kept, left_out = [], [], [], []
    drawn = draw(psms, limit, seed)
    predict_ahead(drawn, settings)
    for psm in drawn:
        others = decoys(psm.peptide, n_decoys, seed)
        if len(others) < n_decoys:
            left_out.append(LeftOut(psm.spectrum.name, f"{psm.peptide.sequence} has no other order of its residues."))
            continue
        try:
            of_one = tuple(predicted(psm, settings, p) for p in (psm.peptide, *others))
            peaks = observed(psm, settings)
        except PeplossError as error:  # the precursor ion asked for, and no charge known
            left_out.append(LeftOut(psm.spectrum.name, str(error)))
            continue
        candidates.append(of_one)
        spectra.append(peaks)
        kept.append(psm)
    if not spectra:
        raise SourceError(
            "No spectrum of this set has a peptide to compare with decoys.",
            remedy="Give spectra with peptides of at least three residues.",
        )
    mz = np.concatenate([of_one[0][0] for of_one in candidates])
    return PreparedSet(
        observed=tuple(spectra),
        candidates=tuple(candidates),
        groups=tuple(psm.group for psm in kept),
        psms=tuple(kept),
        settings=settings,
        n_given=len(psms),
        n_decoys=n_decoys,
        seed=seed,
        left_out=tuple(left_out),
        typical_mz=float(np.median(mz)) if mz.size else 0.0,
    )


def losses(prepared: PreparedSet, which: slice, axes: Axes, layers: bool) -> Landscapes:
    """Losses of some of the spectra and all their candidates; continuum and phases of the right ones if asked."""
    return loss_landscapes(
        prepared.candidates[which],
        prepared.observed[which],
        sigmas=axes.sigmas,
        sigma_unit=axes.sigma_unit,
        bin_widths=axes.bin_widths,
        max_mz=prepared.settings.max_mz,
        layers=layers,
    )
