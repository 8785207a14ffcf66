"""The mirror of two candidates: each over the same observed peaks, one up and one down, with what tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.candidates.deciding import Deciding
from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.spectra.spectrum import (
    PLOT_PX,
    Shown,
    curves_of,
    label_candidates,
    label_traces,
    layout_of,
    name_traces,
    padded,
    relative,
    stick_traces,
    title_of,
)
from peploss.explorer.figures.spectra.tips import fragment_tips, peak_keys, peak_tips, told_peaks
from peploss.explorer.figures.traces import Trace, escape, series_of, tips

ROOM_PX, MARK_PX, TITLE_PX = 35, 14, 20  # beyond the highest stick: for labels, then marks, then a title
PER_PX = 2.46 / PLOT_PX  # heights of the highest stick a pixel
ROOM = 1 + ROOM_PX * PER_PX  # labels stay below it
MARK = ROOM + MARK_PX / 2 * PER_PX  # height of a mark, in heights of the highest stick
TOP = ROOM + (MARK_PX + TITLE_PX) * PER_PX
MORE_PX = round(2 * TOP / PER_PX) - PLOT_PX  # taller than the mirror of one candidate


def pair_figure(
    first: Explanation, second: Explanation, alone: tuple[Deciding, Deciding], numbers: tuple[int, int], shown: Shown
) -> dict[str, Any]:
    """Two candidates of one spectrum, the first up and the second down.

    Args:
        alone: the fragments that each has and the other has not.
        numbers: of the two candidates, from 1.
        shown: whether labels are on.
    Returns:
        As ``spectrum_figure``.
    """
    upper, above = _half(first, shown)
    lower, below = _half(second, shown)
    for trace in lower:
        trace["y"] = -np.asarray(trace["y"])
        trace["showlegend"] = False
    name_traces(upper)
    name_traces(lower, "lower-")
    data = [*upper, *lower, *_marks(first, second, alone)]
    ends = label_traces()
    name_traces(ends)
    layout, height = layout_of(Shown(mirror=True), 0)
    layout["yaxis"]["range"] = [-TOP, TOP]
    for number, ex, up in ((numbers[0], first, True), (numbers[1], second, False)):
        text = f"<b>{number}</b>  {escape(ex.peptide.proforma)}  loss {ex.loss:.4f}"
        where = title_of(text, 1.0 if up else 0.0) | {"x": 1, "xanchor": "right", "yanchor": "top" if up else "bottom"}
        layout["annotations"].append(where)
    mz = [first.observed.mz, *(ex.fragments.mz[ex.fragment_in_range] for ex in (first, second))]
    return {
        "data": [*data, *ends],
        "layout": layout,
        "labels": {
            name: np.concatenate([above[name], -below[name] if name == "y" else below[name]])
            if isinstance(above[name], np.ndarray)
            else [*above[name], *below[name]]
            for name in above
        }
        | {"room": ROOM},
        "full": padded(np.concatenate(mz)),
        "height": height + MORE_PX,
        "description": (
            f"Two candidates over the same observed peaks: {numbers[0]} up with loss {first.loss:.4f}, {numbers[1]} "
            f"down with loss {second.loss:.4f}. {len(alone[0])} and {len(alone[1])} fragments tell them apart."
        ),
    }


def _half(ex: Explanation, shown: Shown) -> tuple[list[Trace], dict[str, Any]]:
    """Peaks, curves and fragments of one candidate, all upward, and its labels."""
    peaks, ions = relative(ex.observed.intensity), relative(ex.fragments.intensity)
    series = series_of(ex.fragments.ion_type)
    half = Shown(mirror=False, labels=shown.labels)
    traces = [*curves_of(ex, 1.0), *stick_traces(ex, half, series, peaks, ions)]
    told = told_peaks(ex)
    traces.append(
        tips(
            "peaks and fragments",
            np.concatenate([ex.observed.mz[told], ex.fragments.mz]),
            np.concatenate([peaks[told], ions]),
            [*peak_tips(ex, peaks, told), *fragment_tips(ex)],
            [*peak_keys(ex, told), *ex.fragments.plain_label],
        )
    )
    labels = label_candidates(ex, half, series, peaks, ions)
    return [t for t in traces if len(t["y"])], {k: np.asarray(v) if k in "xy" else v for k, v in labels.items()}


def _marks(first: Explanation, second: Explanation, alone: tuple[Deciding, Deciding]) -> list[Trace]:
    """A mark at every deciding fragment: filled where a peak speaks for it."""
    out = []
    for found, form in ((True, ""), (False, "-open")):
        x, y, text = [], [], []
        for ex, own, sign in ((first, alone[0], 1), (second, alone[1], -1)):
            of = own.fragment[(own.peak >= 0) == found].tolist()
            x += [float(ex.fragments.mz[i]) for i in of]
            y += [sign * MARK] * len(of)
            what = "has a peak" if found else "has no peak"
            text += [f"<b>{escape(ex.fragments.label[i])}</b> only in this candidate: {what}" for i in of]
        if x:
            name = "deciding, with a peak" if found else "deciding, without"
            out.append(
                {
                    "type": "scatter", "mode": "markers", "name": name, "uid": f"deciding{form}", "x": x, "y": y,
                    "text": text, "hovertemplate": "%{text}<extra></extra>",
                    "marker": {"symbol": f"diamond{form}", "size": 7, "color": "@predicted"},
                }
            )  # fmt: skip
    return out
