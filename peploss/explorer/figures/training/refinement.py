"""Figures of one sample: probabilities by position, what each refinement step costs, how its fragments drift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.explorer.figures.charts import NOTE
from peploss.explorer.figures.traces import Trace, escape, lines

MARGIN = {"l": 58, "r": 12, "t": 28, "b": 44}
LEAST = 0.01  # probability; a token that nowhere has more gets no row
MOST_ROWS = 26
SERIES = ("@predicted", "@b", "@y", "@other", "@extra", "@observed")
PARTS = {"ce": ("cross-entropy", "@observed"), "spectrum": ("spectrum", "@predicted"), "precursor": ("precursor", "@b")}


def probability_figure(
    probs: NDArray[np.floating], tokens: Sequence[str], target: Iterable[int], decoded: Iterable[int],
    changed: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Heat map of the probability of each token at each position.

    Args:
        probs: (L, V).
        tokens: V names.
        target: (L,) right tokens, drawn as squares; empty where they are not known.
        decoded: (L,) the most probable, drawn as dots.
        changed: (L,) where the step before decoded another token; such dots are filled in another colour.
    """
    probs = np.asarray(probs)
    target, decoded = list(map(int, target)), list(map(int, decoded))
    needed = {*target, *decoded}
    rank = sorted(range(len(tokens)), key=lambda v: (v not in needed, -float(probs[:, v].max())))
    rows = sorted(v for v in rank[:MOST_ROWS] if v in needed or probs[:, v].max() >= LEAST)
    place = {v: k for k, v in enumerate(rows)}
    x = np.arange(1, len(probs) + 1, dtype=np.int32)
    marks: list[Trace] = []
    if target:
        marks.append(
            {"type": "scatter", "mode": "markers", "name": "right", "x": x, "hoverinfo": "skip",
             "y": [place[t] for t in target],
             "marker": {"symbol": "square-open", "size": 15, "color": "@text", "line": {"width": 1.4}}}
        )  # fmt: skip
    colours = ["@bad" if c else "@text" for c in (changed if changed is not None else [False] * len(probs))]
    marks.append(
        {"type": "scatter", "mode": "markers", "name": "decoded", "x": x, "hoverinfo": "skip",
         "y": [place[t] for t in decoded], "marker": {"symbol": "circle", "size": 6, "color": colours}}
    )  # fmt: skip
    heat: Trace = {
        "type": "heatmap",
        "x": x,
        "y": np.arange(len(rows), dtype=np.int32),
        "z": [probs[:, v].astype(np.float32) for v in rows],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "@paper"], [1, "@predicted"]],
        "showscale": False,
        "text": [[escape(tokens[v])] * len(probs) for v in rows],
        "hovertemplate": "position %{x}: %{text}<br>probability %{z:.4f}<extra></extra>",
    }
    layout = {
        "margin": MARGIN | {"t": 26},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": {"title": {"text": "position"}, "fixedrange": True, "showgrid": False, "range": [0.5, len(x) + 0.5],
                  "dtick": 1 if len(x) < 40 else 5},
        "yaxis": {"fixedrange": True, "showgrid": False, "tickvals": list(range(len(rows))), "ticks": "",
                  "ticktext": [escape(tokens[v]) for v in rows], "tickfont": {"size": 11, "color": "@text"}},
    }  # fmt: skip
    told = ", ".join(f"{k}: {tokens[t]} {probs[k - 1, t]:.2f}" for k, t in zip(x.tolist(), decoded, strict=True))
    return {
        "data": [heat, *marks], "layout": layout, "height": 90 + 17 * max(len(rows), 6),
        "description": f"Most probable token by position: {told}.",
    }  # fmt: skip


def step_figure(values: dict[str, NDArray[np.floating]], title: str) -> dict[str, Any]:
    """Numbers over the refinement steps, a line each."""
    data = []
    for colour, (name, y) in zip(SERIES, values.items(), strict=False):
        x = np.arange(1, len(y) + 1, dtype=np.int32)
        hover = {"hoverinfo": "all", "hovertemplate": f"{escape(name)}<br>step %{{x}}: %{{y:.4g}}<extra></extra>"}
        more = hover | {"mode": "lines+markers", "marker": {"size": 6, "color": colour}}
        data.append(lines(escape(name), colour, 1.8, {"x": x, "y": np.asarray(y, dtype=np.float64)}, more))
    layout = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": {"title": {"text": "refinement step"}, "fixedrange": True, "showgrid": False, "showline": True,
                  "dtick": 1},
        "yaxis": {"title": {"text": title}, "fixedrange": True, "nticks": 5, "rangemode": "tozero"},
    }  # fmt: skip
    told = "; ".join(f"{name} {', '.join(f'{v:.4g}' for v in y)}" for name, y in values.items())
    return {"data": data, "layout": layout, "height": 240, "description": f"{title} by refinement step: {told}."}


