"""Every loss of one spectrum: where each places it, how each moves as one thing is changed, where each pulls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.compared_set import ComparedSet
from peploss.analysis.loss_comparison.every_loss import chosen_losses, loss_slopes, loss_values
from peploss.analysis.tuning.psm_set import Psm, Side, observed, predicted
from peploss.errors import SpectrumError
from peploss.settings import LossSettings

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Change:
    """One thing changed.

    Attributes:
        title: what, in full.
        head: the same in a word or two.
        loss: (L,) the losses with it.
    """

    title: str
    head: str
    loss: F64


@dataclass(frozen=True, eq=False)
class OneSpectrum:
    """One spectrum under L losses.

    Attributes:
        names: (L,).
        loss: (L,) each in its own unit.
        fragments: m/z (F,) in Th and heights (F,).
        peaks: the observed peaks, preprocessed.
        slopes: (L, F) derivative by each fragment's m/z, per Th.
        changes: what moves the losses.
    """

    names: tuple[str, ...]
    loss: F64
    fragments: Side
    peaks: Side
    slopes: F64
    changes: tuple[Change, ...]

    def arrows(self) -> F64:
        """(L, F) slopes over the largest of their loss, so that losses of any unit compare; 0 where a loss has none."""
        largest = np.abs(self.slopes).max(axis=1, keepdims=True, initial=0.0)
        return np.where(largest > 0, self.slopes / np.where(largest > 0, largest, 1.0), 0.0)

    def places(self, among: ComparedSet) -> tuple[F64, F64]:
        """(L,) share of the right peptides, and of the decoys, that cost less; ties count half."""
        columns = [among.at(name) for name in self.names]
        return _share_below(among.target[:, columns], self.loss), _share_below(
            among.decoy[:, :, columns].reshape(-1, len(columns)), self.loss
        )

    def moves(self, among: ComparedSet) -> F64:
        """(changes, L) shares of right peptides that the spectrum passes by each change: 0.1 is a tenth of them."""
        columns = [among.at(name) for name in self.names]
        right = among.target[:, columns]
        return np.array([_share_below(right, x.loss) - _share_below(right, self.loss) for x in self.changes])


def _share_below(values: F64, loss: F64) -> F64:
    return np.asarray((values < loss).mean(axis=0) + 0.5 * (values == loss).mean(axis=0))


def one_spectrum(psm: Psm, settings: LossSettings, names: Sequence[str] | None = None) -> OneSpectrum:
    """Every loss of one spectrum.

    Args:
        psm: the spectrum and its peptide.
        settings: of fragments, peaks, sigma and grid.
        names: losses beside the spectrum loss; None is all.
    Raises:
        SpectrumError: no fragment is predicted, or no peak is left.
    """
    every = chosen_losses(names)
    (mz, height), (peak, intensity) = predicted(psm, settings), observed(psm, settings)
    if not (mz.size and peak.size):
        raise SpectrumError(
            f"There {'is no fragment' if not mz.size else 'is no peak left'} to compare.",
            where=psm.spectrum.name,
            remedy="Change the ion types or the filter of peaks.",
        )
    slopes = np.stack(
        [loss_slopes(name, mz[None], height, [(peak, intensity)], settings, psm.shift)[1][0] for name in every]
    )
    base = loss_values(every, [(mz, height)], [(peak, intensity)], settings, [psm.shift])[0]
    changes = [
        Change(title, head, loss_values(every, [pred], [obs], at, [psm.shift])[0])
        for title, head, pred, obs, at in _changed((mz, height), (peak, intensity), settings)
    ]
    return OneSpectrum(every, base, (mz, height), (peak, intensity), slopes, tuple(changes))


def _changed(pred: Side, obs: Side, settings: LossSettings) -> list[tuple[str, str, Side, Side, LossSettings]]:
    """The changes, each a small one of its kind."""
    (mz, height), (peak, intensity) = pred, obs
    gaps = np.abs(mz[:, None] - peak[None, :])
    widths = np.array([settings.sigma_in_th(m) for m in mz.tolist()])
    near = gaps.min(axis=1) <= 3 * widths
    # The fragment whose peak is highest, of those that have one; else the one nearest to a peak.
    of = gaps.argmin(axis=1)
    chosen = int(np.where(near, intensity[of], -1.0).argmax()) if near.any() else int(gaps.min(axis=1).argmin())
    moved = mz.copy()
    moved[chosen] += widths[chosen]
    highest = int(intensity.argmax())
    doubled = intensity.copy()
    doubled[highest] *= 2
    # In the widest stretch of the fragments' range that holds neither fragments nor peaks.
    both = np.sort(np.concatenate([mz, peak[(peak >= mz.min()) & (peak <= mz.max())]]))
    widest = int(np.diff(both).argmax()) if both.size > 1 else 0
    at = float(both[widest : widest + 2].mean())
    noisy = np.append(peak, at), np.append(intensity, intensity[highest])
    changes = [
        ("σ × 1.5", "σ × 1.5", pred, obs, settings.replace(sigma=settings.sigma * 1.5)),
        ("σ / 1.5", "σ / 1.5", pred, obs, settings.replace(sigma=settings.sigma / 1.5)),
        (f"fragment at {mz[chosen]:.2f} moved by σ", "ion moved", (moved, height), obs, settings),
        (f"highest peak ({peak[highest]:.2f}) doubled", "peak × 2", pred, (peak, doubled), settings),
        (f"a peak of noise as high as it, at {at:.2f}", "noise", pred, noisy, settings),
    ]
    if peak.size > 1:
        without = np.delete(peak, highest), np.delete(intensity, highest)
        changes.append(("highest peak taken away", "peak away", pred, without, settings))
    return changes
