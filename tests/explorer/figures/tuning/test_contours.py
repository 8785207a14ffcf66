from __future__ import annotations

import numpy as np
import pytest

from peploss.explorer.figures.tuning.contours import APART, contours, labels


def share(at: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.log(at / axis[0]) / np.log(axis[-1] / axis[0])


X = Y = np.geomspace(0.001, 1.0, 40)


def steep() -> np.ndarray:
    """Many narrow hills, whose lines lie close together."""
    u = np.linspace(0, 1, 40)
    return (0.5 + 0.5 * np.sin(40 * u[None, :]) * u[:, None]).astype(np.float32)


def test_no_label_lies_on_another_or_on_a_mark() -> None:
    mark = (0.05, 0.05)
    found = labels(X, Y, steep(), [0.1 * k for k in range(1, 10)], (mark,))
    assert len(found["text"]) >= 9
    at = np.stack([share(np.append(found["x"], mark[0]), X), share(np.append(found["y"], mark[1]), Y)], axis=1)
    distance = np.linalg.norm(at[:, None] - at[None], axis=2)
    assert distance[~np.eye(len(at), dtype=bool)].min() >= APART - 1e-9


def test_a_label_lies_on_the_line_of_its_level() -> None:
    values = np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None], 40, axis=0)
    found = labels(X, Y, values, [0.25, 0.5])
    for x, text in zip(found["x"], found["text"], strict=True):
        assert share(x, X) == pytest.approx(float(text), abs=1e-6)


def test_every_line_that_is_drawn_is_a_level_that_is_labelled() -> None:
    values = np.linspace(-1, 1, 1600, dtype=np.float32).reshape(40, 40)
    *lines, text = contours(X, Y, list(values), -1.0, 1.0, "middle")
    drawn = {
        round(c["start"] + k * c["size"], 6)
        for c in (line["contours"] for line in lines)
        for k in range(round((c["end"] - c["start"]) / c["size"]) + 1)
    }
    written = {float(label.replace("−", "-")) for label in text["text"]}
    assert written <= drawn
    assert 0.0 not in written
    assert {0.5, -0.5} <= written


def test_a_flat_picture_has_no_labels() -> None:
    assert labels(X, Y, np.ones((40, 40), dtype=np.float32), [0.5, 1.0])["text"] == []
