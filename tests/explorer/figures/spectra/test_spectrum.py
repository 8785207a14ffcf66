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
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.spectra import spectrum as figures
from peploss.explorer.figures.spectra import tips as pointer
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


def test_bins_add_up_to_the_cosine(explained: Explanation) -> None:
    y = trace(spectrum_figure(explained, ALL), "bin")["y"]
    assert float(np.nansum(y)) == pytest.approx(explained.cosine, abs=1e-3)


def test_fragments_out_of_reach_are_drawn_hollow_with_their_true_slope(explained: Explanation) -> None:
    figure = spectrum_figure(explained, ALL)
    adrift = explained.gradient.out_of_reach
    hollow = trace(figure, "out of reach")
    np.testing.assert_array_equal(hollow["x"], explained.fragments.mz[adrift])
    np.testing.assert_array_equal(hollow["y"], explained.gradient.by_mz[adrift])
    assert np.abs(hollow["y"]).max() > 0.05  # the grid's own, at the default of half a bin
    assert all(symbol.endswith("-open") for symbol in hollow["marker"]["symbol"])
    assert all("no pull from a peak; what is left is the grid's own" in text for text in hollow["text"])
    assert trace(figure, "slope")["x"].size + adrift.sum() == len(explained.fragments)
    assert figure["layout"]["yaxis3"]["range"][1] >= np.abs(explained.gradient.by_mz).max()


def test_a_slope_of_the_grid_does_not_flatten_the_pulls(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.05))
    figure = spectrum_figure(ex, ALL)
    top = figure["layout"]["yaxis3"]["range"][1]
    pulls, own = (np.abs(ex.gradient.by_mz[of]).max() for of in (~ex.gradient.out_of_reach, ex.gradient.out_of_reach))
    assert own > 2 * pulls
    assert pulls < top < own
    assert np.abs(trace(figure, "out of reach")["y"]).max() < top
    off = trace(figure, "beyond the axis")
    assert [text.strip() for text in off["text"]] == [signed(-own, ".3g")]


def test_a_fragment_between_bins_is_told_as_such_and_not_as_out_of_reach(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.05))
    figure = spectrum_figure(ex, ALL)
    hidden = np.flatnonzero(~ex.fragment_rendered)
    assert hidden.size
    np.testing.assert_array_equal(trace(figure, "not seen")["x"], ex.fragments.mz[hidden])
    tips = trace(figure, "peaks and fragments")["text"][len(ex.observed) :]
    for i in hidden:
        assert "falls between bins: the loss does not see it" in tips[i]
        assert "reach" not in tips[i]


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
    assert f"±{half:g} {unit}" in texts[0]
    assert any(text.startswith("median ") and text.endswith(unit) for text in texts)
    top = figure["layout"]["yaxis"]["range"][1]
    assert ("beyond this axis" in texts[0]) is (top < half)


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


def number(ex: Explanation, name: str) -> dict:
    return next(item for group in summary.numbers(ex) for item in group["items"] if item["id"] == name)


def test_an_empty_side_is_explained_and_has_no_best_min_distance(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings(min_peak_mz=1900.0))
    assert number(ex, "mindist")["value"] == summary.NONE
    assert number(ex, "spread")["tone"] == ""
    assert payload.stage(ex, View(), source="a")["guard"] == (
        "No observed peak is left after filtering, so the loss is 1 by definition."
    )


def test_a_charge_that_contradicts_stands_before_the_guard(spectrum: Spectrum) -> None:
    said = payload.stage(explain(spectrum, Peptide.parse("VGEAAASGELRK/3"), LossSettings()), View(), source="a")
    assert said["guard"].startswith("The candidate says charge 3+, the spectrum 2+")
    assert "Sigma is 0.5 bins" in said["guard"]


def test_isotopes_have_names_and_one_minus_sign(explained: Explanation, spectrum: Spectrum) -> None:
    assert number(explained, "isotope")["label"] == "nearest isotope: 0"
    below = explain(replace(spectrum, precursor_mz=spectrum.precursor_mz - 0.5), explained.peptide, LossSettings())
    assert number(below, "isotope")["label"] == "nearest isotope: −1"


def test_a_precursor_far_off_is_shown_in_da(explained: Explanation, spectrum: Spectrum) -> None:
    assert number(explained, "ppm")["unit"] == "ppm"
    far = explain(replace(spectrum, precursor_mz=spectrum.precursor_mz + 10), explained.peptide, LossSettings())
    error = number(far, "ppm")
    assert error["unit"] == "Da"
    assert float(error["value"]) == pytest.approx(20.0, abs=0.01)  # of a charge of 2
    assert "ppm: +16,5" in error["help"]


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


