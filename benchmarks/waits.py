"""How long a hand waits on Explore and Tune: ``python -m benchmarks.waits``.

Starts the app on a folder with a file of 20,000 spectra and opens it in a headless Chromium. Measured in the browser,
from the event of the hand to the last change that follows it, as ``benchmarks.outliers_page`` does:

- Why after a slider key: an arrow key on sigma until the tab under the plot has followed;
- Open in Explore: the link of a PSM on Outliers until Explore is drawn;
- Browse: the button until the list of 20,000 spectra is there, the first time and again;
- Tune's set: 2,000 of the 20,000 spectra, until its first picture and until the last.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import IDLE, app, chromium
from benchmarks.common import arguments, show, write
from benchmarks.outliers_page import WATCH, Watched
from peploss import open_spectra
from peploss.installed import SAMPLES
from peploss.spectra.writers import to_mgf

SOURCE = SAMPLES / "hcd_qe_openms_qc.mgf"
NAME = "many.mgf"
SETTLE = 500  # ms that Explore waits for the hand to rest before the tabs follow


def many(path: Path, n: int) -> None:
    """A file of so many spectra: those of the source with their peptides, again and again, under new names."""
    spectra = list(open_spectra(SOURCE))
    with path.open("w") as file:
        for i in range(n):
            file.write(to_mgf(replace(spectra[i % len(spectra)], title=f"spectrum {i}")))


def opened(page: Page, address: str, drawn: str) -> Watched:
    """A page that stands still and is watched."""
    watched = Watched(page)
    page.goto(address)
    page.wait_for_selector(drawn)
    page.wait_for_selector(IDLE)
    page.evaluate(WATCH)
    watched.settled()
    return watched


def why(page: Page, url: str, presses: int) -> list[float]:
    """Milliseconds from a key until the tab is drawn, without the time that the page waits for the hand to rest."""
    watched = opened(page, url, ".pl[data-painted]")
    page.locator("#pl-sigma").focus()
    keys = ["ArrowRight", "ArrowLeft"] * presses
    return [watched.timed(partial(page.keyboard.press, key))[0] - SETTLE for key in keys[:presses]]


def to_explore(page: Page, url: str, times: int) -> list[float]:
    """Milliseconds from the click on the link until Explore is drawn."""
    out = []
    for place in range(times):
        opened(page, f"{url}/outliers?psm={place + 1}", ".st-key-outliers-psms [data-testid=stDataFrame]")
        page.get_by_text("Open in Explore").first.click()
        page.wait_for_selector(".pl[data-painted]")
        out.append(float(page.evaluate("performance.now() - window.hand")))
    return out


def browse(page: Page, url: str) -> list[float]:
    """Milliseconds until the list is there: the first time, and again after a reload."""
    out = []
    for _ in range(2):
        watched = opened(page, f"{url}/?source=Folder&file={NAME}", ".pl[data-painted]")
        out.append(watched.timed(page.get_by_role("button", name="Browse").click)[0])
    return out


def tune(page: Page, url: str) -> tuple[float, float]:
    """Milliseconds from the navigation to the first picture of the set, and to the last."""
    start = time.perf_counter()
    page.goto(f"{url}/tune?source=Folder&file={NAME}&part=Set", wait_until="commit")
    page.wait_for_selector(".heatmaplayer", timeout=120_000)
    first = time.perf_counter() - start
    page.wait_for_function("!document.querySelector('.st-key-progress')", timeout=120_000)
    return 1e3 * first, 1e3 * (time.perf_counter() - start)


def main() -> None:
    """Measure and print one table."""
    parser = arguments(__doc__, "waits.csv")
    parser.add_argument("--spectra", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=10, help="keys and links each (default: %(default)s)")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []

    def add(what: str, found: list[float]) -> None:
        rows.append({"what": what, "median ms": statistics.median(found), "worst ms": max(found), "times": len(found)})

    with tempfile.TemporaryDirectory() as made:
        many(Path(made) / NAME, options.spectra)
        with app(PEPLOSS_DATA_DIR=made) as url, chromium() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.set_default_timeout(240_000)  # a first start compiles the kernels
            opened(page, url, ".pl[data-painted]")
            add("Why after a slider key", why(page, url, options.times))
            add("Open in Explore", to_explore(page, f"{url}", options.times))
            first, again = browse(page, url)
            add(f"Browse {options.spectra:,}, first", [first])
            add(f"Browse {options.spectra:,}, again", [again])
            picture, done = tune(page, url)
            add("Tune's set, first picture", [picture])
            add("Tune's set, last picture", [done])
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
