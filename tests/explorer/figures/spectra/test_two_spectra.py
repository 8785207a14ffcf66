"""The mirror of two observed spectra: peaks in both, labels, and a loss of exactly 0 against itself."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from peploss.analysis.one_psm.two_spectra import explain_spectra
from peploss.explorer.figures.spectra.two_spectra import STEPS, mirror_figure, two_steps_figure
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum

ONE = Spectrum(mz=np.array([147.1128, 276.1554, 400.0]), intensity=np.array([4.0, 2.0, 1.0]), peptide="PEPTIDEK")
OTHER = Spectrum(mz=np.array([147.1130, 300.0]), intensity=np.array([1.0, 1.0]), title="<b>library</b>")


def traces(figure: dict[str, Any]) -> dict[str, Any]:
    return {trace["uid"]: trace for trace in figure["data"]}


def test_what_is_in_both_is_marked_and_each_side_keeps_its_own() -> None:
    found = traces(mirror_figure(explain_spectra(ONE, OTHER)))
    both, alone = found["peaks-in-both"], found["peaks-of-one-alone"]
    assert sorted(set(np.round(both["x"][~np.isnan(both["x"])], 4))) == [147.1128, 147.1130]
    assert np.nanmax(both["y"]) == 1.0
    assert np.nanmin(both["y"]) == -1.0
    assert sorted(set(np.round(alone["x"][~np.isnan(alone["x"])], 4))) == [276.1554, 300.0, 400.0]


def test_peaks_are_labelled_by_their_own_peptide_only() -> None:
    found = traces(mirror_figure(explain_spectra(ONE, OTHER)))
    assert found["labels-up"]["text"] == ["y1", "y2"]
    assert "labels-down" not in found


def test_a_title_is_text_and_no_markup() -> None:
    layout = mirror_figure(explain_spectra(ONE, OTHER))["layout"]
    assert "&lt;b&gt;library" in layout["annotations"][1]["text"]


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_the_bars_end_at_the_loss_which_is_0_against_itself(unit: str) -> None:
    settings = LossSettings() if unit == "Da" else LossSettings(sigma=100.0, sigma_unit="ppm")
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file:
        one, other = file.read("QC1.175"), file.read("QC1.38")
    two = explain_spectra(one, other, settings)
    bars = two_steps_figure(two)
    assert bars["data"][2]["y"] == [two.loss]
    assert all(step.name in STEPS for step in two.steps)
    same = explain_spectra(one, one, settings)
    assert same.loss == 0.0
    assert mirror_figure(same)["description"].startswith("QC1.175 up and QC1.175 down: spectrum loss 0.0000")


def test_a_side_without_peaks_is_drawn() -> None:
    empty = Spectrum(mz=np.empty(0), intensity=np.empty(0), title="none")
    figure = mirror_figure(explain_spectra(ONE, empty))
    assert "0 peaks in both" in figure["description"]
    json.dumps(figure["layout"])
