"""What a notebook shows of an object: one line that says which one it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from peploss import Fragments, LossSettings, Peptide, Spectrum, diagnose, explain, fragments, open_spectra
from peploss.spectra.samples import sample_files

PEPTIDE = Peptide.parse("VGEAAASGELRK")


@pytest.fixture(scope="module")
def spectrum() -> Spectrum:
    with open_spectra(sample_files()[0].path) as spectra:
        assert repr(spectra) == "<MgfFile hcd_qe_openms_qc.mgf: 109 spectra>"
        return spectra["QC1.175"]


def test_spectrum(spectrum: Spectrum) -> None:
    about = "66 peaks, m/z 102.06 to 1089.57, precursor 594.3224 2+, VGEAAASGELRK"
    assert repr(spectrum) == f"<Spectrum QC1.175: {about}>"
    empty = Spectrum(mz=np.array([]), intensity=np.array([]), precursor_mz=500.25, index=4)
    assert repr(empty) == "<Spectrum spectrum 5: 0 peaks, precursor 500.2500>"
    long = dataclasses.replace(spectrum, title="t" * 1000, peptide="P" * 1000)
    assert len(repr(long)) < 240


def test_peptide_and_settings_are_what_makes_them_again() -> None:
    peptide = Peptide.parse("[Acetyl]-PEM[Oxidation]K", charge=2)
    assert repr(peptide) == "Peptide.parse('[Acetyl]-PEM[Oxidation]K/2')"
    assert eval(repr(peptide)).neutral_mass == peptide.neutral_mass
    assert repr(LossSettings()) == "LossSettings()"
    settings = LossSettings(sigma=0.02, ion_types=("a", "b"), ion_weights={"y2": 0.5}, top_n=100)
    assert repr(settings) == "LossSettings(sigma=0.02, ion_types=('a', 'b'), ion_weights={'y2': 0.5}, top_n=100)"
    assert eval(repr(settings)) == settings


def test_fragments() -> None:
    assert repr(fragments(PEPTIDE, LossSettings(), 2)) == "<Fragments: 22 ions, b y, m/z 100.08 to 1088.57>"
    none: Fragments = fragments(Peptide.parse("K"), LossSettings(), 2)
    assert repr(none) == "<Fragments: 0 ions>"


def test_answers(spectrum: Spectrum) -> None:
    told = explain(spectrum, PEPTIDE)
    assert repr(told) == "<Explanation of VGEAAASGELRK on QC1.175: loss 0.4683, 16 of 22 fragments matched>"
    why = diagnose(spectrum, PEPTIDE)
    assert repr(why) == f"<Diagnosis: {why.cause}, confidence {why.confidence:.2f}, loss 0.4683>"
