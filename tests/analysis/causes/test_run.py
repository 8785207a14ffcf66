"""What is known of a run: offset and scatter of its confident PSMs, whatever the settings are."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from peploss.analysis.causes.diagnosis import diagnose
from peploss.analysis.causes.find_run import FEWEST_PSMS, run_of
from peploss.analysis.causes.run import BetterHeights, ChargesWithoutHeights, Run
from peploss.analysis.causes.settings_rules import WrongModel
from peploss.analysis.tuning.psm_set import Psm, sample_psms
from peploss.intensities import ms2pip
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TEXTS = (
    "PEPTIDEKLMNAR/2", "SAMPLERPEPTK/2", "LGEYGFQNALIVR/2", "VGEAAASGELRK/2", "AEFVEVTKLVTDLTK/2", "HLVDEPQNLIK/2",
    "YLYEIARRHPYFK/2", "DAFLGSFLYEYSR/2",
)  # fmt: skip


def a_run(offset_ppm: float, scatter_da: float, n: int = len(TEXTS)) -> list[Psm]:
    """Every fragment of some peptides, off and scattered, among chance peaks."""
    rng = np.random.default_rng(4)
    psms = []
    for text in TEXTS[:n]:
        peptide = Peptide.parse(text)
        ions = fragments(peptide, LossSettings(), 2).mz
        mz = ions * (1 + offset_ppm * 1e-6) + rng.normal(0, scatter_da, ions.size)
        mz = np.concatenate([mz, rng.uniform(100, 1500, 30)])
        spectrum = Spectrum(
            mz=mz, intensity=rng.uniform(0.5, 1, mz.size), precursor_mz=peptide.mz(2), precursor_charge=2
        )
        psms.append(Psm(spectrum, peptide, "run"))
    return psms


@pytest.mark.parametrize(("offset", "scatter"), [(0.0, 0.002), (25.0, 0.002), (-40.0, 0.001), (0.0, 0.1)])
@pytest.mark.parametrize("settings", [LossSettings(), LossSettings(sigma=0.3), LossSettings(sigma=5, sigma_unit="ppm")])
def test_offset_and_scatter_are_found_at_any_sigma(offset: float, scatter: float, settings: LossSettings) -> None:
    run = run_of(a_run(offset, scatter), settings)
    assert run is not None
    assert run.n_psms == len(TEXTS)
    assert run.scatter_da == pytest.approx(scatter if not offset else run.scatter_da, rel=0.35)
    if offset:
        assert run.offset_ppm == pytest.approx(offset, abs=3)


def test_without_confident_psms_nothing_is_known() -> None:
    psms = a_run(0.0, 0.002)
    assert run_of(psms[: FEWEST_PSMS - 1], LossSettings()) is None
    assert run_of(psms[:FEWEST_PSMS], LossSettings()) is not None
    wrong = [dataclasses.replace(a, peptide=b.peptide) for a, b in itertools.pairwise(psms)]
    assert run_of(wrong, LossSettings()) is None
    off = [
        dataclasses.replace(p, spectrum=dataclasses.replace(p.spectrum, precursor_mz=p.spectrum.precursor_mz + 1))
        for p in psms
    ]
    assert run_of(off, LossSettings()) is None
    assert run_of([], LossSettings()) is None


def test_what_is_told_of_a_run_once() -> None:
    fine = Run(20, 200, 0.0, 0.002, 1.0, 4.0)
    assert fine.notes(LossSettings()) == ()
    assert fine.fitted(LossSettings()) == LossSettings()
    narrow = LossSettings(sigma=0.001)
    assert fine.fitted(narrow).sigma == 0.004
    assert "sigma 0.001" in fine.notes(narrow)[0]
    ppm = LossSettings(sigma=2.0, sigma_unit="ppm")
    assert fine.fitted(ppm).sigma == 7.0
    (note,) = dataclasses.replace(fine, offset_ppm=-25.0).notes(LossSettings())
    assert "-25 ppm" in note
    assert dataclasses.replace(fine, offset_ppm=11.0).notes(LossSettings()) == ()  # less than three times its scatter
    assert dataclasses.replace(fine, offset_ppm=9.0, scatter_ppm=0.5).notes(LossSettings()) == ()


def test_a_shift_of_one_spectrum_is_counted_from_the_runs_own_offset() -> None:
    psm = a_run(0.0, 0.002)[0]
    moved = dataclasses.replace(psm.spectrum, mz=psm.spectrum.mz + 0.25)
    known = Run(20, 200, 0.0, 0.002, 0.0, 4.0)
    for run in (None, known):
        found = diagnose(moved, psm.peptide, LossSettings(), run=run)
        assert found.cause == "calibration"
        assert found.fix.shift.value == pytest.approx(0.25, abs=0.03)
    usual = dataclasses.replace(known, offset_da=0.25)
    assert diagnose(moved, psm.peptide, LossSettings(), run=usual).cause != "calibration"


def test_a_shift_without_matches_is_no_calibration() -> None:
    """A peptide of which nothing is there: the best of many shifts gains, and is none."""
    rng = np.random.default_rng(2)
    causes = []
    for text in TEXTS:
        peptide = Peptide.parse(text)
        mz = np.sort(rng.uniform(100, 1500, 60))
        spectrum = Spectrum(mz=mz, intensity=rng.exponential(1, 60), precursor_mz=peptide.mz(2), precursor_charge=2)
        causes.append(diagnose(spectrum, peptide, LossSettings()).cause)
    assert "calibration" not in causes


def test_an_ion_trap_run_is_told_once_and_no_calibration_is_named() -> None:
    psms = sample_psms(["cid_iontrap_openms_bsa1.mgf"])[::4]
    run = run_of(psms, LossSettings())
    assert run is not None
    assert run.scatter_da == pytest.approx(0.11, abs=0.03)
    named = [diagnose(p.spectrum, p.peptide, LossSettings(), run=run).cause for p in psms]
    assert named.count("calibration") <= 1
    assert "settings too narrow" not in named


def test_a_wrong_model_is_told_once_for_the_run_and_named_where_a_spectrum_pays_for_it() -> None:
    right = BetterHeights("MS2PIP HCD2019", "MS2PIP TMT", 0.12, 0.93)
    run = Run(30, 300, 0.0, 0.002, 0.0, 3.0, right)
    used = LossSettings(intensities="MS2PIP TMT")
    (note,) = run.notes(used)
    assert note == (
        "Wrong model: MS2PIP HCD2019 lowers the loss of 93% of this run's confident PSMs, by 0.120 in the middle, "
        "against MS2PIP TMT. Use intensities = 'MS2PIP HCD2019'."
    )
    assert run.notes(LossSettings()) == ()  # which uses no model
    words = WrongModel().words
    assert "70% of the run's confident PSMs, and by 0.02 in the middle" in words  # of the thresholds
    assert f"cost {WrongModel().pattern.step:g} of the loss" in words


def test_the_model_that_fits_the_built_in_run_is_found_by_its_losses() -> None:
    psms = [p for p in sample_psms("hcd_qe_openms_qc.mgf") if p.charge == 2][:40]
    ch2 = run_of(psms, LossSettings(intensities="MS2PIP HCD2019"))
    assert ch2 is not None
    assert ch2.better_heights is None
    uniform = run_of(psms, LossSettings())
    assert uniform is not None
    assert uniform.better_heights is None  # no model is in use


def test_charges_that_a_model_does_not_predict_are_told_once_for_the_run() -> None:
    """Charge 3 has fragments of charge 2, which HCD2019 does not predict and HCDch2 does."""
    psms = sample_psms("cid_iontrap_openms_bsa1.mgf")
    psms = [p for p in psms if p.charge == 3][:16] + [p for p in psms if p.charge == 2][:8]
    used = LossSettings(intensities="MS2PIP HCD2019", sigma=0.2)
    run = run_of(psms, used)
    assert run is not None
    alone = [run_of([p for p in psms if p.charge == z], used) for z in (2, 3)]
    n_double, n_triple = (one.n_psms for one in alone if one is not None)
    assert run.without_heights == ChargesWithoutHeights("MS2PIP HCD2019", 1, n_triple, n_double + n_triple)
    assert run.notes(used)[-1] == (
        f"Charges without heights: MS2PIP HCD2019 predicts no fragment of a charge above 1. {n_triple} of this run's "
        f"{n_double + n_triple} confident PSMs have such fragments, which get no height. MS2PIP HCDch2 predicts "
        "charges 1 and 2."
    )
    assert run.notes(LossSettings(sigma=0.2)) == ()  # which uses no model
    for other in (used.replace(intensities="MS2PIP HCDch2"), used.replace(max_fragment_charge=1)):
        fits = run_of(psms, other)
        assert fits is not None
        assert fits.without_heights is None


@pytest.mark.skipif(ms2pip.version() is None, reason="MS2PIP is not installed")
def test_the_tmt_model_on_a_q_exactive_run_is_named() -> None:
    used = LossSettings(intensities="MS2PIP TMT")
    psms = sample_psms("hcd_qe_openms_qc.mgf")[:40]
    run = run_of(psms, used)
    assert run is not None
    assert run.better_heights is not None
    assert run.better_heights.source.startswith("MS2PIP HCD")
    causes = [diagnose(p.spectrum, p.peptide, used, run=run) for p in psms[:12]]
    assert not [c for c in causes if "intensity pattern" in c.cause]
    for why in causes:
        if why.cause == "wrong model":
            assert "Use intensities = " in why.text
