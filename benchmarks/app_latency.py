"""How fast the page follows the hand: ``python -m benchmarks.app_latency``.

Starts the app, opens it in a headless Chromium and measures, on the page it opens with:

- key press to repaint: an arrow key on the sigma slider until the plot has been drawn with the answer;
- drag rate: repaints a second while the slider is dragged steadily for two seconds.

Needs playwright and a Chromium (``CHROMIUM=/path`` if it is not ``/usr/bin/chromium``).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

from playwright.sync_api import Page

from benchmarks.browser import IDLE, PAINTED, app, chromium

# The time of a press is taken in the page, from the key event to the frame after the answer has been drawn.
WATCH = """() => {
  const root = document.querySelector('.pl[data-painted]');
  window.presses = [];
  let pressed = null;
  window.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    window.repaints = (window.repaints ?? 0) + 1;
    if (pressed === null) return;
    const from = pressed;
    pressed = null;
    requestAnimationFrame(() => setTimeout(() => window.presses.push(performance.now() - from)));
  }).observe(root, { attributes: true, attributeFilter: ['data-painted'] });
}"""


def press_times(page: Page, presses: int) -> list[float]:
    """Milliseconds from key press to repaint, one press at a time."""
    slider = page.locator("#pl-sigma")
    slider.focus()
    page.evaluate("window.presses = []")
    for n in range(presses):
        slider.press("ArrowRight" if n % 20 < 10 else "ArrowLeft")
        page.wait_for_function("n => window.presses.length > n", arg=n)
    return page.evaluate("window.presses")


def drag_rate(page: Page, seconds: float) -> float:
    """Repaints a second while the slider is dragged to and fro."""
    box = page.locator("#pl-sigma").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.evaluate("window.repaints = 0")
    start = time.monotonic()
    step = 0
    while (spent := time.monotonic() - start) < seconds:
        share = abs((step % 100) - 50) / 50
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.4 * share), y)
        page.wait_for_timeout(16)
        step += 1
    repaints = page.evaluate("window.repaints")
    page.mouse.up()
    return repaints / spent


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--presses", type=int, default=40)
    options.add_argument(
        "--rounds", type=int, default=3, help="the best of several is the machine's, not its neighbours'"
    )
    options.add_argument("--query", default="", help="query string of the view to measure, for example bins=1&grad=1")
    given = options.parse_args()
    with app() as url, chromium() as browser:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Chromium {browser.version}")
        print("round  median ms  p90 ms  drag/s")
        for n in range(given.rounds):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(f"{url}/?{given.query}")
            page.wait_for_selector(PAINTED, timeout=60_000)
            page.wait_for_selector(IDLE)
            page.evaluate(WATCH)
            press_times(page, 6)  # warm-up
            times = press_times(page, given.presses)
            rate = drag_rate(page, 2.0)
            print(
                f"{n + 1:5}  {statistics.median(times):9.0f}  {sorted(times)[int(0.9 * len(times))]:6.0f}  {rate:6.1f}"
            )
            page.close()


if __name__ == "__main__":
    main()
