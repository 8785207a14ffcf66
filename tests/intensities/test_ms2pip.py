"""MS2PIP in place: what it predicts, what it refuses, and how it is asked once."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from peploss.errors import BackendError, SettingsError
from peploss.intensities import ms2pip
from peploss.intensities.cache import PredictionCache
from peploss.intensities.ms2pip import MS2PIP
from peploss.intensities.prediction import Ion, Prediction
from peploss.peptides.peptide import Peptide

needs_ms2pip = pytest.mark.skipif(ms2pip.version() is None, reason=f"MS2PIP is not installed: {ms2pip.INSTALL}")


def test_without_ms2pip_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ms2pip, "version", lambda: None)
    monkeypatch.setattr(ms2pip, "SHIPPED", tmp_path / "absent")
    ms2pip.shipped.cache_clear()
    assert ms2pip.models_here() == ()
    with pytest.raises(BackendError, match=r"not installed.*pip install --no-deps ms2pip==4\.1\.2"):
        MS2PIP("HCD2019")
    ms2pip.shipped.cache_clear()


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no model 'HCD'.*HCD2019"):
        MS2PIP("HCD")


def test_a_model_that_needs_files_is_offered_when_its_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ms2pip, "version", lambda: "4.1.2")
    monkeypatch.delenv(ms2pip.FOLDER, raising=False)
    with pytest.raises(BackendError, match=rf"needs its file model_20210416_HCD2021_B.xgboost.*{ms2pip.FOLDER}"):
        MS2PIP("HCD2021")
    (tmp_path / "model_20210416_HCD2021_B.xgboost").write_text("")
    monkeypatch.setenv(ms2pip.FOLDER, str(tmp_path))
    assert ms2pip.models_here() == (*ms2pip.COMPILED, "HCD2021")


def test_a_failure_of_its_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ms2pip, "version", lambda: "4.1.2")
    monkeypatch.setattr(ms2pip.sys, "executable", "/bin/false")
    with pytest.raises(BackendError, match="MS2PIP failed"):
        MS2PIP("TMT", PredictionCache(None)).predict([Peptide.parse("PEPTIDEK")], [2])


@needs_ms2pip
def test_a_batch_is_predicted_in_order_and_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    texts = ["PEPTIDEK", "AC[Carbamidomethyl]DM[Oxidation]K", "PEXTIDE", "AK", "PEPTIDEK"]
    peptides = [Peptide.parse(t.replace("X", "X[+113.084]")) for t in texts]
    found = MS2PIP("HCD2019", PredictionCache(tmp_path / "p.sqlite")).predict(peptides, [2, 2, 2, 2, 2])
    first, second, strange, short, again = found
    assert strange == "MS2PIP knows no residue X."
    assert str(short).startswith("MS2PIP predicts peptides of 3 to 100")
    assert isinstance(first, Prediction)
    assert isinstance(second, Prediction)
    assert isinstance(again, Prediction)
    assert again.intensities == first.intensities
    assert set(first.intensities) == {Ion(kind, n) for kind in "by" for n in range(1, 8)}
    assert first.source == f"MS2PIP HCD2019 {ms2pip.version()}"
    assert min(second.intensities.values()) >= 0
    monkeypatch.setattr(ms2pip, "_run", lambda *_: pytest.fail("asked again"))
    kept = MS2PIP("HCD2019", PredictionCache(tmp_path / "p.sqlite")).predict(peptides, [2, 2, 2, 2, 2])
    assert [x if isinstance(x, str) else x.intensities for x in kept] == [
        x if isinstance(x, str) else x.intensities for x in found
    ]


@needs_ms2pip
def test_doubly_charged_ions_come_from_the_ch2_models() -> None:
    (found,) = MS2PIP("HCDch2", PredictionCache(None)).predict([Peptide.parse("PEPTIDEKR")], [3])
    assert isinstance(found, Prediction)
    assert {ion.charge for ion in found.intensities} == {1, 2}


@needs_ms2pip
def test_right_peptides_cost_less_with_predicted_heights() -> None:
    """The figure of the mouse file that the README gives: 0.640 with uniform, 0.493 with predicted intensities."""
    import numpy as np

    from peploss import LossSettings, Peaks, fragments, open_spectra, spectrum_loss
    from peploss.intensities.prediction import with_intensities
    from peploss.spectra.samples import samples_folder

    spectra = open_spectra(samples_folder() / "hcd_casanovo_mouse.mgf")
    chosen = [spectra.read(i) for i in range(0, len(spectra), 4)]
    peptides = [Peptide.parse(str(s.peptide), s.precursor_charge) for s in chosen]
    predictions = MS2PIP("HCD2019", PredictionCache(None)).predict(peptides, [p.charge or 2 for p in peptides])
    settings = LossSettings()

    def median(predicted: bool) -> float:
        losses = []
        for spectrum, peptide, prediction in zip(chosen, peptides, predictions, strict=True):
            ions = fragments(peptide, settings)
            if predicted and isinstance(prediction, Prediction):
                ions = with_intensities(ions, prediction).fragments
            pred = Peaks.from_arrays(ions.mz, np.sqrt(ions.intensity))  # the intensities of this file are square roots
            obs = Peaks.from_arrays(spectrum.mz, spectrum.intensity)
            losses.append(spectrum_loss(pred, obs, sigma=settings.sigma, grid=settings.grid).item())
        return statistics.median(losses)

    assert median(predicted=True) < median(predicted=False) - 0.1
