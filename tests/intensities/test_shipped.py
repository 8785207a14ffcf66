"""Predictions of the built-in spectra come with the project, so that the first page needs nothing more."""

from __future__ import annotations

import statistics

import pytest

from peploss import LossSettings, Peptide, open_spectra
from peploss.analysis.one_psm.explanation import explain
from peploss.errors import BackendError
from peploss.intensities import ms2pip
from peploss.intensities.cache import PredictionCache
from peploss.intensities.ms2pip import MS2PIP, SHIPPED, shipped
from peploss.intensities.prediction import Prediction
from peploss.spectra.samples import sample_files, sample_labels, samples_folder


@pytest.fixture
def without_ms2pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ms2pip, "version", lambda: None)
    monkeypatch.setattr(ms2pip, "_run", lambda *_: pytest.fail("MS2PIP was asked"))


def test_the_file_is_small() -> None:
    assert SHIPPED.stat().st_size < 300_000


def test_every_built_in_peptide_is_there(without_ms2pip: None) -> None:
    assert ms2pip.models_here() == ("HCD2019", "HCDch2")
    for sample in sample_files():
        labels = [label for label in sample_labels(sample.name).values() if len(Peptide.parse(label.proforma)) > 2]
        peptides, charges = [Peptide.parse(x.proforma) for x in labels], [x.charge for x in labels]
        for model in ms2pip.models_here():
            answers = MS2PIP(model, PredictionCache(None)).predict(peptides, charges)
            assert all(isinstance(answer, Prediction) for answer in answers), sample.name


def test_another_peptide_is_told_why_there_is_none(without_ms2pip: None) -> None:
    (answer,) = MS2PIP("HCD2019", PredictionCache(None)).predict([Peptide.parse("AAAAAAAK")], [2])
    assert str(answer).startswith("MS2PIP is not installed")
    with pytest.raises(BackendError, match="not installed"):
        MS2PIP("TMT")


@pytest.mark.skipif(ms2pip.version() is None, reason=f"MS2PIP is not installed: {ms2pip.INSTALL}")
def test_they_are_what_ms2pip_says() -> None:
    kept = shipped()["HCD2019"]["VGEAAASGELRK/2"]
    (row,) = ms2pip._run(["VGEAAASGELRK/2"], "HCD2019")
    assert ms2pip._intensities(row) == pytest.approx(kept, rel=1e-6)


@pytest.mark.parametrize(
    ("file", "root", "uniform", "predicted"),
    [("hcd_qe_openms_qc.mgf", False, 0.75, 0.53), ("hcd_casanovo_mouse.mgf", True, 0.63, 0.50)],
)
def test_the_medians_of_right_peptides(
    without_ms2pip: None, file: str, root: bool, uniform: float, predicted: float
) -> None:
    spectra = open_spectra(samples_folder() / file)
    labels = sample_labels(file)
    wrong = {title for title, label in labels.items() if label.label != "good"}
    good = [s for s in map(spectra.read, range(len(spectra))) if s.title not in wrong]

    def median(source: str) -> float:
        settings = LossSettings(intensities=source, sqrt_predicted=root)
        return statistics.median(explain(s, Peptide.parse(str(s.peptide)), settings).loss for s in good)

    assert median("MS2PIP HCD2019") <= predicted
    assert median("uniform") > uniform
