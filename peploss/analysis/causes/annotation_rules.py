"""Rules for causes in the annotation: the peptide, the charge, the isotope that was picked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from peploss.analysis.causes.counterfactuals.counterfactual import EDITS, Counterfactual, Counterfactuals
from peploss.analysis.causes.rules import (
    SUPPORT,
    TOLERANCE,
    Cause,
    Finding,
    Rule,
    better,
    how_far_off,
    precursor_fits,
    sentence,
    stands_out,
    supported,
    surely,
    within,
)


@dataclass(frozen=True)
class PrecursorCharge(Rule):
    """The precursor's mass fits at another charge."""

    cause: ClassVar[Cause] = "precursor charge"

    @property
    def words(self) -> str:
        return f"The precursor is off by more than {TOLERANCE}, and by less at another charge."

    def find(self, c: Counterfactuals) -> Finding | None:
        fits = [] if precursor_fits(c) else [x for x in c.cases if x.kind == "charge" and within(c, x)]
        if not fits:
            return None
        fix = min(fits, key=lambda x: abs(x.ppm or 0.0))
        text = f"The precursor is {fix.ppm:+.1f} ppm off at {fix.charge}+ and {how_far_off(c)} at {c.charge}+."
        sure = surely(c.precursor_ppm, abs(fix.ppm or 0.0))
        return self.found(sure, text, fix, ppm=c.ppm, ppm_at_fix=fix.ppm, gain=fix.gain)


@dataclass(frozen=True)
class Modification(Rule):
    """A modification added, removed or moved."""

    cause: ClassVar[Cause] = "wrong or missing modification"
    support: float = SUPPORT
    gain: float = 0.05
    cost: float = 0.02
    open_gain: float = 0.02
    open_support: float = 4.0
    open_least_da: float = 0.5
    open_handicap: float = 0.03

    @property
    def words(self) -> str:
        return (
            f"One common modification added, or one removed, brings the precursor within {TOLERANCE}, costs no more "
            f"than {self.cost:g}, and the peptide then does {self.support:g} standard deviations better than decoys; "
            f"or one of the precursor's mass difference (at least {self.open_least_da:g} Da) gains {self.open_gain:g} "
            f"and does {self.open_support:g} better; or one moved gains {self.gain:g} and does {self.open_support:g} "
            "better; or, without a precursor, any one does."
        )

    def change(self, c: Counterfactuals) -> Counterfactual | None:
        """The change of a modification that explains the PSM best, None where none does."""
        options = [x for x in c.cases if x.kind in EDITS and self._explains(c, x)]
        return max(options, key=lambda x: x.gain - self.open_handicap * (x.kind == "open"), default=None)

    def _explains(self, c: Counterfactuals, x: Counterfactual) -> bool:
        sure = stands_out(x.support, self.open_support)
        if x.kind == "move":
            return precursor_fits(c) and x.gain >= self.gain and sure
        if c.ppm is None:
            return x.gain >= self.gain and sure
        if precursor_fits(c):
            return False
        if x.kind == "open":
            return x.gain >= self.open_gain and sure and x.edit is not None and abs(x.edit.mass) >= self.open_least_da
        return within(c, x) and x.gain >= -self.cost and supported(x.support, self.support)

    def find(self, c: Counterfactuals) -> Finding | None:
        fix = self.change(c)
        if fix is None or fix.edit is None:
            return None
        said = (
            ""
            if fix.ppm is None or c.ppm is None
            else f" and the precursor {fix.ppm:+.1f} ppm off, not {how_far_off(c)}"
        )
        text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}{said}."
        sure = surely(fix.gain, self.gain)
        if fix.kind in ("add", "remove") and c.ppm is not None:
            near = surely(c.precursor_ppm, abs(fix.ppm or 0.0))
            sure = max(sure, min(near, surely(fix.support or 0.0, self.support)))
        return self.found(sure, text, fix, gain=fix.gain, ppm=c.ppm, ppm_at_fix=fix.ppm, support=fix.support)


