"""Each rule at the very edge of each of its thresholds, and what its finding says there."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from peploss.analysis.causes.annotation_rules import (
    ForeignMass,
    Modification,
    PrecursorCharge,
    PrecursorIsotope,
    ResidueOrder,
    WrongPeptide,
)
from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactual, Counterfactuals, standing
from peploss.analysis.causes.counterfactuals.edits import Edit
from peploss.analysis.causes.counterfactuals.what_if import counterfactuals
from peploss.analysis.causes.rules import Rule, better, surely
from peploss.analysis.causes.run import Run
from peploss.analysis.causes.settings_rules import IntensityPattern, OffGrid, TooNarrow, UnmodelledIons
from peploss.analysis.causes.spectrum_rules import AnnotationFine, Calibration, Noise, ProfileData, TooFewPeaks
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import ModificationSite, Peptide
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift
from peploss.spectra.spectrum import Spectrum

RUN = Run(20, 200, 0.0, 0.1, 5.0, 2.0)


@cache
def measured() -> Counterfactuals:
    """A right peptide with every fragment of it."""
    peptide = Peptide.parse("PEPTIDEKLM/2")
    mz = fragments(peptide, LossSettings(), 2).mz
    spectrum = Spectrum(mz=mz, intensity=np.ones(mz.size), precursor_mz=peptide.mz(2), precursor_charge=2)
    return counterfactuals([(spectrum, peptide)], LossSettings())[0]


def psm(*cases: Counterfactual, support: float | None = 8.0, **changes: object) -> Counterfactuals:
    """A PSM of loss 0.5 of which all is well, but for what is given; ``facts_*`` changes a fact."""
    base = measured()
    facts = {k.removeprefix("facts_"): v for k, v in changes.items() if k.startswith("facts_")}
    others = {k: v for k, v in changes.items() if not k.startswith("facts_")}
    plain = {
        "n_residues": 10, "n_peaks": 40, "seen": 1.0, "fragments_seen": 1.0, "in_samples": 0.0, "explained": 0.5,
        "explained_all": 0.6, "by_kind": {"a": 0.0}, "top_peak": 0.1, "n_half": 10, "n_matched": 12,
        "steps": (0.1, 0.0, 0.2, 0.2), "error_ppm": 0.0, "scatter_ppm": 1.0,
    }  # fmt: skip
    decoys = np.empty(0) if support is None else np.array([0.85, 0.95])  # mean 0.9, standard deviation 0.05
    return dataclasses.replace(
        base,
        **{
            "loss": 0.5, "ppm": 1.0, "cases": cases, "flat_decoys": decoys, "flat_loss": 0.9 - 0.05 * (support or 0.0),
            "facts": dataclasses.replace(base.facts, **(plain | facts)),
        }
        | others,
    )  # fmt: skip


def case(kind: str, gain: float = 0.0, ppm: float | None = 1.0, **changes: object) -> Counterfactual:
    return Counterfactual(kind, f"a change of {kind}", 0.5 - gain, gain, ppm, **changes)


def holds(rule: Rule, c: Counterfactuals) -> bool:
    finding = rule.find(c)
    if finding is None:
        return False
    assert (finding.cause, finding.rule) == (rule.cause, rule.words)
    assert 0.5 <= finding.confidence <= 1.0
    return True


EPS = 1e-6


def test_off_the_grid() -> None:
    assert not holds(OffGrid(), psm(facts_seen=0.6, facts_fragments_seen=0.55))
    assert holds(OffGrid(), psm(facts_seen=0.6 - EPS))
    assert holds(OffGrid(), psm(facts_fragments_seen=0.55 - EPS))
    found = OffGrid().find(psm(case("grid", 0.2), facts_seen=0.2, facts_fragments_seen=0.9))
    assert found.fix.kind == "grid"
    assert "80% of the intensity and 10% of the fragments" in found.text
    assert found.confidence == pytest.approx(0.8 / 1.2)


@pytest.mark.parametrize(("residues", "need"), [(8, 6), (13, 6), (14, 7), (21, 10)])
def test_too_few_peaks(residues: int, need: int) -> None:
    assert holds(TooFewPeaks(), psm(facts_n_residues=residues, facts_n_peaks=need - 1))
    assert not holds(TooFewPeaks(), psm(facts_n_residues=residues, facts_n_peaks=need))
    assert not holds(TooFewPeaks(), psm(facts_n_residues=residues, facts_n_peaks=1, facts_seen=0.59))
    assert "1 peak;" in TooFewPeaks().find(psm(facts_n_peaks=1)).text


def test_profile_data() -> None:
    assert holds(ProfileData(), psm(facts_in_samples=0.5))
    assert not holds(ProfileData(), psm(facts_in_samples=0.5 - EPS))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_foreign_mass(sign: int) -> None:
    rule = ForeignMass()
    assert holds(rule, psm(ppm=sign * 1001.0))
    assert not holds(rule, psm(ppm=sign * 1000.0))
    assert not holds(rule, psm(ppm=None))
    for fits in (case("charge", ppm=3.0, charge=3), case("isotope", ppm=-3.0, isotope=1)):
        assert not holds(rule, psm(fits, ppm=sign * 5000.0))
    assert holds(rule, psm(case("charge", ppm=30.0, charge=3), ppm=sign * 5000.0))
    assert not holds(rule, psm(ppm=sign * 1500.0, precursor_ppm=2000.0))


def shift(value: float = 0.3, unit: str = "Da", **changes: object) -> Counterfactual:
    fields = {"gain": 0.2, "flat_gain": 0.2, "support": 5.0, "n_matched": 8, "agreement": 6.0} | changes
    return case("shift", shift=Shift(unit, value), **fields)


@pytest.mark.parametrize(
    ("name", "least"), [("gain", 0.03), ("flat_gain", 0.032), ("support", 1.5), ("n_matched", 4), ("agreement", 3.0)]
)
def test_a_shift_of_all_peaks(name: str, least: float) -> None:
    rule = Calibration()
    step = 1 if name == "n_matched" else EPS
    assert holds(rule, psm(shift(**{name: least})))
    assert not holds(rule, psm(shift(**{name: least - step})))
    assert not holds(rule, psm(shift(agreement=None)))
    assert not holds(rule, psm(shift(support=None)))
    found = rule.find(psm(shift()))
    assert found.fix.shift == Shift("Da", 0.3)
    assert "+0.3 Da off" in found.text


def test_a_shift_where_the_run_is_known() -> None:
    rule = Calibration()
    assert holds(rule, psm(shift(agreement=1.7), run=RUN))
    assert not holds(rule, psm(shift(agreement=1.7 - EPS), run=RUN))
    assert holds(rule, psm(shift(0.1501), run=RUN))  # 1.5 times the run's scatter of 0.1
    assert not holds(rule, psm(shift(0.1499), run=RUN))
    assert not holds(rule, psm(shift(0.3), run=dataclasses.replace(RUN, offset_da=0.2)))
    assert holds(rule, psm(shift(-0.3), run=dataclasses.replace(RUN, offset_da=0.2)))
    assert not holds(rule, psm(shift(7.0, "ppm"), run=RUN))
    assert holds(rule, psm(shift(9.0, "ppm"), run=RUN))


def test_matched_peaks_that_lie_off_together() -> None:
    rule = Calibration()
    near = {"facts_scatter_ppm": 1.0, "facts_n_matched": 4}
    for off, told in ((10.0, True), (10.0 - EPS, False), (60.0, True), (60.0 + EPS, False), (-10.0, True)):
        assert holds(rule, psm(facts_error_ppm=off, **near)) is told
    assert not holds(rule, psm(facts_error_ppm=20.0, facts_scatter_ppm=1.0, facts_n_matched=3))
    assert holds(rule, psm(facts_error_ppm=20.0, facts_scatter_ppm=6.6, facts_n_matched=4))
    assert not holds(rule, psm(facts_error_ppm=20.0, facts_scatter_ppm=6.7, facts_n_matched=4))
    assert not holds(rule, psm(facts_error_ppm=14.0, run=RUN, **near))  # 9 from the run's own 5
    assert holds(rule, psm(facts_error_ppm=16.0, run=RUN, **near))
    assert not holds(rule, psm(facts_error_ppm=12.0, run=dataclasses.replace(RUN, scatter_ppm=3.0), **near))
    assert not holds(rule, psm(support=1.6, facts_error_ppm=20.0, **near))
    moved = shift(20.0, "ppm", gain=0.0, support=1.7)
    assert holds(rule, psm(moved, support=1.6, facts_error_ppm=20.0, **near))


def test_precursor_charge() -> None:
    rule = PrecursorCharge()
    other = case("charge", ppm=20.0, charge=3)
    assert holds(rule, psm(other, ppm=20.1))
    assert not holds(rule, psm(other, ppm=20.0))
    assert not holds(rule, psm(case("charge", ppm=20.1, charge=3), ppm=1e5))
    assert not holds(rule, psm(case("isotope", ppm=0.0, isotope=1), ppm=1e5))
    best = rule.find(psm(other, case("charge", ppm=-2.0, charge=1), ppm=1e5)).fix
    assert best.charge == 1


def test_precursor_isotope() -> None:
    rule, isotope = PrecursorIsotope(), case("isotope", ppm=4.0, isotope=1)
    assert holds(rule, psm(isotope, ppm=900.0))
    assert not holds(rule, psm(isotope, ppm=20.0))
    assert not holds(rule, psm(isotope, ppm=900.0, support=1.7 - EPS))
    assert holds(rule, psm(isotope, ppm=900.0, support=1.7 + EPS))
    little = {"facts_explained": 0.15 - EPS, "ppm": 900.0}
    assert holds(rule, psm(isotope, support=3.4 + EPS, **little))
    assert not holds(rule, psm(isotope, support=3.4 - EPS, **little))
    assert holds(rule, psm(isotope, support=3.4 - EPS, facts_explained=0.15, ppm=900.0))
    deamidated = case("add", 0.05, ppm=4.0, support=8.0, edit=Edit("add", "Deamidated", 0.984))
    assert not holds(rule, psm(isotope, deamidated, ppm=900.0))
    costs = dataclasses.replace(deamidated, gain=0.05 - EPS)
    assert holds(rule, psm(isotope, costs, ppm=900.0))
    off = case("isotope", ppm=7.0, isotope=1)
    assert not holds(rule, psm(off, dataclasses.replace(costs, ppm=-1.9, gain=0.0), ppm=900.0))  # nearer by 5 ppm
    assert holds(rule, psm(off, dataclasses.replace(costs, ppm=-2.1, gain=0.0), ppm=900.0))
    assert holds(rule, psm(off, dataclasses.replace(costs, ppm=-1.9, gain=-0.011), ppm=900.0))  # and costs little
    unnamed = case("open", 0.1, ppm=0.0, support=8.0, edit=Edit("open", "+0.98", 0.98))
    assert not holds(rule, psm(isotope, unnamed, ppm=900.0))
    assert holds(rule, psm(isotope, dataclasses.replace(unnamed, gain=0.1 - EPS), ppm=900.0))


def edit(kind: str, **changes: object) -> Counterfactual:
    site = ModificationSite(3, "Oxidation", 15.994915)
    fields = {"gain": 0.1, "ppm": 1.0, "support": 8.0, "edit": Edit("add", "Oxidation", 15.994915, new=site)} | changes
    return case(kind, **fields)


@pytest.mark.parametrize("kind", ["add", "remove"])
def test_a_modification_that_brings_the_precursor_in(kind: str) -> None:
    rule = Modification()
    assert holds(rule, psm(edit(kind, gain=-0.02), ppm=1e4))
    assert not holds(rule, psm(edit(kind, gain=-0.02 - EPS), ppm=1e4))
    assert not holds(rule, psm(edit(kind, ppm=20.1), ppm=1e4))
    assert not holds(rule, psm(edit(kind), ppm=20.0))  # nothing to bring in
    assert holds(rule, psm(edit(kind, support=1.7), ppm=1e4))
    assert not holds(rule, psm(edit(kind, support=1.7 - EPS), ppm=1e4))
    assert holds(rule, psm(edit(kind, gain=0.05, support=4.0), ppm=None))
    assert not holds(rule, psm(edit(kind, gain=0.05 - EPS), ppm=None))
    assert not holds(rule, psm(edit(kind, support=4.0 - EPS), ppm=None))


def test_a_modification_that_moves_and_one_without_a_name() -> None:
    rule = Modification()
    assert holds(rule, psm(edit("move", gain=0.05, support=4.0)))
    assert not holds(rule, psm(edit("move", gain=0.05 - EPS)))
    assert not holds(rule, psm(edit("move", support=4.0 - EPS)))
    assert not holds(rule, psm(edit("move"), ppm=1e4))
    half = Edit("open", "+0.5", 0.5)
    assert holds(rule, psm(edit("open", gain=0.02, support=4.0, edit=half), ppm=1e4))
    assert not holds(rule, psm(edit("open", gain=0.02 - EPS, edit=half), ppm=1e4))
    assert not holds(rule, psm(edit("open", edit=Edit("open", "-0.49", -0.49)), ppm=1e4))
    assert holds(rule, psm(edit("open", edit=Edit("open", "-0.5", -0.5)), ppm=1e4))
    named, unnamed = edit("add", gain=0.05), edit("open", gain=0.079)
    assert rule.find(psm(named, unnamed, ppm=1e4)).fix is named  # a name is worth 0.03
    assert rule.find(psm(named, dataclasses.replace(unnamed, gain=0.081), ppm=1e4)).fix.kind == "open"


def test_residue_order() -> None:
    rule = ResidueOrder()
    swap = {"gain": 0.04, "flat_gain": 0.015, "support": 2.8}
    assert holds(rule, psm(case("swap", **swap)))
    for name in swap:
        assert not holds(rule, psm(case("swap", **(swap | {name: swap[name] - EPS}))))
    assert not holds(rule, psm(case("swap", **(swap | {"support": None}))))
    assert not holds(rule, psm())


def test_wrong_peptide() -> None:
    rule = WrongPeptide()
    assert holds(rule, psm(support=1.7 - EPS))
    assert not holds(rule, psm(support=1.7 + EPS))
    assert not holds(rule, psm(support=None))
    noise = {"facts_n_half": 30}
    assert holds(rule, psm(support=1.9 - EPS, **noise))
    assert not holds(rule, psm(support=1.9 + EPS, **noise))
    assert not holds(rule, psm(support=1.9 - EPS, facts_n_half=29))
    weak = {"facts_explained": 0.15 - EPS}
    assert holds(rule, psm(support=3.4 - EPS, **weak))
    assert not holds(rule, psm(support=3.4 + EPS, **weak))
    assert not holds(rule, psm(support=3.4 - EPS, facts_explained=0.15))
    assert not holds(rule, psm(support=3.4 - EPS, **weak, **noise))
    assert holds(rule, psm(support=6.0 - EPS, ppm=20.1))
    assert not holds(rule, psm(support=6.0 + EPS, ppm=20.1))
    assert not holds(rule, psm(support=6.0 - EPS, ppm=20.0))
    found = rule.find(psm(support=-0.5, flat_decoys=np.array([0.85, 0.95])))
    assert "1 of 2 decoys do as well; the peptide does 0.5 standard deviations worse" in found.text


def test_unmodelled_ions() -> None:
    rule, sure = UnmodelledIons(), UnmodelledIons(sure=True)
    assert holds(rule, psm(case("ions", 0.17, ions="a")))
    assert not holds(rule, psm(case("ions", 0.17 - EPS, ions="a")))
    assert holds(rule, psm(case("ions", 0.0, ions="a"), facts_by_kind={"a": 0.3}))
    assert not holds(rule, psm(case("ions", 0.0, ions="a"), facts_by_kind={"a": 0.3 - EPS}))
    assert not holds(rule, psm())
    gone = case("peaks", 0.4, settings=LossSettings(remove_precursor=True))
    assert rule.find(psm(case("ions", 0.2, ions="a"), gone)).fix is gone
    assert holds(sure, psm(case("ions", 0.2, ions="a")))
    assert not holds(sure, psm(case("ions", 0.2 - EPS, ions="a")))
    for any_order in ("immonium", "precursor", "all"):
        assert not holds(sure, psm(case("ions", 0.5, ions=any_order)))


def test_noise() -> None:
    assert holds(Noise(), psm(facts_explained_all=0.25))
    assert not holds(Noise(), psm(facts_explained_all=0.25 + EPS))
    tops = [case("peaks", gain, settings=LossSettings(top_n=n)) for gain, n in ((0.1, 20), (0.3, 50), (-0.1, 100))]
    assert Noise().find(psm(*tops, facts_explained_all=0.1)).fix is tops[1]
    assert Noise().find(psm(tops[2], facts_explained_all=0.1)).fix is None
    assert Noise().find(psm(facts_explained_all=0.0)).confidence == 1.0


def test_a_sigma_too_narrow_is_told_of_a_spectrum_only_where_its_run_is_not_known() -> None:
    assert holds(TooNarrow(), psm(case("sigma", 0.15)))
    assert not holds(TooNarrow(), psm(case("sigma", 0.15 - EPS)))
    assert not holds(TooNarrow(), psm(case("sigma", 0.5), run=RUN))
    assert not holds(TooNarrow(), psm())


def test_intensity_pattern() -> None:
    rule = IntensityPattern()
    assert holds(rule, psm(facts_steps=(0.65, 0.0, 0.0)))
    assert not holds(rule, psm(facts_steps=(0.65 - EPS, 0.0, 0.0)))
    assert holds(rule, psm(facts_top_peak=0.5, facts_explained=0.5))
    assert not holds(rule, psm(facts_top_peak=0.5 - EPS, facts_explained=0.5))
    assert not holds(rule, psm(facts_top_peak=0.5, facts_explained=0.5 - EPS))
    root = case("peaks", 0.1, settings=LossSettings(sqrt=True))
    assert rule.find(psm(root, facts_steps=(0.7,))).fix is root
    assert rule.find(psm(dataclasses.replace(root, gain=-0.1), facts_steps=(0.7,))).fix is None


def test_annotation_fine() -> None:
    rule = AnnotationFine()
    assert holds(rule, psm(support=1.7 + EPS))
    assert not holds(rule, psm(support=1.7 - EPS))
    assert not holds(rule, psm(support=None))
    assert holds(rule, psm(ppm=20.0))
    assert not holds(rule, psm(ppm=-20.1))
    found = rule.find(psm(case("sigma", 0.02), case("swap", 0.4), case("ions", 0.01, ions="a")))
    assert "no change tried lowers the loss by more than 0.020 (a change of sigma)" in found.text
    assert "no change tried" not in rule.find(psm(case("sigma", -0.02))).text


def test_small_words_and_numbers() -> None:
    assert better(0.0) == "0.0 standard deviations better than decoys"
    assert surely(0.75, 0.25) == 0.75
    assert [surely(0.05, 0.1), surely(-1.0, 0.1), surely(1.0, 0.0)] == [0.5, 0.5, 0.5]
    assert standing(np.array([2.0, 1.0, 1.0])) == pytest.approx(10.0)  # a spread of at least a tenth of the mean
    assert standing(np.array([5.0, 0.0, 0.0])) == pytest.approx(50.0)  # and at least a fiftieth of the first
    assert standing(np.zeros(4)) == 0.0
    assert standing(np.array([2.0, 0.0, 2.0])) == pytest.approx(1.0)


def test_how_sure_a_finding_is() -> None:
    wrong = WrongPeptide()
    assert wrong.find(psm(support=-0.5)).confidence == pytest.approx(0.5 + 0.5 * 2.2 / 2.7)
    assert wrong.find(psm(support=-9.0)).confidence == 1.0
    assert wrong.find(psm(support=1.8, facts_n_half=40)).confidence == 0.5
    assert wrong.find(psm(support=3.0, facts_explained=0.05)).confidence == pytest.approx(3.4 / 6.4)
    assert wrong.find(psm(support=3.0, ppm=900.0)).confidence == pytest.approx(6.0 / 9.0)
    added = Modification().find(psm(edit("add", gain=-0.01), ppm=1e4))
    assert added.confidence == pytest.approx(8.0 / 9.7)  # of the decoys, less sure than 20 ppm against 1
    assert Modification().find(psm(edit("add", gain=-0.01, ppm=15.0), ppm=1e4)).confidence == pytest.approx(20 / 35)
    assert Modification().find(psm(edit("add", gain=0.95), ppm=1e4)).confidence == pytest.approx(0.95)
    assert Modification().find(psm(edit("open", gain=0.02), ppm=1e4)).confidence == 0.5
    assert Modification().find(psm(edit("add", gain=0.05), ppm=None)).confidence == 0.5
    assert Noise().find(psm(facts_explained_all=0.1)).confidence == pytest.approx(0.8)
    assert OffGrid().find(psm(facts_fragments_seen=0.2)).confidence == pytest.approx(0.8 / 1.25)
    assert TooFewPeaks().find(psm(facts_n_peaks=2)).confidence == pytest.approx(6 / 8)
    assert PrecursorIsotope().find(psm(case("isotope", ppm=5.0, isotope=1), ppm=900.0)).confidence == 0.8


def test_what_a_finding_says() -> None:
    isotopes = case("isotope", ppm=-9.0, isotope=1), case("isotope", ppm=4.0, isotope=2)
    assert PrecursorIsotope().find(psm(*isotopes, ppm=900.0)).fix.isotope == 2
    assert PrecursorIsotope().find(psm(*isotopes[::-1], ppm=900.0)).fix.isotope == 2
    assert "and the precursor +1.0 ppm off, not +11.716 Da" in Modification().find(psm(edit("add"), ppm=1e4)).text
    assert "precursor" not in Modification().find(psm(edit("add"), ppm=None)).text
    assert "10 residues has 9 bonds" in TooFewPeaks().find(psm(facts_n_peaks=2)).text
    kinds = psm(case("ions", ions="a"), case("ions", ions="-H2O"), facts_by_kind={"a": 0.1, "-H2O": 0.4})
    found = UnmodelledIons().find(kinds)
    assert found.text.startswith("-H2O ions explain 40% more")
    assert found.fix.ions == "-H2O"
    assert holds(UnmodelledIons(sure=True), psm(case("ions", 0.1, ions="a"), case("ions", 0.25, ions="2+")))
    assert "ppm off" not in AnnotationFine().find(psm(ppm=None)).text
    assert "+1.0 ppm off" in AnnotationFine().find(psm()).text
    assert "no change tried" not in AnnotationFine().find(psm(case("sigma", 0.0))).text
    root = case("peaks", 0.0, settings=LossSettings(sqrt=True))
    assert IntensityPattern().find(psm(root, facts_steps=(0.7,))).fix is None
    assert not holds(TooFewPeaks(), psm(facts_n_peaks=2, facts_seen=0.6 - EPS))
    assert holds(TooFewPeaks(), psm(facts_n_peaks=2, facts_seen=0.6))
    ppm = shift(20.0, "ppm", gain=0.0)
    near = psm(shift(0.0, "Da", gain=0.0), ppm, facts_error_ppm=20.0, facts_n_matched=4)
    assert Calibration().find(near).fix is ppm


def test_what_is_known_of_a_run() -> None:
    assert not RUN.too_narrow(LossSettings(sigma=0.1))
    assert RUN.too_narrow(LossSettings(sigma=0.1 - EPS))
    assert RUN.fitted(LossSettings(sigma=0.1)) == LossSettings(sigma=0.1)
    assert RUN.fitted(LossSettings(sigma=0.05)).sigma == 0.2  # 1.8 times the scatter, round
    wide = LossSettings(sigma=0.3)
    assert dataclasses.replace(RUN, offset_ppm=10.0).notes(wide) != ()
    assert dataclasses.replace(RUN, offset_ppm=10.0 - EPS).notes(wide) == ()
    assert dataclasses.replace(RUN, offset_ppm=-30.0, scatter_ppm=10.0).notes(wide) != ()
    assert dataclasses.replace(RUN, offset_ppm=-30.0, scatter_ppm=10.1).notes(wide) == ()
    assert (RUN.offset("Da"), RUN.offset("ppm"), RUN.scatter("Da"), RUN.scatter("ppm")) == (0.0, 5.0, 0.1, 2.0)
