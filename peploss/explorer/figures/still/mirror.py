"""One comparison as a still picture: title, peptide, loss and settings, the ladder, and the mirror with its labels."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.spectra.spectrum import Shown, label_candidates, padded, relative
from peploss.explorer.figures.still.marks import Picture, Point, text_width
from peploss.explorer.figures.traces import F64, polyline, series_of
from peploss.settings import LossSettings

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, BOTTOM = 56, 14, 44
STEP, ROW, MOST = 20, 40, 40  # px of a residue and of a row of the ladder, residues in a row
LABEL = 10.0
Place = Callable[[float, float], Point]
"""m/z and relative intensity -> px."""


def still(ex: Explanation) -> Picture:
    """The picture of one comparison, as Explore exports it: observed up, predicted down."""
    picture = Picture(WIDTH, HEIGHT, f"{ex.peptide.proforma} on {ex.spectrum.name}")
    picture.text((8, 18), ex.spectrum.name[:120], size=14, bold=True)
    lines = [ex.peptide.proforma, facts(ex)]
    for i, line in enumerate(lines):
        picture.text((8, 36 + 16 * i), line[:150], size=11.5, colour="muted")
    top = 60 + ROW * _ladder(picture, ex, 62)
    _plot(picture, ex, float(top + 14))
    return picture


def facts(ex: Explanation) -> str:
    """Charge, loss, precursor error, matched fragments and the settings that are not the default, in one line."""
    s = ex.settings
    parts = [
        f"charge {ex.charge}+" if ex.charge else "charge not given",
        f"spectrum loss {ex.loss:.4f}",
        *([] if ex.precursor is None else [f"{ex.precursor.ppm:+.1f} ppm"]),
        f"{ex.n_matched} of {ex.n_matchable} fragments",
        f"sigma = {s.sigma:g} {s.sigma_unit}",
        f"h = {s.bin_width:g} Da",
        *([] if ex.intensity_source == "uniform" else [f"heights: {ex.intensity_source}"]),
    ]
    known = ("sigma", "sigma_unit", "bin_width", "intensities")
    changed = s.replace(**{name: getattr(LossSettings(), name) for name in known}).to_dict()
    return " · ".join([*parts, *(f"{name} = {value}" for name, value in changed.items())])


def _ladder(picture: Picture, ex: Explanation, top: float) -> int:
    """Draw the residues with their bonds; returns the number of rows."""
    n = len(ex.peptide)
    modified = {site.position for site in ex.peptide.modifications}
    bonds = {bond.position: bond for bond in ex.bonds}
    rows = -(-n // MOST)
    for i, residue in enumerate(ex.peptide.residues):
        x, y = 12 + STEP * (i % MOST), top + ROW * (i // MOST) + 20
        picture.text((x + STEP / 2, y + 5), residue, size=15, anchor="middle", bold=True,
                     colour="predicted" if i in modified else "text")  # fmt: skip
        if (bond := bonds.get(i + 1)) is None:
            continue
        edge = x + STEP
        for labels, colour, side in ((bond.n_terminal, "b", 1), (bond.c_terminal, "y", -1)):
            corner: list[Point] = [(edge, y + 3 * side), (edge, y + 13 * side), (edge - 7 * side, y + 13 * side)]
            picture.line(*corner, colour=colour if labels else "grid", width=1.6)
    return rows


def _plot(picture: Picture, ex: Explanation, top: float) -> None:
    series = series_of(ex.fragments.ion_type)
    peaks, ions = relative(ex.observed.intensity), -relative(ex.fragments.intensity)
    low, high = padded(np.concatenate([ex.observed.mz, ex.fragments.mz[ex.fragment_in_range]]))
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    middle, unit = (top + floor) / 2, (floor - top) / 2 / 1.2

    def place(mz: float, height: float) -> Point:
        return LEFT + (mz - low) / (high - low) * (right - LEFT), middle - unit * height

    for tick in (-1.0, -0.5, 0.0, 0.5, 1.0):
        y = place(low, tick)[1]
        picture.line((LEFT, y), (right, y), colour="line" if tick == 0 else "grid")
        picture.text((LEFT - 6, y + 4), f"{abs(tick):.0%}", anchor="end", colour="muted")
    _curves(picture, ex, place)
    partner = ex.matches.fragment_of_peak
    for i, (mz, height) in enumerate(zip(ex.observed.mz.tolist(), peaks.tolist(), strict=True)):
        colour = str(series[partner[i]]) if partner[i] >= 0 else "faint"
        picture.line(place(mz, 0.0), place(mz, height), colour=colour, width=1.6 if partner[i] >= 0 else 1.2)
    matched = ex.matches.peak_of_fragment >= 0
    for i in np.flatnonzero(ex.fragment_in_range).tolist():
        mz = float(ex.fragments.mz[i])
        width = 1.6 if matched[i] else 1.1
        picture.line(place(mz, 0.0), place(mz, float(ions[i])), colour=str(series[i]), width=width,
                     dashed=not matched[i])  # fmt: skip
    labels = label_candidates(ex, Shown(), series, peaks, ions)
    _labels(picture, labels["x"], labels["y"], [html.unescape(t) for t in labels["text"]], labels["colour"],
            labels["weight"], place)  # fmt: skip
    picture.line((LEFT, floor), (right, floor), colour="line")
    for tick in _ticks(low, high):
        x = place(tick, 0.0)[0]
        picture.line((x, floor), (x, floor + 4), colour="line")
        picture.text((x, floor + 17), f"{tick:g}", anchor="middle", colour="muted")
    picture.text(((LEFT + right) / 2, HEIGHT - 8), "m/z", anchor="middle", colour="muted")


def _curves(picture: Picture, ex: Explanation, place: Place) -> None:
    h = ex.settings.bin_width
    for name, curve, side in (("observed", ex.curves.observed, 1.0), ("predicted", ex.curves.predicted, -1.0)):
        line = polyline(curve, h, ex.sigma_per_bin[0] * h)
        y = np.asarray(line["y"], dtype=np.float64)
        x = np.asarray(line["x"] if "x" in line else line["x0"] + line["dx"] * np.arange(y.size), dtype=np.float64)
        gaps = np.flatnonzero(np.isnan(y))
        for part in np.split(np.arange(y.size), gaps):
            keep = part[~np.isnan(y[part])]
            if keep.size < 2:
                continue
            points = [place(a, side * b) for a, b in zip(x[keep].tolist(), y[keep].tolist(), strict=True)]
            picture.area([place(float(x[keep[0]]), 0.0), *points, place(float(x[keep[-1]]), 0.0)], f"{name}-fill")
            picture.line(*points, colour=name, width=0.7)


def _labels(picture: Picture, x: F64, y: F64, text: list[str], colour: list[str], weight: F64, place: Place) -> None:
    """The labels that find room, the heaviest first: two on one side may not overlap."""
    taken: list[tuple[float, float, float]] = []
    for i in np.argsort(-np.asarray(weight, dtype=np.float64), kind="stable").tolist():
        left, at = place(float(x[i]), float(y[i]))
        base = at - 3 if y[i] >= 0 else at + LABEL
        half = text_width(text[i], LABEL) / 2
        if any(abs(left - a) < half + b and abs(base - c) < LABEL for a, b, c in taken):
            continue
        taken.append((left, half, base))
        known = colour[i] if colour[i] in ("b", "y", "other") else "muted"
        picture.text((left, base), text[i], size=LABEL, anchor="middle", colour=known)


def _ticks(low: float, high: float) -> list[float]:
    """Round m/z values, five to ten of them."""
    step = next(s * 10.0**p for p in range(-3, 5) for s in (1, 2, 5) if (high - low) / (s * 10.0**p) <= 10)
    return [float(t) for t in np.arange(np.ceil(low / step) * step, high, step).round(6)]
