from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from peploss.analysis.explain import Explanation, explain
from peploss.explorer import charts, figures, payload, state, summary
from peploss.explorer.figures import Shown, spectrum_figure
from peploss.explorer.wire import pack
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

ALL = Shown(bins=True, gradient=True)


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


def test_bins_add_up_to_the_cosine(explained: Explanation) -> None:
    y = trace(spectrum_figure(explained, ALL), "bin")["y"]
    assert float(np.nansum(y)) == pytest.approx(explained.cosine, abs=1e-3)


def test_every_dead_fragment_is_marked_and_no_other(explained: Explanation) -> None:
    figure = spectrum_figure(explained, ALL)
    dead = explained.fragments.mz[explained.gradient.out_of_reach]
    np.testing.assert_array_equal(trace(figure, "dead")["x"], dead)
    assert trace(figure, "slope")["x"].size + dead.size == len(explained.fragments)


def test_arrows_point_down_the_slope(explained: Explanation) -> None:
    arrows = trace(spectrum_figure(explained, ALL), "slope")
    for slope, symbol in zip(arrows["y"], arrows["marker"]["symbol"], strict=True):
        assert symbol == ("triangle-right" if slope < 0 else "triangle-left")


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


def test_the_loss_is_the_first_number_and_every_number_has_a_definition(explained: Explanation) -> None:
    groups = summary.numbers(explained)
    first = groups[0]["items"][0]
    assert (first["id"], first["value"]) == ("loss", f"{explained.loss:.4f}")
    assert all(len(item["help"]) > 30 for group in groups for item in group["items"])


def test_numbers_without_a_precursor_say_what_is_missing(spectrum: Spectrum) -> None:
    ex = explain(replace(spectrum, precursor_mz=None), Peptide.parse("PEPTIDEK"), LossSettings())
    precursor = next(group for group in summary.numbers(ex) if group["title"] == "Precursor")
    assert {item["value"] for item in precursor["items"]} == {summary.NONE}


def test_the_ladder_has_a_mark_on_each_side_of_every_bond(explained: Explanation) -> None:
    ladder = summary.ladder(explained)
    n = len(explained.peptide.residues)
    assert len(ladder["residues"]) == n
    assert len(ladder["left"]) == len(ladder["right"]) == n - 1
    matched = sum(mark["state"] == "matched" for mark in ladder["left"])
    assert matched == sum(bool(bond.n_terminal) for bond in explained.bonds)


def test_the_revision_changes_with_what_is_drawn_and_with_nothing_else(explained: Explanation) -> None:
    view = state.View()
    first = payload.stage(explained, view, source="a")["revision"]
    assert payload.stage(explained, replace(view, x=(100.0, 200.0)), source="a")["revision"] == first
    for other in (replace(view, mode="overlay"), replace(view, bins=True)):
        assert payload.stage(explained, other, source="a")["revision"] != first
    assert payload.stage(explained, view, source="b")["revision"] != first
