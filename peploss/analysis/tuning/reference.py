"""What the loss of right peptides and of decoys is at one setting, so that one loss can be placed among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.landscape import Axes
from peploss.analysis.tuning.prepared_set import PreparedSet, losses
from peploss.analysis.tuning.psm_set import Psm
from peploss.peptides.fragments import fragments
from peploss.settings import LossSettings
from peploss.spectra.samples import DEFAULT_FILE, SAMPLE_FILES, SampleFile

F64 = NDArray[np.float64]

MAX_REFERENCE = 200
"""Spectra that are enough to place one loss: a share is then known to about 3 %."""
FEWEST = 10
"""With fewer right peptides a file says too little of itself; a built-in file stands in."""

TRAP_FILE = "cid_iontrap_openms_ecoli.mgf"
_WINDOW, _NARROW = 0.5, 0.02  # Da
_SHARE_OF_FINE = 0.25  # of nearest peaks within the window, that many lie within ``_NARROW`` where m/z is exact


@dataclass(frozen=True, eq=False)
class Reference:
    """Losses of a set at one setting.

    Attributes:
        name: whose they are, to follow "of": ``"this file"``.
        right: (N,) of right peptides, ascending.
        decoys: (M,) of their decoys, ascending.
    """

    name: str
    right: F64
    decoys: F64

    def share_below(self, loss: float, *, decoys: bool = False) -> float:
        """Share of the right peptides, or of the decoys, that cost less than ``loss``; ties count half."""
        values = self.decoys if decoys else self.right
        low, high = np.searchsorted(values, loss, side="left"), np.searchsorted(values, loss, side="right")
        return float(low + high) / (2 * values.size)

    def words(self, loss: float) -> str:
        """Where a loss stands, in words."""
        right, decoys = self.share_below(loss), self.share_below(loss, decoys=True)
        first = (
            f"worse than {_percent(right)} of {self.name}’s right peptides"
            if right > 0.5
            else f"better than {_percent(1 - right)} of {self.name}’s right peptides"
        )
        share, side = (1 - decoys, "better") if decoys < 0.5 else (decoys, "worse")
        second = f"{side} than {'every decoy' if share >= 1 else f'{_percent(share)} of decoys'}"
        return f"{first}, {second}"

    def histogram(self, n_bins: int) -> tuple[F64, F64]:
        """(n_bins,) shares of the right peptides and of the decoys from loss 0 to 1."""
        right, decoys = (
            np.histogram(np.clip(values, 0.0, 1.0), bins=n_bins, range=(0.0, 1.0))[0] / values.size
            for values in (self.right, self.decoys)
        )
        return right, decoys


def reference(prepared: PreparedSet, settings: LossSettings, name: str) -> Reference:
    """Losses of a prepared set at one sigma and bin width.

    Args:
        prepared: for these settings, whatever sigma and bin width are.
        settings: the setting.
        name: as in ``Reference``.
    """
    axes = Axes(np.array([settings.sigma]), settings.sigma_unit, np.array([settings.bin_width]))
    every = losses(prepared, slice(0, len(prepared)), axes, layers=False).loss.reshape(len(prepared), -1)
    return Reference(name, np.sort(every[:, 0]), np.sort(every[:, 1:].ravel()))


def similar_sample(psm: Psm | None, settings: LossSettings) -> SampleFile:
    """The built-in file that is most like where this spectrum comes from: of an Orbitrap or of an ion trap.

    What decides is how near peaks lie to the fragments: in an Orbitrap's spectrum many lie within 0.02 Da of them, in
    an ion trap's they lie anywhere within half a Da.
    """
    fine = psm is None or _is_exact(psm, settings)
    return next(sample for sample in SAMPLE_FILES if sample.name == (DEFAULT_FILE if fine else TRAP_FILE))


def _is_exact(psm: Psm, settings: LossSettings) -> bool:
    ions, peaks = fragments(psm.peptide, settings, psm.charge).mz, psm.spectrum.mz
    if not ions.size or not peaks.size:
        return True
    after = np.clip(np.searchsorted(peaks, ions), 0, peaks.size - 1)
    before = np.maximum(after - 1, 0)
    away = np.minimum(np.abs(peaks[after] - ions), np.abs(peaks[before] - ions))
    near = away[away <= _WINDOW]
    return near.size == 0 or float((near <= _NARROW).mean()) >= _SHARE_OF_FINE


def _percent(share: float) -> str:
    """``"96 %"``; a share that is not all of it is never called so.

    >>> _percent(0.957), _percent(0.9999), _percent(1.0)
    ('96 %', '99.9 %', 'all')
    """
    if share >= 1.0:
        return "all"
    return f"{min(100 * share, 99.9):.1f} %" if share > 0.995 else f"{100 * share:.0f} %"
