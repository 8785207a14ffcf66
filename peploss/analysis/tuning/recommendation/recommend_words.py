"""Puts a recommendation into words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.reach import marks
from peploss.analysis.tuning.recommendation.setting_score import Change, Limits, Score, difference
from peploss.analysis.tuning.separation import Z95
from peploss.analysis.tuning.set_landscape import SetLandscape

F64 = NDArray[np.float64]

MANY = 20
"""With fewer spectra than this, the recommendation warns that they are few."""


def _of(found: Score) -> str:
    return f"sigma {found.sigma:.3g} {found.sigma_unit} with bins of {found.bin_width:.3g} Th"


def as_it_is(found: Score) -> str:
    """What the present settings do."""
    return (
        f"Now, {_of(found)}: AUC {found.auc:.3f} (95 % interval {found.auc_low:.3f} to {found.auc_high:.3f}), "
        f"median loss {found.target_median:.3f} of right peptides and {found.decoy_median:.3f} of decoys."
    )


NAMES = {
    "max_grid_artefact": "grid artefact",
    "max_phase_spread": "the change if the grid shifts",
    "min_reach": "reach",
}


def nothing_allowed(landscape: SetLandscape, reach: F64, limits: Limits) -> str:
    """Which limit no cell keeps to."""
    nearest = {
        "max_grid_artefact": float(landscape.grid_artefact.min()) > limits.max_grid_artefact,
        "max_phase_spread": float(landscape.phase_spread.min()) > limits.max_phase_spread,
        "min_reach": float(reach.max()) < limits.min_reach,
    }
    alone = [NAMES[name] for name, impossible in nearest.items() if impossible]
    if alone:
        return f"No setting in this landscape keeps to the limit on {' and '.join(alone)}. Relax it."
    return "No setting in this landscape keeps to all limits at once. Relax one of them."


def cannot_tell_apart(reach: float) -> str:
    """Which common errors a setting of this reach, in Th, pulls back and so no longer punishes for long; "" for none.

    The same test as the Reach tab's: a mark counts where the gradient reaches it.

    >>> cannot_tell_apart(0.5)
    ''
    """
    lost = [mark.text for mark in marks(None) if mark.shift <= reach]
    if not lost:
        return ""
    return (
        f"Warning: at this sigma the gradient reaches {reach:.3g} Th, so the loss can no longer tell apart fragments "
        f"that differ by {' or '.join(lost)}. Use a narrower sigma where these matter."
    )


def sentences(
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
    """Sentences for everything in a ``Recommendation``; ``gain`` comes with its interval."""
    n, decoys = best.n, best.decoy.shape[1]
    of = f"{n:,} spectra with {decoys} decoy{'s' if decoys > 1 else ''} each"
    if not changes:
        first = f"Stay with {_of(best)}: it is what these spectra suggest."
    elif keep:
        first = (
            f"The present settings need no change. S{_of(best)[1:]} is the middle of the settings that do as well, "
            f"and the difference is within chance."
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
            "which is more than chance" if low > 0 else "which is worse: the price of the limits" if high < 0
            else "which may be chance"
        )  # fmt: skip
        out.append(f"{as_it_is(now)} The change is {value:+.3f} ({low:+.3f} to {high:+.3f}), {verdict}.")
        out.append(
            f"The median loss of right peptides goes from {now.target_median:.3f} to {best.target_median:.3f}, that "
            f"of decoys from {now.decoy_median:.3f} to {best.decoy_median:.3f}."
        )
        out.append(
            f"Nine spectra in ten keep below a grid artefact of {best.grid_artefact:.3f} (now {now.grid_artefact:.3f}) "
            f"and change by less than {best.phase_spread:.3f} if the grid shifts "
            f"(now {now.phase_spread:.3f}); the gradient reaches {best.reach:.3g} Th (now {now.reach:.3g})."
        )
    if broken:
        out.append(f"The present settings do not keep to the limit on {' and '.join(NAMES[b] for b in broken)}.")
    rows = np.flatnonzero(alike.any(axis=1))
    ends = [f"{landscape.axes.sigmas[row]:.2g}" for row in (rows.min(), rows.max())]
    span = f"Sigma from {ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"Only sigma near {ends[0]}"
    out.append(
        f"{span} {best.sigma_unit} does as well within one standard error; bins are as wide as that and the limits "
        "allow. Chosen and judged on the same spectra, so these figures are slightly optimistic."
    )
    lost, error = difference(free, best)
    if lost > Z95 * error and limits.broken_by(free):
        out.append(
            f"Without limits {_of(free)} would reach an AUC of {free.auc:.3f}; it does not keep to the limit on "
            f"{' and '.join(NAMES[b] for b in limits.broken_by(free))}."
        )
    if told := cannot_tell_apart(best.reach):
        out.append(told)
    if n < MANY:
        out.append(f"{n} spectra are few: take this as a hint.")
    if landscape.progress < 1:
        out.append("The landscape is not finished; this may still change.")
    return out


def figures(found: Score) -> dict[str, str]:
    """The figures of a setting, as text by name."""
    return {
        "σ": f"{found.sigma:.3g} {found.sigma_unit}",
        "bin width": f"{found.bin_width:.3g} Th",
        "AUC, 95 % interval": f"{found.auc:.3f} ({found.auc_low:.3f} to {found.auc_high:.3f})",
        "win rate, 95 % interval": f"{found.win_rate:.1%} ({found.win_low:.1%} to {found.win_high:.1%})",
        "median loss, right peptides": f"{found.target_median:.3f}",
        "median loss, decoys": f"{found.decoy_median:.3f}",
        "grid artefact, 9 in 10 below": f"{found.grid_artefact:.4f}",
        "change if grid shifts, 9 in 10 below": f"{found.phase_spread:.4f}",
        "reach": f"{found.reach:.3g} Th",
    }
