"""Contour lines of a heat map, and their labels: one or two a level, none on another, readable on any colour."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peploss.explorer.figures.traces import F64, Trace

APART = 0.085
"""Least distance between two labels, as a share of the picture's width."""
MOST_OF_A_LEVEL = 2


def contours(
    x: F64, y: F64, rows: list[NDArray[np.float32]], low: float, high: float, zero: str,
    taken: tuple[tuple[float, float], ...] = (),
) -> list[Trace]:  # fmt: skip
    """Lines at round values, and their labels. None at zero: there they would follow the rounding of the numbers.

    Args:
        x, y: centres of the columns and rows, each at equal ratios.
        rows: values, a row for each of ``y``.
        low, high: range of the colours.
        zero: as in ``landscape.Layer``.
        taken: x and y of marks that no label may cover.
    """
    step = _nice((high - low) / (8 if zero == "middle" else 12))
    ranges = {
        "ends": ((math.ceil(low / step) * step, high),),
        "low": ((step, high),),
        "middle": ((step, high), (-math.floor(-low / step) * step, -step)),
    }[zero]
    ranges = tuple((start, end) for start, end in ranges if end >= start)
    levels = [start + k * step for start, end in ranges for k in range(int((end - start) / step + 1e-9) + 1)]
    return [
        *(_lines(x, y, rows, start, end, step) for start, end in ranges),
        labels(x, y, np.stack(rows), levels, taken),
    ]


def labels(x: F64, y: F64, values: NDArray[np.float32], levels: list[float], taken: tuple = ()) -> Trace:
    """Each level's number on its line, where it is farthest from all labels there are."""
    placed = (
        [_share(at, axis) for at, axis in ((np.array(taken)[:, 0], x), (np.array(taken)[:, 1], y))] if taken else []
    )
    points = np.stack(placed, axis=1) if taken else np.zeros((0, 2))
    at, text = [], []
    for level in levels:
        crossings = _crossings(values, level)
        for _ in range(MOST_OF_A_LEVEL):
            if not len(crossings):
                break
            distance = (
                np.linalg.norm(crossings[:, None] - points[None], axis=2).min(axis=1)
                if len(points)
                else np.minimum(crossings, 1 - crossings).min(axis=1) + APART
            )
            best = int(distance.argmax())
            if distance[best] < APART:
                break
            points = np.vstack([points, crossings[best]])
            at.append(crossings[best])
            text.append(f"{level:,.4g}".replace("-", "−"))
    where = np.array(at).reshape(-1, 2)
    return written(_at(where[:, 0], x), _at(where[:, 1], y), text)


def written(x: F64, y: F64, text: list[str]) -> Trace:
    """Small text in a halo of the paper's colour."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": y,
        "text": text,
        "hoverinfo": "skip",
        "showlegend": False,
        "textfont": {"size": 10.5, "color": "@text", "shadow": "@halo"},
    }


def _lines(x: F64, y: F64, rows: list[NDArray[np.float32]], start: float, end: float, step: float) -> Trace:
    return {
        "type": "contour",
        "x": x,
        "y": y,
        "z": rows,
        "hoverinfo": "skip",
        "showscale": False,
        "showlegend": False,
        "autocontour": False,
        "contours": {"start": start, "end": end, "size": step, "coloring": "none", "showlabels": False},
        "line": {"color": "@muted", "width": 0.7},
    }


def _crossings(values: NDArray[np.float32], level: float) -> F64:
    """(N, 2) where the level crosses from a cell to the next, as shares of the picture's width and height."""
    n_rows, n_columns = values.shape
    out = [np.zeros((0, 2))]
    for axis in (0, 1):
        first, second = (np.take(values, np.arange(values.shape[axis] - 1) + k, axis=axis) for k in (0, 1))
        row, column = np.nonzero((first - level) * (second - level) < 0)
        part = (level - first[row, column]) / (second[row, column] - first[row, column])
        place = [column + (part if axis else 0), row + (0 if axis else part)]
        out.append(np.stack([place[0] / max(n_columns - 1, 1), place[1] / max(n_rows - 1, 1)], axis=1))
    found = np.concatenate(out)
    inside = (np.minimum(found, 1 - found) > 0.02).all(axis=1)
    return found[inside]


def _share(at: F64, axis: F64) -> F64:
    return np.log(at / axis[0]) / (math.log(axis[-1] / axis[0]) or 1.0)


def _at(share: F64, axis: F64) -> F64:
    return axis[0] * (axis[-1] / axis[0]) ** share


def _nice(step: float) -> float:
    """The next of 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(float(f"{m * power:.1g}") for m in (1, 2, 5, 10) if m * power >= step * (1 - 1e-9))
