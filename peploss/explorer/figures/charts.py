"""The small figures under the spectrum: the waterfall to the loss, the shares, the mass errors."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.one_psm.grid_effects import widths
from peploss.analysis.one_psm.matching import REACH_OF_A_MATCH
from peploss.analysis.one_psm.waterfall import Step
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.traces import F64, SERIES, escape, series_of
from peploss.settings import UNIFORM

MARGIN = {"l": 56, "r": 16, "t": 14, "b": 44}
MOST_BARS = 24
WORDS_UNDER_A_BAR = 13  # letters to a line
BAND_IN_VIEW = 4.0
"""The reach of a match sets the axis of the errors up to this many times the largest; beyond, they would be flat."""

NOTE: dict[str, Any] = {"showarrow": False, "font": {"size": 11, "color": "@muted"}}


def step_title(step: Step, ex: Explanation) -> str:
    """A bar's name; that of the intensities says whether heights were predicted or not."""
    if step.name != "intensity":
        return step.title
    return f"{step.title}: heights {'unknown' if ex.intensity_source == UNIFORM else 'wrong'}"


def waterfall_figure(ex: Explanation) -> dict[str, Any]:
    """Bars from 0 to the loss, one a step, and the loss itself as the last."""
    return steps_figure(ex.steps, [step_title(step, ex) for step in ex.steps], ex.loss)


def steps_figure(steps: Sequence[Step], names: Sequence[str], loss: float) -> dict[str, Any]:
    """Bars from 0 to a loss.

    Args:
        names: what each step is called.
    """
    titles = [_wrapped(name) for name in names]
    base = [min(step.start, step.end) for step in steps]
    size = [abs(step.value) for step in steps]
    colours = ["@bad" if step.value >= 0 else "@good" for step in steps]
    x = list(range(len(steps) + 1))
    links: dict[str, list[float | None]] = {"x": [], "y": []}
    for k, step in enumerate(steps):
        links["x"] += [k + 0.34, k + 0.66, None]
        links["y"] += [step.end, step.end, None]
    data = [
        {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"color": "@faint", "width": 1}, **links},
        {
            "type": "bar",
            "x": x[:-1],
            "y": size,
            "base": base,
            "width": 0.68,
            "marker": {"color": colours},
            "text": [signed(step.value, ".4f") for step in steps],
            "textposition": "outside",
            "cliponaxis": False,
            "constraintext": "none",
            "textfont": {"size": 12},
            "hovertemplate": "%{text}<extra></extra>",
        },
        {
            "type": "bar",
            "x": x[-1:],
            "y": [loss],
            "width": 0.68,
            "marker": {"color": "@total"},
            "text": [f"{loss:.4f}"],
            "textposition": "outside",
            "cliponaxis": False,
            "constraintext": "none",
            "textfont": {"size": 12},
            "hovertemplate": "spectrum loss %{text}<extra></extra>",
        },
    ]
    top = max([loss, *(max(step.start, step.end) for step in steps)], default=1.0)
    low = min([0.0, *(min(step.start, step.end) for step in steps)])
    layout = {
        "margin": MARGIN | {"b": 24 + 14 * max(1 + title.count("<br>") for title in titles)},
        "barmode": "overlay",
        "xaxis": {
            "tickvals": x,
            "ticktext": [*titles, "<b>spectrum loss</b>"],
            "showgrid": False,
            "ticks": "",
            "tickfont": {"size": 12, "color": "@text"},
            "tickangle": 0,
            "fixedrange": True,
        },
        "yaxis": {
            "title": {"text": "loss"},
            "range": [low * 1.15, (top or 1.0) * 1.15],
            "fixedrange": True,
            "zeroline": True,
            "zerolinecolor": "@line",
            "nticks": 6,
        },
    }
    told = ", ".join(f"{name} {signed(step.value, '.4f')}" for name, step in zip(names, steps, strict=True))
    return {"data": data, "layout": layout, "height": 320, "description": f"From 0 to {loss:.4f}: {told}."}


