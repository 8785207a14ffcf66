"""The mirror of two observed spectra: one up, one down, with what matches, and the steps to their loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.one_psm.curves import render_curves
from peploss.analysis.one_psm.mzpaf import UNKNOWN
from peploss.analysis.one_psm.two_spectra import TwoSpectra
from peploss.explorer.figures.charts import steps_figure
from peploss.explorer.figures.spectra.spectrum import Shown, layout_of, name_traces, padded, relative, title_of
from peploss.explorer.figures.traces import F64, Trace, escape, lines, polyline, sticks, tips

STEPS = {
    "intensity": "Intensity mismatch of peaks in both",
    "position": "m/z misalignment",
    "missing": "Peaks of the other alone",
    "unexplained": "Peaks of this one alone",
    "missing and unexplained": "Peaks of one alone",
}
"""What the bars of the waterfall are called where both sides were observed."""
MOST_LABELS = 24
AIR = 0.02  # between a peak and its label, of the highest peak
APART = 0.035
"""Labels of one side stand at least this share of the m/z range apart."""


def mirror_figure(two: TwoSpectra) -> dict[str, Any]:
    """Two spectra as they stand, peaks that are in both coloured, labels in mzPAF where a peptide explains a peak.

    Returns:
        ``data``, ``layout``, ``height`` in px and a ``description``, for ``components.figure``.
    """
    first, second = relative(two.first.intensity), relative(two.second.intensity)
    in_first, in_second = two.matches.fragment_of_peak >= 0, two.matches.peak_of_fragment >= 0
    full = padded(np.concatenate([two.first.mz, two.second.mz]))
    alone = [sticks(two.first.mz[~in_first], first[~in_first]), sticks(two.second.mz[~in_second], -second[~in_second])]
    both = [sticks(two.first.mz[in_first], first[in_first]), sticks(two.second.mz[in_second], -second[in_second])]
    data: list[Trace] = [
        *_curves(two),
        lines("peaks of one alone", "@faint", 1.3, _joined(alone)),
        lines("peaks in both", "@predicted", 1.7, _joined(both)),
        tips(
            "peaks",
            np.concatenate([two.first.mz, two.second.mz]),
            np.concatenate([first, -second]),
            [*_tips(two, 0, first), *_tips(two, 1, second)],
            [f"{mz:.4f}" for mz in np.concatenate([two.first.mz, two.second.mz])],
        ),
        *_labels(two, first, second, full[1] - full[0]),
    ]
    data = [trace for trace in data if len(trace["y"])]
    layout, height = layout_of(Shown(mirror=True), 0)
    layout["xaxis"]["range"] = full
    for spectrum, top in ((two.first, True), (two.second, False)):
        text = f"<b>{escape(spectrum.name)}</b>" + (f"  {escape(spectrum.peptide)}" if spectrum.peptide else "")
        layout["annotations"].append(
            title_of(text, 1.0 if top else 0.0) | {"x": 1, "xanchor": "right", "yanchor": "top" if top else "bottom"}
        )
    name_traces(data)
    return {
        "data": data,
        "layout": layout,
        "height": height,
        "description": (
            f"{two.first.name} up and {two.second.name} down: spectrum loss {two.loss:.4f}, {len(two.matches)} peaks "
            "in both."
        ),
    }


def two_steps_figure(two: TwoSpectra) -> dict[str, Any]:
    """The waterfall to the loss of two spectra."""
    return steps_figure(two.steps, [STEPS[step.name] for step in two.steps], two.loss)


def _curves(two: TwoSpectra) -> list[Trace]:
    settings = two.settings
    sides = [(s.mz, s.intensity) for s in (two.second, two.first)]
    curves = render_curves(sides[0], sides[1], settings)
    mz = np.concatenate([two.first.mz, two.second.mz])
    narrowest = settings.sigma if settings.sigma_unit == "Da" else settings.sigma * 1e-6 * float(mz.min(initial=1e9))
    out = []
    for name, curve, side in (("this spectrum", curves.observed, 1.0), ("the other", curves.predicted, -1.0)):
        line = polyline(curve, settings.bin_width, narrowest)
        line["y"] = line["y"] * np.float32(side)
        kind = "observed" if side > 0 else "predicted"
        out.append(lines(name, f"@{kind}", 1.1, line, {"fill": "tozeroy", "fillcolor": f"@{kind}-fill"}))
    return out


def _joined(parts: list[dict[str, F64]]) -> dict[str, F64]:
    return {axis: np.concatenate([part[axis] for part in parts]) for axis in ("x", "y")}


def _tips(two: TwoSpectra, side: int, height: F64) -> list[str]:
    spectrum = (two.first, two.second)[side]
    partner = two.matches.fragment_of_peak if side == 0 else two.matches.peak_of_fragment
    other = (two.second, two.first)[side]
    cosine = two.shares.peak_cosine if side == 0 else two.shares.fragment_cosine
    out = []
    for i, (mz, label) in enumerate(zip(spectrum.mz.tolist(), two.labels[side], strict=True)):
        at = int(partner[i])
        where = f"in both: {other.mz[at]:.4f} in the other" if at >= 0 else "no peak of the other matches"
        named = "" if label == UNKNOWN else f"<b>{escape(label)}</b><br>"
        out.append(f"{named}m/z {mz:.4f}, {height[i]:.1%} of the highest<br>{where}<br>{cosine[i]:.4f} of the cosine")
    return out


def _labels(two: TwoSpectra, first: F64, second: F64, span: float) -> list[Trace]:
    """The highest labelled peaks of both sides, none over another."""
    out = []
    for spectrum, height, labels, up in (
        (two.first, first, two.labels[0], True),
        (two.second, second, two.labels[1], False),
    ):
        taken: list[float] = []
        chosen: list[int] = []
        for i in np.argsort(-height, kind="stable").tolist():
            mz = float(spectrum.mz[i])
            if labels[i] != UNKNOWN and all(abs(mz - x) > APART * span for x in taken) and len(taken) < MOST_LABELS:
                taken.append(mz)
                chosen.append(i)
        sign = 1.0 if up else -1.0
        out.append(
            {
                "type": "scatter", "mode": "text", "name": f"labels {'up' if up else 'down'}", "hoverinfo": "skip",
                "x": spectrum.mz[chosen], "y": sign * (height[chosen] + AIR), "showlegend": False, "cliponaxis": False,
                "text": [escape(labels[i].partition("/")[0]) for i in chosen],
                "textposition": "top center" if up else "bottom center",
                "textfont": {"size": 10, "color": "@muted"},
            }
        )  # fmt: skip
    return out
