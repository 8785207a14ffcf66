"""Causes that lie in what is said of the spectrum: its peptide, its charge, the isotope that was picked."""

from __future__ import annotations

from peploss.analysis.causes.counterfactual import EDITS, Counterfactual, Counterfactuals
from peploss.analysis.causes.rules import (
    EDIT_COST,
    EDIT_GAIN,
    MASS_SUPPORT,
    NEAR_PPM,
    OPEN_GAIN,
    OPEN_LEAST,
    OPEN_SUPPORT,
    SUPPORT,
    SWAP_FLAT_GAIN,
    SWAP_GAIN,
    SWAP_SUPPORT,
    Finding,
    better,
    found,
    precursor_fits,
    sentence,
    stands_out,
    supported,
    surely,
    within,
)


def precursor_charge(c: Counterfactuals) -> Finding | None:
    """The precursor's mass fits at another charge."""
    if precursor_fits(c):
        return None
    fits = [x for x in c.cases if x.kind == "charge" and within(c, x)]
    if not fits:
        return None
    fix = min(fits, key=lambda x: abs(x.ppm or 0.0))
    text = f"The precursor is {fix.ppm:+.1f} ppm off at {fix.charge}+ and {c.ppm:+,.0f} ppm at {c.charge}+."
    sure = surely(c.precursor_ppm, abs(fix.ppm or 0.0))
    return found("precursor charge", sure, text, fix, ppm=c.ppm, ppm_at_fix=fix.ppm, gain=fix.gain)


def _isotope(c: Counterfactuals) -> Counterfactual | None:
    if precursor_fits(c):
        return None
    fits = [x for x in c.cases if x.kind == "isotope" and within(c, x)]
    return min(fits, key=lambda x: abs(x.ppm or 0.0)) if fits else None


def _modification(c: Counterfactuals) -> Counterfactual | None:
    """The change of a modification that explains the PSM best, None where none does."""
    options = []
    for x in c.cases:
        if x.kind not in EDITS:
            continue
        sure = stands_out(x.support, OPEN_SUPPORT)
        if x.kind == "move":
            fits = precursor_fits(c) and x.gain >= EDIT_GAIN and sure
        elif c.ppm is None:
            fits = x.gain >= EDIT_GAIN and sure
        elif precursor_fits(c):
            fits = False
        elif x.kind == "open":
            fits = x.gain >= OPEN_GAIN and sure and x.edit is not None and abs(x.edit.mass) >= OPEN_LEAST
        else:
            fits = within(c, x) and x.gain >= -EDIT_COST and supported(x.support)
        if fits:
            options.append(x)
    return max(options, key=lambda x: x.gain - 0.03 * (x.kind == "open")) if options else None


def precursor_isotope(c: Counterfactuals) -> Finding | None:
    """Another isotope was picked, and no modification of about 1 Da explains it better."""
    fix = _isotope(c)
    if fix is None or not supported(c.support):
        return None
    other = _modification(c)
    if other is not None and other.kind != "open":
        nearer = abs(other.ppm or 0.0) + NEAR_PPM < abs(fix.ppm or 0.0) and other.gain > -EDIT_COST / 2
        if other.gain >= EDIT_GAIN or nearer:
            return None
    elif other is not None and other.gain >= 2 * EDIT_GAIN:
        return None
    text = f"The precursor is {c.ppm:+,.0f} ppm off, and {fix.ppm:+.1f} ppm as isotope {fix.isotope:+d}."
    sure = surely(c.precursor_ppm, abs(fix.ppm or 0.0))
    return found("precursor isotope", sure, text, fix, ppm=c.ppm, ppm_at_fix=fix.ppm, support=c.support)


def modification(c: Counterfactuals) -> Finding | None:
    """A modification added, removed or moved."""
    fix = _modification(c)
    if fix is None or fix.edit is None:
        return None
    said = "" if fix.ppm is None or c.ppm is None else f" and the precursor {fix.ppm:+.1f} ppm off, not {c.ppm:+,.0f}"
    text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}{said}."
    support = fix.support
    sure = surely(fix.gain, EDIT_GAIN)
    if fix.kind in ("add", "remove") and c.ppm is not None:
        sure = max(sure, min(surely(c.precursor_ppm, abs(fix.ppm or 0.0)), surely(support or 0.0, SUPPORT)))
    return found(
        "wrong or missing modification", sure, text, fix, gain=fix.gain, ppm=c.ppm, ppm_at_fix=fix.ppm, support=support
    )


def residue_order(c: Counterfactuals) -> Finding | None:
    """Two neighbours the other way round."""
    fix = c.best("swap")
    if fix is None or fix.gain < SWAP_GAIN or (fix.flat_gain or 0.0) < SWAP_FLAT_GAIN:
        return None
    if not stands_out(fix.support, SWAP_SUPPORT):
        return None
    text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}."
    return found("residue order", surely(fix.gain, SWAP_GAIN), text, fix, gain=fix.gain)


def wrong_peptide(c: Counterfactuals) -> Finding | None:
    """No better than chance, or of another mass."""
    support = c.support
    if support is None:
        return None
    if support >= SUPPORT:
        if precursor_fits(c) or support >= MASS_SUPPORT:
            return None
        text = (
            f"The precursor is {c.ppm:+,.0f} ppm off, no isotope, charge or modification mends it, and the peptide "
            f"does {better(support)}."
        )
        return found("wrong peptide", surely(MASS_SUPPORT, support), text, support=support, ppm=c.ppm)
    as_good = int((c.flat_decoys <= c.flat_loss).sum())
    text = f"{as_good} of {c.flat_decoys.size} decoys do as well; the peptide does {better(support)}."
    sure = 0.5 + 0.5 * min(max((SUPPORT - support) / (SUPPORT + 1.0), 0.0), 1.0)
    return found(
        "wrong peptide", sure, text, support=support, decoys_as_good=as_good, decoys=c.flat_decoys.size, ppm=c.ppm
    )
