"""A picture as a list of marks that an SVG and a bitmap are both written from: lines, areas and texts in px."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

COLOURS: Final = {
    "text": "#1c2730", "muted": "#66737f", "faint": "#a9b4bd", "grid": "#e8ecef", "line": "#c5cdd4", "paper": "#ffffff",
    "observed": "#5b6873", "observed-fill": "#e4e6e8", "predicted": "#0b766e", "predicted-fill": "#dfedec",
    "b": "#1f5fbf", "y": "#c8321f", "other": "#8a6d1d",
}  # fmt: skip
"""The light theme of the app (``frontend/theme.js``), its fills as they look on paper."""


@dataclass(frozen=True)
class Line:
    """A line through points; a closed one is filled instead of drawn."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False
    filled: bool = False


@dataclass(frozen=True)
class Text:
    """A text whose baseline begins, is centred or ends at a point."""

    at: Point
    value: str
    colour: str = "text"
    size: float = 11.0
    anchor: Anchor = "start"
    bold: bool = False


@dataclass
class Picture:
    """Marks in the order they are drawn; width and height in px."""

    width: int
    height: int
    title: str
    marks: list[Line | Text] = field(default_factory=list)

    def line(self, *points: Point, colour: str, width: float = 1.0, dashed: bool = False) -> None:
        """Draw a line."""
        self.marks.append(Line(points, colour, width, dashed))

    def area(self, points: list[Point], colour: str) -> None:
        """Fill what a line encloses."""
        self.marks.append(Line(tuple(points), colour, filled=True))

    def text(self, at: Point, value: str, *, colour: str = "text", size: float = 11.0, anchor: Anchor = "start",
             bold: bool = False) -> None:  # fmt: skip
        """Write a text."""
        self.marks.append(Text(at, value, colour, size, anchor, bold))


def text_width(value: str, size: float) -> float:
    """About how wide a text is, in px: half its size a letter."""
    return 0.56 * size * len(value)
