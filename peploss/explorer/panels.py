"""The two panels under the spectrum, on its m/z axis: bins and their part of the cosine, fragments and their slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.curves import Curve
from peploss.analysis.explain import Explanation
from peploss.explorer.traces import Trace, escape, lines, polyline, series_of, sticks

PANELS = {
    "bins": "contribution of each bin to the cosine",
    "gradient": "slope of the loss by fragment m/z, per Da: arrows point downhill, × is out of reach",
}
"""The panels with the titles they stand under."""


def panel(ex: Explanation, name: str, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    """Traces and y axis of the panel ``name`` (of ``PANELS``) on the Plotly axis ``axis``."""
    return (_bins if name == "bins" else _gradient)(ex, axis)


def _bins(ex: Explanation, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    part = ex.curves.contribution
    highest = float(part.max(initial=0.0)) or 1.0
    line = polyline(
        Curve(ex.curves.shared_bins, part / highest), ex.settings.bin_width, ex.sigma_per_bin[0] * ex.settings.bin_width
    )
    line["y"] = line["y"] * np.float32(highest)
    trace = lines(
        "bin",
        "@predicted",
        1.3,
        line,
        {
            "yaxis": axis,
            "showlegend": False,
            "fill": "tozeroy",
            "fillcolor": "@predicted-fill",
            "hoverinfo": "all",
            "hovertemplate": "bin at m/z %{x:.4f}<br>%{y:.5f} of the cosine<extra></extra>",
        },
    )
    return [trace], {"rangemode": "tozero", "nticks": 3, "fixedrange": True, "exponentformat": "e"}


def _gradient(ex: Explanation, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    slope, dead = ex.gradient.by_mz, ex.gradient.out_of_reach
    alive = ~dead
    mz, labels = ex.fragments.mz, [escape(label) for label in ex.fragments.label]
    series = series_of(ex.fragments.ion_type)
    points: Trace = {
        "type": "scatter",
        "mode": "markers",
        "yaxis": axis,
        "showlegend": False,
        "hovertemplate": "%{text}<extra></extra>",
    }
    # An arrow points where descent moves the fragment: up in m/z where the slope is negative.
    arrows = points | {
        "name": "slope",
        "x": mz[alive],
        "y": slope[alive],
        "marker": {
            "symbol": ["triangle-right" if s < 0 else "triangle-left" for s in slope[alive]],
            "size": 8,
            "color": [f"@{name}" for name in series[alive]],
        },
        "text": [
            f"<b>{labels[i]}</b>  m/z {mz[i]:.4f}<br>slope {slope[i]:+.4g} per Da: "
            f"descent moves it {'up' if slope[i] < 0 else 'down'}"
            for i in np.flatnonzero(alive)
        ],
    }
    gone = points | {
        "name": "dead",
        "x": mz[dead],
        "y": np.zeros(int(dead.sum())),
        "marker": {"symbol": "x-thin-open", "size": 6, "color": "@dead", "line": {"width": 1.2}},
        "text": [
            f"<b>{labels[i]}</b>  m/z {mz[i]:.4f}<br>no peak within reach: dead gradient" for i in np.flatnonzero(dead)
        ],
    }
    stems = lines("stem", "@faint", 1.2, sticks(mz[alive], slope[alive]), {"yaxis": axis, "showlegend": False})
    reach = 1.15 * float(np.abs(slope).max(initial=0.0)) or 1.0
    zero = {"zeroline": True, "zerolinecolor": "@line", "zerolinewidth": 1}
    layout = {"range": [-reach, reach], "nticks": 6, "fixedrange": True, "exponentformat": "e"} | zero
    return [stems, arrows, gone], layout
