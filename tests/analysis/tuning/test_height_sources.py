from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import explain
from peploss.analysis.tuning.height_sources import SourceFit, better_source, fit_of_sources, wrong_source
from peploss.analysis.tuning.psm_set import Psm
from peploss.intensities import ms2pip
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder

MODELS = ["uniform", "MS2PIP HCD2019", "MS2PIP HCDch2"]


@pytest.fixture(scope="module")
def psms() -> list[Psm]:
    """Every third of the Q Exactive file."""
    spectra = open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf")
    read = [spectra.read(i) for i in range(0, len(spectra), 3)]
    return [Psm(s, Peptide.parse(s.peptide, s.precursor_charge)) for s in read if s.peptide]


def test_each_loss_is_the_one_that_explain_gives(psms: list[Psm]) -> None:
    fits = fit_of_sources(psms[:4], LossSettings(), MODELS)
    for fit in fits:
        for psm, loss in zip(psms, fit.losses.tolist(), strict=False):
            told = explain(psm.spectrum, psm.peptide, LossSettings(intensities=fit.source))
            assert loss == pytest.approx(told.loss, abs=1e-9)


def test_unknown_heights_are_told_where_a_model_fits(psms: list[Psm]) -> None:
    fits = fit_of_sources(psms, LossSettings(), MODELS)
    told = str(wrong_source(fits, "uniform"))
    assert told.startswith("Heights are not known: MS2PIP HCD")
    assert wrong_source(fits, "MS2PIP HCD2019") is None
    assert fits[0].median - fits[1].median > 0.15


def test_the_tmt_model_on_a_q_exactive_file_is_caught(psms: list[Psm]) -> None:
    if ms2pip.version() is None:
        pytest.skip("MS2PIP is not installed")
    fits = fit_of_sources(psms, LossSettings(intensities="MS2PIP TMT"), [*MODELS, "MS2PIP TMT"])
    told = str(wrong_source(fits, "MS2PIP TMT"))
    assert told.startswith("Wrong model: MS2PIP HCD")
    assert "against MS2PIP TMT" in told


def test_psms_that_a_source_lacks_do_not_count() -> None:
    lacking = SourceFit("b", np.array([np.nan, 0.1, 0.1, 0.1]), "none")
    own = SourceFit("a", np.array([0.0, 0.5, 0.5, 0.5]))
    found = better_source([own, lacking], "a")
    assert found is not None
    assert (found[0].source, found[1], found[2]) == ("b", pytest.approx(0.4), 1.0)
    assert better_source([own, SourceFit("b", np.full(4, np.nan), "none")], "a") is None
    assert better_source([own, SourceFit("b", own.losses - 0.019)], "a") is None  # too little
    assert better_source([own, SourceFit("b", np.array([0.5, 0.6, 0.0, 0.0]))], "a") is None  # half of them
    assert np.isnan(SourceFit("b", np.full(2, np.nan)).median)
    assert better_source(fit_of_sources([], LossSettings(), ["uniform"]), "uniform") is None
