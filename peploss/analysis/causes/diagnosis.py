"""Why a PSM has the loss it has: one cause in words, with its rule, its numbers and what would undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from peploss.analysis.causes.annotation_rules import (
    modification,
    precursor_charge,
    precursor_isotope,
    residue_order,
    wrong_peptide,
)
from peploss.analysis.causes.counterfactual import PRECURSOR_PPM
from peploss.analysis.causes.rules import RULES, Cause, Finding
from peploss.analysis.causes.spectrum_rules import (
    annotation_fine,
    calibration,
    intensity_pattern,
    noise,
    off_grid,
    profile_data,
    scatter,
    sure_ions,
    too_few_peaks,
    unmodelled_ions,
)
from peploss.analysis.causes.what_if import Counterfactual, Counterfactuals, counterfactuals
from peploss.peptides.peptide import Peptide, as_peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

ORDER: Final[tuple[Callable[[Counterfactuals], Finding | None], ...]] = (
    off_grid,
    too_few_peaks,
    profile_data,
    calibration,
    precursor_charge,
    precursor_isotope,
    modification,
    sure_ions,
    residue_order,
    wrong_peptide,
    unmodelled_ions,
    noise,
    scatter,
    intensity_pattern,
    annotation_fine,
)
"""The rules, those first that make the later ones meaningless."""

BATCH = 64
"""PSMs in one kernel call: some 10,000 comparisons."""
PEAKS = 8000
"""Observed peaks after which no further PSM joins a call: each peak stands in some 250 comparisons."""


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
        """Every change that was tried, the one that gains most first."""
        return tuple(sorted(self.what_if.cases, key=lambda c: c.loss))

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
) -> Diagnosis:
    """Name the cause of one PSM's loss.

    Args:
        spectrum: as read.
        peptide: the candidate, parsed or in ProForma.
        settings: what "the loss" means; None for the defaults.
        charge: of the precursor; None takes the peptide's own, else the spectrum's.
        seed: of the decoys.
        precursor_ppm: how far the precursor may be off and still fit.
    Raises:
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.
    """
    settings = settings or LossSettings()
    peptide = as_peptide(peptide)
    candidate = peptide if charge is None else peptide.with_charge(charge)
    return _judge(counterfactuals([(spectrum, candidate)], settings, seed=seed, precursor_ppm=precursor_ppm)[0])


def diagnose_many(
    psms: Iterable[tuple[Spectrum, Peptide]],
    settings: LossSettings,
    *,
    seed: int = 0,
    precursor_ppm: float = PRECURSOR_PPM,
    batch: int = BATCH,
) -> Iterator[Diagnosis]:
    """The same of many, in order, some in one kernel call; each as ``diagnose`` would have it.

    Args:
        psms: spectra and candidates; a candidate's own charge counts before the spectrum's.
        seed, precursor_ppm: as for ``diagnose``.
        batch: how many at a time at most, fewer where spectra have many peaks; of no influence on the answers.
    Raises:
        Peploss errors as ``diagnose``; ValueError: batch is below 1.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1, not {batch}.")
    waiting: list[tuple[Spectrum, Peptide]] = []
    peaks = 0
    for psm in psms:
        waiting.append(psm)
        peaks += len(psm[0])
        if len(waiting) == batch or peaks >= PEAKS:
            peaks = 0
            yield from map(_judge, counterfactuals(waiting, settings, seed=seed, precursor_ppm=precursor_ppm))
            waiting = []
    yield from map(_judge, counterfactuals(waiting, settings, seed=seed, precursor_ppm=precursor_ppm))


def _judge(what_if: Counterfactuals) -> Diagnosis:
    found: dict[Cause, Finding] = {}  # a cause with two rules is told once
    for rule in ORDER:
        finding = rule(what_if)
        if finding is not None and not (found and finding.cause == "annotation fine"):
            found.setdefault(finding.cause, finding)
    none = Finding("not known", 0.5, "No rule holds.", RULES["not known"])
    return Diagnosis(tuple(found.values()) or (none,), what_if)
