"""What a hand does on the page Outliers, and how a test knows that it was answered."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.browser import IDLE

N_PSMS = 250_000  # of the large set: more than a page could carry, and half a minute to score
CHARTS = ".st-key-outliers-charts .pl-plot"
DENSITY = f"{CHARTS}:has(.heatmaplayer)"
TABLE = ".st-key-outliers-psms [data-testid=stDataFrame]"
ROW, HEAD = 35, 38


def settled(page: Any) -> None:
    page.wait_for_selector(f"{DENSITY} .plot-container")
    page.wait_for_selector(TABLE)
    page.wait_for_selector(IDLE)


def told(page: Any, text: str) -> None:
    """Wait until the line of the filter says how many PSMs are left."""
    page.wait_for_selector(f".st-key-outliers-chips :text-is('{text}')")
    page.wait_for_selector(IDLE)


def click_point(page: Any, place: int) -> None:
    """Click one of the worst PSMs of the density."""
    plot = page.locator(DENSITY).element_handle()
    x, y = page.evaluate(
        """([plot, place]) => {
            const {xaxis, yaxis} = plot._fullLayout, points = plot.data.find((t) => t.type === "scatter");
            const box = plot.getBoundingClientRect();
            const x = xaxis._offset + xaxis.d2p(points.x[place]), y = yaxis._offset + yaxis.d2p(points.y[place]);
            return [box.x + x, box.y + y];
        }""",
        [plot, place],
    )
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.wait_for_selector(f"{DENSITY} .hoverlayer .hovertext")
    page.mouse.click(x, y)


def click_cause(page: Any, name: str) -> None:
    row = page.locator(f"{CHARTS} .yaxislayer-above text, {CHARTS} .ytick text").filter(
        has_text=re.compile(f"^{name}$")
    )
    box = row.last.bounding_box()
    x, y = box["x"] + box["width"] + 25, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.wait_for_selector(f"{CHARTS} .hoverlayer .hovertext")
    page.mouse.click(x, y)


def drag(page: Any, place: int, low: float, high: float) -> None:
    """Drag over a share of the width of a picture."""
    box = page.locator(f"{CHARTS} .nsewdrag").nth(place).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + low * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + high * box["width"], y + 30, steps=5)
    page.mouse.up()


def click_cell(page: Any, row: int, x: int) -> None:
    box = page.locator(TABLE).first.bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + HEAD + ROW * row + ROW / 2)
