from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.explorer.browser.wire import pack
from peploss.explorer.explore import payload, summary
from peploss.explorer.figures import charts
from peploss.explorer.figures.spectra import spectrum as figures
from peploss.explorer.figures.spectra.spectrum import Shown, spectrum_figure
from peploss.explorer.shell.view import View
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

ALL = Shown(bins=True, gradient=True, errors=True)


def trace(figure: dict, name: str) -> dict:
    return next(t for t in figure["data"] if t.get("name") == name)


@pytest.mark.parametrize("shown", [Shown(), ALL, Shown(mirror=False), replace(ALL, mirror=False, labels=False)])
def test_plotly_accepts_the_figure(explained: Explanation, shown: Shown) -> None:
    figure = spectrum_figure(explained, shown)
    # Colours are names here; the browser puts the theme's values in. Everything else must be Plotly's.
    go.Figure(_painted({"data": figure["data"], "layout": figure["layout"]}))
    pack(figure)


def _painted(value):
    if isinstance(value, str) and value.startswith("@"):
        return "#123456"
    if isinstance(value, dict):
        return {k: _painted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_painted(v) for v in value]
    return value


@pytest.mark.parametrize("make", [charts.waterfall_figure, lambda e: charts.shares_figure(e, of="peaks"),
                                  lambda e: charts.shares_figure(e, of="fragments"),
                                  lambda e: charts.errors_figure(e, unit="ppm"),
                                  lambda e: charts.errors_figure(e, unit="Da")])  # fmt: skip
def test_plotly_accepts_the_small_figures(explained: Explanation, make) -> None:
    figure = make(explained)
    go.Figure(_painted({"data": figure["data"], "layout": figure["layout"]}))
    pack(figure)


@pytest.mark.parametrize("shown", [Shown(), ALL, Shown(mirror=False)])
def test_traces_have_names_of_their_own_that_can_stand_in_a_css_class(explained: Explanation, shown: Shown) -> None:
    uids = [t["uid"] for t in spectrum_figure(explained, shown)["data"] if "uid" in t]
    assert len(set(uids)) == len(uids) > 5
    assert all(re.fullmatch(r"[a-z-]+", uid) for uid in uids)


def test_the_mirror_turns_the_predicted_side_down(explained: Explanation) -> None:
    up = trace(spectrum_figure(explained, Shown(mirror=False)), "predicted curve")["y"]
    down = trace(spectrum_figure(explained, Shown()), "predicted curve")["y"]
    np.testing.assert_array_equal(up, -down)
    assert np.nanmax(up) == 1


def test_labels_stand_over_the_curve_where_it_is_higher_than_the_stick() -> None:
    pair = Spectrum(mz=np.array([204.13, 204.17, 600.0]), intensity=np.array([1.0, 1.0, 1.2]))
    ex = explain(pair, Peptide.parse("GGK"), LossSettings(sigma=0.1, ion_types=("y",)))
    for shown in (Shown(), Shown(mirror=False)):
        labels = spectrum_figure(ex, shown)["labels"]
        at = labels["text"].index("y2")
        assert labels["y"][at] == pytest.approx(1.0)  # the curve; its stick is at 1 / 1.2
    assert spectrum_figure(ex, Shown())["labels"]["y"].min() < 0


def test_the_waterfall_uses_one_minus_sign(explained: Explanation) -> None:
    figure = charts.waterfall_figure(explained)
    said = [*figure["data"][1]["text"], figure["description"]]
    assert any("−" in text for text in said)
    assert not any("-" in text for text in said)


def test_titles_under_the_bars_stay_narrow(explained: Explanation, spectrum: Spectrum) -> None:
    for ex in (explained, explain(spectrum, explained.peptide, LossSettings(min_peak_mz=1900.0))):
        titles = charts.waterfall_figure(ex)["layout"]["xaxis"]["ticktext"][:-1]
        assert [title.replace("<br>", " ") for title in titles] == [charts.step_title(step, ex) for step in ex.steps]
        assert all(len(line) <= 13 for title in titles for line in title.split("<br>"))


def test_the_intensity_bar_says_whether_heights_are_known(spectrum: Spectrum) -> None:
    for source, said in (("uniform", "unknown"), ("MS2PIP HCD2019", "wrong")):
        ex = explain(spectrum, Peptide.parse("VGEAAASGELRK/2"), LossSettings(intensities=source))
        assert charts.step_title(ex.steps[0], ex) == f"Intensity mismatch: heights {said}"
        assert charts.step_title(ex.steps[-1], ex) == ex.steps[-1].title


