"""The page Losses in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
BSA = "sample=BSA+ion-trap+CID"
TABS = ("One spectrum", "Set", "Variance", "Smoothness", "Claims")
OPEN_TAB = "[role=tabpanel]:not([hidden])"
PLOT = f"{OPEN_TAB} .pl-plot .plot-container"
SPECTRUM = """BEGIN IONS
TITLE=spectrum {n}
PEPMASS=400.6872
CHARGE=2+
SEQ=PEPTIDE
98.06 10
227.1026 50
324.1554 20
END IONS
"""


def sideways(page: Any) -> int:
    """Pixels that the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.fixture(scope="module")
def degenerate(serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of an app on a folder with a file of one spectrum, and one of five that are all alike."""
    folder = tmp_path_factory.mktemp("degenerate")
    for name, count in (("one.mgf", 1), ("alike.mgf", 5)):
        (folder / name).write_text("".join(SPECTRUM.format(n=n) for n in range(count)))
    return serve(folder)


def test_a_point_of_the_disagreement_opens_in_explore_with_that_loss_drawn(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/losses?see=Set&{BSA}&second=Min-distance+Huber", painted=False)
    plot = page.locator(f"{OPEN_TAB} .pl-plot").nth(1)
    plot.locator(".plot-container").wait_for(timeout=120_000)
    page.wait_for_selector(IDLE)
    plot.scroll_into_view_if_needed()
    x, y, row, words = page.evaluate(
        """node => {
            const gd = node, {xaxis, yaxis} = gd._fullLayout;
            const points = gd.data.find((t) => t.customdata), box = gd.getBoundingClientRect();
            const place = [...points.y].indexOf(Math.max(...points.y));
            const row = [points.customdata[place]].flat()[0];
            return [box.x + xaxis._offset + xaxis.d2p(points.x[place]),
                    box.y + yaxis._offset + yaxis.d2p(points.y[place]), row, points.text[place]];
        }""",
        plot.element_handle(),
    )
    assert row is not None
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    plot.locator(".hoverlayer .hovertext").first.wait_for()
    page.mouse.click(x, y)
    peptide = re.split(r"<br>| · ", words)[0]
    page.wait_for_selector(f"{OPEN_TAB} p:has-text('{peptide}')")
    page.wait_for_selector(IDLE)
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_function("!location.pathname.includes('losses')")  # which has painted plots as well
    page.wait_for_selector(".pl[data-painted]", timeout=120_000)
    page.wait_for_selector(IDLE)
    assert "loss=Min-distance+Huber" in page.url
    page.wait_for_function(
        """bare => document.querySelector("input[aria-label='Peptide (ProForma)']")?.value.split("/")[0] === bare""",
        arg=peptide.split("/")[0],
    )
    page.wait_for_selector(".pl-numbers:has-text('Min-distance Huber')")
    head = page.locator(".pl-numbers")
    assert "Min-distance Huber" in head.inner_text()
    assert page.locator(".pl text:has-text('Min-distance Huber: slope')").count() == 1


def test_every_loss_can_be_drawn_from_a_link(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?loss=Weighted+cosine+(MassBank)")
    assert "Weighted cosine (MassBank)" in page.inner_text(".pl-numbers")
    names = page.evaluate("document.querySelector('.pl-plot').data.map((t) => t.name)")
    assert "predicted, Weighted cosine (MassBank)" in names


@pytest.mark.parametrize("part", TABS)
@pytest.mark.parametrize("width", [390, 800])
def test_a_narrow_window_does_not_scroll_sideways(url: str, open_page: Open, part: str, width: int) -> None:
    page = open_page(f"{url}/losses?see={part.replace(' ', '+')}&{BSA}", width=width, dark=True, painted=False)
    page.wait_for_selector(f"{OPEN_TAB} table" if part == "Claims" else PLOT, timeout=120_000)
    page.wait_for_selector(IDLE)
    assert sideways(page) <= 0


def test_a_set_of_one_spectrum_says_what_it_cannot_tell(degenerate: str, open_page: Open) -> None:
    page = open_page(f"{degenerate}/losses?source=Folder&file=one.mgf&see=Set", painted=False)
    page.get_by_text("One spectrum has no rank correlation").wait_for(timeout=120_000)
    page.get_by_role("tab", name="Variance").click()
    page.locator(f"{OPEN_TAB} [data-testid=stAlert]").first.wait_for()
    page.wait_for_selector(IDLE)
    assert not page.locator("[data-testid=stException]").count()
    page.get_by_role("tab", name="One spectrum").click()
    page.wait_for_selector(PLOT)
    assert not page.locator("[data-testid=stException]").count()


def test_spectra_that_are_all_alike_say_what_they_cannot_tell(degenerate: str, open_page: Open) -> None:
    page = open_page(f"{degenerate}/losses?source=Folder&file=alike.mgf&see=Set", painted=False)
    page.get_by_text("All 5 spectra have the same loss under").wait_for(timeout=120_000)
    page.get_by_role("tab", name="Variance").click()
    page.locator(f"{OPEN_TAB} [data-testid=stAlert]").first.wait_for()
    page.wait_for_selector(IDLE)
    said = page.inner_text(OPEN_TAB)
    assert "All spectra are of one length" in said
    assert "nan" not in said


def test_the_links_of_the_tabs_open_them(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/losses?{BSA}", painted=False)
    page.wait_for_selector(PLOT, timeout=120_000)
    for part in TABS[1:]:
        page.get_by_role("tab", name=part).click()
        page.wait_for_url(re.compile(f"see={part}"))
    page.wait_for_selector("[data-testid=stTable] tbody tr:nth-child(10)")
