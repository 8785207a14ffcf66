"""Another loss on a comparison that is drawn: its value, its slopes, and the curves that it compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM, loss_slopes, loss_values
from peploss.analysis.one_psm.curves import Curves, render_curves
from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.tuning.psm_set import Psm, Side
from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.losses.baselines import Baseline
from peploss.losses.baselines.cosines import SCALES, weighed
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

POWERS = {"sqrt_cosine_distance": (0.5, 0.0), "weighted_cosine_distance": (0.5, 2.0)}
"""Of intensity and m/z, by which these losses change a spectrum before they compare it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """One other loss of a comparison.

    Attributes:
        loss: which.
        value: in its unit.
        slope: (F,) by each fragment's m/z, per Th.
        curves: what it renders where that is not what the spectrum loss renders, else None.
        width: of those curves' narrowest peak, in Th.
    """

    loss: Baseline
    value: float
    slope: F64
    curves: Curves | None
    width: float


def draw(ex: Explanation, name: str) -> Drawn | None:
    """The loss ``name`` on the peaks and fragments of ``ex``; None for the spectrum loss, which is drawn already.

    Raises:
        SettingsError: there is no such loss.
    """
    if name == SPECTRUM:
        return None
    if name not in LOSSES:
        raise SettingsError(f"There is no loss {name!r}.", remedy=f"The losses are {', '.join(LOSSES)}.")
    pred, obs = (ex.fragments.mz, ex.fragments.intensity), (ex.observed.mz, ex.observed.intensity)
    shift = Psm(ex.spectrum, ex.peptide).shift
    value = loss_values([name], [pred], [obs], ex.settings, [shift])[0, 0]
    slope = loss_slopes(name, pred[0][None], pred[1], [obs], ex.settings, shift)[1][0]
    curves, settings = _curves(name, pred, obs, ex.settings)
    width = ex.sigma_per_bin[0] * ex.settings.bin_width * settings.sigma / ex.settings.sigma
    return Drawn(LOSSES[name], float(value), slope, curves, width)


def _curves(name: str, pred: Side, obs: Side, settings: LossSettings) -> tuple[Curves | None, LossSettings]:
    if name in POWERS:
        raised = [weighed(Peaks.from_list([side]), *POWERS[name]).intensity.numpy() for side in (pred, obs)]
        return render_curves((pred[0], raised[0]), (obs[0], raised[1]), settings), settings
    if name == "multi_sigma_cosine_distance":  # the widest of its scales, whose slope reaches furthest
        settings = settings.replace(sigma=settings.sigma * max(SCALES))
        return render_curves(pred, obs, settings), settings
    return None, settings
