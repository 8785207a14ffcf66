"""The pictures of the README and the documentation, from the real app: ``python -m benchmarks.pictures``.

Starts the app on a set of the built-in spectra, opens each page in a headless Chromium and writes what it shows to
``docs/pages/pictures/``. Needs playwright and a Chromium (``CHROMIUM=/path`` if it is not ``/usr/bin/chromium``).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from benchmarks.browser import IDLE, ROOT, app, chromium
from benchmarks.dataset import small_set
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes

FOLDER = ROOT / "docs" / "pages" / "pictures"
QUIET = 1500  # ms without a change after which a page is whole


class Picture(NamedTuple):
    """One picture: its file name, the address it is of, how many of what have to be drawn, and the window's height."""

    name: str
    address: str
    drawn: str
    count: int
    height: int


PICTURES = (
    Picture("explore", "?i=17", ".pl[data-painted]", 1, 980),
    Picture("tune", "tune?i=17", ".pl-plot .plot-container", 2, 980),
    Picture("outliers", "outliers?data=samples.parquet&by=label", ".pl-plot .plot-container", 3, 980),
)

# A page is whole when nothing in it has changed for a while.
WATCH = """() => {
  window.changed = performance.now();
  new MutationObserver(() => { window.changed = performance.now(); }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
}"""


def take(page: Page, url: str, picture: Picture, folder: Path) -> None:
    """Open a page, wait until it is whole and write its picture."""
    page.set_viewport_size({"width": 1400, "height": picture.height})
    page.goto(f"{url}/{picture.address}")
    page.wait_for_function(
        "([what, count]) => document.querySelectorAll(what).length >= count", arg=[picture.drawn, picture.count]
    )
    page.wait_for_selector(IDLE)
    page.evaluate(WATCH)
    page.wait_for_function(f"performance.now() - window.changed > {QUIET}")
    page.mouse.move(0, 0)  # no tooltip
    page.screenshot(path=folder / f"{picture.name}.png")
    print(folder / f"{picture.name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write (default: %(default)s)")
    parser.add_argument("--only", choices=[p.name for p in PICTURES], action="append", help="this one; several times")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary)
        samples = small_set(data)
        score_set(samples, data / "samples.results.parquet", Plan(decoys=True))
        add_causes(samples, data / "samples.results.parquet", 1000)
        with app(PEPLOSS_DATA_DIR=temporary, XDG_DATA_HOME=temporary) as url, chromium() as browser:
            for picture in PICTURES:
                if chosen.only and picture.name not in chosen.only:
                    continue
                page = browser.new_page(color_scheme="light")
                page.add_init_script("localStorage.setItem('peploss-tour', 'done')")
                page.set_default_timeout(120_000)
                take(page, url, picture, chosen.folder)
                page.close()


if __name__ == "__main__":
    main()