def shares_figure(ex: Explanation, *, of: str) -> dict[str, Any]:
    """The largest additive shares in the cosine, of the ``"fragments"`` or of the ``"peaks"``; together they are it."""
    if of == "fragments":
        share = ex.shares.fragment_cosine
        names = [escape(label) for label in ex.fragments.label]
        series = series_of(ex.fragments.ion_type)
    else:
        share = ex.shares.peak_cosine
        partner = ex.matches.fragment_of_peak
        names = [
            f"{mz:.3f}" + (f" {escape(ex.fragments.label[f])}" if f >= 0 else "")
            for mz, f in zip(ex.observed.mz.tolist(), partner.tolist(), strict=True)
        ]
        by_fragment = series_of(ex.fragments.ion_type)
        series = np.array([str(by_fragment[f]) if f >= 0 else "observed" for f in partner])
    order = np.argsort(-share, kind="stable")[:MOST_BARS]
    order = order[share[order] > 0]
    rest = ex.cosine - float(share[order].sum())
    x = list(range(order.size))
    text = [f"<b>{names[i]}</b><br>{share[i]:.4f} of the cosine" for i in order]
    data = [
        {
            "type": "bar",
            "x": x,
            "y": share[order],
            "marker": {"color": [f"@{series[i]}" for i in order]},
            "width": 0.74,
            "customdata": text,
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]
    if not order.size:
        return _nothing_shared(of)
    more = int((share > 0).sum()) - order.size
    note = f"{more} more add {rest:.4f}" if more > 0 else ""
    layout = {
        "margin": MARGIN | {"b": 66 if of == "fragments" else 96},
        "xaxis": {
            "tickvals": x,
            "ticktext": [names[i] for i in order],
            "tickangle": -60,
            "showgrid": False,
            "ticks": "",
            "fixedrange": True,
            "range": [-0.6, max(order.size, 8) - 0.4],
        },
        "yaxis": {"title": {"text": "share of the cosine"}, "rangemode": "tozero", "fixedrange": True, "nticks": 5},
        "annotations": [
            {
                "text": note,
                "xref": "paper",
                "yref": "paper",
                "x": 1,
                "y": 1,
                "xanchor": "right",
                "showarrow": False,
                "font": {"size": 11, "color": "@muted"},
            }
        ],
    }
    best = ", ".join(f"{names[i]} {share[i]:.4f}" for i in order[:3])
    return {"data": data, "layout": layout, "height": 280, "description": f"Largest shares of {of}: {best}."}


def _nothing_shared(of: str) -> dict[str, Any]:
    """In place of bars, a sentence: without overlap there is nothing to share out."""
    text = "No fragment overlaps with any peak:<br>the cosine is 0, and there is nothing to share."
    blank = {"visible": False, "range": [0, 1], "fixedrange": True}
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    note = middle | {"text": text, "font": {"size": 13, "color": "@muted"}}
    layout = {"margin": MARGIN, "xaxis": blank, "yaxis": dict(blank), "annotations": [note]}
    return {"data": [], "layout": layout, "height": 280, "description": f"Shares of {of}: {text.replace('<br>', ' ')}"}


def errors_figure(ex: Explanation, *, unit: str) -> dict[str, Any]:
    """Error of every matched fragment over m/z, in ``"ppm"`` or ``"Da"``, with the reach of a match as a band."""
    error = ex.matches.error_ppm if unit == "ppm" else ex.matches.error_da
    mz = ex.fragments.mz[ex.matches.fragment]
    series = series_of(ex.fragments.ion_type)[ex.matches.fragment]
    height = ex.observed.intensity[ex.matches.peak]
    size = 5 + 9 * np.sqrt(height / height.max()) if height.size else height
    digits = "+.1f" if unit == "ppm" else "+.4f"
    air = 0.04 * float(np.ptp(mz)) + 5 if mz.size else 0.0
    span = (max(float(mz.min()) - air, 1.0), float(mz.max()) + air) if mz.size else (1.0, ex.settings.max_mz)
    far = float(np.abs(error).max(initial=0.0)) * 1.25
    band, widest = _match_band(ex, span, unit)
    in_view = far == 0 or widest <= BAND_IN_VIEW * far
    far = 1.1 * widest if in_view else far
    data = [band | {"name": _reach_words(ex, in_view)}]
    for name, label in SERIES.items():
        of = series == name
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label,
                "x": mz[of],
                "y": error[of],
                "marker": {"color": f"@{name}", "size": size[of], "opacity": 0.85, "line": {"width": 0}},
                "text": [escape(ex.fragments.label[i]) for i in ex.matches.fragment[of]],
                "showlegend": bool(of.any()),
                "hovertemplate": f"<b>%{{text}}</b>  m/z %{{x:.4f}}<br>%{{y:{digits}}} {unit}<extra></extra>",
            }
        )
    shapes, notes = [], []
    if error.size:
        median = float(np.median(error))
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": median,
                "y1": median,
                "line": {"color": "@muted", "width": 1, "dash": "dot"},
            }
        )
        away_from_zero = "bottom" if median >= 0 else "top"
        at_the_line = {"xref": "paper", "x": 1, "xanchor": "right", "y": median, "yanchor": away_from_zero}
        notes.append(NOTE | at_the_line | {"text": f"median {signed(median, digits[1:])} {unit}"})
    layout = {
        "margin": MARGIN,
        "shapes": shapes,
        "annotations": notes,
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 11, "color": "@muted"},
        },
        "xaxis": {"title": {"text": "m/z"}, "range": list(span), "showgrid": False, "showline": True},
        "yaxis": {
            "title": {"text": f"observed − predicted, {unit}"},
            "range": [-far, far],
            "zeroline": True,
            "zerolinecolor": "@line",
        },
    }
    return {
        "data": data,
        "layout": layout,
        "height": 320,
        "description": f"Mass errors in {unit} of {len(ex.matches)} matched fragments.",
    }


def _match_band(ex: Explanation, span: tuple[float, float], unit: str) -> tuple[dict[str, Any], float]:
    """The errors a match can have, over the m/z drawn, as a filled outline, and half its greatest height."""
    x: F64 = np.geomspace(*span, 60)
    reach = REACH_OF_A_MATCH * widths(x, ex.settings)
    reach = reach / x * 1e6 if unit == "ppm" else reach
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([reach, -reach[::-1]]),
        "fill": "toself",
        "fillcolor": "@predicted-fill",
        "line": {"color": "@predicted-fill", "width": 0},
        "hoverinfo": "skip",
        "showlegend": True,
    }
    return trace, float(reach.max())


def _reach_words(ex: Explanation, in_view: bool) -> str:
    """How far a match reaches, and that it does so beyond the axis where the errors are far smaller."""
    s = ex.settings
    beyond = "" if in_view else ", beyond this axis"
    return f"a match reaches ±{REACH_OF_A_MATCH * s.sigma:g} {s.sigma_unit} ({REACH_OF_A_MATCH:g} σ){beyond}"


def _wrapped(title: str) -> str:
    return "<br>".join(textwrap.wrap(title, WORDS_UNDER_A_BAR))
