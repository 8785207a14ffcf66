"""How fast the page Training answers on a run of many samples: ``python -m benchmarks.training_page``.

Draws a run as ``benchmarks.training_run`` does (or takes the one in ``--folder``), starts the app on it and opens it in
a headless Chromium. Measured as in ``benchmarks.outliers_page``: from the event of the hand to the last change of a
picture, the table or a text that follows. No question is asked twice.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import app, chromium
from benchmarks.common import arguments, show, write
from benchmarks.outliers_page import WATCH, Watched
from benchmarks.training_run import large_run

TABLE = ".st-key-training-table [data-testid=stDataFrame]"
PICTURE = ".pl-plot .plot-container"
NAME = "run"


def opened(watched: Watched, address: str) -> tuple[float, int]:
    """Milliseconds from the navigation to the last change, and bytes."""
    page, before = watched.page, watched.received
    page.goto(address, wait_until="commit")
    page.wait_for_selector(TABLE)
    page.wait_for_selector(PICTURE)
    watched.settled()
    return float(page.evaluate("window.changed")), watched.received - before


def answered(page: Page, act: Callable[[], Any]) -> None:
    """Act, and wait for the first change: a machine under load may take long to begin."""
    act()
    page.wait_for_function("window.changed > window.hand", timeout=20_000)


def actions(page: Page, checkpoints: int) -> dict[str, list[Callable[[], Any]]]:
    """What a hand does, several times each."""

    def chosen(label: str, option: str) -> Callable[[], Any]:
        def act() -> None:
            page.locator(f"input[aria-label*='{label}']").click()
            page.get_by_role("option", name=option, exact=True).click()

        return act

    def typed(label: str, text: str) -> Callable[[], Any]:
        def act() -> None:
            field = page.locator(f"input[aria-label='{label}']")
            field.fill(text)
            field.press("Enter")

        return act

    def row(at: int) -> Callable[[], Any]:
        def act() -> None:
            table = page.locator(TABLE)
            table.scroll_into_view_if_needed()
            box = table.bounding_box()
            assert box is not None
            x, y = box["x"] + 60, box["y"] + 38 + 35 * at + 17
            page.mouse.move(x, y - 3)  # the table follows the pointer before it takes a click
            page.wait_for_timeout(300)
            page.mouse.click(x, y)

        return act

    def clicked(role: Any, name: str) -> Callable[[], Any]:
        return lambda: page.get_by_role(role, name=name).first.click()

    steps = [f"{1000 * k:,}" for k in range(checkpoints)]
    back = clicked("tab", "Run")
    return {
        "a search": [typed("Search", text) for text in ("peg", "spectrum 77", "kr", "")],
        "who changed": [chosen("Between the checkpoints", name) for name in
                        ("improved", "forgotten", "became right", "all samples")],
        "what is wrong": [chosen("What is wrong", name) for name in
                          ("one residue", "order", "several residues", "all")],
        "length": [typed("Length from", text) for text in ("12", "15", "9", "")],
        "another first checkpoint": [chosen("First checkpoint", step) for step in steps[1:4]],
        "another second checkpoint": [chosen("Second checkpoint", step) for step in steps[-2:-5:-1]],
        "another order": [chosen("Order", name) for name in ("by change", "by flips", "by peptide")],
        "another page of the table": [clicked("button", "More")] * 3,
        "a sample of the table, and back": [row(2), back, row(5), back],
    }  # fmt: skip


def main() -> None:
    parser = arguments(__doc__, "training_page.csv")
    parser.add_argument("--samples", type=int, default=100_000, help="of the run (default: %(default)s)")
    parser.add_argument("--checkpoints", type=int, default=10, help="of the run, 6 or more (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to put the run, and leave it")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []

    def add(what: str, found: list[tuple[float, int]]) -> None:
        times = [ms for ms, _ in found]
        rows.append({
            "what": what, "samples": chosen.samples, "checkpoints": chosen.checkpoints, "times": len(found),
            "least ms": min(times), "median ms": statistics.median(times), "most ms": max(times),
            "most kB": max(size for _, size in found) / 1000,
        })  # fmt: skip

    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        if not (folder / NAME).exists():
            large_run(folder / NAME, chosen.samples, chosen.checkpoints)
        with app(PEPLOSS_DATA_DIR=str(folder)) as url, chromium() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 1200})
            page.set_default_timeout(60_000)
            page.add_init_script("localStorage.setItem('peploss-tour', 'done')")
            page.add_init_script(f"document.addEventListener('DOMContentLoaded', {WATCH})")
            watched = Watched(page)
            address = f"{url}/training?run={NAME}"
            add("open, first on this server", [opened(watched, address)])
            add("open again", [opened(watched, address) for _ in range(3)])
            for what, acts in actions(page, chosen.checkpoints).items():
                add(what, [watched.timed(partial(answered, page, act)) for act in acts])
    show(rows)
    write(rows, chosen.csv)


if __name__ == "__main__":
    main()
