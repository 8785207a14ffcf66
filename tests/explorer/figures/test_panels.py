"""The panels under the spectrum: bins, slopes, mass errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.spectra.spectrum import Shown, spectrum_figure
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

ALL = Shown(bins=True, gradient=True, errors=True)


def trace(figure: dict, name: str) -> dict:
    return next(t for t in figure["data"] if t.get("name") == name)


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


def test_arrows_point_down_the_slope(explained: Explanation) -> None:
    arrows = trace(spectrum_figure(explained, ALL), "slope")
    for slope, symbol in zip(arrows["y"], arrows["marker"]["symbol"], strict=True):
        assert symbol == ("triangle-right" if slope < 0 else "triangle-left")


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
