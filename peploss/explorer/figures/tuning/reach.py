"""Losses and slopes against a shift of the fragments: how far a spectrum pulls. Arrays in, Plotly dictionaries out."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.tuning.reach import Reach, ShiftCurve
from peploss.explorer.figures.charts import NOTE
from peploss.explorer.figures.traces import Trace, lines

COLOURS = ("#0072b2", "#d98f00", "#009e73", "#cc79a7", "#d55e00", "#56a4dd", "#8a8f94")
"""Told apart by eyes that do not see all colours, on light and on dark: after Okabe, M. & Ito, K. (2008)."""
PANELS = (("loss", 200), ("slope per Da", 150), ("min-distance loss", 120))
SHORT = {"calibration": "10 ppm", "deamidation": "deamidation 0.984", "isotope": "isotope 1.003"}
GAP = 34
BAR = 17
MARGIN = {"l": 62, "r": 12, "t": 58, "b": 44}


def reach_figure(found: Reach, wide: Reach, bin_width: float) -> dict[str, Any]:
    """Spectrum loss, its slope and the min-distance loss over the shift, and what each sigma reaches.

    Args:
        found: what is drawn, over the range of the axis.
        wide: the same over the whole range, for the basins.
        bin_width: of the grid; a narrower sigma's basin is the grid's own.
    """
    bars = max(1, len(wide.curves)) * BAR
    inner = sum(height for _, height in PANELS) + bars + 3 * GAP
    tops = np.cumsum([0, 200 + GAP, 150 + GAP, bars + GAP])
    heights = (200, 150, bars, 120)
    domains = [[1 - (t + h) / inner, 1 - t / inner] for t, h in zip(tops.tolist(), heights, strict=True)]
    data: list[Trace] = []
    unit = found.curves[0].sigma_unit if found.curves else "Da"
    for k, (curve, whole) in enumerate(zip(found.curves, wide.curves, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        name = f"σ {curve.sigma:g} {unit}"
        group = {"legendgroup": name, "dash": "dot" if _is_grid(curve, bin_width) else "solid"}
        for axis, y, what in (("y", curve.loss, "loss"), ("y2", curve.gradient, "slope")):
            hover = {
                "hoverinfo": "all",
                "hovertemplate": f"{name}<br>shift %{{x:.3f}}: {what} %{{y:.4f}}<extra></extra>",
            }
            more = group | hover | {"yaxis": axis, "showlegend": axis == "y"}
            data.append(lines(name, colour, 1.6, {"x": found.shift, "y": y.astype(np.float32)}, more))
        data += _bars(whole, k, name, colour)
    distance = found.min_distance
    hover = {"hoverinfo": "all", "hovertemplate": "min-distance<br>shift %{x:.3f}: %{y:.4f}<extra></extra>"}
    data.append(
        lines("min-distance", "@observed", 1.6, {"x": found.shift, "y": distance.loss.astype(np.float32)},
              hover | {"yaxis": "y4", "showlegend": False})
    )  # fmt: skip
    data.append(_kinks(found))
    notes = [
        NOTE
        | {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": top, "yanchor": "bottom", "text": text}
        for text, (_, top) in zip(_titles(found), domains[1:], strict=True)
    ]
    shapes, marks = _marks(found)
    top = float(np.abs(found.shift).max())
    layout: dict[str, Any] = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1 + 22 / inner, "yanchor": "bottom",
                   "font": {"size": 11, "color": "@muted"}},
        "shapes": shapes,
        "annotations": [*notes, *marks],
        "xaxis": {"title": {"text": f"shift of {'all fragments' if found.fragment is None else 'the fragment'}, Th"},
                  "range": [-top, top], "anchor": "y4", "fixedrange": True, "showline": True, "showgrid": False},
        "yaxis": {"title": {"text": "loss"}, "domain": domains[0], "fixedrange": True, "nticks": 5},
        "yaxis2": {"title": {"text": "slope"}, "domain": domains[1], "anchor": "x", "fixedrange": True, "nticks": 5,
                   "zeroline": True, "zerolinecolor": "@line"},
        "yaxis3": {"domain": domains[2], "anchor": "x", "fixedrange": True, "showgrid": False, "ticks": "",
                   "range": [len(wide.curves) - 0.5, -0.5], "tickvals": list(range(len(wide.curves))),
                   "ticktext": [f"{c.sigma:g}" for c in wide.curves]},
        "yaxis4": {"domain": domains[3], "anchor": "x", "fixedrange": True, "nticks": 4},
    }  # fmt: skip
    widths = ", ".join(f"σ {c.sigma:g}: {c.reach_width:.3g} Th" for c in wide.curves)
    return {"data": data, "layout": layout, "height": inner + MARGIN["t"] + MARGIN["b"],
            "description": f"Loss against a shift of fragments. Width of what is pulled back: {widths}."}  # fmt: skip


def _is_grid(curve: ShiftCurve, bin_width: float) -> bool:
    return curve.sigma_unit == "Da" and curve.sigma is not None and curve.sigma < bin_width


def _titles(found: Reach) -> tuple[str, str, str]:
    return (
        "slope by the shift, per Da",
        "basin (thin) and reach (thick); dotted curves: σ below a bin",
        f"min-distance loss and its {found.kinks.size:,} kinks, darker where the slope jumps more",
    )


def _bars(curve: ShiftCurve, row: int, name: str, colour: str) -> list[Trace]:
    told = f"{name}<br>basin {curve.basin[0]:+.3f} to {curve.basin[1]:+.3f} Th"
    more = {"yaxis": "y3", "showlegend": False, "legendgroup": name, "hoverinfo": "all"}
    out = [lines(name, colour, 1.5, {"x": list(curve.basin), "y": [row, row]}, more | {
        "hovertemplate": f"{told}<extra></extra>"})]  # fmt: skip
    if curve.reach:
        told += f"<br>reach {curve.reach[0]:+.3f} to {curve.reach[1]:+.3f} Th"
        ends = {"x": list(curve.reach), "y": [row, row]}
        out.append(lines(name, colour, 6, ends, more | {"hovertemplate": f"{told}<extra></extra>"}))
    return out


def _kinks(found: Reach) -> Trace:
    jump = found.jumps / found.jumps.max() if found.jumps.size else found.jumps
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "kinks",
        "yaxis": "y4",
        "showlegend": False,
        "x": found.kinks,
        "y": np.interp(found.kinks, found.shift, found.min_distance.loss),
        "marker": {"symbol": "line-ns-open", "size": 9, "color": "@bad", "opacity": 0.15 + 0.85 * jump,
                   "line": {"width": 1}},
        "customdata": found.jumps,
        "hovertemplate": "kink at %{x:.3f}: the slope falls by %{customdata:.3g}<extra></extra>",
    }  # fmt: skip


def _marks(found: Reach) -> tuple[list[Trace], list[Trace]]:
    """Lines at the shifts of common errors, on both sides, with a word each on the right."""
    far = float(np.abs(found.shift).max())
    shapes, notes = [], []
    for mark in (m for m in found.marks if m.shift <= far):
        for shift in (-mark.shift, mark.shift):
            line = {"color": "@muted", "width": 1, "dash": "dash" if mark.name == "isotope" else "dot"}
            shapes.append({"type": "line", "x0": shift, "x1": shift, "yref": "paper", "y0": 0, "y1": 1, "line": line})
        at = {"x": mark.shift, "xanchor": "left" if mark.name == "isotope" else "right", "yref": "paper", "y": 1}
        notes.append(NOTE | at | {"yanchor": "bottom", "yshift": 2, "text": SHORT[mark.name]})
    return shapes, notes
