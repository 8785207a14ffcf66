"""Heat maps over sigma and bin width, and a cut through one of them. Arrays in, plain Plotly dictionaries out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.landscape import Axes
from peploss.explorer.figures.traces import F64, Trace, lines
from peploss.explorer.figures.tuning.contours import contours, written

HEIGHT = 470
MARGIN = {"l": 62, "r": 8, "t": 26, "b": 46}

GOOD_BELOW = [[0, "@predicted"], [1, "@paper"]]
GOOD_ABOVE = [[0, "@paper"], [1, "@predicted"]]
BAD_ABOVE = [[0, "@paper"], [1, "@bad"]]
AROUND_ZERO = [[0, "@b"], [0.5, "@paper"], [1, "@bad"]]
GOOD_OVER_ZERO = [[0, "@bad"], [0.5, "@paper"], [1, "@predicted"]]


@dataclass(frozen=True)
class Layer:
    """What a heat map shows.

    Args:
        title: over its colour bar and in the switch.
        about: one sentence on what it is.
        colours: scale from its lowest to its highest value.
        zero: how zero bears on the scale: ``"ends"`` at neither end, ``"low"`` at its low end, ``"middle"`` of it.
        digits: of a value.
        span: colours tell values apart down to this far below the highest; None for all of them.
    """

    title: str
    about: str
    colours: list[list[Any]]
    zero: str = "ends"
    digits: int = 4
    span: float | None = None


def heat_figure(
    axes: Axes, values: F64, layer: Layer, present: tuple[float, float] | None, best: tuple[float, float] | None = None,
    regions: tuple[tuple[str, str, NDArray[np.bool_]], ...] = (),
) -> dict[str, Any]:  # fmt: skip
    """One layer of a landscape with contours, the line where sigma is the bin width, and the present setting.

    Args:
        axes: sigma (S) and bin width (H).
        values: (S, H).
        layer: what they are.
        present: sigma and bin width in force; None where sigma is in another unit.
        best: those recommended.
        regions: name, colour and (S, H) mask of what to outline.
    """
    low, high = _ends(values, layer.zero)
    if layer.span is not None:
        low = max(low, high - layer.span)
    rows = [row.astype(np.float32) for row in values]
    unit = axes.sigma_unit
    x, y = axes.bin_widths, axes.sigmas
    heat: Trace = {
        "type": "heatmap",
        "x": x,
        "y": y,
        "z": rows,
        "zmin": low,
        "zmax": high,
        "colorscale": layer.colours,
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "xpad": 8,
            "ypad": 0,
            "tickfont": {"size": 11, "color": "@muted"},
            "nticks": 6,
            "len": 1,
        },
        "hovertemplate": f"σ %{{y:,.3~r}} {unit}, bins %{{x:.3~r}} Th<br>{layer.title.lower()} "
        f"%{{z:.{layer.digits}f}}<br>click to set<extra></extra>",
    }
    marks = tuple((width, sigma) for sigma, width in filter(None, (present, best)))
    data = [heat, *contours(x, y, rows, low, high, layer.zero, marks)]
    for name, colour, mask in regions:
        data += _outline(axes, name, colour, mask)
    if unit == "Da":
        ends = np.array([max(x[0], y[0]), min(x[-1], y[-1])])
        data.append(lines("σ = h", "@text", 1, {"x": ends, "y": ends}, {"dash": "dot", "showlegend": False}))
        data.append(written(ends[1:] * 10**-0.25, ends[1:] * 10**-0.17, ["σ = h"]))
    for where, symbol, name in ((best, "diamond", "recommended"), (present, "circle", "present")):
        if where is not None:
            data.append(_mark(where, symbol, name))
    layout = {
        "margin": MARGIN,
        "showlegend": bool(regions or best),
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": _log_axis("bin width h, Th", x),
        "yaxis": _log_axis(f"peak width σ, {unit}", y),
    }
    told = f"{layer.title} over {y.size} sigmas and {x.size} bin widths, from {values.min():.4g} to {values.max():.4g}."
    return {"data": data, "layout": layout, "height": HEIGHT, "description": told}


def cut_figure(
    axes: Axes, curves: dict[str, F64], present: float | None, *, title: str, band: tuple[F64, F64] | None = None
) -> dict[str, Any]:
    """Losses along sigma at one bin width.

    Args:
        curves: (S,) by name: the right peptide first, then what it is compared with.
        present: sigma in force; None where it is in another unit.
        title: of the vertical axis.
        band: lowest and highest (S,) of the decoys.
    """
    looks = (("@predicted", 2.0, "solid"), ("@observed", 1.6, "solid"), ("@muted", 1.2, "dot"))
    data: list[Trace] = []
    if band is not None:
        edge = {"x": np.concatenate([axes.sigmas, axes.sigmas[::-1]]), "y": np.concatenate([band[0], band[1][::-1]])}
        fill = {"fill": "toself", "fillcolor": "@observed-fill", "showlegend": False}
        data.append(lines("lowest to highest decoy", "rgba(0,0,0,0)", 0, edge, fill))
    for (name, y), (colour, width, dash) in zip(curves.items(), looks, strict=False):
        hover = {
            "hoverinfo": "all",
            "hovertemplate": f"{name}<br>σ %{{x:,.3~r}}: %{{y:.4f}}<extra></extra>",
            "dash": dash,
        }
        data.append(lines(name, colour, width, {"x": axes.sigmas, "y": y}, hover))
    shapes = []
    if present is not None:
        line = {"color": "@muted", "width": 1, "dash": "dot"}
        shapes.append({"type": "line", "x0": present, "x1": present, "yref": "paper", "y0": 0, "y1": 1, "line": line})
    layout = {
        "margin": {"l": 50, "r": 12, "t": 34, "b": 42},
        "shapes": shapes,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": _log_axis(f"σ, {axes.sigma_unit}", axes.sigmas) | {"showgrid": False, "showline": True},
        "yaxis": {"title": {"text": title}, "fixedrange": True, "nticks": 6},
    }
    return {"data": data, "layout": layout, "height": 250, "description": f"{title} along sigma: {', '.join(curves)}."}


def _ends(values: F64, zero: str) -> tuple[float, float]:
    """Range of the colours; never empty."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if zero == "middle":
        top = max(abs(low), abs(high), 1e-3)
        return -top, top
    if zero == "low":
        return 0.0, max(high, 1e-3)
    return low, max(high, low + 1e-3)


