"""The figures of the page Losses: places, arrows, disagreement, order, batches, paths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.compared_set import INLIER, OUTLIER, ComparedSet
from peploss.analysis.loss_comparison.every_loss import LOSSES
from peploss.analysis.loss_comparison.one_spectrum import OneSpectrum
from peploss.analysis.loss_comparison.smoothness import Along, Path
from peploss.analysis.variance.study import Study
from peploss.explorer.figures.traces import Trace, escape, lines, sticks

F64 = NDArray[np.float64]

WIDE = {"l": 190, "r": 20, "t": 20, "b": 46}
MOST_POINTS = 2000


def titles(names: tuple[str, ...]) -> list[str]:
    """What the losses are called."""
    return [LOSSES[name].title for name in names]


def arrows_figure(found: OneSpectrum) -> dict[str, Any]:
    """One row a loss: where descent moves each fragment, as long as its slope over the row's largest; peaks behind."""
    mz, peaks = found.fragments[0], found.peaks
    n = len(found.names)
    arrows = found.arrows()
    bars = sticks(peaks[0], 0.9 * (n - 0.4) * peaks[1] / peaks[1].max())
    bars["y"] = bars["y"] - np.float32(0.5)
    data: list[Trace] = [lines("observed peaks", "@faint", 1, bars)]
    for row in range(n):
        of = np.flatnonzero(np.abs(arrows[row]) > 1e-4)
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": LOSSES[found.names[row]].title,
                "showlegend": False,
                "x": mz[of],
                "y": np.full(of.size, n - 1 - row, dtype=np.int32),
                "marker": {
                    "symbol": [f"triangle-{'right' if s < 0 else 'left'}" for s in arrows[row][of]],
                    "size": [4 + 10 * abs(s) for s in arrows[row][of].tolist()],
                    "color": "@predicted",
                },
                "text": [f"m/z {mz[i]:.3f}: slope {found.slopes[row, i]:.4g} per Th" for i in of.tolist()],
                "hovertemplate": f"<b>{escape(LOSSES[found.names[row]].title)}</b><br>%{{text}}<extra></extra>",
            }
        )
    layout = {
        "margin": WIDE,
        "xaxis": {"title": {"text": "m/z of the fragment"}, "showgrid": False, "fixedrange": True, "showline": True},
        "yaxis": {"tickvals": list(range(n)), "ticktext": titles(found.names)[::-1], "range": [-0.6, n - 0.3],
                  "fixedrange": True, "ticks": ""},
    }  # fmt: skip
    told = (
        "Arrows point where descent moves each fragment, one row for each loss; size is the share of the row's largest"
    )
    return {"data": data, "layout": layout, "height": 80 + 26 * n, "description": f"{told}."}


