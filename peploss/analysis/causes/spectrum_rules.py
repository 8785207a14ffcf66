"""Rules for causes in the spectrum: its peaks and their m/z, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactuals
from peploss.analysis.causes.rules import (
    SUPPORT,
    Cause,
    Finding,
    Rule,
    better,
    precursor_fits,
    stands_out,
    supported,
    surely,
)
from peploss.analysis.causes.settings_rules import OffGrid

SAME_PEPTIDE = ("ions", "peaks", "shift", "sigma", "grid")


@dataclass(frozen=True)
class TooFewPeaks(Rule):
    """The loss sees too few peaks to judge."""

    cause: ClassVar[Cause] = "too few peaks"
    fewest: int = 6
    per_bond: float = 0.5
    seen: float = OffGrid.seen

    @property
    def words(self) -> str:
        return (
            f"The loss sees fewer than {self.fewest} peaks, or fewer than {self.per_bond:g} for each bond of the "
            "peptide."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        f = c.facts
        need = max(self.fewest, (f.n_residues - 1) * self.per_bond)
        if f.n_peaks >= need or f.seen < self.seen:
            return None
        peaks = "1 peak" if f.n_peaks == 1 else f"{f.n_peaks} peaks"
        text = f"The loss sees {peaks}; a peptide of {f.n_residues} residues has {f.n_residues - 1} bonds."
        return self.found(surely(need, f.n_peaks), text, peaks=f.n_peaks, bonds=f.n_residues - 1)


@dataclass(frozen=True)
class ProfileData(Rule):
    """The spectrum is in profile mode."""

    cause: ClassVar[Cause] = "profile data"
    sampled: float = 0.5

    @property
    def words(self) -> str:
        return f"At least {self.sampled:.0%} of the intensity is in runs of samples of one peak each."

    def find(self, c: Counterfactuals) -> Finding | None:
        share = c.facts.in_samples
        if share < self.sampled:
            return None
        text = f"{share:.0%} of the intensity is in runs of profile-mode samples; the spectrum has to be centroided."
        return self.found(surely(share, self.sampled), text, intensity_in_samples=share)


@dataclass(frozen=True)
class Calibration(Rule):
    """All peaks lie off by the same amount."""

    cause: ClassVar[Cause] = "calibration"
    gain: float = 0.03
    flat_gain: float = 0.032
    support: float = 1.5
    agreement: float = 3.0
    run_agreement: float = 1.7
    matches: int = 4
    least_ppm: float = 10.0
    most_ppm: float = 60.0
    scatters: float = 3.0
    run_scatters: float = 1.5
    own_support: float = SUPPORT

    @property
    def words(self) -> str:
        return (
            f"Moving all peaks by one amount gains {self.gain:g} ({self.flat_gain:g} on flattened peaks), matches at "
            f"least {self.matches} fragments, lets the peptide do {self.support:g} standard deviations better than "
            f"decoys, and {self.agreement:g} better than decoys that are each given their own best shift "
            f"({self.run_agreement:g} where it is known how the run scatters); or at least "
            f"{self.matches} matched peaks lie {self.least_ppm:g} to {self.most_ppm:g} ppm off and "
            f"{self.scatters:g} times their scatter. Where the run's own offset and scatter are known, a shift is "
            f"counted from that offset and has to be {self.run_scatters:g} times that scatter."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        return self._shift(c) or self._offset(c)

    def _shift(self, c: Counterfactuals) -> Finding | None:
        best = c.best("shift")
        if best is None or best.shift is None or best.gain < self.gain or (best.flat_gain or 0.0) < self.flat_gain:
            return None
        if (best.n_matched or 0) < self.matches or not stands_out(best.support, self.support):
            return None
        if not stands_out(best.agreement, self.agreement if c.run is None else self.run_agreement):
            return None
        value, unit = best.shift.value, best.shift.unit
        if c.run is not None and abs(value - c.run.offset(unit)) < self.run_scatters * c.run.scatter(unit):
            return None
        text = f"All peaks lie {value:+.3g} {unit} off; without it the loss is {best.loss:.3f}."
        return self.found(
            surely(best.gain, self.gain), text, best, shift=value, gain=best.gain, agreement=best.agreement
        )

    def _offset(self, c: Counterfactuals) -> Finding | None:
        f = c.facts
        usual = c.run.offset("ppm") if c.run is not None else 0.0
        spread = max(f.scatter_ppm, c.run.scatter("ppm") if c.run is not None else 0.0)
        off = abs(f.error_ppm - usual)
        if f.n_matched < self.matches or not max(self.least_ppm, self.scatters * spread) <= off <= self.most_ppm:
            return None
        fix = next((x for x in c.cases if x.shift is not None and x.shift.unit == "ppm"), None)
        right = supported(c.support, self.own_support)
        if not right and not (fix is not None and supported(fix.support, self.own_support)):
            return None
        text = (
            f"{f.n_matched} matched peaks lie {f.error_ppm:+.3g} ppm off and scatter by {f.scatter_ppm:.2g} ppm only."
        )
        sure = min(surely(off, self.least_ppm), surely(off, self.scatters * spread))
        return self.found(
            sure, text, fix, error_ppm=f.error_ppm, scatter_ppm=f.scatter_ppm, gain=fix.gain if fix else None
        )


@dataclass(frozen=True)
class Noise(Rule):
    """Most of the intensity is no ion of the peptide."""

    cause: ClassVar[Cause] = "noise"
    unexplained: float = 0.75

    @property
    def words(self) -> str:
        return f"At least {self.unexplained:.0%} of the intensity is in peaks that no ion of any kind explains."

    def find(self, c: Counterfactuals) -> Finding | None:
        left = 1.0 - c.facts.explained_all
        if left < self.unexplained:
            return None
        text = f"{left:.0%} of the intensity is in peaks that no ion of the peptide explains."
        tops = [x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.top_n and x.gain > 0]
        sure = 0.5 + 0.5 * (left - self.unexplained) / (1 - self.unexplained)
        return self.found(sure, text, min(tops, key=lambda x: x.loss, default=None), unexplained=left)


@dataclass(frozen=True)
class AnnotationFine(Rule):
    """No rule finds a fault."""

    cause: ClassVar[Cause] = "annotation fine"
    support: float = SUPPORT

    @property
    def words(self) -> str:
        return (
            f"The precursor fits, the peptide does {self.support:g} standard deviations better than decoys, and no "
            "other rule holds."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        support = c.support
        if support is None or support < self.support or not precursor_fits(c):
            return None
        tried = [x for x in c.cases if x.kind in SAME_PEPTIDE]
        best = max(tried, key=lambda x: x.gain, default=None)
        said = "" if c.ppm is None else f" and the precursor is {c.ppm:+.1f} ppm off"
        most = (
            f"; no change tried lowers the loss by more than {best.gain:.3f} ({best.text})"
            if best and best.gain > 0
            else ""
        )
        text = f"The peptide does {better(support)}{said}{most}."
        gain = best.gain if best else None
        return self.found(surely(support, self.support), text, support=support, ppm=c.ppm, best_gain=gain)
