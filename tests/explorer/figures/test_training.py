"""Figures of a training run."""

from __future__ import annotations

import numpy as np

from peploss.dataset.runs.samples import Change
from peploss.explorer.figures.training.training import change_figure


def test_what_the_sides_of_a_change_mean_stands_over_the_bars_not_on_them() -> None:
    counts = {"improved": 5, "worse": 2, "learned": 1, "forgot": 0}
    figure = change_figure(Change(7, counts, np.array([-1.0, 0.0, 1.0]), np.array([5, 2]), 0), "loss")
    notes = figure["layout"]["annotations"]
    assert [note["text"] for note in notes] == ["improved", "got worse"]
    assert all((note["y"], note["yanchor"]) == (1, "bottom") for note in notes)
    assert figure["layout"]["margin"]["t"] >= 2 * notes[0]["font"]["size"]
