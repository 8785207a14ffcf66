"""Tells which source of fragment heights fits a file: each one's loss on the same PSMs, and a source that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.psm_set import Psm
from peploss.intensities.heights import fragments_with_heights
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.peptide import charge_in_force
from peploss.settings import UNIFORM, LossSettings
from peploss.spectra.preprocessing import preprocess

LEAST_GAIN: Final = 0.02
"""Median by which another source must lower the loss before it is named."""
LEAST_SHARE: Final = 0.7
"""Share of the PSMs whose loss it must lower."""
WRONG_MODEL: Final = (
    f"Another model that can be used here lowers the loss of {LEAST_SHARE:.0%} of the run's confident PSMs, and by "
    f"{LEAST_GAIN:g} in the middle"
)
"""When the model of the fragment heights is wrong for a run."""


@dataclass(frozen=True, eq=False)
class SourceFit:
    """The losses of one source on a file's PSMs.

    Attributes:
        source: as ``LossSettings.intensities`` names it.
        losses: (N,) of the PSMs, NaN where the source has no prediction.
        why_not: why the first PSM without a prediction has none; ``""`` where all have one.
    """

    source: str
    losses: NDArray[np.float64]
    why_not: str = ""

    @property
    def n(self) -> int:
        """How many PSMs it predicts."""
        return int(np.isfinite(self.losses).sum())

    @property
    def median(self) -> float:
        """Of the losses; NaN where there is none."""
        return float(np.nanmedian(self.losses)) if self.n else float("nan")


def fit_of_sources(psms: Sequence[Psm], settings: LossSettings, sources: Sequence[str]) -> list[SourceFit]:
    """The loss of every PSM with the heights of every source.

    Args:
        psms: right ones, as far as is known.
        settings: ``intensities`` is what changes, all else stays.
        sources: names, as ``intensities.source.names`` gives them.
    Raises:
        SettingsError, BackendError, SourceError: a source cannot be used.
    """
    observed = [preprocess(psm.spectrum, settings) for psm in psms]
    charges = [charge_in_force(psm.peptide.charge, psm.spectrum.precursor_charge) for psm in psms]
    obs = Peaks.from_list([(s.mz, s.intensity) for s in observed])
    out = []
    for source in sources:
        chosen = settings.replace(intensities=source)
        heights = fragments_with_heights([psm.peptide for psm in psms], chosen, charges)
        pred = Peaks.from_list([(h.fragments.mz, h.fragments.intensity) for h in heights])
        losses = spectrum_loss_at(pred, obs, chosen).numpy().copy() if len(psms) else np.empty(0)
        lacking = [source != UNIFORM and h.prediction is None for h in heights]
        losses[lacking] = np.nan
        why = next((str(h.note) for h, lacks in zip(heights, lacking, strict=True) if lacks), "")
        out.append(SourceFit(source, losses, why))
    return out


def better_source(fits: Sequence[SourceFit], source: str) -> tuple[SourceFit, float, float] | None:
    """The source that fits better than another, with how far it lowers the median loss and on what share of PSMs.

    Judged on the PSMs that both predict. None where no source lowers the median by 0.02 and seven losses in ten.

    Args:
        fits: of one ``fit_of_sources``.
        source: the one that is used.
    """
    own = next(fit for fit in fits if fit.source == source)
    found: list[tuple[SourceFit, float, float]] = []
    for fit in fits:
        gain = own.losses - fit.losses
        gain = gain[np.isfinite(gain)]
        if fit is own or not gain.size:
            continue
        lower, share = float(np.median(gain)), float((gain > 0).mean())
        if lower >= LEAST_GAIN and share >= LEAST_SHARE:
            found.append((fit, lower, share))
    return max(found, key=lambda one: one[1], default=None)


def wrong_source(fits: Sequence[SourceFit], source: str) -> str | None:
    """A sentence where another source fits better than the one that is used; None where none does."""
    found = better_source(fits, source)
    if found is None:
        return None
    fit, lower, share = found
    what = "Wrong model" if source != UNIFORM else "Heights are not known"
    return (
        f"{what}: {fit.source} lowers the loss of {share:.0%} of these PSMs, by {lower:.3f} in the middle, against "
        f"{source}. Use intensities = {fit.source!r}."
    )
