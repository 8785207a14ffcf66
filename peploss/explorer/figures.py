"""The spectrum figure: both curves as the loss sees them, sticks, labels, and the two panels below. Arrays in,
plain Plotly dictionaries out; colours are names (``"@b"``) that the browser fills in for its theme."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.curves import Curve
from peploss.analysis.explain import Explanation
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]
Trace = dict[str, Any]

SERIES = ("b", "y", "other")
_OF_SERIES = {"b": "b", "y": "y"}  # every other ion type is drawn muted

INVISIBLE = 2e-4  # of full height: a twentieth of a pixel
MANY_POINTS = 20_000  # from here on a smooth curve is sampled as finely as it bends, not at every bin
POINTS_PER_SIGMA = 6

PLOT_PX, PANEL_PX, GAP_PX = 372, 92, 24
MARGIN = {"l": 52, "r": 12, "t": 6, "b": 40}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What of the figure is on: ``mirror`` or overlay, and the parts that can be switched."""

    mirror: bool = True
    bins: bool = False
    gradient: bool = False
    labels: bool = True


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
    """(F,) ``"b"``, ``"y"`` or ``"other"``: which colour an ion has."""
    return np.array([_OF_SERIES.get(str(kind), "other") for kind in ion_type], dtype="<U5")


def spectrum_figure(ex: Explanation, shown: Shown) -> dict[str, Any]:
    """The figure of one comparison.

    Returns:
        ``data`` and ``layout`` for Plotly, ``labels`` as columns for the browser to place, ``full`` m/z range,
        ``height`` in px and a ``description`` for screen readers.
    """
    sign = -1.0 if shown.mirror else 1.0
    h = ex.settings.bin_width
    narrowest = ex.sigma_per_bin[0] * h
    predicted_line = polyline(ex.curves.predicted, h, narrowest)
    predicted_line["y"] = predicted_line["y"] * np.float32(sign)
    peak_height = _relative(ex.observed.intensity)
    fragment_height = _relative(ex.fragments.intensity)
    series = series_of(ex.fragments.ion_type)
    partner = ex.matches.fragment_of_peak
    peak_series = np.where(partner >= 0, series[partner] if series.size else "other", "none")

    data: list[Trace] = [
        _curve("observed curve", "observed", polyline(ex.curves.observed, h, narrowest)),
        _curve("predicted curve", "predicted", predicted_line),
        _stick_trace("unexplained peaks", "@faint", ex.observed, peak_height, peak_series == "none", 1.3),
    ]
    names = {"b": "b ions", "y": "y ions", "other": "other ions"}
    for name in SERIES:
        of_peak, of_fragment = peak_series == name, series == name
        trace = {
            "type": "scatter",
            "mode": "lines",
            "name": names[name],
            "legendgroup": name,
            "hoverinfo": "skip",
            "line": {"color": f"@{name}", "width": 1.6, "simplify": False},
            "showlegend": bool(of_fragment.any()),
        }
        up = sticks(ex.observed.mz[of_peak], peak_height[of_peak])
        matched = ex.matches.peak_of_fragment >= 0
        down = sticks(ex.fragments.mz[of_fragment & matched], sign * fragment_height[of_fragment & matched])
        missing = of_fragment & ~matched
        data.append(trace | {"x": np.concatenate([up["x"], down["x"]]), "y": np.concatenate([up["y"], down["y"]])})
        data.append(
            trace
            | {"showlegend": False, "line": {"color": f"@{name}", "width": 1.2, "dash": "2px,2px"}, "opacity": 0.55}
            | sticks(ex.fragments.mz[missing], sign * fragment_height[missing])
        )
    data.append(_peak_tips(ex, peak_height, peak_series))
    data.append(_fragment_tips(ex, sign * fragment_height, series))
    data.append(
        {
            "type": "scatter",
            "mode": "lines",
            "meta": "leaders",
            "x": [],
            "y": [],
            "hoverinfo": "skip",
            "showlegend": False,
            "line": {"color": "@faint", "width": 0.8},
        }
    )
    data.append(
        {
            "type": "scatter",
            "mode": "text",
            "meta": "labels",
            "x": [],
            "y": [],
            "text": [],
            "hoverinfo": "skip",
            "showlegend": False,
            "cliponaxis": True,
            "textposition": "middle center",
        }
    )

    panels = (["bins"] if shown.bins else []) + (["gradient"] if shown.gradient else [])
    layout, height = _layout(shown, panels)
    for k, panel in enumerate(panels, start=2):
        data += _bins_panel(ex, f"y{k}") if panel == "bins" else _gradient_panel(ex, f"y{k}", series)
        layout[f"yaxis{k}"] |= _panel_axis(ex, panel)
    return {
        "data": data,
        "layout": layout,
        "labels": _labels(ex, peak_height, sign * fragment_height, series, shown),
        "full": full_range(ex),
        "height": height,
        "description": (
            f"Observed spectrum and predicted fragments. {ex.n_matched} of {ex.n_matchable} fragments matched; "
            f"spectrum loss {ex.loss:.4f}."
        ),
    }


