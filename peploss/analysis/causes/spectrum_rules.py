"""Causes that lie in the spectrum and in the settings: its peaks, their m/z, and what is modelled of them."""

from __future__ import annotations

from peploss.analysis.causes.counterfactual import Counterfactuals
from peploss.analysis.causes.rules import (
    FARTHEST_PPM,
    FEWEST_PEAKS,
    FRAGMENTS_SEEN,
    INTENSITY_STEP,
    ION_GAIN,
    ION_SHARE,
    SAMPLED,
    SEEN,
    SHIFT_GAIN,
    SHIFT_MATCHES,
    SHIFT_PPM,
    SHIFT_SCATTERS,
    SHIFT_SUPPORT,
    SIGMA_GAIN,
    SUPPORT,
    SURE_ION_GAIN,
    TOP_PEAK,
    UNEXPLAINED,
    Finding,
    better,
    found,
    precursor_fits,
    sentence,
    stands_out,
    supported,
    surely,
)

SAME_PEPTIDE = ("ions", "peaks", "shift", "sigma", "grid")
ANY_ORDER = ("immonium", "precursor", "all")
"""Ions that a peptide of the same residues in any order has."""


def too_few_peaks(c: Counterfactuals) -> Finding | None:
    """Too little to judge anything by."""
    f = c.facts
    need = max(FEWEST_PEAKS, (f.n_residues - 1) / 2)
    if f.n_peaks >= need or f.seen < SEEN:
        return None
    peaks = "1 peak" if f.n_peaks == 1 else f"{f.n_peaks} peaks"
    text = f"The loss sees {peaks}; a peptide of {f.n_residues} residues has {f.n_residues - 1} bonds."
    return found("too few peaks", surely(need, f.n_peaks), text, peaks=f.n_peaks, bonds=f.n_residues - 1)


def profile_data(c: Counterfactuals) -> Finding | None:
    """Samples of peaks in place of peaks."""
    share = c.facts.in_samples
    if share < SAMPLED:
        return None
    text = f"{share:.0%} of the intensity is in runs of profile-mode samples; the spectrum has to be centroided."
    return found("profile data", surely(share, SAMPLED), text, intensity_in_samples=share)


def off_grid(c: Counterfactuals) -> Finding | None:
    """What the grid or the window leaves out."""
    f = c.facts
    if f.seen >= SEEN and f.fragments_seen >= FRAGMENTS_SEEN:
        return None
    text = (
        f"The grid and the m/z window leave out {1 - f.seen:.0%} of the intensity and {1 - f.fragments_seen:.0%} of "
        "the fragments."
    )
    sure = max(surely(1 - f.seen, 1 - SEEN), surely(1 - f.fragments_seen, 1 - FRAGMENTS_SEEN))
    fix = c.best("grid")
    gain = fix.gain if fix else None
    return found(
        "peaks off the grid", sure, text, fix, intensity_seen=f.seen, fragments_seen=f.fragments_seen, gain=gain
    )


def calibration(c: Counterfactuals) -> Finding | None:
    """All peaks off by one amount."""
    f = c.facts
    best = c.best("shift")
    if best is not None and best.shift is not None:
        value, unit = best.shift.value, best.shift.unit
        if min(best.gain, best.flat_gain or 0.0) >= SHIFT_GAIN and stands_out(best.support, SHIFT_SUPPORT):
            text = f"All peaks lie {value:+.3g} {unit} off; without it the loss is {best.loss:.3f}."
            return found("calibration", surely(best.gain, SHIFT_GAIN), text, best, shift=value, gain=best.gain)
    off, scatter = abs(f.error_ppm), f.scatter_ppm
    fix = next((x for x in c.cases if x.shift is not None and x.shift.unit == "ppm"), None)
    right = supported(c.support) or (fix is not None and supported(fix.support))
    near = max(SHIFT_PPM, SHIFT_SCATTERS * scatter) <= off <= FARTHEST_PPM
    if f.n_matched >= SHIFT_MATCHES and near and right:
        text = f"{f.n_matched} matched peaks lie {f.error_ppm:+.3g} ppm off and scatter by {scatter:.2g} ppm only."
        sure = min(surely(off, SHIFT_PPM), surely(off, SHIFT_SCATTERS * scatter))
        return found(
            "calibration", sure, text, fix, error_ppm=f.error_ppm, scatter_ppm=scatter, gain=fix.gain if fix else None
        )
    return None


