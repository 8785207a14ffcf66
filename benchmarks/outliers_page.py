"""How fast the page of a million PSMs answers, and what it sends: ``python -m benchmarks.outliers_page``.

Makes a set as ``benchmarks.dataset`` does (or takes the one in ``--folder``), scores it, starts the app on it and
opens it in a headless Chromium. Measured in the browser, from the event of the hand (or the navigation) to the last
change of a picture, the table or the count that follows; and in bytes, everything that the server sends through the
page's socket until then. Each kind of action is done several times, never twice with the same question.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import IDLE, app, chromium
from benchmarks.common import arguments, show, write
from benchmarks.dataset import large_set, small_set
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes

QUIET = 700  # ms without a change after which an answer is whole
DENSITY = ".pl-plot:has(.heatmaplayer)"

# The time of the hand, and of the last thing that changed after it: a picture drawn, a text, the script's state.
WATCH = """() => {
  window.hand = performance.now();
  const note = () => { window.changed = performance.now(); };
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => { window.hand = window.changed = performance.now(); }, true);
  // The table keeps a copy of itself for screen readers inside its canvas, which it fills later: nothing of it is seen.
  const seen = (node) => !(node.nodeType === 1 ? node : node.parentElement)?.closest('canvas');
  new MutationObserver((records) => {
    const drawn = (r) => (r.type === 'attributes' ? r.target.matches('.pl, [data-testid=stApp]') : seen(r.target));
    if (records.some(drawn)) note();
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['data-drawn', 'data-test-script-state'],
  });
  note();
}"""


class Watched:
    """A page whose socket is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.received = page, 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def settled(self) -> float:
        """Wait until nothing changes any more; milliseconds from the hand to the last change."""
        self.page.wait_for_function(f"performance.now() - window.changed > {QUIET}")
        self.page.wait_for_selector(IDLE)
        return float(self.page.evaluate("window.changed - window.hand"))

    def timed(self, act: Callable[[], Any]) -> tuple[float, int]:
        """Milliseconds and bytes of one answer."""
        before = self.received
        act()
        return self.settled(), self.received - before


def opened(watched: Watched, address: str) -> tuple[float, int]:
    """Milliseconds from the navigation to the last change, and bytes."""
    page, before = watched.page, watched.received
    page.goto(address, wait_until="commit")
    page.wait_for_selector(f"{DENSITY} .plot-container")
    page.wait_for_selector(".st-key-outliers-psms [data-testid=stDataFrame]")
    watched.settled()
    return float(page.evaluate("window.changed")), watched.received - before


def actions(page: Page) -> dict[str, list[Callable[[], Any]]]:
    """What a hand does, several times each."""

    def typed(label: str, text: str) -> Callable[[], Any]:
        def act() -> None:
            field = page.get_by_role("textbox", name=label, exact=True)
            field.fill(text)
            field.press("Enter")

        return act

    def dragged(low: float, high: float) -> Callable[[], Any]:
        def act() -> None:
            box = page.locator(".st-key-outliers-charts .pl-plot .nsewdrag").first.bounding_box()
            assert box is not None
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + low * box["width"], y)
            page.mouse.down()
            page.mouse.move(box["x"] + high * box["width"], y, steps=4)
            # The hand that counts is the one that lets go.
            page.evaluate("window.hand = window.changed = performance.now()")
            page.mouse.up()

        return act

    def cause(place: int) -> Callable[[], Any]:
        def act() -> None:
            bar = page.locator(".st-key-outliers-charts .pl-plot").last.locator(".bars .point").nth(place)
            box = bar.bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x - 3, y)
            page.mouse.move(x, y)
            page.wait_for_timeout(100)  # Plotly looks at the pointer now and then
            page.mouse.click(x, y)

        return act

    def cell(row: int) -> Callable[[], Any]:
        def act() -> None:
            box = page.locator(".st-key-outliers-psms [data-testid=stDataFrame]").first.bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + 330, box["y"] + 38 + 35 * row + 17)

        return act

    def clicked(name: str) -> Callable[[], Any]:
        return lambda: page.get_by_role("button", name=name).first.click()

    clear = clicked("Clear all")
    return {
        "a cause": [cause(0), clear, cause(1), clear, cause(0), clear],
        "a range of the distribution": [dragged(0.55, 0.9), clear, dragged(0.2, 0.5), clear, dragged(0.7, 0.95), clear],
        "a search": [typed("Search", text) for text in ("pept", "lvn", "qc1", "kr", "")],
        "SQL": [
            typed("SQL condition", text)
            for text in (
                "charge = 3",
                "explained < 0.2 AND length > 12",
                "peptide LIKE '%[Phospho]%'",
                "id % 7 = 3",
                "",
            )
        ],
        "another page of the table": [clicked("More")] * 4,
        "a PSM of the table": [cell(row) for row in (2, 5, 7, 3)],
    }


def main() -> None:
    parser = arguments(__doc__, "outliers_page.csv")
    parser.add_argument("--psms", type=int, default=1_000_000, help="in the set (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to put the set, and leave it")
    parser.add_argument("--opens", type=int, default=5, help="times that the page is opened (default: %(default)s)")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []

    def add(what: str, found: list[tuple[float, int]]) -> None:
        times, sizes = [ms for ms, _ in found], [size for _, size in found]
        rows.append({
            "what": what, "PSMs": chosen.psms, "times": len(found), "median ms": statistics.median(times),
            "most ms": max(times), "most kB": max(sizes) / 1000,
        })  # fmt: skip

    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        large, scored = folder / f"set-{chosen.psms}.parquet", folder / f"set-{chosen.psms}.results.parquet"
        if not large.exists():
            large_set(small_set(Path(temporary)), large, chosen.psms)
        if not scored.exists():
            score_set(large, scored, Plan())
            add_causes(large, scored, 1000)
        with app(PEPLOSS_DATA_DIR=str(folder)) as url, chromium() as browser:
            address = f"{url}/outliers?data={large.name}"
            fresh: list[tuple[float, int]] = []
            for _ in range(chosen.opens + 1):
                for one in browser.contexts:
                    one.close()
                page = browser.new_page(viewport={"width": 1400, "height": 1200})
                page.set_default_timeout(60_000)
                page.add_init_script(f"document.addEventListener('DOMContentLoaded', {WATCH})")
                watched = Watched(page)
                fresh.append(opened(watched, address))
            add("open, first on this server", fresh[:1])
            add("open, in a browser that has nothing of the app", fresh[1:])
            add("open, in one that has", [opened(watched, address) for _ in range(chosen.opens + 1)][1:])
            for what, acts in actions(page).items():
                add(what, [watched.timed(act) for act in acts])
            everything = [row for row in rows if not str(row["what"]).startswith("open")]
            print(f"median of the medians: {statistics.median(float(str(r['median ms'])) for r in everything):.0f} ms")
    show(rows)
    write(rows, chosen.csv)


if __name__ == "__main__":
    main()
