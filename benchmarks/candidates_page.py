"""How fast Explore follows the hand where several candidates are compared: ``python -m benchmarks.candidates_page``.

Opens the built-in spectrum with five candidates in a headless Chromium and measures in the page, from the event of the
hand to the frame after the plot has been drawn with the answer:

- a key from 1 to 5, which shows that candidate, and one with Shift, which mirrors it below;
- the fifth candidate typed and added, until it stands in the table;
- the source of fragment heights switched in the sidebar, both sources used before.

``page ms`` is the processor time of the page's main thread within the answer: other work on the machine adds little.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Callable, Iterator
from urllib.parse import quote

from playwright.sync_api import Page

from benchmarks.browser import IDLE, app, chromium
from benchmarks.candidates import CANDIDATES

ROWS = ".pl-candidates tbody tr"
FIELD = "input[aria-label='Another candidate (ProForma)']"
SOURCES = ("MS2PIP HCD2019", "uniform")
Times = tuple[float, float]
"""Milliseconds by the clock, and of the page's main thread."""
REST = 1200
"""ms between two presses: what follows the plot has been drawn by then, too."""

# ``window.due`` says whether the plot that was just drawn is the answer; the time is that of the next frame.
WATCH = """() => {
  let hand = null;
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => { hand = performance.now(); }, true);
  new MutationObserver(() => {
    if (hand === null || !window.due || !window.due()) return;
    const from = hand;
    window.due = null;
    requestAnimationFrame(() => setTimeout(() => { window.took = performance.now() - from; }));
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-painted'] });
}"""


class Clock:
    """Times answers of a page, and the work of its main thread for them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _busy(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return next(1e3 * float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")

    def timed(self, act: Callable[[], None], due: str) -> Times:
        """From the last event of ``act`` to the first plot for which ``due`` holds."""
        page = self.page
        page.evaluate(f"() => {{ window.took = null; window.due = () => {due}; }}")
        before = self._busy()
        act()
        page.wait_for_function("() => window.took !== null")
        busy = self._busy() - before
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(REST)
        return float(page.evaluate("window.took")), busy


def shown(clock: Clock) -> Iterator[Times]:
    """One candidate after the other."""
    page = clock.page
    for key in "2345123451":
        page.locator(".pl-stage .pl-plot").focus()
        yield clock.timed(
            lambda key=key: page.keyboard.press(key),
            f"document.querySelectorAll('{ROWS}')[{int(key) - 1}].dataset.shown === 'true'",
        )  # fmt: skip


def mirrored(clock: Clock) -> Iterator[Times]:
    """Another candidate below the first."""
    page = clock.page
    for key in "23452345":
        page.locator(".pl-stage .pl-plot").focus()
        yield clock.timed(
            lambda key=key: page.keyboard.press(f"Shift+Digit{key}"),
            f"document.querySelectorAll('{ROWS}')[{int(key) - 1}].dataset.below === 'true'",
        )  # fmt: skip


def added(clock: Clock, address: str, n: int) -> Iterator[Times]:
    """The fifth candidate, typed on a page that has four."""
    page = clock.page
    for _ in range(n):
        page.goto(f"{address}/?tab=Candidates&also={quote(chr(10).join(CANDIDATES[1:4]))}")
        page.wait_for_selector(ROWS)
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(REST)
        page.evaluate(WATCH)
        page.locator(FIELD).fill(CANDIDATES[4])
        yield clock.timed(
            lambda: page.locator(FIELD).press("Enter"), f"document.querySelectorAll('{ROWS}').length === 5"
        )


def switched(clock: Clock, n: int) -> Iterator[Times]:
    """The other source of heights; the first time of each is not told."""
    page = clock.page
    box = page.get_by_role("combobox", name="Fragment heights")
    for k in range(n + 2):
        source = SOURCES[k % 2]
        before = page.inner_text('.pl-cell[data-id="loss"] .pl-cell-value')
        box.click()
        option = page.get_by_role("option", name=source, exact=True)
        option.wait_for()
        times = clock.timed(
            option.click,
            f"document.querySelector('.pl-cell[data-id=loss] .pl-cell-value').textContent !== {before!r}",
        )  # fmt: skip
        if k >= 2:
            yield times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--n", type=int, default=8, help="times that heights are switched, and a candidate added")
    given = options.parse_args()
    with app() as url, chromium() as browser:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Chromium {browser.version}")
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        page.add_init_script("localStorage.setItem('peploss-tour', 'done')")
        page.goto(f"{url}/?also={quote(chr(10).join(CANDIDATES[1:]))}")
        page.wait_for_selector(ROWS)
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(REST)
        page.evaluate(WATCH)
        clock = Clock(page)
        print("median ms  least ms  most ms  page ms")
        for what, times in (
            ("one of five candidates shown", shown(clock)),
            ("another of them below it", mirrored(clock)),
            ("heights switched, both sources used before", switched(clock, given.n)),
            ("the fifth candidate added", added(clock, url, given.n)),
        ):
            ms, busy = zip(*times, strict=True)
            print(
                f"{statistics.median(ms):9.0f}  {min(ms):8.0f}  {max(ms):7.0f}  {statistics.median(busy):7.0f}  {what}"
            )


if __name__ == "__main__":
    main()
