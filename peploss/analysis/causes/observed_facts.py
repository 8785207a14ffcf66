"""What can be read off one spectrum beside a candidate's ions, without the loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.batching import scaled
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

SHIFT_DA = 0.5
SHIFT_PPM = 50.0
VOTE_STEP = 0.25  # of the width that the votes are smoothed with
PPM_WIDTH = 4.0
"""Spread in ppm over which m/z errors count as one, where the shift is sought in ppm."""
SAMPLE_GAP = 0.1  # Th: samples of one peak lie closer
FEWEST_SAMPLES = 4


def explained(ions: F64, mz: F64, reach: F64) -> Bools:
    """(C, P) which peaks have an ion within reach, for each row of ions.

    Args:
        ions: (C, F) in any order; infinite where there is none.
        mz, reach: (P,) peaks and how far an ion may lie from each, in Th.
    """
    rows, width = ions.shape
    if not width or not mz.size:
        return np.zeros((rows, mz.size), dtype=bool)
    # One search for all rows: each row is moved to a stretch of m/z of its own.
    top = 10.0 * max(float(mz[-1] if mz.size else 0.0), float(ions.max(initial=0.0, where=np.isfinite(ions))), 1.0)
    apart = (np.arange(rows) * top)[:, None]
    line = np.where(np.isfinite(ions), ions, 5.0 * top / 10.0)
    line = (np.sort(line, axis=1) + apart).ravel()
    asked = (mz[None] + apart).ravel()
    right = np.searchsorted(line, asked)
    below = np.abs(asked - line[np.maximum(right - 1, 0)])
    above = np.abs(line[np.minimum(right, line.size - 1)] - asked)
    return (np.minimum(below, above) <= np.tile(reach, rows)).reshape(rows, mz.size)


def likeliest_shifts(ions: F64, weight: F64, mz: F64, intensity: F64, settings: LossSettings) -> tuple[Shift, Shift]:
    """The shifts within 0.5 Da, and within 50 ppm, that most of the intensity agrees on; 0 where nothing lies near.

    Each pair of an ion and a peak votes with its product of intensities for the difference of its m/z; votes are
    smoothed by the width of two rendered peaks. In the continuum the smoothed votes in Da are the cosine itself, up
    to a factor, so their top is the best shift; the loss is then taken there by the kernel.
    """
    keep = np.isfinite(ions) & (weight > 0)
    intensity = scaled(intensity)
    gap = (mz[None, :] - ions[keep][:, None]).ravel()
    vote = (weight[keep][:, None] * intensity[None, :]).ravel()
    typical = settings.sigma_in_th(float(np.median(mz))) if mz.size else settings.sigma
    near = np.abs(gap) <= SHIFT_DA
    in_da = _top_of_votes(gap[near], vote[near], SHIFT_DA, np.sqrt(2.0) * typical)
    near &= np.abs(gap) <= SHIFT_PPM * 1e-6 * np.tile(mz, int(keep.sum()))
    in_ppm = gap[near] / np.tile(mz, int(keep.sum()))[near] * 1e6
    return Shift("Da", in_da), Shift("ppm", _top_of_votes(in_ppm, vote[near], SHIFT_PPM, PPM_WIDTH))


def _top_of_votes(at: F64, vote: F64, half: float, width: float) -> float:
    if not at.size:
        return 0.0
    width = min(max(width, half / 500), half / 2)
    step = VOTE_STEP * width
    n = int(np.ceil(half / step))
    counts = np.bincount(np.rint(at / step).astype(np.int64) + n, weights=vote, minlength=2 * n + 1)
    reach = int(np.ceil(4.0 / VOTE_STEP))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * VOTE_STEP) ** 2)
    smooth = np.convolve(counts, kernel)[reach : reach + counts.size]
    best = float(smooth.max())
    tops = np.flatnonzero(smooth >= best * (1 - 1e-9))
    return float((tops[np.abs(tops - n).argmin()] - n) * step)


def sampled_share(mz: F64, intensity: F64) -> float:
    """Share of the intensity in runs of at least four peaks no more than 0.1 Th apart that rise to one top and fall.

    Such a run is one peak in profile mode. Centroids of real ions lie farther apart.
    """
    total = float(intensity.sum())
    if mz.size < FEWEST_SAMPLES or not total > 0:
        return 0.0
    start = np.concatenate([[0], np.flatnonzero(np.diff(mz) > SAMPLE_GAP) + 1])
    length = np.diff(np.append(start, mz.size))
    share = 0.0
    long = length >= FEWEST_SAMPLES
    for first, n in zip(start[long].tolist(), length[long].tolist(), strict=True):
        heights = intensity[first : first + n]
        turns = np.diff(np.sign(np.diff(heights)))
        if (turns < 0).any() and n / ((turns < 0).sum()) >= FEWEST_SAMPLES - 1:
            share += float(heights.sum())
    return share / total
