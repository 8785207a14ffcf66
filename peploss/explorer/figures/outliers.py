"""Figures of a scored set: a distribution, a density with the worst points, the causes, who moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.causes.rules import cause_label
from peploss.dataset.query.compare import Comparison
from peploss.dataset.query.results import Density, Histogram
from peploss.explorer.figures.traces import escape

MARGIN = {"l": 60, "r": 12, "t": 26, "b": 44}
HEIGHT = 300
MOST_GROUPS = 6
MOST_LETTERS = 30  # of a peptide under the pointer: a longer label is cut off by the figure
LEGEND_LETTERS = 18
COLOURS = ("@predicted", "@b", "@y", "@other", "@extra", "@observed", "@dead")
OTHERS = "others"


def distribution_figure(found: Histogram, column: str, group: str | None) -> dict[str, Any]:
    """Counts of a number's values, stacked by group; dragged over, its range becomes a filter."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2
    width = float(found.edges[1] - found.edges[0])
    shown = {cause_label(name) if group == "cause" else name: n for name, n in _largest(found.counts).items()}
    data = [
        {
            "type": "bar",
            "name": escape(_short(name) if group else "PSMs") or "none",
            "x": middle,
            "y": counts.astype(np.int32),
            "width": width,
            "marker": {"color": COLOURS[k % len(COLOURS)], "line": {"width": 0}},
            "hovertemplate": f"{escape(column)} %{{x:.4g}}: %{{y:,}} PSMs<extra>{escape(name)}</extra>",
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
        for k, (name, counts) in enumerate(shown.items())
    ]
    layout = {
        "margin": MARGIN,
        "barmode": "stack",
        "bargap": 0,
        "dragmode": "select",
        "selectdirection": "h",
        "selections": [],
        "showlegend": group is not None,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": {"title": {"text": escape(column)}, "fixedrange": True, "showgrid": False, "showline": True,
                  "range": [float(found.edges[0]), float(found.edges[-1])]},
        "yaxis": {"title": {"text": "PSMs"}, "fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }  # fmt: skip
    n = sum(int(c.sum()) for c in found.counts.values())
    told = f"Distribution of {column} over {n:,} PSMs from {found.edges[0]:.4g} to {found.edges[-1]:.4g}."
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}


def density_figure(found: Density, x: str, y: str, worst: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """How many PSMs lie where, with the worst of them as points that open.

    Args:
        worst: of each point its ``id``, ``loss``, ``peptide``, and its values of ``x`` and ``y`` by the names
            ``"x"`` and ``"y"``.
    """
    counts = found.counts.astype(np.float32)
    with np.errstate(divide="ignore"):
        shade = np.where(counts > 0, np.log10(counts), np.nan).astype(np.float32)
    text = [
        f"{escape(str(p)[:MOST_LETTERS])}<br>loss {loss:.4f}"
        for p, loss in zip(worst["peptide"], worst["loss"], strict=True)
    ]
    data = [
        {
            "type": "heatmap",
            "x": (found.x_edges[:-1] + found.x_edges[1:]) / 2,
            "y": (found.y_edges[:-1] + found.y_edges[1:]) / 2,
            "z": list(shade),
            "colorscale": [[0, "@predicted-fill"], [1, "@predicted"]],
            "showscale": False,
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": np.asarray(worst["x"], dtype=np.float64),
            "y": np.asarray(worst["y"], dtype=np.float64),
            "customdata": list(map(int, worst["id"])),
            "text": text,
            "marker": {"size": 5, "color": "@bad", "opacity": 0.75, "line": {"width": 0}},
            "hovertemplate": "%{text}<br>click to open<extra></extra>",
            "selected": {"marker": {"opacity": 0.75}},
            "unselected": {"marker": {"opacity": 0.75}},
        },
    ]
    axis = {"fixedrange": True, "showgrid": False, "showline": True}
    x_range, y_range = (_padded(edges) for edges in (found.x_edges, found.y_edges))
    layout = {
        "margin": MARGIN,
        "dragmode": "select",
        "selections": [],
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": axis | {"title": {"text": escape(x)}, "range": x_range},
        "yaxis": axis | {"title": {"text": escape(y)}, "range": y_range},
    }
    n = int(found.counts.sum())
    told = f"Density of {n:,} PSMs over {x} and {y}, with the {len(text):,} of highest loss as points."
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}


def moved_figure(found: Comparison, name: str) -> dict[str, Any]:
    """How the change of a number is distributed, lower and higher in two colours."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2
    data = [
        {
            "type": "bar",
            "name": words,
            "x": middle[side],
            "y": found.counts[side].astype(np.int32),
            "width": float(found.edges[1] - found.edges[0]),
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": "change %{x:+.4g}: %{y:,} PSMs<extra></extra>",
        }
        for words, side, colour in (("lower", middle < 0, "@good"), ("higher", middle >= 0, "@bad"))
    ]
    layout = {
        "margin": MARGIN,
        "bargap": 0,
        "barmode": "overlay",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": {"title": {"text": f"change of {escape(name)}"}, "fixedrange": True, "showgrid": False},
        "yaxis": {"title": {"text": "PSMs"}, "fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }
    told = f"Change of {name} over {found.n_both:,} PSMs: {found.n_lower:,} lower, {found.n_higher:,} higher."
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}


def causes_figure(names: Sequence[str], counts: Sequence[int], chosen: str) -> dict[str, Any]:
    """One bar a cause; the one that filters stands out, and a click on it takes the filter away."""
    colour = ["@predicted" if name == chosen or not chosen else "@faint" for name in names]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [escape(cause_label(name)) for name in names],
        "customdata": list(names),
        "text": [f"{n:,}" for n in counts],
        "hovertemplate": "%{y}: %{text} PSMs<extra></extra>",
    }
    data = [
        # The whole row takes a click, however short its bar.
        bar
        | {"x": [max(counts, default=0)] * len(names), "marker": {"color": "rgba(0,0,0,0)"}, "textposition": "none"},
        bar
        | {
            "x": list(counts),
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": colour},
            "hoverinfo": "skip",
            "hovertemplate": None,
        },
    ]
    layout = {
        "barmode": "overlay",
        "margin": {"l": 10 + 5.6 * max((len(cause_label(name)) for name in names), default=0), "r": 60, "t": 8, "b": 8},
        "bargap": 0.35,
        "showlegend": False,
        "dragmode": False,
        "xaxis": {"fixedrange": True, "rangemode": "tozero", "visible": False},  # each bar has its number
        "yaxis": {"fixedrange": True, "showgrid": False, "ticks": "", "autorange": "reversed", "type": "category",
                  "tickfont": {"size": 12, "color": "@text"}},
    }  # fmt: skip
    told = "; ".join(f"{cause_label(name)} {n:,}" for name, n in zip(names, counts, strict=True))
    return {"data": data, "layout": layout, "height": 24 + 26 * max(len(names), 2), "description": f"Causes: {told}."}


def _short(name: str) -> str:
    """Of a long name both ends, which tell files from each other; the legend would take the picture's place."""
    return name if len(name) <= LEGEND_LETTERS else f"{name[: LEGEND_LETTERS // 2]}…{name[-LEGEND_LETTERS // 2 :]}"


def _padded(edges: NDArray[np.float64]) -> list[float]:
    """A range of an axis with room for points on its ends; given, so that it is the same where nothing is drawn."""
    room = 0.02 * float(edges[-1] - edges[0])
    return [float(edges[0]) - room, float(edges[-1]) + room]


def _largest(counts: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """The largest groups, the rest added up."""
    names = sorted(counts, key=lambda name: -int(counts[name].sum()))
    if len(names) <= MOST_GROUPS + 1:
        return {name: counts[name] for name in names}
    rest = np.sum([counts[name] for name in names[MOST_GROUPS:]], axis=0)
    return {name: counts[name] for name in names[:MOST_GROUPS]} | {OTHERS: rest}