def unmodelled_ions(c: Counterfactuals) -> Finding | None:
    """Ions that the settings leave out."""
    added = {x.ions: x for x in c.cases if x.kind == "ions"}
    removed = [x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.remove_precursor]
    if not added:
        return None
    fix = min([*added.values(), *removed], key=lambda x: x.loss)
    most = max(c.facts.by_kind, key=lambda kind: c.facts.by_kind[kind])
    more = c.facts.by_kind[most]
    if fix.gain >= ION_GAIN:
        text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}."
        sure = surely(fix.gain, ION_GAIN)
    elif more >= ION_SHARE:
        text = f"{sentence(most)} ions explain {more:.0%} more of the intensity than chance does."
        fix, sure = added[most], surely(more, ION_SHARE)
    else:
        return None
    return found("unmodelled ions", sure, text, fix, gain=fix.gain, explained_more=more)


def sure_ions(c: Counterfactuals) -> Finding | None:
    """Ions left out that gain so much that a right peptide may drown in them.

    Not immonium ions and the precursor, which a peptide of the same residues has, too.
    """
    gains = [x.gain for x in c.cases if x.kind == "ions" and x.ions not in ANY_ORDER]
    return unmodelled_ions(c) if max(gains, default=0.0) >= SURE_ION_GAIN else None


def noise(c: Counterfactuals) -> Finding | None:
    """Peaks that are no ion of the peptide."""
    left = 1.0 - c.facts.explained_all
    if left < UNEXPLAINED:
        return None
    text = f"{left:.0%} of the intensity is in peaks that no ion of the peptide explains."
    tops = [x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.top_n and x.gain > 0]
    sure = 0.5 + 0.5 * (left - UNEXPLAINED) / (1 - UNEXPLAINED)
    return found("noise", sure, text, min(tops, key=lambda x: x.loss, default=None), unexplained=left)


def scatter(c: Counterfactuals) -> Finding | None:
    """Sigma narrower than the errors."""
    fix = c.best("sigma")
    if fix is None or fix.gain < SIGMA_GAIN:
        return None
    text = (
        f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}; sigma is narrower than the peaks scatter."
    )
    return found("calibration", surely(fix.gain, SIGMA_GAIN), text, fix, gain=fix.gain, scatter_da=c.facts.scatter_da)


def intensity_pattern(c: Counterfactuals) -> Finding | None:
    """Right ions of the wrong height."""
    f = c.facts
    step = f.steps[0]
    dominated = f.top_peak >= TOP_PEAK and f.explained >= TOP_PEAK
    if step < INTENSITY_STEP and not dominated:
        return None
    text = (
        f"The matched peaks' unlike intensities cost {step:.2f} of the loss of {c.loss:.3f}; the highest peak holds "
        f"{f.top_peak:.0%} of the intensity."
    )
    fix = next((x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.sqrt), None)
    sure = max(surely(step, INTENSITY_STEP), surely(f.top_peak, TOP_PEAK) if dominated else 0.0)
    return found(
        "intensity pattern", sure, text, fix if fix and fix.gain > 0 else None, intensity_step=step, top_peak=f.top_peak
    )


def annotation_fine(c: Counterfactuals) -> Finding | None:
    """Nothing to mend."""
    support = c.support
    if support is None or support < SUPPORT or not precursor_fits(c):
        return None
    tried = [x for x in c.cases if x.kind in SAME_PEPTIDE]
    best = max(tried, key=lambda x: x.gain, default=None)
    said = "" if c.ppm is None else f" and the precursor is {c.ppm:+.1f} ppm off"
    most = f"; the most that a change gains is {best.gain:.3f} ({best.text})" if best and best.gain > 0 else ""
    text = f"The peptide does {better(support)}{said}{most}."
    return found(
        "annotation fine", surely(support, SUPPORT), text, support=support, ppm=c.ppm,
        best_gain=best.gain if best else None,
    )  # fmt: skip
