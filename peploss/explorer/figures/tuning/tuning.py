"""The smaller figures of settings: mass errors, ion weights, the descent to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from peploss.analysis.tuning.calibration import Calibration
from peploss.analysis.tuning.ion_weights import IonWeights
from peploss.explorer.figures.charts import NOTE
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.traces import Trace, lines
from peploss.kernels import SigmaUnit

MARGIN = {"l": 56, "r": 14, "t": 30, "b": 46}


def mass_errors_figure(found: Calibration, unit: SigmaUnit) -> dict[str, Any]:
    """Histogram of the errors with the normal curve of their robust spread and offset."""
    edges, counts = found.histogram(unit)
    spread = found.da if unit == "Da" else found.ppm
    middle, width = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    data: list[Trace] = [
        {
            "type": "bar",
            "name": "matched fragments",
            "x": middle,
            "y": counts.astype(np.int32),
            "width": width * 0.92,
            "marker": {"color": "@observed-fill", "line": {"width": 0}},
            "hovertemplate": f"%{{x:.4g}} {unit}: %{{y}} fragments<extra></extra>",
        }
    ]
    shapes: list[Trace] = []
    notes: list[Trace] = []
    told = ""
    if spread is not None and spread.sigma > 0:
        x = np.linspace(edges[0], edges[-1], 400)
        # As high as the histogram of what was kept would be, on top of the even floor of chance matches.
        inside = (middle >= spread.low) & (middle <= spread.high)
        floor = float(counts[~inside].mean()) if (~inside).any() else 0.0
        area = max(0.0, float((counts[inside] - floor).sum())) * float(width[0])
        curve = floor + area / (spread.sigma * math.sqrt(2 * math.pi)) * np.exp(
            -((x - spread.offset) ** 2) / (2 * spread.sigma**2)
        )
        told = f"offset {signed(spread.offset, '.3g')} {unit}, spread {spread.sigma:.3g} {unit}"
        data.append(lines(told, "@predicted", 2, {"x": x, "y": curve}))
        for at, dash in ((0.0, "solid"), (spread.offset, "dash")):
            line = {"color": "@muted", "width": 1, "dash": dash}
            shapes.append({"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line})
        text = f"dashed: offset; curve: normal with the spread, {spread.n:,} fragments"
        notes.append(NOTE | {"xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": 1, "yanchor": "bottom",
                             "text": text})  # fmt: skip
    layout = {
        "margin": MARGIN,
        "bargap": 0,
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {"title": {"text": f"observed − predicted, {unit}"}, "fixedrange": True, "showgrid": False,
                  "showline": True, "range": [float(edges[0]), float(edges[-1])]},
        "yaxis": {"title": {"text": "fragments"}, "fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }  # fmt: skip
    return {"data": data, "layout": layout, "height": 340, "description": f"Mass errors of matched fragments: {told}."}


def weights_figure(found: IonWeights) -> dict[str, Any]:
    """One bar a weight, in the colour of its ion."""
    names = sorted(found.weights, key=lambda name: -found.weights[name])
    value = [found.weights[name] for name in names]
    colour = ["@b" if n[0] == "b" else "@y" if n[0] == "y" else "@other" for n in names]
    data = [
        {
            "type": "bar",
            "x": [f"{n[:-1]} {n[-1]}+" if n[-1].isdecimal() else n for n in names],
            "y": value,
            "text": [f"{v:.3g}" for v in value],
            "textposition": "outside",
            "cliponaxis": False,
            "width": 0.6,
            "marker": {"color": colour},
            "customdata": [found.counts.get(n, 0) for n in names],
            "hovertemplate": "%{x}: weight %{y:.3g}<br>%{customdata:,} fragments<extra></extra>",
        }
    ]
    layout = {
        "margin": MARGIN,
        "xaxis": {"showgrid": False, "ticks": "", "fixedrange": True, "type": "category",
                  "range": [-0.6, max(len(names), 4) - 0.4], "tickfont": {"size": 12, "color": "@text"}},
        "yaxis": {"title": {"text": "weight"}, "range": [0, 1.15], "fixedrange": True, "nticks": 5},
    }  # fmt: skip
    told = ", ".join(f"{n} {v:.3g}" for n, v in zip(names, value, strict=True))
    return {"data": data, "layout": layout, "height": 260, "description": f"Fitted ion weights: {told}."}


def descent_figure(found: IonWeights) -> dict[str, Any]:
    """Mean training loss along the descent."""
    step = np.arange(found.trace.size)
    hover = {"hoverinfo": "all", "hovertemplate": "step %{x}: %{y:.4f}<extra></extra>"}
    data = [lines("mean training loss", "@predicted", 1.8, {"x": step.astype(np.int32), "y": found.trace}, hover)]
    layout = {
        "margin": MARGIN,
        "xaxis": {"title": {"text": "step of the descent"}, "fixedrange": True, "showgrid": False, "showline": True},
        "yaxis": {"title": {"text": "mean training loss"}, "fixedrange": True, "nticks": 5},
    }
    told = f"Mean training loss from {found.trace[0]:.4f} to {found.trace[-1]:.4f}."
    return {"data": data, "layout": layout, "height": 260, "description": told}