def _log_axis(title: str, values: F64) -> dict[str, Any]:
    half = 0.5 * math.log10(values[1] / values[0]) if values.size > 1 else 0.1
    low, high = math.log10(values[0]), math.log10(values[-1])
    ticks = [m * 10.0**e for e in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
    return {
        "type": "log",
        "title": {"text": title},
        "range": [low - half, high + half],
        "tickvals": ticks,
        "ticktext": [f"{tick:,g}" for tick in ticks],
        "showgrid": False,
        "fixedrange": True,
        "tickangle": 0,
    }


def _mark(where: tuple[float, float], symbol: str, name: str) -> Trace:
    sigma, width = where
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "meta": name,
        "hoverinfo": "skip",
        "x": [width],
        "y": [sigma],
        "marker": {"symbol": symbol, "size": 13, "color": "@paper", "line": {"color": "@text", "width": 3}},
        "cliponaxis": False,
    }


def _outline(axes: Axes, name: str, colour: str, mask: NDArray[np.bool_]) -> list[Trace]:
    """The border of a region, along the edges of its cells."""
    x, y = _edges(axes.bin_widths), _edges(axes.sigmas)
    padded = np.pad(mask, 1)
    px: list[float | None] = []
    py: list[float | None] = []
    for i, k in zip(*np.nonzero(padded[:, 1:] != padded[:, :-1]), strict=True):  # between columns
        px += [x[k], x[k], None]
        py += [y[i - 1], y[i], None]
    for i, k in zip(*np.nonzero(padded[1:] != padded[:-1]), strict=True):  # between rows
        px += [x[k - 1], x[k], None]
        py += [y[i], y[i], None]
    return [lines(name, colour, 2, {"x": px, "y": py})] if px else []


def _edges(values: F64) -> list[float]:
    """(n + 1,) borders of cells at equal ratios."""
    ratio = math.sqrt(values[1] / values[0]) if values.size > 1 else 1.2
    return [*(values / ratio).tolist(), float(values[-1] * ratio)]
