"""Writes a picture as SVG, its text as text, or as PNG."""

from __future__ import annotations

import html
import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from peploss.errors import BackendError
from peploss.explorer.figures.still.marks import COLOURS, Line, Picture, Text

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

FONT: Final = '"Source Sans 3", "Source Sans Pro", "Segoe UI", Helvetica, Arial, sans-serif'
SCALE: Final = 2
"""Pixels of a PNG for each px of the picture."""
DASH: Final = 3.0  # px
_UP: Final = 2  # of the filters of PNG: less the row above
_WITHOUT: Final = str.maketrans({"•": "·", "⁺": "+", **{c: str(i) for i, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}})


def to_svg(picture: Picture) -> str:
    """The picture as an SVG document, coordinates to a hundredth of a px."""
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width}" height="{picture.height}" '
        f"viewBox=\"0 0 {picture.width} {picture.height}\" font-family='{FONT}'>",
        f"<title>{html.escape(picture.title)}</title>",
        f'<rect width="{picture.width}" height="{picture.height}" fill="{COLOURS["paper"]}"/>',
    ]
    out += [_line(mark) if isinstance(mark, Line) else _text(mark) for mark in picture.marks]
    return "\n".join([*out, "</svg>", ""])


def _line(mark: Line) -> str:
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in mark.points)
    if mark.filled:
        return f'<path d="{path}Z" fill="{COLOURS[mark.colour]}"/>'
    dash = f' stroke-dasharray="{DASH:g}"' if mark.dashed else ""
    return f'<path d="{path}" fill="none" stroke="{COLOURS[mark.colour]}" stroke-width="{mark.width:g}"{dash}/>'


def _text(mark: Text) -> str:
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    bold = ' font-weight="600"' if mark.bold else ""
    return (
        f'<text x="{mark.at[0]:.2f}" y="{mark.at[1]:.2f}" font-size="{mark.size:g}" fill="{COLOURS[mark.colour]}"'
        f"{anchor}{bold}>{html.escape(mark.value)}</text>"
    )


def to_png(picture: Picture, scale: int = SCALE) -> bytes:
    """The picture as a PNG of ``scale`` pixels a px.

    Raises:
        BackendError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise BackendError(
            "PNG is written with Pillow, which is not installed.", remedy="Install Pillow, or ask for SVG."
        ) from error
    image = Image.new("RGB", (picture.width * scale, picture.height * scale), COLOURS["paper"])
    draw = ImageDraw.Draw(image)
    for mark in picture.marks:
        colour = COLOURS[mark.colour]
        if isinstance(mark, Text):
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
            stroke = 0.3 * scale if mark.bold else 0
            at = (mark.at[0] * scale, mark.at[1] * scale)
            value = mark.value.translate(_WITHOUT)  # the built-in font has no superscripts
            draw.text(at, value, colour, _font(round(mark.size * scale)), anchor, stroke_width=stroke)
            continue
        points = [(x * scale, y * scale) for x, y in mark.points]
        if mark.filled:
            draw.polygon(points, fill=colour)
        elif mark.dashed:
            for start, end in _dashes(points[0], points[-1], DASH * scale):
                draw.line([start, end], colour, max(1, round(mark.width * scale)))
        else:
            draw.line(points, colour, max(1, round(mark.width * scale)))
    return _packed(np.asarray(image))


def _packed(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of (height, width, 3) pixels. Each row is kept as what differs from the one above it.

    Nearly all of such a picture is paper, so that is nearly all zeros. Pillow tries five ways on every row and takes
    six times as long for a larger file.

    Source:
        PNG specification (third edition), sections 5 and 9.
    """
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])  # modulo 256, as the format has it
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits each of red, green and blue
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=16)
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _dashes(start: tuple[float, float], end: tuple[float, float], step: float) -> list[tuple[tuple[float, float], ...]]:
    """Every second stretch of a straight line."""
    (x0, y0), (x1, y1) = start, end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    cuts = [min(k * step / length, 1.0) for k in range(int(length / step) + 2)] if length else []
    at = [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in cuts]
    return list(zip(at[::2], at[1::2], strict=False))
