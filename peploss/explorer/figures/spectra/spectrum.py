"""The spectrum figure: both curves as the loss sees them, sticks, labels, and the panels below. Arrays in, plain Plotly
dictionaries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.drawn import Drawn
from peploss.analysis.one_psm.curves import Curve
from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.one_psm.grid_effects import widths
from peploss.explorer.figures.panels import PANELS, other_panel, panel, panel_title
from peploss.explorer.figures.spectra.tips import fragment_tips, highest, peak_keys, peak_tips, told_peaks
from peploss.explorer.figures.traces import F64, SERIES, Trace, escape, lines, polyline, series_of, sticks, tips
from peploss.spectra.spectrum import Spectrum

PLOT_PX, PANEL_PX, GAP_PX = 360, 84, 32
MOST_MISSING_LABELLED = 40
"""With more unmatched fragments their labels would hide those of the matched ones."""
MARGIN = {"l": 54, "r": 12, "t": 30, "b": 40}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What of the figure is on: ``mirror`` or overlay, and the parts that can be switched."""

    mirror: bool = True
    bins: bool = False
    gradient: bool = False
    errors: bool = False
    labels: bool = True


def spectrum_figure(ex: Explanation, shown: Shown, other: Drawn | None = None) -> dict[str, Any]:
    """The figure of one comparison.

    Args:
        other: another loss, whose slopes are drawn under the plot and whose curves, where it has any, over it.
    Returns:
        ``data`` and ``layout`` for Plotly, ``labels`` as columns for the browser to place, ``full`` m/z range,
        ``height`` in px and a ``description`` for screen readers.
    """
    sign = -1.0 if shown.mirror else 1.0
    series = series_of(ex.fragments.ion_type)
    peak_height = relative(ex.observed.intensity)
    fragment_height = sign * relative(ex.fragments.intensity)

    dotted = [] if other is None else _curves_of_other(other, ex.settings.bin_width, sign)
    data = [*curves_of(ex, sign), *dotted, *stick_traces(ex, shown, series, peak_height, fragment_height)]
    data = [trace for trace in data if len(trace["y"])]  # an empty trace costs as much to draw as a full one
    told = told_peaks(ex)
    data.append(
        tips(
            "peaks and fragments",
            np.concatenate([ex.observed.mz[told], ex.fragments.mz]),
            np.concatenate([peak_height[told], fragment_height]),
            [*peak_tips(ex, peak_height, told), *fragment_tips(ex)],
            [*peak_keys(ex, told), *ex.fragments.plain_label],
        )
    )
    data += label_traces()
    panels = [name for name in PANELS if getattr(shown, name)]
    layout, height = layout_of(shown, len(panels) + (other is not None))
    name_traces(data)
    for k, name in enumerate(panels, start=2):
        traces, axis = panel(ex, name, f"y{k}")
        data += traces
        layout[f"yaxis{k}"] |= axis
        layout["annotations"].append(title_of(panel_title(ex, name), layout[f"yaxis{k}"]["domain"][1]))
    if other is not None:
        axis_name = f"yaxis{len(panels) + 2}"
        traces, axis = other_panel(ex, other, axis_name.replace("axis", ""))
        data += traces
        layout[axis_name] |= axis
        title = f"{escape(other.loss.title)}: slope by fragment m/z; arrows point downhill"
        layout["annotations"].append(title_of(title, layout[axis_name]["domain"][1]))
    return {
        "data": data,
        "layout": layout,
        "labels": label_candidates(ex, shown, series, peak_height, fragment_height),
        "full": padded(np.concatenate([ex.observed.mz, ex.fragments.mz[ex.fragment_in_range]])),
        "height": height,
        "description": (
            f"Observed spectrum and predicted fragments. {ex.n_matched} of {ex.n_matchable} fragments matched; "
            f"spectrum loss {ex.loss:.4f}."
            + ("" if other is None else f" {other.loss.title} {other.value:.4g} {other.loss.unit}".rstrip() + ".")
        ),
    }


def label_traces() -> list[Trace]:
    """The lines and the texts of labels, empty: the browser places them."""
    empty: dict[str, Any] = {"x": [], "y": []}
    texts = {"type": "scatter", "mode": "text", "meta": "labels", "text": [], "hoverinfo": "skip", "showlegend": False}
    return [
        lines("", "@faint", 0.8, empty, {"meta": "leaders", "showlegend": False}),
        texts | {"cliponaxis": True, "textposition": "middle center"} | empty,
    ]


