"""The panels under the spectrum, on its m/z axis: bins and their part of the cosine, fragments and their slope, matched
fragments and their mass error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.drawn import Drawn
from peploss.analysis.one_psm.curves import Curve
from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.traces import F64, Trace, escape, lines, polyline, series_of, sticks
from peploss.peptides.precursor_mass import MOST_PPM

PANELS = {
    "bins": "contribution of each bin to the cosine",
    "gradient": "slope by fragment m/z, per Da: arrows point downhill; hollow: no peak in reach; ×: not seen",
    "errors": "mass error of matched fragments, observed − predicted",
}
"""The panels, from the top, with the titles they stand under."""

DWARFED = 2.0
"""A slope of the grid's own this many times the largest pull is drawn at the edge, with its value."""


def panel(ex: Explanation, name: str, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    """Traces and y axis of the panel ``name`` (of ``PANELS``) on the Plotly axis ``axis``."""
    return {"bins": _bins, "gradient": _gradient, "errors": _errors}[name](ex, axis)


def panel_title(ex: Explanation, name: str) -> str:
    """What stands over the panel; that of the errors has their unit."""
    return f"{PANELS[name]}, {error_unit(ex)}" if name == "errors" else PANELS[name]


def error_unit(ex: Explanation) -> str:
    """Unit of the drawn errors: ppm, or Da where one is too large to read in ppm."""
    return "Da" if float(np.abs(ex.matches.error_ppm).max(initial=0.0)) > MOST_PPM else "ppm"


def other_panel(ex: Explanation, drawn: Drawn, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    """Traces and y axis of the slopes of another loss: an arrow for each fragment that has one."""
    slope = drawn.slope
    of = slope != 0
    unit = f"{drawn.loss.unit} per Da".strip()
    arrows = _arrows(ex, axis, of, slope, "slope of the other loss", 8, "@accent")
    arrows["text"] = [
        f"<b>{escape(ex.fragments.label[i])}</b>  m/z {ex.fragments.mz[i]:.4f}<br>{escape(drawn.loss.title)}: slope "
        f"{signed(slope[i], '.4g')} {unit}: descent moves it {'up' if slope[i] < 0 else 'down'}"
        for i in np.flatnonzero(of).tolist()
    ]
    points = sticks(ex.fragments.mz[of], slope[of])
    stems = lines("stem of the other loss", "@faint", 1.2, points, {"yaxis": axis, "showlegend": False})
    top = float(np.abs(slope).max(initial=0.0)) or 1.0
    return [trace for trace in (stems, arrows) if len(trace["y"])], _signed_axis(top)


def _errors(ex: Explanation, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    m, unit = ex.matches, error_unit(ex)
    error = m.error_ppm if unit == "ppm" else m.error_da
    median = float(np.median(error)) if error.size else 0.0
    digits = ".1f" if unit == "ppm" else ".4f"
    points: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": "mass error",
        "yaxis": axis,
        "showlegend": False,
        "x": ex.fragments.mz[m.fragment],
        "y": error,
        "marker": {"size": 5, "color": [f"@{name}" for name in series_of(ex.fragments.ion_type)[m.fragment]]},
        "text": [
            f"<b>{escape(ex.fragments.label[i])}</b>  m/z {ex.fragments.mz[i]:.4f}<br>{signed(e, digits)} {unit}; "
            f"median of all {signed(median, digits)} {unit}"
            for i, e in zip(m.fragment.tolist(), error.tolist(), strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return [points] if error.size else [], _signed_axis(float(np.abs(error).max(initial=0.0)) or 1.0)


def _signed_axis(top: float) -> dict[str, Any]:
    zero = {"zeroline": True, "zerolinecolor": "@line", "zerolinewidth": 1}
    return {"range": [-1.15 * top, 1.15 * top], "nticks": 6, "fixedrange": True, "exponentformat": "e"} | zero


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


def slope_words(ex: Explanation, i: int) -> str:
    """What pulls fragment ``i``: the slope of the loss by its m/z, and what of it is the grid's own."""
    slope, without = ex.gradient.by_mz[i], ex.gradient.continuum_by_mz[i]
    if unseen := UNSEEN.get(str(ex.fragment_state[i])):
        return unseen
    on_grid = (
        f"slope {signed(slope, '.4g')} per Da, {signed(without, '.4g') if abs(without) > 1e-9 else '0'} without grid"
    )
    if ex.gradient.out_of_reach[i]:
        own = "; what is left is the grid's own" if abs(slope - without) > 10 * abs(without) else ""
        return f"no peak within reach: no pull from a peak{own}<br>{on_grid}"
    return f"{on_grid}: descent moves it {'up' if slope < 0 else 'down'}"


UNSEEN = {
    "no weight": "weighs nothing: no part of the loss",
    "beyond the grid": "beyond the grid's end: the loss does not see it",
    "between bins": "falls between bins: the loss does not see it",
    "matched, between bins": "falls between bins: the loss does not see it",
}
"""What is said of a fragment that the loss does not see, by its state."""


def _gradient(ex: Explanation, axis: str) -> tuple[list[Trace], dict[str, Any]]:
    slope, adrift = ex.gradient.by_mz, ex.gradient.out_of_reach
    hidden = ~ex.fragment_rendered | (ex.fragments.intensity <= 0)
    pulled = ~adrift & ~hidden
    top = _scale(np.abs(slope[pulled]), np.abs(slope[adrift]))
    shown = np.clip(slope, -top, top)
    series = series_of(ex.fragments.ion_type)
    arrows = _arrows(ex, axis, pulled, slope, "slope", 8, [f"@{name}" for name in series[pulled]])
    hollow = _arrows(ex, axis, adrift, shown, "out of reach", 7, "@dead", form="-open")
    crosses = _points(ex, axis, hidden, np.zeros_like(slope), "not seen") | {
        "marker": {"symbol": "x-thin-open", "size": 6, "color": "@dead", "line": {"width": 1.2}}
    }
    off = np.flatnonzero(adrift & (np.abs(slope) > top))
    values: Trace = {
        "type": "scatter",
        "mode": "text",
        "name": "beyond the axis",
        "yaxis": axis,
        "showlegend": False,
        "hoverinfo": "skip",
        "x": ex.fragments.mz[off],
        "y": shown[off],
        "text": [f"\u00a0\u00a0\u00a0{signed(slope[i], '.3g')}" for i in off],
        "textposition": "middle right",
        "textfont": {"size": 10, "color": "@muted"},
    }
    stems = [
        lines(name, colour, 1.2, sticks(ex.fragments.mz[of], shown[of]), {"yaxis": axis, "showlegend": False} | more)
        for name, colour, of, more in (
            ("stem", "@faint", pulled, {}),
            ("hollow stem", "@faint", adrift, {"dash": "dot"}),
        )
    ]
    return [trace for trace in (*stems, arrows, hollow, crosses, values) if len(trace["y"])], _signed_axis(top)


def _scale(pulled: F64, adrift: F64) -> float:
    """Half the height of the axis: everything, unless the grid's own slopes would flatten the pulls of peaks."""
    pull, own = float(pulled.max(initial=0.0)), float(adrift.max(initial=0.0))
    return (pull if 0 < DWARFED * pull < own else max(pull, own)) or 1.0


def _points(ex: Explanation, axis: str, of: NDArray[np.bool_], y: F64, name: str) -> Trace:
    mz, label = ex.fragments.mz, ex.fragments.label
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "yaxis": axis,
        "showlegend": False,
        "hovertemplate": "%{text}<extra></extra>",
        "x": mz[of],
        "y": y[of],
        "text": [
            f"<b>{escape(label[i])}</b>  m/z {mz[i]:.4f}<br>{slope_words(ex, i)}" for i in np.flatnonzero(of).tolist()
        ],
    }


def _arrows(
    ex: Explanation, axis: str, of: NDArray[np.bool_], y: F64, name: str, size: int, colour: Any, form: str = ""
) -> Trace:
    """An arrow points where descent moves the fragment: up in m/z where the slope is negative."""
    symbol = [f"triangle-{'right' if s < 0 else 'left'}{form}" for s in y[of]]
    return _points(ex, axis, of, y, name) | {"marker": {"symbol": symbol, "size": size, "color": colour}}
