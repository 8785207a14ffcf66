"""Rules for causes in the settings: the grid, the ions and heights that are modelled, and sigma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactual, Counterfactuals
from peploss.analysis.causes.rules import (
    Cause,
    Finding,
    Rule,
    sentence,
    surely,
)
from peploss.analysis.tuning.height_sources import WRONG_MODEL

ANY_ORDER = ("immonium", "precursor", "all")
"""Ions that a peptide of the same residues in any order has."""


@dataclass(frozen=True)
class OffGrid(Rule):
    """What the grid or the window leaves out."""

    cause: ClassVar[Cause] = "peaks off the grid"
    seen: float = 0.6
    fragments_seen: float = 0.55

    @property
    def words(self) -> str:
        return (
            f"Less than {self.seen:.0%} of the intensity, or {self.fragments_seen:.0%} of the fragments, lies on the "
            "grid and within the m/z window."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        f = c.facts
        if f.seen >= self.seen and f.fragments_seen >= self.fragments_seen:
            return None
        text = (
            f"The grid and the m/z window leave out {1 - f.seen:.0%} of the intensity and {1 - f.fragments_seen:.0%} "
            "of the fragments."
        )
        sure = max(surely(1 - f.seen, 1 - self.seen), surely(1 - f.fragments_seen, 1 - self.fragments_seen))
        fix = c.best("grid")
        return self.found(
            sure, text, fix, intensity_seen=f.seen, fragments_seen=f.fragments_seen, gain=fix.gain if fix else None
        )


@dataclass(frozen=True)
class UnmodelledIons(Rule):
    """Ions that the settings leave out.

    Args:
        sure: whether only ions count that a peptide of the same residues in another order does not have; then a gain
            speaks for the peptide, and a right one that drowns in them is not taken for a wrong one.
    """

    cause: ClassVar[Cause] = "unmodelled ions"
    gain: float = 0.17
    share: float = 0.3
    sure_gain: float = 0.2
    sure: bool = False

    @property
    def words(self) -> str:
        if self.sure:
            return f"A kind of ion that is left out, other than immonium and precursor, gains {self.sure_gain:g}."
        return (
            f"A kind of ion that is left out gains {self.gain:g} or explains {self.share:.0%} more of the intensity "
            "than it does for decoys, or leaving out the precursor's peak gains as much."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        added = {x.ions: x for x in c.cases if x.kind == "ions"}
        if not added:
            return None
        if self.sure and max((x.gain for x in added.values() if x.ions not in ANY_ORDER), default=0.0) < self.sure_gain:
            return None
        removed = [x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.remove_precursor]
        fix = min([*added.values(), *removed], key=lambda x: x.loss)
        most = max(c.facts.by_kind, key=lambda kind: c.facts.by_kind[kind])
        more = c.facts.by_kind[most]
        if fix.gain >= self.gain:
            text = f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}."
            sure = surely(fix.gain, self.gain)
        elif more >= self.share:
            text = f"{sentence(most)} ions explain {more:.0%} more of the intensity than chance does."
            fix, sure = added[most], surely(more, self.share)
        else:
            return None
        return self.found(sure, text, fix, gain=fix.gain, explained_more=more)


@dataclass(frozen=True)
class TooNarrow(Rule):
    """Sigma narrower than the errors, of a spectrum by itself; of a run it is told once, by ``Run.notes``."""

    cause: ClassVar[Cause] = "settings too narrow"
    gain: float = 0.15

    @property
    def words(self) -> str:
        return f"A wider sigma gains {self.gain:g}: it is narrower than the peaks scatter. A run is told so only once."

    def find(self, c: Counterfactuals) -> Finding | None:
        fix = c.best("sigma")
        if c.run is not None or fix is None or fix.gain < self.gain:
            return None
        text = (
            f"{sentence(fix.text)}: the loss is {fix.loss:.3f}, not {c.loss:.3f}; sigma is narrower than the peaks "
            "scatter."
        )
        return self.found(surely(fix.gain, self.gain), text, fix, gain=fix.gain, scatter_da=c.facts.scatter_da)


@dataclass(frozen=True)
class IntensityPattern(Rule):
    """The right ions have the wrong heights."""

    cause: ClassVar[Cause] = "intensity pattern"
    step: float = 0.65
    top_peak: float = 0.5

    @property
    def words(self) -> str:
        return (
            f"Matched peaks of unlike intensity cost {self.step:g} of the loss, or one matched peak holds "
            f"{self.top_peak:.0%} of the intensity."
        )

    def find(self, c: Counterfactuals) -> Finding | None:
        f = c.facts
        step = f.steps[0]
        dominated = f.top_peak >= self.top_peak and f.explained >= self.top_peak
        if step < self.step and not dominated:
            return None
        text = (
            f"The matched peaks' unlike intensities cost {step:.2f} of the loss of {c.loss:.3f}; the highest peak "
            f"holds {f.top_peak:.0%} of the intensity."
        )
        sure = max(surely(step, self.step), surely(f.top_peak, self.top_peak) if dominated else 0.0)
        return self.found(sure, text, self._root(c), intensity_step=step, top_peak=f.top_peak)

    def _root(self, c: Counterfactuals) -> Counterfactual | None:
        """The square root of intensities, where it gains."""
        roots = (x for x in c.cases if x.kind == "peaks" and x.settings is not None and x.settings.sqrt and x.gain > 0)
        return next(roots, None)


@dataclass(frozen=True)
class WrongModel(Rule):
    """The heights are those of a model that does not fit the run, which ``Run.notes`` tells once, and this spectrum
    pays for it as ``IntensityPattern`` says."""

    cause: ClassVar[Cause] = "wrong model"
    pattern: IntensityPattern = IntensityPattern()

    @property
    def words(self) -> str:
        words = self.pattern.words
        return f"{WRONG_MODEL}; and of the spectrum: {words[:1].lower()}{words[1:]}"

    def find(self, c: Counterfactuals) -> Finding | None:
        better = c.run.better_heights if c.run is not None else None
        if better is None or better.used != c.settings.intensities or (found := self.pattern.find(c)) is None:
            return None
        return self.found(found.confidence, better.told, lower=better.lower, share=better.share,
                          intensity_step=c.facts.steps[0])  # fmt: skip
