"""Figures of a curriculum: its stages, what each part costs in them, and a descent under several losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peploss.explorer.figures.traces import F64, Trace, escape, lines
from peploss.explorer.figures.training.doubt import LEGEND, MARGIN
from peploss.explorer.figures.tuning.reach import COLOURS
from peploss.training.curriculum import CurriculumV2
from peploss.training.descent.run import Trajectory
from peploss.training.expected_parts import ExpectedParts

POINTS = 201
_PANELS = (
    ("weights", {"spectrum weight": "spectrum_weight", "precursor weight": "precursor_weight"}),
    ("clean, dropout", {"clean share": "clean_share", "dropout": "dropout"}),
    ("noise, ppm", {"noise peaks": "noise_peaks", "mass error, ppm": "mass_error_ppm"}),
)


def curriculum_figure(curriculum: CurriculumV2, step: int) -> dict[str, Any]:
    """Weights, shares, noise and mass error over the training steps; ``step`` is marked."""
    x = np.unique(np.linspace(0, curriculum.n_steps, POINTS).astype(int))
    stages = [curriculum.at(int(s)) for s in x]
    data: list[Trace] = []
    layout: dict[str, Any] = {}
    height = 1 / len(_PANELS)
    colours = iter(COLOURS)
    for k, (title, names) in enumerate(_PANELS):
        axis = "y" if not k else f"y{k + 1}"
        for name, field in names.items():
            y = [getattr(s, field) if hasattr(s, field) else getattr(s.difficulty, field) for s in stages]
            hover = {"hoverinfo": "all", "hovertemplate": f"{name}<br>step %{{x:,}}: %{{y:.4g}}<extra></extra>"}
            points = {"x": x.astype(np.float64), "y": np.asarray(y, dtype=np.float64)}
            trace = lines(name, next(colours), 1.8, points, hover | {"yaxis": axis})
            trace["line"]["shape"] = "hv" if curriculum.ramp == "step" else "linear"
            data.append(trace)
        top = 1 - k * height
        layout["yaxis" if not k else f"yaxis{k + 1}"] = {
            "title": {"text": title}, "domain": [top - height + 0.05, top], "fixedrange": True, "nticks": 4,
            "rangemode": "tozero", "anchor": "x",
        }  # fmt: skip
    ends = [curriculum.steps_per_stage * k for k in range(len(curriculum.stages) + 1)]
    line = {"color": "@text", "width": 1, "dash": "dash"}
    layout |= {
        "margin": MARGIN,
        "showlegend": True,
        "legend": LEGEND,
        "shapes": [{"type": "line", "x0": step, "x1": step, "yref": "paper", "y0": 0, "y1": 1, "line": line}],
        "xaxis": {"title": {"text": "training step"}, "fixedrange": True, "showline": True, "tickvals": ends,
                  "anchor": f"y{len(_PANELS)}", "range": [0, curriculum.n_steps * 1.01]},
    }  # fmt: skip
    first, last = curriculum.stages[0], curriculum.stages[-1]
    told = (
        f"{len(curriculum.stages)} stages: spectrum weight from {first.spectrum_weight:g} to {last.spectrum_weight:g}, "
        f"precursor weight from {first.precursor_weight:g} to {last.precursor_weight:g}."
    )
    return {"data": data, "layout": layout, "height": 430, "description": told}


def expected_figure(found: ExpectedParts) -> dict[str, Any]:
    """Median of each part at each stage, before its weight, and the share of spectrum and precursor in the whole."""
    x = np.arange(1, len(found.ce) + 1, dtype=np.int32)
    data = []
    for colour, (name, y) in zip(
        ("@observed", "@predicted", "@b"),
        {"cross-entropy": found.ce, "spectrum loss": found.spectrum, "precursor loss": found.precursor}.items(),
        strict=True,
    ):
        hover = f"{name}, stage %{{x}}: %{{y:.4g}}<extra></extra>"
        data.append({"type": "bar", "name": name, "x": x, "y": y, "marker": {"color": colour}, "hovertemplate": hover})
    layout = {
        "margin": MARGIN,
        "barmode": "group",
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": {"title": {"text": "stage"}, "fixedrange": True, "showgrid": False, "tickvals": x},
        "yaxis": {"title": {"text": "median, before its weight"}, "fixedrange": True, "nticks": 5},
    }
    told = f"Spectrum loss from {found.spectrum[0]:.3f} at the first stage to {found.spectrum[-1]:.3f} at the last."
    return {"data": data, "layout": layout, "height": 280, "description": told}


def descent_figure(found: Mapping[str, Trajectory], what: str) -> dict[str, Any]:
    """One number along several descents: its median over the spectra, and the middle half as a band.

    Args:
        what: ``"loss"`` (against its start), ``"accuracy"``, ``"ppm"`` (without sign) or ``"gradient"``.
    """
    data: list[Trace] = []
    told = []
    for k, (name, each) in enumerate(found.items()):
        values: F64 = np.abs(getattr(each, what))
        if what == "loss":
            values = values / np.maximum(values[:1], 1e-12)
        x = np.arange(len(values), dtype=np.float64)
        middle = np.median(values, axis=1)
        colour = COLOURS[k % len(COLOURS)]
        if values.shape[1] > 3:
            low, high = np.quantile(values, [0.25, 0.75], axis=1)
            outline = {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([low, high[::-1]])}
            fill = {"fill": "toself", "fillcolor": colour, "opacity": 0.15, "showlegend": False}
            data.append(lines(name, "rgba(0,0,0,0)", 0, outline, fill))
        hover = {"hoverinfo": "all", "hovertemplate": f"{escape(name)}<br>step %{{x}}: %{{y:.4g}}<extra></extra>"}
        data.append(lines(escape(name), colour, 1.8, {"x": x, "y": middle}, hover))
        told.append(f"{name} from {middle[0]:.4g} to {middle[-1]:.4g}")
    titles = {"loss": "loss / loss at the start", "accuracy": "share of residues right", "ppm": "|ppm|",
              "gradient": "gradient"}  # fmt: skip
    scale = {"type": "log", "exponentformat": "power"} if what in ("ppm", "gradient") else {"rangemode": "tozero"}
    layout = {
        "margin": MARGIN,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": {"title": {"text": "step of the descent"}, "fixedrange": True, "showgrid": False, "showline": True},
        "yaxis": {"title": {"text": titles[what]}, "fixedrange": True, "nticks": 5} | scale,
    }
    return {"data": data, "layout": layout, "height": 280, "description": f"{titles[what]}: {'; '.join(told)}."}
