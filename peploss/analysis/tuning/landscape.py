"""Computes the loss of one spectrum over sigma and bin width, with the effects of the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.psm_set import Psm, observed, predicted
from peploss.kernels import SigmaUnit
from peploss.kernels.landscape import loss_landscapes
from peploss.peptides.decoys import decoys
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

N_CELLS = 40
RANGES: dict[SigmaUnit, tuple[float, float]] = {"Da": (0.001, 1.0), "ppm": (1.0, 1000.0)}
"""Sigmas looked at; in ppm the same widths at m/z 1000."""
WIDTHS = (0.001, 1.0)
N_DECOYS = 4


@dataclass(frozen=True, eq=False)
class Axes:
    """The axes of a landscape.

    Attributes:
        sigmas: (S,) ascending, in ``sigma_unit``.
        sigma_unit: ``"Da"`` or ``"ppm"``.
        bin_widths: (H,) ascending, in Th.
    """

    sigmas: F64
    sigma_unit: SigmaUnit
    bin_widths: F64

    def nearest(self, sigma: float, bin_width: float) -> tuple[int, int]:
        """The cell nearest to a setting, on logarithmic axes."""
        return (
            int(np.abs(np.log(self.sigmas / sigma)).argmin()),
            int(np.abs(np.log(self.bin_widths / bin_width)).argmin()),
        )

    def coarse(self, step: int) -> Axes:
        """Every ``step``-th value of both, and the last."""
        return Axes(self.sigmas[_every(self.sigmas.size, step)], self.sigma_unit,
                    self.bin_widths[_every(self.bin_widths.size, step)])  # fmt: skip


def _every(n: int, step: int) -> NDArray[np.int64]:
    return np.union1d(np.arange(0, n, step), [n - 1])


def default_axes(sigma_unit: SigmaUnit = "Da", n: int = N_CELLS) -> Axes:
    """n x n cells at equal ratios: sigma 0.001 to 1 Da or 1 to 1000 ppm, bins 0.001 to 1 Th.

    >>> axes = default_axes()
    >>> axes.nearest(0.05, 0.1)
    (22, 26)
    """
    return Axes(np.geomspace(*RANGES[sigma_unit], n), sigma_unit, np.geomspace(*WIDTHS, n))


@dataclass(frozen=True, eq=False)
class Landscape:
    """One spectrum and one peptide at every sigma and bin width.

    Attributes:
        axes: sigma (S) and bin width (H).
        loss: (S, H) the spectrum loss of the settings at that cell.
        continuum: (S, H) loss for infinitely narrow bins; varies along H only where peaks leave the range of
            the grid.
        phase_low, phase_high: (S, H) extremes of the loss as the grid is shifted by less than a bin.
        decoy_loss: (D, S, H) losses of shuffled decoys against the same peaks.
        decoys: D of them, fewer than asked for only where the peptide has no other order.
        present: cell nearest to the settings given; None where sigma is in another unit.
    """

    axes: Axes
    loss: F64
    continuum: F64
    phase_low: F64
    phase_high: F64
    decoy_loss: F64
    decoys: tuple[Peptide, ...]
    present: tuple[int, int] | None

    @property
    def grid_artefact(self) -> F64:
        """(S, H) what the grid adds to the loss of the continuum; negative where it hides some."""
        return self.loss - self.continuum

    @property
    def phase_spread(self) -> F64:
        """(S, H) how far the loss moves as the grid is shifted by less than a bin."""
        return self.phase_high - self.phase_low

    @property
    def decoy_margin(self) -> F64:
        """(S, H) mean loss of the decoys less the loss: above 0 where the peptide beats them. NaN without decoys."""
        if not self.decoys:
            return np.full(self.loss.shape, np.nan)
        return np.asarray(self.decoy_loss.mean(axis=0) - self.loss)


def landscape(
    psm: Psm, settings: LossSettings, axes: Axes | None = None, *, n_decoys: int = N_DECOYS, seed: int = 0
) -> Landscape:
    """Every layer for one spectrum and its peptide.

    Args:
        settings: everything but sigma and bin width; those say which cell is the present one, and which unit
            of sigma the axes have where none are given.
        n_decoys: how many shuffled decoys to compare with; 0 leaves them out.
        seed: of the shuffling.
    Raises:
        Peploss errors of preprocessing and fragmentation.
    """
    axes = axes or default_axes(settings.sigma_unit)
    others = tuple(decoys(psm.peptide, n_decoys, seed))
    sides = [predicted(psm, settings, peptide) for peptide in (psm.peptide, *others)]
    cells = loss_landscapes(
        [sides],
        [observed(psm, settings)],
        sigmas=axes.sigmas,
        sigma_unit=axes.sigma_unit,
        bin_widths=axes.bin_widths,
        max_mz=settings.max_mz,
        layers=True,
    )
    return Landscape(
        axes=axes,
        loss=cells.loss[0],
        continuum=cells.continuum[0],
        phase_low=cells.lowest[0],
        phase_high=cells.highest[0],
        decoy_loss=cells.loss[1:],
        decoys=others,
        present=axes.nearest(settings.sigma, settings.bin_width) if settings.sigma_unit == axes.sigma_unit else None,
    )