def name_traces(data: list[Trace], prefix: str = "") -> None:
    """Give each trace a name of its own: what is hidden in the legend stays hidden, whichever traces come and go."""
    for trace in data:
        dashed = "-dashed" if trace.get("line", {}).get("dash", "solid") != "solid" else ""
        # Plotly makes a CSS class of it.
        trace["uid"] = prefix + (trace.get("name") or trace["meta"]).replace(" ", "-") + dashed


def observed_figure(spectrum: Spectrum) -> dict[str, Any]:
    """The peaks alone, for a spectrum that has no candidate yet."""
    layout, height = layout_of(Shown(mirror=False), 0)
    layout["xaxis"]["range"] = padded(spectrum.mz)
    layout["showlegend"] = False
    heights = relative(spectrum.intensity)
    told = highest(spectrum.intensity)
    mzs = spectrum.mz[told]
    text = [f"m/z {mz:.4f}<br>{h:.1%} of the highest" for mz, h in zip(mzs, heights[told], strict=True)]
    data = [
        lines("observed", "@observed", 1.3, sticks(spectrum.mz, heights)),
        tips("observed peak", mzs, heights[told], text, [f"{mz:.4f}" for mz in mzs]),
    ]
    return {"data": data, "layout": layout, "height": height, "description": f"{len(spectrum)} observed peaks."}


def title_of(text: str, top: float) -> dict[str, Any]:
    """A panel's title, over its upper left corner."""
    corner = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom"}
    return corner | {"text": text, "align": "left", "showarrow": False, "font": {"size": 11, "color": "@muted"}}


def padded(mz: F64) -> list[float]:
    """A range that holds every m/z, with some air."""
    low, high = (float(mz.min()), float(mz.max())) if mz.size else (0.0, 1000.0)
    air = max(0.025 * (high - low), 1.0)
    return [round(low - air, 3), round(high + air, 3)]


def relative(intensity: F64) -> F64:
    highest = float(intensity.max(initial=0.0))
    return intensity / highest if highest > 0 else np.zeros_like(intensity)


def curves_of(ex: Explanation, sign: float) -> list[Trace]:
    h = ex.settings.bin_width
    narrowest = ex.sigma_per_bin[0] * h
    out = []
    for name, curve, side in (("observed", ex.curves.observed, 1.0), ("predicted", ex.curves.predicted, sign)):
        line = polyline(curve, h, narrowest)
        line["y"] = line["y"] * np.float32(side)
        fill = {"fill": "tozeroy", "fillcolor": f"@{name}-fill"}
        out.append(lines(f"{name} curve", f"@{name}", 1.1, line, fill))
    return out


def _curves_of_other(other: Drawn, bin_width: float, sign: float) -> list[Trace]:
    if other.curves is None:
        return []
    out = []
    for name, curve, side in (("observed", other.curves.observed, 1.0), ("predicted", other.curves.predicted, sign)):
        line = polyline(curve, bin_width, other.width)
        line["y"] = line["y"] * np.float32(side)
        out.append(lines(f"{name}, {other.loss.title}", f"@{name}", 1.1, line, {"dash": "dot"}))
    return out


def stick_traces(
    ex: Explanation, shown: Shown, series: NDArray[np.str_], peak_height: F64, fragment_height: F64
) -> list[Trace]:
    """Peaks nobody predicted, then for each colour what is matched, solid, and what is only predicted, dashed."""
    partner = ex.matches.fragment_of_peak
    of_peak = np.where(partner >= 0, series[partner] if series.size else "other", "none")
    mz, unexplained = ex.observed.mz, of_peak == "none"
    out = [lines("unexplained peaks", "@faint", 1.3, sticks(mz[unexplained], peak_height[unexplained]))]
    # Over one another, matched fragments would hide their peaks: in the overlay only the peaks are solid.
    solid = (ex.matches.peak_of_fragment >= 0) & shown.mirror
    for name, title in SERIES.items():
        peak, fragment = of_peak == name, series == name
        group = {"legendgroup": name}
        up = sticks(mz[peak], peak_height[peak])
        down = sticks(ex.fragments.mz[fragment & solid], fragment_height[fragment & solid])
        both = {axis: np.concatenate([up[axis], down[axis]]) for axis in ("x", "y")}
        rest = sticks(ex.fragments.mz[fragment & ~solid], fragment_height[fragment & ~solid])
        dashed = {"dash": "2px,2px", "opacity": 0.55, "showlegend": not both["y"].size}
        out.append(lines(title, f"@{name}", 1.7, both, group))
        out.append(lines(title, f"@{name}", 1.2, rest, group | dashed))
    return out


