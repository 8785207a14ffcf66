from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.psm_set import Psm, draw, observed, predicted
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

SPECTRUM = Spectrum(mz=np.array([100.0, 200.0]), intensity=np.array([1.0, 4.0]), precursor_charge=3)


def psm(text: str = "PEPTIDEK") -> Psm:
    return Psm(SPECTRUM, Peptide.parse(text))


def test_the_charge_is_the_peptides_then_the_spectrums() -> None:
    assert psm("PEPTIDEK/2").charge == 2
    assert psm().charge == 3
    assert predicted(psm(), LossSettings())[0].size == 28
    assert predicted(psm("PEPTIDEK/2"), LossSettings())[0].size == 14


def test_another_peptide_takes_the_charge_of_the_psm() -> None:
    assert predicted(psm(), LossSettings(), Peptide.parse("AGK/2"))[0].size == 8


def test_observed_peaks_are_preprocessed() -> None:
    assert observed(psm(), LossSettings(sqrt=True, top_n=1))[1].tolist() == [2.0]


def test_a_sample_is_of_chance_and_its_front_is_too() -> None:
    psms = [psm() for _ in range(50)]
    few = draw(psms, 10, seed=3)
    assert len(few) == len(set(map(id, few))) == 10
    assert few == draw(psms, 20, seed=3)[:10] == draw(psms, 10, seed=3)
    assert few != draw(psms, 10, seed=4)
    assert len(draw(psms, 100, seed=0)) == 50
    assert draw([], 5, 0) == ()
    with pytest.raises(ValueError, match="at least 1"):
        draw(psms, 0, 0)
