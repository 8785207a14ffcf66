"""Which sigma and bin width to use on a set, why, and what would change: in numbers and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.separation import Z95, influence
from peploss.analysis.set_landscape import PreparedSet, Score, SetLandscape, score
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

ROUND_SIGMA = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
ROUND_WIDTH = (1.0, 2.0, 5.0)
MANY = 20
"""Fewer spectra than this say little, and the recommendation says so."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a setting must keep to, however well it separates.

    Args:
        max_grid_artefact: most the grid may change the loss of 90 % of the right peptides, against the continuum.
        max_phase_spread: most it may move that loss as it is shifted by less than a bin.
        min_reach: least distance in Th over which a peak pulls a fragment with at least 1 % of its strongest pull,
            about 5 sigma.
    Raises:
        ValueError: one is negative or not a number.
    """

    max_grid_artefact: float = 0.01
    max_phase_spread: float = 0.02
    min_reach: float = 0.05

    def __post_init__(self) -> None:
        for name in ("max_grid_artefact", "max_phase_spread", "min_reach"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be a number of at least 0, not {getattr(self, name)!r}.")

    def broken_by(self, found: Score) -> tuple[str, ...]:
        """Names of the limits a setting does not keep to."""
        return tuple(
            name
            for name, broken in (
                ("max_grid_artefact", found.grid_artefact > self.max_grid_artefact),
                ("max_phase_spread", found.phase_spread > self.max_phase_spread),
                ("min_reach", found.reach < self.min_reach),
            )
            if broken
        )


@dataclass(frozen=True)
class Change:
    """A setting that would change: its name, its value now, its value then."""

    name: str
    before: float | str
    after: float | str


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
            sentences=(_nothing_allowed(landscape, reach, limits), _as_it_is(now)), limits=limits,
        )  # fmt: skip
    alike = _alike(landscape, allowed)
    best = _rounded(landscape, prepared, alike, limits)
    gain, error = _difference(best, now)
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
            _sentences(landscape, best, now, free, (gain, low, high), keep, changes, broken, alike, limits)
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


def _difference(best: Score, now: Score) -> tuple[float, float]:
    """AUC of one less that of the other, and its standard error on the same spectra."""
    (a, by_a), (b, by_b) = (influence(s.target, s.decoy) for s in (best, now))
    n = len(by_a)
    return float(a - b), float((by_a - by_b).std(ddof=1) / math.sqrt(n)) if n > 1 else math.inf


def _of(found: Score) -> str:
    return f"sigma {found.sigma:g} {found.sigma_unit} with bins of {found.bin_width:g} Th"


def _as_it_is(found: Score) -> str:
    return (
        f"Now, {_of(found)}: AUC {found.auc:.3f} (95 % interval {found.auc_low:.3f} to {found.auc_high:.3f}), "
        f"median loss {found.target_median:.3f} of right peptides and {found.decoy_median:.3f} of decoys."
    )


NAMES = {
    "max_grid_artefact": "grid artefact",
    "max_phase_spread": "phase spread",
    "min_reach": "reach",
}


def _nothing_allowed(landscape: SetLandscape, reach: F64, limits: Limits) -> str:
    nearest = {
        "max_grid_artefact": float(landscape.grid_artefact.min()) > limits.max_grid_artefact,
        "max_phase_spread": float(landscape.phase_spread.min()) > limits.max_phase_spread,
        "min_reach": float(reach.max()) < limits.min_reach,
    }
    alone = [NAMES[name] for name, impossible in nearest.items() if impossible]
    if alone:
        return f"No setting in this landscape keeps to the limit on {' and '.join(alone)}. Relax it."
    return "No setting in this landscape keeps to all limits at once. Relax one of them."


def _sentences(
    landscape: SetLandscape,
    best: Score,
    now: Score,
    free: Score,
    gain: tuple[float, float, float],
    keep: bool,
    changes: tuple[Change, ...],
    broken: tuple[str, ...],
    alike: NDArray[np.bool_],
    limits: Limits,
) -> list[str]:
    n, decoys = best.n, best.decoy.shape[1]
    of = f"{n:,} spectra with {decoys} decoy{'s' if decoys > 1 else ''} each"
    if not changes:
        first = f"Stay with {_of(best)}: it is what these spectra suggest."
    elif keep:
        first = (
            f"The present settings need no change. S{_of(best)[1:]} is the middle of what does as well, "
            f"and differs from them by no more than chance."
        )
    else:
        first = f"Use {_of(best)}."
    out = [
        first,
        f"AUC {best.auc:.3f} (95 % interval {best.auc_low:.3f} to {best.auc_high:.3f}): the chance that a right "
        f"peptide costs less than a decoy. Right peptides beat their own decoys in {best.win_rate:.1%} of cases "
        f"({best.win_low:.1%} to {best.win_high:.1%}). On {of}.",
    ]
    if changes:
        value, low, high = gain
        verdict = (
            "which is more than chance" if low > 0 else "which is worse, and the price of the limits" if high < 0
            else "which chance alone can give"
        )  # fmt: skip
        out.append(f"{_as_it_is(now)} The change is {value:+.3f} ({low:+.3f} to {high:+.3f}), {verdict}.")
        out.append(
            f"The median loss of right peptides goes from {now.target_median:.3f} to {best.target_median:.3f}, that "
            f"of decoys from {now.decoy_median:.3f} to {best.decoy_median:.3f}."
        )
        out.append(
            f"Nine spectra in ten keep below a grid artefact of {best.grid_artefact:.3f} (now {now.grid_artefact:.3f}) "
            f"and a phase spread of {best.phase_spread:.3f} (now {now.phase_spread:.3f}); the gradient reaches "
            f"{best.reach:.3g} Th (now {now.reach:.3g})."
        )
    if broken:
        out.append(f"The present settings do not keep to the limit on {' and '.join(NAMES[b] for b in broken)}.")
    rows = np.flatnonzero(alike.any(axis=1))
    ends = [f"{landscape.axes.sigmas[row]:.2g}" for row in (rows.min(), rows.max())]
    span = f"Sigma from {ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"Only sigma near {ends[0]}"
    out.append(
        f"{span} {best.sigma_unit} does as well within one standard error; bins are as wide as that and the limits "
        "allow. Chosen and judged on the same spectra, so the figures are a little kind to the choice."
    )
    lost, error = _difference(free, best)
    if lost > Z95 * error and limits.broken_by(free):
        out.append(
            f"Without limits {_of(free)} would reach an AUC of {free.auc:.3f}; it does not keep to the limit on "
            f"{' and '.join(NAMES[b] for b in limits.broken_by(free))}."
        )
    if n < MANY:
        out.append(f"{n} spectra say little: take this as a hint.")
    if landscape.progress < 1:
        out.append("The landscape is not finished; this may still change.")
    return out
