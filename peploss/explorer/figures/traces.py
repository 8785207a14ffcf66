"""The marks every figure is made of: rendered curves, sticks, hidden points that carry tooltips. Colours are names
(``"@b"``) that the browser fills in for its theme."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.curves import Curve

F64 = NDArray[np.float64]
Trace = dict[str, Any]

SERIES = {"b": "b ions", "y": "y ions", "other": "other ions"}
"""Colour of an ion and what a legend calls it; every type but b and y is drawn muted."""

INVISIBLE = 2e-4  # of full height: a twentieth of a pixel
MANY_POINTS = 20_000  # from here on a smooth curve is sampled as finely as it bends, not at every bin
POINTS_PER_SIGMA = 6


def escape(text: str) -> str:
    """Text from a file or a user for a Plotly label or tooltip, which would render some HTML in it."""
    return html.escape(text, quote=False)


def polyline(curve: Curve, bin_width: float, sigma: float) -> dict[str, Any]:
    """``x`` and ``y`` of a rendered curve as one line with gaps where it is zero, or ``x0, dx``
    where it nowhere is.

    Args:
        curve: bins that are not zero and their values.
        bin_width: in Th.
        sigma: narrowest peak, in Th. With very many bins to a sigma only ``POINTS_PER_SIGMA`` of them are drawn.
    """
    seen = curve.values > INVISIBLE
    bins, values = curve.bins[seen], curve.values[seen]
    step = 1
    if bins.size > MANY_POINTS:
        step = max(1, int(sigma / POINTS_PER_SIGMA / bin_width))
        keep = bins % step == 0
        bins, values = bins[keep] // step, values[keep]
    width = bin_width * step
    y = values.astype(np.float32)
    breaks = np.flatnonzero(np.diff(bins) > 1)
    if bins.size and not breaks.size:
        return {"x0": float(bins[0] * width + 0.5 * bin_width), "dx": float(width), "y": y}
    starts = np.concatenate([[0], breaks + 1])[: bins.size]
    ends = np.concatenate([breaks, [bins.size - 1]])[: bins.size]
    # Each stretch goes down to zero on either side; a NaN lifts the pen before the next.
    at = np.concatenate([ends + 1, ends + 1, starts])
    bins = np.insert(bins, at, np.concatenate([bins[ends] + 1, bins[ends] + 1, bins[starts] - 1]))
    down = np.zeros(ends.size, dtype=np.float32)
    y = np.insert(y, at, np.concatenate([down, np.full_like(down, np.nan), down]))
    # Beyond float32 where bins are finer than its 0.0001 Th at m/z 2000.
    x = (bins * width + 0.5 * bin_width).astype(np.float32 if bin_width >= 0.01 else np.float64)
    return {"x": x, "y": y}


def sticks(mz: F64, height: F64) -> dict[str, Any]:
    """``x`` and ``y`` of vertical lines from zero, as one line with gaps (NaN)."""
    x = np.repeat(mz, 3).astype(np.float64)
    y = np.zeros(x.size, dtype=np.float32)
    y[1::3] = height
    y[2::3] = np.nan
    return {"x": x, "y": y}


def series_of(ion_type: NDArray[np.str_]) -> NDArray[np.str_]:
    """(F,) key of ``SERIES`` of each ion."""
    return np.array([kind if kind in ("b", "y") else "other" for kind in ion_type.tolist()], dtype="<U5")


def lines(name: str, colour: str, width: float, points: Trace, more: Trace | None = None) -> Trace:
    """A line trace without a tooltip of its own.

    Args:
        points: ``x`` and ``y``, or ``x0``, ``dx`` and ``y``.
        more: further attributes of a Plotly scatter trace; a ``dash`` belongs to its line.
    """
    more = dict(more or {})
    look = {"color": colour, "width": width, "dash": more.pop("dash", "solid"), "simplify": False}
    return {"type": "scatter", "mode": "lines", "name": name, "hoverinfo": "skip", "line": look} | more | points


def tips(name: str, x: F64, y: F64, text: list[str], keys: list[str]) -> Trace:
    """Points that are not seen but answer the pointer; ``keys`` name them when one is selected."""
    return {
        "type": "scatter",
        "mode": "lines",  # one invisible line answers as well as many markers and is drawn four times as fast
        "meta": "tips",
        "name": name,
        "showlegend": False,
        "line": {"color": "rgba(0,0,0,0)", "width": 0},
        "x": x,
        "y": y.astype(np.float32),
        "text": text,
        "customdata": keys,
        "hovertemplate": "%{text}<extra></extra>",
    }
