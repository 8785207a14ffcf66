from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.landscape import Axes, default_axes
from peploss.explorer.browser.wire import pack
from peploss.explorer.figures.tuning.landscape import (
    AROUND_ZERO,
    GOOD_ABOVE,
    GOOD_BELOW,
    Layer,
    cut_figure,
    heat_figure,
)

LOSS = Layer("Loss", "", GOOD_BELOW)


def values(axes: Axes, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, (axes.sigmas.size, axes.bin_widths.size))


def traces(figure: dict, kind: str) -> list[dict]:
    return [trace for trace in figure["data"] if trace["type"] == kind]


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_every_cell_stands_at_its_setting(unit) -> None:
    axes = default_axes(unit, 12)
    z = values(axes)
    figure = heat_figure(axes, z, LOSS, (axes.sigmas[3], axes.bin_widths[7]))
    (heat,) = traces(figure, "heatmap")
    np.testing.assert_allclose(np.array(heat["z"]), z, rtol=1e-6)
    np.testing.assert_array_equal(heat["y"], axes.sigmas)
    np.testing.assert_array_equal(heat["x"], axes.bin_widths)
    assert figure["layout"]["xaxis"]["type"] == figure["layout"]["yaxis"]["type"] == "log"
    assert unit in figure["layout"]["yaxis"]["title"]["text"]
    (present,) = [trace for trace in figure["data"] if trace.get("meta") == "present"]
    assert (present["x"], present["y"]) == ([axes.bin_widths[7]], [axes.sigmas[3]])
    # In ppm, sigma is a bin at another m/z for each: there is no such line.
    assert any(trace.get("name") == "σ = h" for trace in figure["data"]) == (unit == "Da")
    assert pack(figure)


def test_without_a_present_setting_nothing_is_marked() -> None:
    axes = default_axes("ppm", 5)
    figure = heat_figure(axes, values(axes), LOSS, None)
    assert not [trace for trace in figure["data"] if trace.get("meta")]


def test_what_lies_around_zero_has_white_there_and_no_line() -> None:
    axes = default_axes(n=20)
    z = values(axes) - 0.3
    z[:10] = np.random.default_rng(1).normal(0, 1e-12, (10, 20))
    figure = heat_figure(axes, z, Layer("Grid artefact", "", AROUND_ZERO, "middle"), None)
    (heat,) = traces(figure, "heatmap")
    assert heat["zmin"] == -heat["zmax"] == pytest.approx(-np.abs(z).max())
    for lines in traces(figure, "contour"):
        c = lines["contours"]
        levels = np.arange(c["start"], c["end"] + 1e-9, c["size"])
        assert levels.size
        assert np.abs(levels).min() > 1e-3
        assert np.abs(levels).max() <= np.abs(z).max() + 1e-9


def test_a_flat_landscape_is_drawn() -> None:
    axes = default_axes(n=4)
    figure = heat_figure(axes, np.ones((4, 4)), LOSS, (0.05, 0.1))
    (heat,) = traces(figure, "heatmap")
    assert heat["zmin"] < heat["zmax"]


def test_colours_may_start_below_the_highest_only() -> None:
    axes = default_axes(n=6)
    z = values(axes)
    (heat,) = traces(heat_figure(axes, z, Layer("AUC", "", GOOD_ABOVE, span=0.2), None), "heatmap")
    assert heat["zmin"] == pytest.approx(z.max() - 0.2)


def test_a_region_is_outlined_along_the_edges_of_its_cells() -> None:
    axes = default_axes(n=9)
    mask = np.zeros((9, 9), dtype=bool)
    mask[2:5, 3:7] = True
    figure = heat_figure(axes, values(axes), LOSS, None, regions=(("within", "@muted", mask),))
    (outline,) = [trace for trace in figure["data"] if trace.get("name") == "within"]
    x, y = outline["x"], outline["y"]
    parts = [((x[i], y[i]), (x[i + 1], y[i + 1])) for i in range(0, len(x), 3)]
    ratio = np.sqrt(axes.sigmas[1] / axes.sigmas[0])
    left, right = axes.bin_widths[3] / ratio, axes.bin_widths[6] * ratio
    low, high = axes.sigmas[2] / ratio, axes.sigmas[4] * ratio
    assert len(parts) == 2 * (3 + 4)
    for (x0, y0), (x1, y1) in parts:
        if x0 == x1:
            assert x0 == pytest.approx(left) or x0 == pytest.approx(right)
            assert low * 0.999 <= min(y0, y1) < max(y0, y1) <= high * 1.001
        else:
            assert y0 == pytest.approx(low) or y0 == pytest.approx(high)
            assert left * 0.999 <= min(x0, x1) < max(x0, x1) <= right * 1.001


def test_a_region_without_cells_is_not_drawn() -> None:
    axes = default_axes(n=3)
    figure = heat_figure(axes, values(axes), LOSS, None, regions=(("none", "@muted", np.zeros((3, 3), bool)),))
    assert not [trace for trace in figure["data"] if trace.get("name") == "none"]


def test_a_cut_holds_its_curves_and_the_present_sigma() -> None:
    axes = default_axes(n=8)
    own, decoys = np.linspace(0.4, 0.9, 8), np.linspace(0.8, 1.0, 8)
    figure = cut_figure(axes, {"own": own, "decoys": decoys}, 0.05, title="loss", band=(decoys - 0.1, decoys))
    by_name = {trace["name"]: trace for trace in figure["data"]}
    np.testing.assert_array_equal(by_name["own"]["y"], own)
    assert figure["layout"]["shapes"][0]["x0"] == 0.05
    assert pack(figure)
    assert not cut_figure(axes, {"own": own}, None, title="loss")["layout"]["shapes"]
