"""Recommends sigma and bin width for a set, with reasons and consequences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.prepared_set import PreparedSet
from peploss.analysis.tuning.recommendation.recommend_words import as_it_is, figures, nothing_allowed, sentences
from peploss.analysis.tuning.recommendation.setting_score import Change, Limits, Score, difference, score
from peploss.analysis.tuning.separation import Z95, influence
from peploss.analysis.tuning.set_landscape import SetLandscape
from peploss.settings import LossSettings

ROUND_SIGMA = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
ROUND_WIDTH = (1.0, 2.0, 5.0)


@dataclass(frozen=True, eq=False)
class Recommendation:
    """The answer.

    Attributes:
        settings: the present ones with the recommended sigma and bin width; None where no cell keeps to the limits.
        best: what they do on the set; None likewise.
        present: what the present settings do.
        free: what the cell of the highest AUC does that no limit applies to.
        gain, gain_low, gain_high: AUC recommended less AUC present, with its 95 % interval; 0 without ``best``.
        keep: whether the present settings keep to the limits and separate no worse, as far as these spectra can
            tell: then there is no need to change.
        changes: what "use these" would set.
        broken: limits the present settings do not keep to.
        allowed: (S, H) cells of the landscape within the limits.
        alike: (S, H) of those, the cells whose AUC lies within one standard error of the best one's; the error is
            that of the difference on the same spectra.
        sentences: all of it in words.
        limits: that were asked for.
    """

    settings: LossSettings | None
    best: Score | None
    present: Score
    free: Score
    gain: float
    gain_low: float
    gain_high: float
    keep: bool
    changes: tuple[Change, ...]
    broken: tuple[str, ...]
    allowed: NDArray[np.bool_]
    alike: NDArray[np.bool_]
    sentences: tuple[str, ...]
    limits: Limits

    def evidence(self) -> dict[str, dict[str, str]]:
        """The settings that were weighed, ``"now"`` first, each with what it does as text by name."""
        weighed = {"now": self.present, "recommended": self.best, "without limits": self.free}
        return {name: figures(score) for name, score in weighed.items() if score is not None}


def recommend(
    landscape: SetLandscape, prepared: PreparedSet, present: LossSettings, limits: Limits | None = None
) -> Recommendation:
    """The settings that tell right peptides from decoys best within limits.

    Of the cells within the limits, those within one standard error of the best AUC are taken to be alike: another
    shuffling would order them anew. Sigma is the middle of theirs, on a logarithmic scale, and bins are as wide as any
    of them has at that sigma, since fewer bins cost less wherever spectra are rendered. Both are rounded to numbers
    that one would type, bins down, and what is reported was computed at the rounded ones. Choice and figures come
    from the same spectra, so they flatter the choice a little.

    Args:
        landscape: of the set, any picture of it; the last one is the best.
        prepared: the same set.
        present: settings to compare with; all but sigma, its unit and the bin width are kept.
        limits: None takes the default ones.
    """
    limits = limits or Limits()
    axes = landscape.axes
    reach = np.array([prepared.reach(float(s), axes.sigma_unit) for s in axes.sigmas])
    allowed = (
        (landscape.grid_artefact <= limits.max_grid_artefact)
        & (landscape.phase_spread <= limits.max_phase_spread)
        & (reach >= limits.min_reach)[:, None]
    )
    now = score(prepared, present.sigma, present.sigma_unit, present.bin_width)
    top = np.unravel_index(int(landscape.overall.auc.argmax()), allowed.shape)
    free = score(prepared, float(axes.sigmas[top[0]]), axes.sigma_unit, float(axes.bin_widths[top[1]]))
    broken = limits.broken_by(now)
    if not allowed.any():
        return Recommendation(
            settings=None, best=None, present=now, free=free, gain=0.0, gain_low=0.0, gain_high=0.0, keep=False,
            changes=(), broken=broken, allowed=allowed, alike=allowed,
            sentences=(nothing_allowed(landscape, reach, limits), as_it_is(now)), limits=limits,
        )  # fmt: skip
    alike = _alike(landscape, allowed)
    best = _rounded(landscape, prepared, alike, limits)
    gain, error = difference(best, now)
    low, high = gain - Z95 * error, gain + Z95 * error
    keep = not broken and low <= 0
    settings = present.replace(sigma=best.sigma, sigma_unit=best.sigma_unit, bin_width=best.bin_width)
    changes = tuple(
        Change(name, getattr(present, name), getattr(settings, name))
        for name in ("sigma", "sigma_unit", "bin_width")
        if getattr(present, name) != getattr(settings, name)
    )
    return Recommendation(
        settings=settings, best=best, present=now, free=free, gain=gain, gain_low=low, gain_high=high, keep=keep,
        changes=changes, broken=broken, allowed=allowed, alike=alike, limits=limits,
        sentences=tuple(
            sentences(landscape, best, now, free, (gain, low, high), keep, changes, broken, alike, limits)
        ),
    )  # fmt: skip


def _alike(landscape: SetLandscape, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Allowed cells within one standard error of the best of them."""
    auc, effect = influence(landscape.target[:, allowed], landscape.decoy[:, :, allowed])
    best = int(auc.argmax())
    n = len(effect)
    error = (effect - effect[:, [best]]).std(axis=0, ddof=1) / math.sqrt(n) if n > 1 else np.full(auc.size, np.inf)
    alike = np.zeros_like(allowed)
    alike[allowed] = auc[best] - auc <= error
    return alike


def _rounded(landscape: SetLandscape, prepared: PreparedSet, alike: NDArray[np.bool_], limits: Limits) -> Score:
    """The middle of the cells that are alike, rounded, with bins narrowed until it keeps to the limits."""
    axes = landscape.axes
    rows = np.flatnonzero(alike.any(axis=1))
    logs = np.log(axes.sigmas[rows])
    row = int(rows[np.abs(logs - logs.mean()).argmin()])
    exact = float(axes.sigmas[row])
    width = float(axes.bin_widths[np.flatnonzero(alike[row]).max()])
    sigma = _nearest_round(exact)
    if prepared.reach(sigma, axes.sigma_unit) < limits.min_reach:
        sigma = _round_from(exact, ROUND_SIGMA, up=True)
    width = _round_from(width * min(1.0, sigma / exact), ROUND_WIDTH, up=False)
    while True:
        found = score(prepared, sigma, axes.sigma_unit, width)
        if not limits.broken_by(found) or width < axes.bin_widths[0]:
            break
        width = _round_from(width * 0.9, ROUND_WIDTH, up=False)
    if limits.broken_by(found):  # no round number will do: the cell itself does
        cell = np.flatnonzero(alike[row]).max()
        found = score(prepared, exact, axes.sigma_unit, float(axes.bin_widths[cell]))
    return found


def _round_values(value: float, steps: tuple[float, ...]) -> list[float]:
    power = math.floor(math.log10(value))
    return [float(f"{s}e{p}") for p in (power - 1, power, power + 1) for s in steps]


def _nearest_round(value: float) -> float:
    return min(_round_values(value, ROUND_SIGMA), key=lambda x: abs(math.log(x / value)))


def _round_from(value: float, steps: tuple[float, ...], *, up: bool) -> float:
    """The next round number above or below; the value itself where it is one."""
    values = _round_values(value, steps)
    if up:
        return min(x for x in values if x >= value * (1 - 1e-9))
    return max(x for x in values if x <= value * (1 + 1e-9))