def drift_figure(
    names: Sequence[str],
    drift: NDArray[np.float64],
    observed: NDArray[np.float64],
    sigma: NDArray[np.float64],
    step: int,
) -> dict[str, Any]:
    """How far each expected fragment lies from its right place, at one refinement step and at the others, muted.

    Args:
        names: F fragments.
        drift: (T, F) in Th.
        observed: (F,) nearest observed peak less the right m/z, in Th; NaN without.
        sigma: (F,) width of each fragment in Th; its reach of 5 sigma is drawn as a band.
        step: 0-based refinement step.
    """
    x = np.arange(len(names), dtype=np.int32)
    near = np.where(np.abs(observed) <= 5 * sigma, observed, np.nan)
    data: list[Trace] = [
        lines(f"step {t + 1}", "@faint", 1, {"x": x, "y": drift[t]}, {"showlegend": False})
        for t in range(len(drift))
        if t != step
    ]
    data.append(
        {"type": "scatter", "mode": "markers", "name": "observed peak in reach", "x": x, "y": near,
         "marker": {"symbol": "line-ew-open", "size": 12, "color": "@observed", "line": {"width": 2}},
         "hovertemplate": "observed %{y:+.4f} Th<extra></extra>"}
    )  # fmt: skip
    within = np.abs(drift[step]) <= 5 * sigma
    data.append(
        {"type": "scatter", "mode": "markers+lines", "name": f"expected, step {step + 1}", "x": x, "y": drift[step],
         "line": {"color": "@predicted", "width": 1}, "text": [escape(name) for name in names],
         "marker": {"size": 7, "color": ["@predicted" if w else "@bad" for w in within]},
         "customdata": drift[step] / sigma,
         "hovertemplate": "%{text}: %{y:+.4f} Th<br>%{customdata:+.1f} σ<extra></extra>"}
    )  # fmt: skip
    filled: Trace = {"fill": "tonexty", "fillcolor": "@predicted-fill"}
    edges: tuple[tuple[NDArray[np.float64], Trace], ...] = ((-5 * sigma, {}), (5 * sigma, filled))
    data[:0] = [
        lines(f"band {end}", "@predicted-fill", 0, {"x": x, "y": y}, {"showlegend": False} | fill)
        for end, (y, fill) in zip(("below", "above"), edges, strict=True)
    ]
    ends = dict.fromkeys(f"{5 * s:.3g}" for s in (sigma.min(initial=np.inf), sigma.max(initial=0.0)))
    reach = f"5 σ = {' to '.join(ends)} Th"
    note = NOTE | {"xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": 1.02, "yanchor": "bottom",
                   "text": f"band: {reach}"}  # fmt: skip
    layout = {
        "margin": MARGIN | {"b": 60},
        "annotations": [note],
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": {"tickvals": x, "ticktext": [escape(name) for name in names], "tickangle": -60, "fixedrange": True,
                  "showgrid": False},
        "yaxis": {"title": {"text": "expected − right, Th"}, "nticks": 7, "zeroline": True, "zerolinecolor": "@line"},
    }  # fmt: skip
    far = int((~within).sum())
    told = f"At refinement step {step + 1}, {far} of {len(names)} fragments lie farther than 5 sigma from their place."
    return {"data": data, "layout": layout, "height": 320, "description": told}


def gradient_figure(gradient: dict[str, NDArray[np.float64]], labels: Sequence[str]) -> dict[str, Any]:
    """Norm of the gradient by the logits of each position, of each part of the loss; (L,) each."""
    x = np.arange(1, len(labels) + 1, dtype=np.int32)
    data = []
    for part, values in gradient.items():
        name, colour = PARTS[part]
        hover = f"{name}, position %{{x}}: %{{y:.3g}}<extra></extra>"
        data.append({"type": "bar", "name": name, "x": x, "y": values, "marker": {"color": colour},
                     "hovertemplate": hover})  # fmt: skip
    layout = {
        "margin": MARGIN,
        "barmode": "group",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11, "color": "@muted"}},
        "xaxis": {"tickvals": x, "ticktext": [escape(label) for label in labels], "fixedrange": True,
                  "showgrid": False},
        "yaxis": {"title": {"text": "gradient on the logits"}, "fixedrange": True, "nticks": 5, "exponentformat": "e"},
    }  # fmt: skip
    told = "; ".join(f"{PARTS[part][0]} {float(np.linalg.norm(v)):.3g}" for part, v in gradient.items())
    return {"data": data, "layout": layout, "height": 260, "description": f"Norms of the gradient: {told}."}
