"""Names the cause of a PSM's loss, with its rule, its evidence and the change that would undo it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from peploss.analysis.causes.annotation_rules import (
    ForeignMass,
    Modification,
    PrecursorCharge,
    PrecursorIsotope,
    ResidueOrder,
    WrongPeptide,
)
from peploss.analysis.causes.counterfactuals.counterfactual import PRECURSOR_PPM
from peploss.analysis.causes.counterfactuals.what_if import Counterfactual, Counterfactuals, counterfactuals
from peploss.analysis.causes.rules import Cause, Finding, Rule
from peploss.analysis.causes.run import Run
from peploss.analysis.causes.settings_rules import IntensityPattern, OffGrid, TooNarrow, UnmodelledIons, WrongModel
from peploss.analysis.causes.spectrum_rules import AnnotationFine, Calibration, Noise, ProfileData, TooFewPeaks
from peploss.errors import ArgumentError
from peploss.peptides.peptide import Peptide, as_peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

ORDER: Final[tuple[Rule, ...]] = (
    OffGrid(),
    TooFewPeaks(),
    ProfileData(),
    ForeignMass(),
    Calibration(),
    PrecursorCharge(),
    PrecursorIsotope(),
    Modification(),
    UnmodelledIons(sure=True),
    ResidueOrder(),
    WrongPeptide(),
    UnmodelledIons(),
    Noise(),
    TooNarrow(),
    WrongModel(),
    IntensityPattern(),
    AnnotationFine(),
)
"""The rules; the first that holds is the cause. Those stand first that make the later ones meaningless."""

NO_RULE: Final = "No rule holds."
NO_BOND: Final = "A peptide of one residue has no backbone fragments to judge it by."

BATCH = 64
"""PSMs in one kernel call, which makes some 10,000 comparisons."""
PEAKS = 8000
"""A call takes no further PSM once it holds this many observed peaks; each peak enters some 250 comparisons."""


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """The cause of one PSM's loss.

    Attributes:
        findings: every rule that holds, in the order in which they count; at least one.
        what_if: the counterfactuals they were read from.
    """

    findings: tuple[Finding, ...]
    what_if: Counterfactuals

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.cause}, confidence {self.confidence:.2f}, loss {self.loss:.4f}>"

    @property
    def cause(self) -> Cause:
        """The one cause named."""
        return self.findings[0].cause

    @property
    def confidence(self) -> float:
        """As in ``Finding``."""
        return self.findings[0].confidence

    @property
    def text(self) -> str:
        """What was found, as one sentence."""
        return self.findings[0].text

    @property
    def rule(self) -> str:
        """When this cause is named."""
        return self.findings[0].rule

    @property
    def evidence(self) -> dict[str, float]:
        """The numbers that the rule looked at, by name."""
        return {n.name: n.value for n in self.findings[0].evidence}

    @property
    def fix(self) -> Counterfactual | None:
        """The change that would undo it; None where there is none."""
        return self.findings[0].fix

    @property
    def counterfactuals(self) -> tuple[Counterfactual, ...]:
        """Every change that was tried and can be, the one that gains most first."""
        return tuple(sorted(filter(self._possible, self.what_if.cases), key=lambda c: c.loss))

    def _possible(self, case: Counterfactual) -> bool:
        """Not one that takes the precursor farther off than it is: 1+ at -2,000,001 ppm is no gain."""
        if case.ppm is None or self.what_if.ppm is None:
            return True
        return abs(case.ppm) <= max(abs(self.what_if.ppm), self.what_if.precursor_ppm)

    @property
    def loss(self) -> float:
        """The spectrum loss as it is."""
        return self.what_if.loss


def diagnose(
    spectrum: Spectrum,
    peptide: Peptide | str,
    settings: LossSettings | None = None,
    *,
    charge: int | None = None,
    seed: int = 0,
    precursor_ppm: float = PRECURSOR_PPM,
    run: Run | None = None,
) -> Diagnosis:
    """Name the cause of one PSM's loss.

    Args:
        spectrum: as read.
        peptide: the candidate, parsed or in ProForma.
        settings: what "the loss" means; None for the defaults.
        charge: of the precursor; None takes the peptide's own, else the spectrum's.
        seed: of the decoys.
        precursor_ppm: how far the precursor may be off and still fit.
        run: what ``run_of`` found of the spectrum's run; None where it is not known. Where sigma is narrower than the
            run scatters, the cause is judged at the sigma that fits, which its text and its fix say.
    Raises:
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.
    """
    settings = settings or LossSettings()
    peptide = as_peptide(peptide)
    candidate = peptide if charge is None else peptide.with_charge(charge)
    (found,) = _judged([(spectrum, candidate)], settings, seed, precursor_ppm, run)
    return found


def diagnose_many(
    psms: Iterable[tuple[Spectrum, Peptide]],
    settings: LossSettings,
    *,
    seed: int = 0,
    precursor_ppm: float = PRECURSOR_PPM,
    run: Run | None = None,
    batch: int = BATCH,
) -> Iterator[Diagnosis]:
    """Diagnose many PSMs in order, several in one kernel call; each result is that of ``diagnose``.

    Args:
        psms: spectra and candidates; a candidate's own charge counts before the spectrum's.
        seed, precursor_ppm, run: as for ``diagnose``; all of them come from that run.
        batch: how many at a time at most, fewer where spectra have many peaks; of no influence on the answers.
    Raises:
        Peploss errors as ``diagnose``; ValueError: batch is below 1.
    """
    if batch < 1:
        raise ArgumentError(f"batch must be at least 1, not {batch}.")
    waiting: list[tuple[Spectrum, Peptide]] = []
    peaks = 0
    for psm in psms:
        waiting.append(psm)
        peaks += len(psm[0])
        if len(waiting) == batch or peaks >= PEAKS:
            peaks = 0
            yield from _judged(waiting, settings, seed, precursor_ppm, run)
            waiting = []
    yield from _judged(waiting, settings, seed, precursor_ppm, run)


def _judged(
    psms: list[tuple[Spectrum, Peptide]], settings: LossSettings, seed: int, precursor_ppm: float, run: Run | None
) -> list[Diagnosis]:
    fitted = settings if run is None else run.fitted(settings)
    found = counterfactuals(psms, fitted, seed=seed, precursor_ppm=precursor_ppm, run=run)
    return [_judge(what_if, None if fitted == settings else fitted) for what_if in found]


def _judge(what_if: Counterfactuals, fitted: LossSettings | None) -> Diagnosis:
    """What the rules say.

    Args:
        fitted: settings that the losses were computed at, where they are not those asked for.
    """
    found: dict[Cause, Finding] = {}  # a cause with two rules is named once
    for rule in ORDER if len(what_if.peptide) > 1 else ():
        finding = rule.find(what_if)
        if finding is not None and not (found and finding.cause == "annotation fine"):
            found.setdefault(finding.cause, finding if fitted is None else _at(fitted, finding))
    why = NO_RULE if len(what_if.peptide) > 1 else NO_BOND
    return Diagnosis(tuple(found.values()) or (Finding("not known", 0.5, why, NO_RULE),), what_if)


def _at(fitted: LossSettings, finding: Finding) -> Finding:
    """The finding, saying at which sigma it was made; its fix sets that sigma, too."""
    at = f"sigma {fitted.sigma:g}"
    fix = finding.fix
    if fix is not None:
        fix = replace(fix, text=f"{fix.text} at {at}", settings=fix.settings or fitted)
    return replace(finding, text=f"{finding.text} Judged at {at}, which fits the run.", fix=fix)
