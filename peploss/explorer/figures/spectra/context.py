"""The survey scan around a precursor with its isotopes and its isolation window, and the ion current of the run."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.context.precursor import Envelope, Purity
from peploss.explorer.figures.traces import lines, sticks
from peploss.spectra.survey import IonCurrent, Survey

AROUND = 1.5
"""Th that are shown on both sides of what matters."""
MARGIN = {"l": 56, "r": 16, "t": 30, "b": 44}
LEGEND = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"size": 11}}


def survey_figure(survey: Survey, seen: Envelope, pure: Purity) -> dict[str, Any]:
    """Peaks of the survey scan, the isotopes that the peptide should have as circles, the window as a band."""
    low = min(float(seen.mz[0]), pure.window.low) - AROUND
    high = max(float(seen.mz[-1]), pure.window.high) + AROUND
    here = (survey.mz >= low) & (survey.mz <= high)
    top = max(float(survey.intensity[here].max(initial=0.0)), float(seen.expected.max(initial=0.0)), 1e-12)
    mz, height = survey.mz[here], 100 * survey.intensity[here] / top
    taken = seen.observed > 0
    own = np.isin(mz, _nearest(mz, seen.mz[taken] * (1 + seen.error_ppm[taken] * 1e-6)))
    names = ["M−1", "M", *(f"M+{k}" for k in range(1, seen.mz.size - 1))]
    data = [
        lines("survey scan", "@observed", 1.3, sticks(mz[~own], height[~own])),
        lines("isotopes of the peptide", "@predicted", 2.2, sticks(mz[own], height[own])),
        {
            "type": "scatter", "mode": "markers", "name": "theoretical envelope", "x": seen.mz[1:],
            "y": 100 * seen.expected[1:] / top, "text": names[1:],
            "marker": {"symbol": "circle-open", "size": 9, "color": "@predicted", "line": {"width": 1.6}},
            "hovertemplate": "%{text}  m/z %{x:.4f}<br>expected %{y:.1f} %<extra></extra>",
        },
    ]  # fmt: skip
    layout = {
        "margin": MARGIN,
        "legend": LEGEND,
        "showlegend": True,
        "xaxis": {"title": {"text": "m/z"}, "range": [low, high], "showgrid": False, "showline": True},
        "yaxis": {"title": {"text": "relative intensity"}, "range": [0, 112], "ticksuffix": "%", "fixedrange": True},
        "shapes": [
            {
                "type": "rect", "xref": "x", "yref": "paper", "x0": pure.window.low, "x1": pure.window.high, "y0": 0,
                "y1": 1, "fillcolor": "@predicted-fill", "line": {"width": 0}, "layer": "below",
            }
        ],
    }  # fmt: skip
    share = "nothing is in it" if pure.share is None else f"{pure.share:.0%} of it is the peptide's"
    return {
        "data": [trace for trace in data if len(trace["x"])],
        "layout": layout,
        "height": 300,
        "description": f"Survey scan around the precursor; isolation window {pure.window.low:.3f} to "
        f"{pure.window.high:.3f}, {share}. Cosine of the isotope envelope {seen.cosine:.3f}.",
    }


def current_figure(current: IonCurrent, rt: float | None) -> dict[str, Any]:
    """The total ion current over the run, the time of the spectrum as a line."""
    minutes = current.rt / 60
    shapes = [] if rt is None else [
        {"type": "line", "xref": "x", "yref": "paper", "x0": rt / 60, "x1": rt / 60, "y0": 0, "y1": 1,
         "line": {"color": "@bad", "width": 1.6}}
    ]  # fmt: skip
    at = "" if rt is None else f" The spectrum was measured at {rt / 60:.2f} min."
    return {
        "data": [lines("total ion current", "@observed", 1.2, {"x": minutes, "y": current.current})],
        "layout": {
            "margin": MARGIN | {"t": 14},
            "showlegend": False,
            "xaxis": {"title": {"text": "retention time, min"}, "showgrid": False, "showline": True},
            "yaxis": {"title": {"text": "total ion current"}, "rangemode": "tozero", "exponentformat": "power",
                      "fixedrange": True},
            "shapes": shapes,
        },
        "height": 230,
        "description": f"Total ion current of {minutes.size:,} survey scans.{at}",
    }  # fmt: skip


def _nearest(mz: np.ndarray[Any, np.dtype[np.float64]], wanted: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Those of the m/z that lie nearest to some others."""
    return mz[[int(np.argmin(np.abs(mz - x))) for x in wanted.tolist()]] if mz.size else mz