def test_shares_of_nothing_are_a_sentence_without_an_axis(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings(ion_types=()))
    for of in ("fragments", "peaks"):
        figure = charts.shares_figure(ex, of=of)
        assert not figure["layout"]["xaxis"]["visible"]
        assert "the cosine is 0" in figure["layout"]["annotations"][0]["text"]
        go.Figure(_painted({"data": figure["data"], "layout": figure["layout"]}))


@pytest.mark.parametrize(
    ("options", "unit", "half"),
    [
        (LossSettings(), "Da", 0.15),
        (LossSettings(sigma=5.0, sigma_unit="ppm"), "ppm", 15.0),
        (LossSettings(sigma=0.001), "Da", 0.003),
    ],
)
def test_errors_stand_in_the_reach_of_a_match(spectrum: Spectrum, options, unit: str, half: float) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), options)
    figure = charts.errors_figure(ex, unit=unit)
    band = figure["data"][0]
    assert band["fill"] == "toself"
    assert np.abs(band["y"]) == pytest.approx(half)
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert f"±{half:g} {unit}" in band["name"]
    assert any(text.startswith("median ") and text.endswith(unit) for text in texts)
    top = figure["layout"]["yaxis"]["range"][1]
    assert ("beyond this axis" in band["name"]) is (top < half)


def test_waterfall_ends_at_the_loss(explained: Explanation) -> None:
    figure = charts.waterfall_figure(explained)
    bars = [t for t in figure["data"] if t["type"] == "bar"]
    assert bars[-1]["y"] == [explained.loss]
    assert sum(step.value for step in explained.steps) == pytest.approx(explained.loss, abs=1e-12)


def test_names_from_outside_do_not_become_markup(spectrum: Spectrum) -> None:
    peptide = Peptide.parse("PEPTIDEK")
    ex = explain(spectrum, replace(peptide, residues=("<b>",) * 8), LossSettings())
    labels = spectrum_figure(ex, Shown())["labels"]["text"]
    assert not any("<" in text for text in labels)


def test_no_match_and_no_peptide_have_figures(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("GG"), LossSettings(sigma=0.001))
    for figure in (spectrum_figure(ex, ALL), charts.waterfall_figure(ex), charts.errors_figure(ex, unit="ppm"),
                   figures.observed_figure(spectrum)):  # fmt: skip
        go.Figure(_painted({"data": figure["data"], "layout": figure["layout"]}))


def test_a_charge_that_contradicts_stands_before_the_guard(spectrum: Spectrum) -> None:
    said = payload.stage(explain(spectrum, Peptide.parse("VGEAAASGELRK/3"), LossSettings()), View(), source="a")
    assert said["guard"].startswith("The candidate says charge 3+, the spectrum 2+")
    assert "Sigma is 0.5 bins" in said["guard"]


@pytest.mark.parametrize(("sigma", "unit", "expected"), [(0.05, "Da", 0.1), (100.0, "ppm", 1070.0)])
def test_the_remedy_is_a_sigma_of_one_bin(
    spectrum: Spectrum, explained: Explanation, sigma: float, unit: str, expected: float
) -> None:
    settings = LossSettings(sigma=sigma, sigma_unit=unit)
    told = payload.stage(explain(spectrum, explained.peptide, settings), View(), source="a")["remedy"]
    assert told["sigma"] == pytest.approx(expected, rel=0.2)
    mended = explain(spectrum, explained.peptide, settings.replace(sigma=told["sigma"]))
    assert mended.guard is None
    assert 1 <= mended.sigma_per_bin[0] < 1.01
    assert payload.stage(mended, View(), source="a")["remedy"] is None


def test_a_saved_picture_says_what_it_shows(explained: Explanation) -> None:
    told = payload.stage(explained, View(), source="a")["caption"]
    assert told["title"] == "QC1.175"
    assert told["lines"] == [explained.peptide.text, "charge 2+ · spectrum loss 0.4683 · σ = 0.05 Da · h = 0.1 Da"]


def test_the_fragment_table_has_both_slopes_and_every_state(explained: Explanation) -> None:
    table = summary.fragment_table(explained)
    assert set(table["state"]) == {"matched", "out of reach"}
    own = table["state"] == "out of reach"
    assert np.abs(table["slope per Da"][own]).max() > 0.05
    np.testing.assert_allclose(table["slope without grid"][own], 0, atol=1e-9)


def test_the_revision_changes_with_what_is_drawn_and_with_nothing_else(explained: Explanation) -> None:
    view = View()
    first = payload.stage(explained, view, source="a")["revision"]
    assert payload.stage(explained, replace(view, x=(100.0, 200.0)), source="a")["revision"] == first
    for other in (replace(view, mode="overlay"), replace(view, bins=True)):
        assert payload.stage(explained, other, source="a")["revision"] != first
    assert payload.stage(explained, view, source="b")["revision"] != first