def observed_figure(spectrum: Spectrum) -> dict[str, Any]:
    """The peaks alone, for a spectrum that has no candidate yet."""
    layout, height = _layout(Shown(mirror=False), [])
    low, high = _padded(spectrum.mz)
    layout["xaxis"]["range"] = [low, high]
    height_of = _relative(spectrum.intensity)
    data = [
        _stick_trace("Observed", "@observed", spectrum, height_of, np.ones(len(spectrum), dtype=bool), 1.3),
        {
            "type": "scatter",
            "mode": "markers",
            "marker": {"size": 8, "opacity": 0},
            "showlegend": False,
            "x": spectrum.mz,
            "y": height_of.astype(np.float32),
            "hovertemplate": "m/z %{x:.4f}<br>%{y:.1%} of the highest peak<extra></extra>",
        },
    ]
    return {
        "data": data,
        "layout": layout,
        "height": height,
        "description": f"{len(spectrum)} observed peaks.",
    }


def full_range(ex: Explanation) -> list[float]:
    """m/z range that holds every peak and fragment, with some air."""
    return _padded(np.concatenate([ex.observed.mz, ex.fragments.mz]))


def _padded(mz: F64) -> list[float]:
    low, high = (float(mz.min()), float(mz.max())) if mz.size else (0.0, 1000.0)
    air = max(0.025 * (high - low), 1.0)
    return [round(low - air, 3), round(high + air, 3)]


def _relative(intensity: F64) -> F64:
    highest = float(intensity.max(initial=0.0))
    return intensity / highest if highest > 0 else np.zeros_like(intensity)


def _curve(name: str, colour: str, line: dict[str, Any]) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "hoverinfo": "skip",
        "fill": "tozeroy",
        "fillcolor": f"@{colour}-fill",
        "line": {"color": f"@{colour}", "width": 1.1, "simplify": False},
    } | line


def _stick_trace(
    name: str, colour: str, spectrum: Spectrum, height: F64, which: NDArray[np.bool_], width: float
) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "hoverinfo": "skip",
        "line": {"color": colour, "width": width, "simplify": False},
    } | sticks(spectrum.mz[which], height[which])


def _error(ex: Explanation, fragment: int) -> str:
    at = int(np.flatnonzero(ex.matches.fragment == fragment)[0])
    return f"{ex.matches.error_da[at]:+.4f} Da, {ex.matches.error_ppm[at]:+.1f} ppm"


def _peak_tips(ex: Explanation, height: F64, series: NDArray[np.str_]) -> Trace:
    text = []
    for i, partner in enumerate(ex.matches.fragment_of_peak.tolist()):
        label = f"<b>{escape(ex.fragments.label[partner])}</b>  {_error(ex, partner)}<br>" if partner >= 0 else ""
        text.append(
            f"{label}m/z {ex.observed.mz[i]:.4f}, {height[i]:.1%} of the highest<br>"
            f"{ex.shares.peak_cosine[i]:.4f} of the cosine, {ex.shares.peak_loss[i]:+.4f} of the loss"
        )
    return _tips(ex.observed.mz, height, text, "Observed peak")


def _fragment_tips(ex: Explanation, height: F64, series: NDArray[np.str_]) -> Trace:
    text = []
    for i, label in enumerate(ex.fragments.label):
        if ex.matches.peak_of_fragment[i] >= 0:
            state = f"error {_error(ex, i)}"
        elif ex.gradient.out_of_reach[i]:
            state = "no peak within reach: its gradient is dead"
        else:
            state = "no peak matched"
        text.append(
            f"<b>{escape(label)}</b>  m/z {ex.fragments.mz[i]:.4f}<br>{state}<br>"
            f"{ex.shares.fragment_cosine[i]:.4f} of the cosine, {ex.shares.fragment_loss[i]:+.4f} of the loss<br>"
            f"slope {ex.gradient.by_mz[i]:+.4g} per Da"
        )
    return _tips(ex.fragments.mz, height, text, "Fragment")


def _tips(x: F64, y: F64, text: list[str], name: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "showlegend": False,
        "marker": {"size": 8, "opacity": 0},
        "x": x,
        "y": y.astype(np.float32),
        "text": text,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _labels(
    ex: Explanation, peak_height: F64, fragment_height: F64, series: NDArray[np.str_], shown: Shown
) -> dict[str, Any]:
    """Candidates for labels: matched ones at their peak, in a mirror also the missing ones at their fragment."""
    if not shown.labels:
        return {"x": [], "y": [], "text": [], "colour": [], "weight": []}
    f, p = ex.matches.fragment, ex.matches.peak
    rest = np.flatnonzero(ex.matches.peak_of_fragment < 0) if shown.mirror else np.zeros(0, dtype=np.int64)
    tip = peak_height[p] if shown.mirror else np.maximum(peak_height[p], fragment_height[f])
    return {
        "x": np.concatenate([ex.observed.mz[p], ex.fragments.mz[rest]]),
        "y": np.concatenate([tip, fragment_height[rest]]),
        "text": [ex.fragments.label[i] for i in (*f.tolist(), *rest.tolist())],
        "colour": [*series[f].tolist(), *["dead" if dead else "muted" for dead in ex.gradient.out_of_reach[rest]]],
        "weight": np.concatenate([1.0 + peak_height[p], np.abs(fragment_height[rest])]),
    }


def _bins_panel(ex: Explanation, axis: str) -> list[Trace]:
    curve = Curve(ex.curves.shared_bins, ex.curves.contribution)
    highest = float(curve.values.max(initial=0.0))
    scaled = Curve(curve.bins, curve.values / highest if highest > 0 else curve.values)
    line = polyline(scaled, ex.settings.bin_width, ex.sigma_per_bin[0] * ex.settings.bin_width)
    line["y"] = line["y"] * np.float32(highest)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "yaxis": axis,
            "name": "Bin",
            "showlegend": False,
            "fill": "tozeroy",
            "fillcolor": "@predicted-fill",
            "line": {"color": "@predicted", "width": 1.3, "simplify": False},
            "hovertemplate": "bin at m/z %{x:.4f}<br>%{y:.5f} of the cosine<extra></extra>",
        }
        | line
    ]


