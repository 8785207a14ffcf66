"""The figures of a scored set."""

from __future__ import annotations

import numpy as np

from peploss.dataset.query.results import Density, Histogram
from peploss.explorer.figures import outliers as figures


def test_small_groups_are_added_up_and_none_is_lost() -> None:
    counts = {f"g{k}": np.array([k, 1]) for k in range(12)}
    found = figures.distribution_figure(Histogram(np.array([0.0, 1.0, 2.0]), counts, 0), "loss", "file")
    assert len(found["data"]) == figures.MOST_GROUPS + 1
    assert found["data"][-1]["name"] == figures.OTHERS
    assert sum(int(t["y"].sum()) for t in found["data"]) == sum(int(c.sum()) for c in counts.values())


def test_an_empty_cell_is_blank_and_a_point_knows_its_psm() -> None:
    density = Density(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]), np.array([[0, 1], [100, 0]]))
    worst = {"id": [7], "loss": [0.9], "peptide": ["<b>PEP"], "x": [0.5], "y": [1.5]}
    heat, points = figures.density_figure(density, "loss", "ppm", worst)["data"]
    np.testing.assert_allclose(heat["z"], [[np.nan, 0.0], [2.0, np.nan]], rtol=1e-6)
    assert points["customdata"] == [7]
    assert points["text"] == ["&lt;b&gt;PEP<br>loss 0.9000"]


def test_the_chosen_cause_stands_out() -> None:
    bars = figures.causes_figure(["noise", "calibration"], [3, 1], "calibration")
    assert bars["data"][1]["marker"]["color"] == ["@faint", "@predicted"]
    assert bars["data"][0]["x"] == [3, 3]
    assert "noise 3; calibration 1" in bars["description"]
