"""Collects facts about a PSM besides its losses: what the grid sees, what is explained, and the mass errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.causes.observed_facts import sampled_share
from peploss.analysis.one_psm.explained import matched_by_candidate, on_grid
from peploss.analysis.one_psm.grid_effects import is_rendered
from peploss.analysis.one_psm.matching import Matches
from peploss.analysis.scaled import scaled
from peploss.analysis.tuning.calibration import MAD_TO_SIGMA
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]
Side = tuple[F64, F64]


@dataclass(frozen=True)
class Facts:
    """What is known of a PSM besides its losses; every share is of the observed intensity, in [0, 1].

    Attributes:
        n_residues: of the peptide.
        n_peaks: observed peaks the loss sees.
        seen: of the spectrum as read, in peaks that neither the window on m/z nor the grid leaves out.
        fragments_seen: share of the predicted weight that the grid sees.
        in_samples: in runs of samples, as profile mode has them.
        explained: in matched peaks, as the page and the scores have it.
        explained_all: in peaks matched by a predicted ion, or by one where one kind of ion is added to them.
        by_kind: what each kind of ion left out explains more, less what it does for the decoys.
        top_peak: the highest peak.
        n_half: how many of the highest peaks hold half of the intensity; many in noise.
        steps: intensity, position, missing, unexplained: the parts of the loss; the last two as one where nothing
            matches.
        n_matched: matched ions.
        error_da, error_ppm: median of the matched peaks' errors, and ``scatter_da``, ``scatter_ppm`` 1.4826 times
            the median distance from it; 0 of none.
    """

    n_residues: int
    n_peaks: int
    seen: float
    fragments_seen: float
    in_samples: float
    explained: float
    explained_all: float
    by_kind: dict[str, float]
    top_peak: float
    n_half: int
    steps: tuple[float, ...]
    n_matched: int
    error_da: float
    error_ppm: float
    scatter_da: float
    scatter_ppm: float


@dataclass(frozen=True)
class Sight:
    """What the grid and the window on m/z leave of both sides.

    Attributes:
        seen, fragments_seen, n_peaks: as in ``Facts``.
        top: highest m/z of either side, in Th.
        low, high: whether the window cuts peaks off at that side.
    """

    seen: float
    fragments_seen: float
    n_peaks: int
    top: float
    low: bool
    high: bool


def sight(spectrum: Spectrum, predicted: Side, observed: Side, settings: LossSettings) -> Sight:
    """Shares in the spectrum as read, not in what is left of it."""
    low = settings.min_peak_mz is not None and spectrum.mz < settings.min_peak_mz
    high = settings.max_peak_mz is not None and spectrum.mz > settings.max_peak_mz
    share = scaled(spectrum.intensity)
    seen = is_rendered(spectrum.mz, settings) & ~np.asarray(low) & ~np.asarray(high)
    real = np.isfinite(predicted[0])
    mz, weight = predicted[0][real], predicted[1][real]
    return Sight(
        seen=float(share[seen].sum() / share.sum()) if share.any() else 1.0,
        fragments_seen=float(weight[is_rendered(mz, settings)].sum() / weight.sum()) if weight.any() else 1.0,
        n_peaks=int((is_rendered(observed[0], settings) & (observed[1] > 0)).sum()),
        top=max(float(spectrum.mz.max(initial=0.0)), float(mz.max(initial=0.0))),
        low=bool(np.any(low)),
        high=bool(np.any(high)),
    )


def facts(
    sight: Sight,
    observed: Side,
    ions: Side,
    more: Mapping[str, Side],
    length: int,
    settings: LossSettings,
    matches: Matches,
    steps: tuple[float, ...],
) -> Facts:
    """Everything in ``Facts``.

    Args:
        sight: what is seen.
        observed: peaks that the settings keep.
        ions: (C, F) m/z and weight of the peptide's ions, then of some decoys', which tell what chance explains.
        more: the same with one kind of ion added, by its name.
        length: of the peptide.
        matches: ions of the peptide and peaks.
        steps: parts of the loss.
    """
    peaks = on_grid(observed, settings)
    share = scaled(peaks[1])
    share = share / share.sum() if share.any() else share
    base = matched_by_candidate(*ions, peaks, settings)
    every, by_kind = base, {}
    for name, with_it in more.items():
        added = base | matched_by_candidate(*with_it, peaks, settings)
        own, *others = ((added & ~base) @ share).tolist()
        by_kind[name] = own - sum(others) / len(others) if others else own
        every = every | added
    da, ppm = matches.error_da, matches.error_ppm
    return Facts(
        n_residues=length,
        n_peaks=sight.n_peaks,
        seen=sight.seen,
        fragments_seen=sight.fragments_seen,
        in_samples=sampled_share(observed[0], share),
        explained=float(base[0] @ share),
        explained_all=float(every[0] @ share),
        by_kind=by_kind,
        top_peak=float(share.max(initial=0.0)),
        n_half=int(np.searchsorted(np.cumsum(np.sort(share)[::-1]), 0.5) + 1) if share.any() else 0,
        steps=steps,
        n_matched=len(matches),
        error_da=_median(da),
        error_ppm=_median(ppm),
        scatter_da=MAD_TO_SIGMA * _median(np.abs(da - _median(da))),
        scatter_ppm=MAD_TO_SIGMA * _median(np.abs(ppm - _median(ppm))),
    )


def _median(values: F64) -> float:
    n = values.size
    if not n:
        return 0.0
    ascending = np.sort(values)  # a quarter of what np.median takes for so few
    return float(ascending[n // 2] + ascending[(n - 1) // 2]) / 2