def test_matches_between_bins_are_told_where_they_are_counted(explained: Explanation, spectrum: Spectrum) -> None:
    ex = explain(spectrum, explained.peptide, LossSettings(sigma=0.005))
    assert ex.n_matched_unseen > 1
    for name in ("matched", "explained"):
        assert f"{ex.n_matched_unseen} matched pairs fall between bins" in number(ex, name)["help"]
        assert "between bins" not in number(explained, name)["help"]


def test_the_fragment_table_has_both_slopes_and_every_state(explained: Explanation) -> None:
    table = summary.fragment_table(explained)
    assert set(table["state"]) == {"matched", "out of reach"}
    own = table["state"] == "out of reach"
    assert np.abs(table["slope per Da"][own]).max() > 0.05
    np.testing.assert_allclose(table["slope without grid"][own], 0, atol=1e-9)


def test_the_ladder_names_what_the_ends_carry(spectrum: Spectrum) -> None:
    ends = summary.ladder(explain(spectrum, Peptide.parse("[Acetyl]-PEM[Oxidation]K-[Amidated]"), LossSettings()))
    assert (ends["n_term"], ends["c_term"]) == ("Acetyl", "Amidated")
    assert [r["modification"] for r in ends["residues"]] == ["", "", "Oxidation", ""]
    bare = summary.ladder(explain(spectrum, Peptide.parse("PEMK"), LossSettings()))
    assert bare["n_term"] == bare["c_term"] == ""


def test_the_revision_changes_with_what_is_drawn_and_with_nothing_else(explained: Explanation) -> None:
    view = View()
    first = payload.stage(explained, view, source="a")["revision"]
    assert payload.stage(explained, replace(view, x=(100.0, 200.0)), source="a")["revision"] == first
    for other in (replace(view, mode="overlay"), replace(view, bins=True)):
        assert payload.stage(explained, other, source="a")["revision"] != first
    assert payload.stage(explained, view, source="b")["revision"] != first


def test_of_very_many_peaks_the_highest_and_those_that_match_answer_the_pointer(
    explained: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pointer, "MOST_TOLD", 3)
    figure = spectrum_figure(explained, Shown())
    points = trace(figure, "peaks and fragments")
    n = len(points["x"]) - len(explained.fragments)
    highest = np.sort(explained.observed.intensity)[-3:]
    heights = dict(zip(points["customdata"][:n], points["y"][:n], strict=True))
    wanted = np.union1d(np.flatnonzero(np.isin(explained.observed.intensity, highest)), explained.matches.peak)
    assert list(heights) == [f"{mz:.4f}" for mz in explained.observed.mz[wanted]]
    assert len(wanted) < len(explained.observed)
    assert len(points["text"]) == len(points["x"]) == len(points["customdata"])
    told = payload.stage(explained, View(), source="")["guard"]
    assert f"All {len(explained.observed):,} peaks are drawn" in told
    monkeypatch.undo()
    assert pointer.untold(explained) is None
    assert list(pointer.told_peaks(explained)) == list(range(len(explained.observed)))


@pytest.mark.parametrize("shift", [0.0, 0.9])
def test_the_strip_shows_the_error_of_every_match_in_a_unit_that_can_be_read(
    explained: Explanation, shift: float
) -> None:
    s = explained.spectrum
    moved = replace(s, mz=s.mz + shift) if shift else s
    ex = explain(moved, explained.peptide, LossSettings(sigma=0.5)) if shift else explained
    figure = spectrum_figure(ex, Shown(errors=True))
    points = trace(figure, "mass error")
    large = np.abs(ex.matches.error_ppm).max() > 1000
    assert large == bool(shift)
    np.testing.assert_array_equal(points["y"], ex.matches.error_da if large else ex.matches.error_ppm)
    np.testing.assert_array_equal(points["x"], ex.fragments.mz[ex.matches.fragment])
    title = figure["layout"]["annotations"][-1]["text"]
    assert title.endswith("Da" if large else "ppm")
    low, high = figure["layout"]["yaxis2"]["range"]
    assert low < points["y"].min() <= points["y"].max() < high


def test_the_strip_of_a_spectrum_without_a_match_is_empty(explained: Explanation) -> None:
    ex = explain(explained.spectrum, Peptide.parse("GGGG"), LossSettings(sigma=0.0001, bin_width=0.001))
    assert not len(ex.matches)
    figure = spectrum_figure(ex, Shown(errors=True))
    assert "mass error" not in [t.get("name") for t in figure["data"]]
    assert "yaxis2" in figure["layout"]