def label_candidates(
    ex: Explanation, shown: Shown, series: NDArray[np.str_], peak_height: F64, fragment_height: F64
) -> dict[str, Any]:
    """Candidates for labels: matched ones at their peak, in a mirror also the missing ones at their fragment."""
    if not shown.labels:
        return {"x": [], "y": [], "text": [], "colour": [], "weight": []}
    f, p = ex.matches.fragment, ex.matches.peak
    faint = ex.gradient.out_of_reach | ~ex.fragment_rendered
    rest = np.flatnonzero(ex.matches.peak_of_fragment < 0)
    if not shown.mirror or rest.size > MOST_MISSING_LABELLED:
        rest = rest[:0]
    tip = _over(ex, ex.curves.observed, ex.observed.mz[p], peak_height[p])
    if not shown.mirror:
        tip = np.maximum(tip, _over(ex, ex.curves.predicted, ex.observed.mz[p], fragment_height[f]))
    return {
        "x": np.concatenate([ex.observed.mz[p], ex.fragments.mz[rest]]),
        "y": np.concatenate([tip, -_over(ex, ex.curves.predicted, ex.fragments.mz[rest], -fragment_height[rest])]),
        "text": [escape(ex.fragments.label[i]) for i in (*f.tolist(), *rest.tolist())],
        "colour": [*series[f].tolist(), *["dead" if dead else "muted" for dead in faint[rest]]],
        "weight": np.concatenate([1.0 + peak_height[p], np.abs(fragment_height[rest])]),
    }


def _over(ex: Explanation, curve: Curve, mz: F64, stick: F64) -> F64:
    """(N,) height of whatever stands highest at each m/z: its stick, or the curve within 3 sigma, which has a scale
    of its own and adds up peaks that lie close together."""
    h = ex.settings.bin_width
    reach = np.maximum(3 * widths(mz, ex.settings), h)
    low = np.searchsorted(curve.bins, np.floor((mz - reach) / h))
    high = np.searchsorted(curve.bins, np.floor((mz + reach) / h), side="right")
    inside = zip(low.tolist(), high.tolist(), stick.tolist(), strict=True)
    return np.array([max(s, float(curve.values[i:j].max(initial=0.0))) for i, j, s in inside], dtype=np.float64)


def layout_of(shown: Shown, panels: int) -> tuple[dict[str, Any], int]:
    """Layout with ``panels`` empty axes under the plot, and its height in px."""
    inner = PLOT_PX + panels * (PANEL_PX + GAP_PX)
    ticks = [-1, -0.5, 0, 0.5, 1] if shown.mirror else [0, 0.5, 1]
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1 + 4 / inner, "yanchor": "bottom"}
    look = {"bgcolor": "rgba(0,0,0,0)", "font": {"size": 11, "color": "@muted"}, "itemwidth": 30}
    layout: dict[str, Any] = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": legend | look,
        "dragmode": "zoom",
        "annotations": [],
        "xaxis": {
            "title": {"text": "m/z"},
            "anchor": f"y{panels + 1}" if panels else "y",
            "domain": [0, 1],
            "showline": True,
            "showgrid": False,
        },
        "yaxis": {
            "title": {"text": "relative intensity"},
            "range": [-1.22, 1.24] if shown.mirror else [0.0, 1.24],
            "tickvals": ticks,
            "ticktext": [f"{abs(tick) * 100:.0f}%" for tick in ticks],
            "domain": [1 - PLOT_PX / inner, 1],
            "fixedrange": True,
            "zeroline": True,
            "zerolinecolor": "@line",
            "zerolinewidth": 1,
        },
    }
    for k in range(panels):
        top = inner - PLOT_PX - k * (PANEL_PX + GAP_PX) - GAP_PX
        layout[f"yaxis{k + 2}"] = {"domain": [max(0.0, (top - PANEL_PX) / inner), top / inner], "anchor": "x"}
    return layout, inner + MARGIN["t"] + MARGIN["b"]