def disagreement_figure(found: ComparedSet, first: str, second: str, words: list[str]) -> dict[str, Any]:
    """Each spectrum by its place under two losses; those that are outliers under one alone stand out."""
    places = found.places()
    x, y = 100 * places[:, found.at(second)], 100 * places[:, found.at(first)]
    of_first, of_second = found.outliers_of_one(first, second)
    alone = np.zeros(len(found), dtype=bool)
    alone[of_first] = alone[of_second] = True
    rest = np.flatnonzero(~alone)[:MOST_POINTS]
    a, b = LOSSES[first].title, LOSSES[second].title

    def points(rows: NDArray[np.int64], name: str, colour: str, size: int) -> Trace:
        return {
            "type": "scatter",
            "mode": "markers",
            "name": f"{escape(name)} ({rows.size})",
            "x": x[rows],
            "y": y[rows],
            "customdata": rows.tolist(),
            "text": [escape(words[i]) for i in rows.tolist()],
            "marker": {"size": size, "color": colour},
            "hovertemplate": f"%{{text}}<br>{escape(a)} %{{y:.0f}}, {escape(b)} %{{x:.0f}}<extra></extra>",
        }

    data = [
        points(rest, "others", "@faint", 5),
        points(of_first, f"outlier under {a} only", "@bad", 8),
        points(of_second, f"outlier under {b} only", "@y", 8),
    ]
    high, low = 100 * OUTLIER, 100 * INLIER
    shapes = [
        {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": {"color": "@muted", "width": 1, "dash": "dot"}}
        for x0, x1, y0, y1 in ((0, low, high, 100), (high, 100, 0, low))
    ]
    axis = {"range": [-2, 102], "fixedrange": True, "nticks": 6}
    layout = {
        "margin": {"l": 60, "r": 20, "t": 40, "b": 50},
        "shapes": shapes,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": {"text": f"{b}: % of right peptides that cost less"}} | axis,
        "yaxis": {"title": {"text": f"{a}: % that cost less"}} | axis,
    }
    told = f"{of_first.size} spectra are outliers under {a} only, {of_second.size} under {b} only, of {len(found)}"
    return {"data": data, "layout": layout, "height": 460, "description": f"{told}."}


def order_figure(found: ComparedSet) -> dict[str, Any]:
    """Spearman's r of every pair of losses."""
    r, names = found.rank_correlation(), titles(found.names)
    data = [
        {
            "type": "heatmap",
            "z": [[float(v) if np.isfinite(v) else None for v in row] for row in r],
            "x": names,
            "y": names,
            "zmin": -1,
            "zmax": 1,
            "colorscale": [[0, "@bad"], [0.5, "@paper"], [1, "@predicted"]],
            "text": [[f"{v:.2f}" if np.isfinite(v) else "" for v in row] for row in r],
            "texttemplate": "%{text}",
            "textfont": {"size": 10},
            "showscale": False,
            "hovertemplate": "%{y}<br>%{x}<br>r %{text}<extra></extra>",
        }
    ]
    layout = {
        "margin": {"l": 190, "r": 20, "t": 10, "b": 150},
        "xaxis": {"tickangle": -45, "fixedrange": True, "ticks": "", "showgrid": False},
        "yaxis": {"autorange": "reversed", "fixedrange": True, "ticks": "", "showgrid": False},
    }
    low = np.nanmin(r) if np.isfinite(r).any() else float("nan")
    told = f"Spearman's r of {len(names)} losses over right peptides, lowest {low:.2f}."
    return {"data": data, "layout": layout, "height": 200 + 26 * len(names), "description": told}


def interval_figure(names: tuple[str, ...], middle: F64, low: F64, high: F64, title: str, at: float) -> dict[str, Any]:
    """One row a loss: a value and its interval, with a line at ``at``."""
    n = len(names)
    bad = ~np.isfinite(low) | ~np.isfinite(high)
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": middle,
            "y": np.arange(n - 1, -1, -1, dtype=np.int32),
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": np.where(bad, 0, high - middle),
                "arrayminus": np.where(bad, 0, middle - low),
                "color": "@muted",
                "thickness": 1.5,
                "width": 4,
            },
            "marker": {"size": 9, "color": "@predicted"},
            "text": [
                f"{t}: {m:.3f}" + ("" if b else f" ({lo:.3f} to {hi:.3f})")
                for t, m, lo, hi, b in zip(titles(names), middle, low, high, bad, strict=True)
            ],
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]
    line = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": "@muted", "width": 1, "dash": "dot"}}  # fmt: skip
    layout = {
        "margin": WIDE,
        "shapes": [line],
        "xaxis": {"title": {"text": title}, "fixedrange": True, "nticks": 6},
        "yaxis": {"tickvals": list(range(n)), "ticktext": titles(names)[::-1], "range": [-0.6, n - 0.4],
                  "fixedrange": True, "ticks": "", "showgrid": False},
    }  # fmt: skip
    told = "; ".join(f"{t} {m:.3f}" for t, m in zip(titles(names), middle, strict=True))
    return {"data": data, "layout": layout, "height": 90 + 24 * n, "description": f"{title}: {told}."}


def batches_figure(found: Study, names: tuple[str, ...]) -> dict[str, Any]:
    """Batch after batch, each loss over its own mean."""
    colours = ("@predicted", "@y", "@b", "@other", "@bad")
    data = []
    for k, name in enumerate(names):
        column = found.samples.names.index(name)
        means = found.batch_means[:, column]
        if not means.mean() > 0:  # a loss of 0 in every batch has no share of its mean
            continue
        points = {"x": np.arange(means.size, dtype=np.int32), "y": means / means.mean()}
        hover = {"hoverinfo": "all", "hovertemplate": f"{escape(LOSSES[name].title)}<br>%{{y:.3f}}<extra></extra>"}
        data.append(lines(LOSSES[name].title, colours[k % len(colours)], 1.4, points, hover | {"showlegend": True}))
    layout = {
        "margin": {"l": 60, "r": 20, "t": 40, "b": 46},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": {"text": "batch"}, "fixedrange": True, "showgrid": False, "showline": True},
        "yaxis": {"title": {"text": "loss over its mean"}, "fixedrange": True, "nticks": 6},
    }
    told = f"{found.n_batches} batches of {found.batch_size}: {', '.join(titles(names))}, each over its mean."
    return {"data": data, "layout": layout, "height": 320, "description": told}


def path_figure(path: Path, shown: Along, *, slope: bool) -> dict[str, Any]:
    """One loss, or its slope, along a path, with its kinks."""
    y = shown.slope if slope else shown.loss
    what = f"slope per {path.unit}" if slope else "loss"
    hover = {"hoverinfo": "all", "hovertemplate": "%{x:.3f}: %{y:.4g}<extra></extra>"}
    data = [lines(what, "@predicted", 1.6, {"x": path.t, "y": y}, hover)]
    if shown.kinks.size:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "kink",
                "x": shown.kinks,
                "y": np.interp(shown.kinks, path.t, y),
                "marker": {"symbol": "circle-open", "size": 9, "color": "@bad", "line": {"width": 1.5}},
                "hovertemplate": "kink at %{x:.4f}<extra></extra>",
            }
        )
    layout = {
        "margin": {"l": 64, "r": 16, "t": 14, "b": 46},
        "showlegend": False,
        "xaxis": {"title": {"text": f"{path.title}, {path.unit}"}, "fixedrange": True, "showgrid": False,
                  "showline": True},
        "yaxis": {"title": {"text": what}, "fixedrange": True, "nticks": 5},
    }  # fmt: skip
    told = f"{LOSSES[shown.name].title}, {what} with {path.title}: {shown.kinks.size} kinks."
    return {"data": data, "layout": layout, "height": 260, "description": told}
