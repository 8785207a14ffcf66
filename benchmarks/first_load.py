"""How a page comes up in a browser that never saw it: ``python -m benchmarks.first_load``.

Starts the app, opens each page in a new headless Chromium profile and measures:

- shift: the sum of layout shifts until the page rests (0 is none; under 0.1 is good, https://web.dev/cls);
- plot s: from the request until the first plot is painted;
- requests, MB: what was asked for, and how much came over the wire.

Needs playwright and a Chromium (``CHROMIUM=/path`` if it is not ``/usr/bin/chromium``).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

from playwright.sync_api import Browser

from benchmarks.browser import IDLE, app, chromium

PAGES = {
    "Explore": ("", ".pl[data-painted]"),
    "Tune": ("tune", ".heatmaplayer"),
    "Outliers": ("outliers", ".heatmaplayer"),
}
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
CAME = "() => performance.getEntriesByType('resource').map((one) => one.transferSize)"


def visit(browser: Browser, address: str, plot: str) -> tuple[float, float, int, float]:
    """Open it once; returns shift, seconds to the plot, requests and megabytes."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(240_000)  # a first start compiles the kernels
    page.add_init_script(WATCH)
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(plot)
    seconds = time.perf_counter() - start
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(1500)
    sizes = page.evaluate(CAME)
    shift = page.evaluate("window.shifted")
    page.context.close()
    return shift, seconds, len(sizes), sum(sizes) / 1e6


def main() -> None:
    """Measure and print one table, the median of several visits."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--visits", type=int, default=5)
    given = options.parse_args()
    with app() as url, chromium() as browser:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Chromium {browser.version}, {given.visits} visits")
        print("page      shift  plot s  requests    MB")
        for name, (path, plot) in PAGES.items():
            visit(browser, f"{url}/{path}", plot)  # the server's first is of its own caches
            found = [visit(browser, f"{url}/{path}", plot) for _ in range(given.visits)]
            shift, seconds, requests, size = (statistics.median(column) for column in zip(*found, strict=True))
            print(f"{name:8}  {shift:5.3f}  {seconds:6.2f}  {requests:8.0f}  {size:4.1f}")


if __name__ == "__main__":
    main()
