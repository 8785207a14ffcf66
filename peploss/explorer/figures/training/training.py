"""Figures of a run: a metric over training with the spread of its samples, and how samples changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.dataset.runs.samples import Change
from peploss.dataset.runs.sorted_metric import Curve
from peploss.explorer.figures.charts import NOTE
from peploss.explorer.figures.traces import Trace, escape, lines

MARGIN = {"l": 52, "r": 12, "t": 12, "b": 40}
HEIGHT = 240


def curve_figure(found: Curve, name: str, a: int, b: int) -> dict[str, Any]:
    """Median and mean of a metric over the steps, the middle half and the middle 90 % of its samples as bands.

    Args:
        a, b: the checkpoints compared, marked; a point that is clicked is meant as b.
    """
    x = found.step.astype(np.float64)
    low, quarter, middle, three_quarters, high = found.quantiles.T
    data: list[Trace] = []
    for below, above, label in ((low, high, "middle 90 %"), (quarter, three_quarters, "middle half")):
        outline = {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([below, above[::-1]])}
        fill = {"fill": "toself", "fillcolor": "@predicted-fill", "showlegend": False}
        data.append(lines(label, "rgba(0,0,0,0)", 0, outline, fill))
    text = [
        f"step {s:,}, {n:,} samples<br>median {q:.4g}, mean {m:.4g}<br>5 % {lo:.4g}, 95 % {hi:.4g}"
        for s, n, q, m, lo, hi in zip(found.step, found.n, middle, found.mean, low, high, strict=True)
    ]
    data.append(lines("mean", "@muted", 1.2, {"x": x, "y": found.mean}, {"dash": "dot"}))
    data.append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "median",
            "x": x,
            "y": middle,
            "customdata": found.step.tolist(),
            "text": text,
            "line": {"color": "@predicted", "width": 2},
            "marker": {"color": "@predicted", "size": 5},
            "hovertemplate": "%{text}<br>click to compare with this step<extra></extra>",
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
    )
    shapes = [
        {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
         "line": {"color": "@muted", "width": 1, "dash": dash}}
        for at, dash in ((a, "dot"), (b, "dash"))
    ]  # fmt: skip
    room = 0.03 * float(np.ptp(x)) or 1.0
    layout = {
        "margin": MARGIN,
        "shapes": shapes,
        "showlegend": False,
        "dragmode": "select",
        "selectdirection": "h",
        "selections": [],
        "hovermode": "closest",
        "xaxis": {"title": {"text": "step"}, "fixedrange": True, "showgrid": False, "showline": True,
                  "range": [float(x.min()) - room, float(x.max()) + room]},
        "yaxis": {"fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }  # fmt: skip
    told = (
        f"{name} over {len(x)} steps: median from {middle[0]:.4g} to {middle[-1]:.4g}, "
        f"the middle 90 % at the end from {low[-1]:.4g} to {high[-1]:.4g}."
    )
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}


def change_figure(found: Change, name: str) -> dict[str, Any]:
    """How the change of the loss is distributed between two checkpoints, lower and higher in two colours."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2
    data = [
        {
            "type": "bar",
            "name": words,
            "x": middle[side],
            "y": found.bins[side].astype(np.int32),
            "width": float(found.edges[1] - found.edges[0]),
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": "change %{x:+.4g}: %{y:,} samples<extra></extra>",
        }
        for words, side, colour in (("lower", middle < 0, "@good"), ("higher", middle >= 0, "@bad"))
    ]
    notes = [
        NOTE | {"xref": "paper", "yref": "paper", "y": 1, "yanchor": "bottom", "x": x, "xanchor": anchor, "text": text}
        for x, anchor, text in ((0, "left", "improved"), (1, "right", "got worse"))
    ]
    layout = {
        "margin": MARGIN | {"t": 24},  # what the sides mean stands over the bars
        "bargap": 0,
        "barmode": "overlay",
        "annotations": notes,
        "xaxis": {"title": {"text": f"change of {escape(name)}"}, "fixedrange": True, "showgrid": False},
        "yaxis": {"title": {"text": "samples"}, "fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }
    told = (
        f"Change of {name} of {found.n:,} samples: {found.counts['improved']:,} improved, "
        f"{found.counts['worse']:,} got worse, {found.counts['learned']:,} became right, "
        f"{found.counts['forgot']:,} were forgotten."
    )
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}
