"""Figures of soft peptides made by hand: where the gradient dies, and fragments under right and wrong treatments."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.explorer.figures.traces import F64, Trace, lines, sticks
from peploss.explorer.figures.tuning.reach import COLOURS
from peploss.training.by_hand.reach_of_doubt import ReachOfDoubt
from peploss.training.by_hand.treatments import Treated

MARGIN = {"l": 58, "r": 12, "t": 30, "b": 44}
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}}


def reach_of_doubt_figure(found: ReachOfDoubt, correct: float) -> dict[str, Any]:
    """Loss, gradient and drift over the probability of the right residue, a line for each sigma.

    Args:
        correct: the probability in force, marked.
    """
    data: list[Trace] = []
    x = found.correct * 100
    for k, sigma in enumerate(found.sigma):
        for axis, values, what in (("y", found.loss[k], "loss"), ("y2", found.gradient[k], "gradient")):
            name = f"σ {sigma:g} Th"
            hover = {"hoverinfo": "all", "hovertemplate": f"{name}<br>%{{x:.3g}} %: {what} %{{y:.3g}}<extra></extra>"}
            more = hover | {"yaxis": axis, "showlegend": axis == "y", "legendgroup": name}
            data.append(lines(name, COLOURS[k % len(COLOURS)], 1.8, {"x": x, "y": values}, more))
    hover = {"hoverinfo": "all", "hovertemplate": "%{x:.3g} %: off by %{y:.3g} Da<extra></extra>"}
    data.append(lines("drift", "@muted", 1.4, {"x": x, "y": found.drift}, hover | {"yaxis": "y3", "showlegend": False}))
    line = {"color": "@muted", "width": 1, "dash": "dot"}
    shapes = [{"type": "line", "x0": 100 * correct, "x1": 100 * correct, "yref": "paper", "y0": 0, "y1": 1,
               "line": line}]  # fmt: skip
    each: dict[str, Any] = {"fixedrange": True, "nticks": 4, "anchor": "x"}
    layout = {
        "margin": MARGIN,
        "shapes": shapes,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": {"title": {"text": "probability of the right residue, %"}, "range": [0, 100.5], "fixedrange": True,
                  "showgrid": False, "showline": True, "anchor": "y3"},
        "yaxis": each | {"title": {"text": "spectrum loss"}, "domain": [0.62, 1], "range": [-0.02, 1.05]},
        "yaxis2": each | {"title": {"text": "gradient"}, "domain": [0.3, 0.56], "rangemode": "tozero"},
        "yaxis3": each | {"title": {"text": "drift, Da"}, "domain": [0, 0.24], "rangemode": "tozero"},
    }  # fmt: skip
    told = "; ".join(
        f"sigma {s:g}: {loss[0]:.3f} to {loss[-1]:.3f}" for s, loss in zip(found.sigma, found.loss, strict=True)
    )
    return {"data": data, "layout": layout, "height": 470, "description": f"Spectrum loss from 0 to 100 %: {told}."}


def treated_figure(treated: dict[str, Treated], mz: F64, intensity: F64) -> dict[str, Any]:
    """Observed peaks below the line, and above it the fragments that each treatment makes, one colour each."""
    top = float(intensity.max()) if len(intensity) else 1.0
    data: list[Trace] = [lines("observed", "@observed", 1.2, sticks(mz, -intensity / top))]
    for k, ((name, found), colour) in enumerate(zip(treated.items(), ("@predicted", "@other", "@bad"), strict=True)):
        at = np.sort(found.mz)
        data.append(lines(name, colour, 1.4, sticks(at, np.full(len(at), 1.0 - 0.22 * k))))
    layout = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": {"title": {"text": "m/z"}, "showgrid": False, "showline": True, "rangemode": "tozero"},
        "yaxis": {"range": [-1.05, 1.1], "fixedrange": True, "showticklabels": False, "ticks": "", "zeroline": True,
                  "zerolinecolor": "@line"},
    }  # fmt: skip
    told = "; ".join(f"{name}: loss {found.loss:.4f}" for name, found in treated.items())
    return {"data": data, "layout": layout, "height": 300, "description": f"Fragments by treatment. {told}."}