def _gradient_panel(ex: Explanation, axis: str, series: NDArray[np.str_]) -> list[Trace]:
    slope, dead = ex.gradient.by_mz, ex.gradient.out_of_reach
    alive = ~dead
    colours = [f"@{name}" for name in series[alive]]
    # Down the slope: the loss falls towards higher m/z where it is negative.
    symbols = ["triangle-right" if s < 0 else "triangle-left" for s in slope[alive]]
    text = [
        f"<b>{escape(ex.fragments.label[i])}</b>  m/z {ex.fragments.mz[i]:.4f}<br>slope {slope[i]:+.4g} per Da: "
        f"descent moves it {'up' if slope[i] < 0 else 'down'}"
        for i in np.flatnonzero(alive)
    ]
    gone = [
        f"<b>{escape(ex.fragments.label[i])}</b>  m/z {ex.fragments.mz[i]:.4f}<br>no peak within reach: dead gradient"
        for i in np.flatnonzero(dead)
    ]
    base = {"type": "scatter", "yaxis": axis, "showlegend": False}
    return [
        base
        | {"mode": "lines", "hoverinfo": "skip", "line": {"color": "@faint", "width": 1.2, "simplify": False}}
        | sticks(ex.fragments.mz[alive], slope[alive]),
        base
        | {
            "mode": "markers",
            "name": "Slope",
            "x": ex.fragments.mz[alive],
            "y": slope[alive],
            "text": text,
            "marker": {"symbol": symbols, "size": 8, "color": colours},
            "hovertemplate": "%{text}<extra></extra>",
        },
        base
        | {
            "mode": "markers",
            "name": "Dead",
            "x": ex.fragments.mz[dead],
            "y": np.zeros(int(dead.sum())),
            "text": gone,
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"symbol": "x-thin-open", "size": 6, "color": "@dead", "line": {"width": 1.2}},
        },
    ]


def _panel_axis(ex: Explanation, panel: str) -> dict[str, Any]:
    if panel == "bins":
        return {"title": {"text": "cosine<br>per bin"}, "rangemode": "tozero", "nticks": 3, "fixedrange": True}
    reach = 1.15 * float(np.abs(ex.gradient.by_mz).max(initial=0.0)) or 1.0
    return {
        "title": {"text": "slope<br>per Da"},
        "range": [-reach, reach],
        "nticks": 4,
        "fixedrange": True,
        "zeroline": True,
        "zerolinecolor": "@line",
        "zerolinewidth": 1,
    }


def _layout(shown: Shown, panels: list[str]) -> tuple[dict[str, Any], int]:
    inner = PLOT_PX + len(panels) * (PANEL_PX + GAP_PX)
    y_range = [-1.22, 1.3] if shown.mirror else [0.0, 1.3]
    ticks = [-1, -0.5, 0, 0.5, 1] if shown.mirror else [0, 0.5, 1]
    layout: dict[str, Any] = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yanchor": "top",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 11, "color": "@muted"},
            "itemsizing": "constant",
        },
        "dragmode": "zoom",
        "xaxis": {
            "title": {"text": "m/z"},
            "anchor": f"y{len(panels) + 1}" if panels else "y",
            "domain": [0, 1],
            "showline": True,
            "showgrid": False,
        },
        "yaxis": {
            "range": y_range,
            "tickvals": ticks,
            "ticktext": [f"{abs(t) * 100:.0f}%" for t in ticks],
            "domain": [1 - PLOT_PX / inner, 1],
            "fixedrange": True,
            "zeroline": True,
            "zerolinecolor": "@line",
            "zerolinewidth": 1,
            "title": {"text": "relative intensity"},
        },
    }
    for k in range(len(panels)):
        top = inner - PLOT_PX - k * (PANEL_PX + GAP_PX) - GAP_PX
        layout[f"yaxis{k + 2}"] = {"domain": [max(0.0, (top - PANEL_PX) / inner), top / inner], "anchor": "x"}
    return layout, inner + MARGIN["t"] + MARGIN["b"]