@dataclass(frozen=True)
class WrongPeptide(Rule):
    """No better than chance, or of another mass.

    A search engine's best wrong peptide of thousands does better than a shuffled one, by 3 standard deviations and
    more, but it explains little of a spectrum that is not noise.
    """

    cause: ClassVar[Cause] = "wrong peptide"
    support: float = SUPPORT
    weak_support: float = 3.4
    weak_explained: float = 0.15
    noisy: int = 30
    noisy_support: float = 1.9
    mass_support: float = 6.0

    @property
    def words(self) -> str:
        return (
            f"The peptide does less than {self.support:g} standard deviations better than decoys "
            f"({self.noisy_support:g} in noise, where it takes {self.noisy} peaks or more to hold half of the "
            f"intensity); or less than {self.weak_support:g}, and explains less than {self.weak_explained:.0%} of the "
            f"intensity, which is not noise; or less than {self.mass_support:g}, and the precursor is off by more than "
            f"{TOLERANCE}. No single change mends it."
        )

    def no_better(self, c: Counterfactuals) -> bool:
        """Whether the peptide does no better than decoys."""
        least = self.noisy_support if c.facts.n_half >= self.noisy else self.support
        return c.support is not None and c.support < least

    def doubtful(self, c: Counterfactuals) -> bool:
        """Whether the best of many decoys does as well, and explains as little."""
        return c.support is not None and c.support < self.weak_support and c.facts.explained < self.weak_explained

    def weak(self, c: Counterfactuals) -> bool:
        """Whether that is so in a spectrum that is not noise, which would hide a right peptide as well."""
        return self.doubtful(c) and c.facts.n_half < self.noisy

    def find(self, c: Counterfactuals) -> Finding | None:
        support, share = c.support, c.facts.explained
        if support is None:
            return None
        if self.no_better(c):
            as_good = int((c.flat_decoys <= c.flat_loss).sum())
            text = f"{as_good} of {c.flat_decoys.size} decoys do as well; the peptide does {better(support)}."
            sure = 0.5 + 0.5 * min(max((self.support - support) / (self.support + 1.0), 0.0), 1.0)
            return self.found(sure, text, support=support, decoys_as_good=as_good, decoys=c.flat_decoys.size, ppm=c.ppm)
        if support < self.mass_support and not precursor_fits(c):
            text = (
                f"The precursor is {how_far_off(c)} off, no isotope, charge or modification mends it, and the peptide "
                f"does {better(support)}."
            )
            return self.found(surely(self.mass_support, support), text, support=support, ppm=c.ppm)
        if self.weak(c):
            text = (
                f"The peptide explains {share:.0%} of the intensity and does {better(support)}: the best of many wrong "
                "ones does as well."
            )
            sure = min(surely(self.weak_support, support), surely(self.weak_explained, share))
            return self.found(sure, text, support=support, explained=share, ppm=c.ppm)
        return None


@dataclass(frozen=True)
class PrecursorIsotope(Rule):
    """Another isotope was picked, and no modification of about 1 Da explains it better."""

    cause: ClassVar[Cause] = "precursor isotope"
    nearer_ppm: float = 5.0
    modification: Modification = Modification()
    peptide: WrongPeptide = WrongPeptide()

    @property
    def words(self) -> str:
        return (
            f"The precursor is off by more than {TOLERANCE} and by less at another isotope, and the peptide does "
            f"{self.peptide.support:g} standard deviations better than decoys ({self.peptide.weak_support:g} where it "
            f"explains less than {self.peptide.weak_explained:.0%} of the intensity)."
        )

    def fits(self, c: Counterfactuals) -> Counterfactual | None:
        """The isotope at which the precursor fits, None where it fits already or at none."""
        if precursor_fits(c):
            return None
        fits = [x for x in c.cases if x.kind == "isotope" and within(c, x)]
        return min(fits, key=lambda x: abs(x.ppm or 0.0), default=None)

    def find(self, c: Counterfactuals) -> Finding | None:
        fix = self.fits(c)
        if fix is None or self.peptide.no_better(c) or self.peptide.doubtful(c):
            return None
        other, rule = self.modification.change(c), self.modification
        if other is not None and other.kind != "open":
            nearer = abs(other.ppm or 0.0) + self.nearer_ppm < abs(fix.ppm or 0.0) and other.gain > -rule.cost / 2
            if other.gain >= rule.gain or nearer:
                return None
        elif other is not None and other.gain >= 2 * rule.gain:
            return None
        text = f"The precursor is {how_far_off(c)} off, and {fix.ppm:+.1f} ppm as isotope {fix.isotope:+d}."
        sure = surely(c.precursor_ppm, abs(fix.ppm or 0.0))
        return self.found(sure, text, fix, ppm=c.ppm, ppm_at_fix=fix.ppm, support=c.support)


@dataclass(frozen=True)
class ResidueOrder(Rule):
    """Two neighbouring residues are swapped."""

    cause: ClassVar[Cause] = "residue order"
    gain: float = 0.04
    flat_gain: float = 0.015
    support: float = 2.8

    @property
    def words(self) -> str:
        return (
            f"Two neighbouring residues in the other order gain {self.gain:g} ({self.flat_gain:g} on flattened peaks) "
            f"and do {self.support:g} standard deviations better than decoys."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        fix = c.best("swap")
        if fix is None or fix.gain < self.gain or (fix.flat_gain or 0.0) < self.flat_gain:
            return None
        if not stands_out(fix.support, self.support):
            return None
        text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}."
        return self.found(surely(fix.gain, self.gain), text, fix, gain=fix.gain)


@dataclass(frozen=True)
class ForeignMass(Rule):
    """Of quite another mass: the strongest evidence there is."""

    cause: ClassVar[Cause] = "wrong peptide"
    far_ppm: float = 1000.0
    charge: PrecursorCharge = PrecursorCharge()
    isotope: PrecursorIsotope = PrecursorIsotope()
    modification: Modification = Modification()

    @property
    def words(self) -> str:
        return (
            f"The precursor is off by more than {self.far_ppm:,.0f} ppm, and no isotope, charge or modification brings "
            "it in."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        if c.ppm is None or abs(c.ppm) <= max(self.far_ppm, c.precursor_ppm):
            return None
        if self.charge.find(c) or self.isotope.fits(c) or self.modification.change(c):
            return None
        text = f"The precursor is {how_far_off(c)} off, and no isotope, charge or modification brings it in."
        return self.found(surely(abs(c.ppm), self.far_ppm), text, ppm=c.ppm, support=c.support)
