"""The page Outliers on a large set: looked at, filtered, selected, opened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peploss.dataset.query.notes import Notes
from peploss.dataset.query.results import Results
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.settings import LossSettings
from tests.browser.sets.outliers_page import (
    CHARTS,
    DENSITY,
    IDLE,
    N_PSMS,
    click_cause,
    click_cell,
    click_point,
    drag,
    settled,
    told,
)

pytestmark = pytest.mark.browser

LOSS = "[data-id=loss] .pl-cell-value"

Open = Callable[..., Any]


def test_it_opens_on_the_worst_with_little_to_send(large_set_url: str, browser: Any, results: Results) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    page = context.new_page()
    received = [0]

    def count(frame: str | bytes) -> None:
        received[0] += len(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    page.goto(f"{large_set_url}/outliers?data=large.parquet")
    page.wait_for_selector(f"{DENSITY} .plot-container", timeout=120_000)
    settled(page)
    assert f"{N_PSMS:,}" in page.inner_text(".st-key-outliers-chips")
    worst = results.page(["title"], limit=1)["title"].to_pylist()[0]
    assert worst in page.inner_text(".pl-psm")
    assert 0 < received[0] < 1_000_000
    context.close()


def test_a_click_on_a_cause_filters_and_another_takes_it_away(outliers: Open, results: Results) -> None:
    page = outliers()
    groups = results.groups("cause", "loss", where="cause IS NOT NULL").to_pylist()
    click_cause(page, groups[0]["value"])
    told(page, f"{groups[0]['psms']:,}")
    assert f"cause={groups[0]['value'].replace(' ', '+')}" in page.url
    click_cause(page, groups[0]["value"])
    told(page, f"{N_PSMS:,}")


def test_a_range_dragged_is_looked_at_alone(outliers: Open, results: Results) -> None:
    page = outliers()
    drag(page, 0, 0.3, 0.6)
    page.wait_for_url(re.compile("range=loss"))
    page.wait_for_selector(IDLE)
    low, high = map(float, re.search(r"range=loss%3A([\d.]+)_([\d.]+)", page.url).groups())
    told(page, f"{results.count(f'loss BETWEEN {low} AND {high}'):,}")
    drag(page, 1, 0.2, 0.8)
    page.wait_for_url(re.compile("explained"))
    page.get_by_role("button", name="Clear all").click()
    told(page, f"{N_PSMS:,}")


def test_search_and_sql(outliers: Open, results: Results) -> None:
    page = outliers()
    field = page.get_by_role("textbox", name="SQL condition")
    field.fill("charge = 3 AND explained < 0.1")
    field.press("Enter")
    told(page, f"{results.count('charge = 3 AND explained < 0.1'):,}")
    search = page.get_by_role("textbox", name="Search")
    search.fill("Phospho")
    search.press("Enter")
    where = "charge = 3 AND explained < 0.1 AND lower(peptide || title) LIKE '%phospho%'"
    told(page, f"{results.count(where):,}")
    field.fill("loss > 0.5; COPY psms TO 'x'")
    field.press("Enter")
    page.wait_for_selector("text=The filter is ignored until you fix it")
    settled(page)
    assert page.locator(DENSITY).count() == 1


def test_the_psm_of_a_point_opens_and_the_fix_is_one_click_away(outliers: Open, results: Results) -> None:
    page = outliers("cause=unmodelled+ions")
    left = page.inner_text(".st-key-outliers-chips strong")
    click_point(page, 5)
    page.wait_for_url(re.compile("psm="))
    page.wait_for_selector(IDLE)
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    psm = int(re.search(r"\bi=(\d+)", page.url)[1]) - 1  # of points in one place, the uppermost
    loss, fixed = (results.rows([psm], [name])[name].to_pylist()[0] for name in ("loss", "fixed_loss"))
    assert f"{psm + 1:,} of {N_PSMS:,}" in page.inner_text(".pl-name")
    assert page.inner_text(LOSS) == f"{loss:.4f}"
    page.wait_for_selector(".pl-reference:not([data-state=waiting])", timeout=120_000)
    page.wait_for_selector(IDLE)
    page.get_by_role("button", name="Try it").click()
    page.wait_for_function(
        "([at, before]) => document.querySelector(at).textContent !== before", arg=[LOSS, f"{loss:.4f}"]
    )
    assert float(page.inner_text(LOSS)) == pytest.approx(fixed, abs=2e-4)
    page.get_by_role("link", name="Outliers").click()
    settled(page)
    told(page, left)


def test_a_psm_opens_in_place_of_a_spectrum_that_was_there(large_set_url: str, open_page: Open) -> None:
    page = open_page(f"{large_set_url}/?i=5")
    page.get_by_role("link", name="Outliers").click()
    settled(page)
    title = page.inner_text(".pl-psm b")
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_selector(f".pl-name b:text-is('{title}')")
    page.wait_for_url(re.compile(r"\bi="))
    page.get_by_role("link", name="Tune").click()
    page.wait_for_selector(f".pl-name b:text-is('{title}')")


def test_open_with_the_fix_and_back(outliers: Open, results: Results) -> None:
    page = outliers("cause=residue+order")
    page.get_by_role("link", name="Open with the fix").click()
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    assert "peptide=" in page.url
    page.go_back()  # once: opening is one step of the history
    settled(page)
    assert "cause=residue+order" in page.url


def test_a_click_on_a_head_orders_the_whole_set_and_keeps_the_ticks(outliers: Open, results: Results) -> None:
    page = outliers()
    worst = results.ids(order="loss", descending=True, limit=1)
    click_cell(page, 0, 16)
    page.get_by_role("radio", name="Ticked").click()
    page.wait_for_selector(".st-key-selection :text-is('1')")
    click_cell(page, -1, 200)  # the head of the peptides
    first = results.ids(order="peptide", limit=1)
    page.wait_for_selector(f".pl-psm :text('PSM {first[0]} ')")
    page.get_by_role("button", name="More").click()  # at once, and from the table right over it
    page.wait_for_selector("text=101 to 200")
    page.wait_for_selector(".st-key-selection :text-is('1')")
    page.get_by_role("button", name="Tag").filter(has_text="Tag").first.click()
    page.get_by_role("combobox", name="Tag").last.fill("the *worst*")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Tag 1").click()
    page.wait_for_selector("text=the *worst*: 1 PSMs")  # letter by letter
    assert Notes(results.path.with_name("large.parquet")).tagged("the *worst*") == worst
    page.get_by_role("button", name="Remove tag").click()
    page.wait_for_selector("text=the *worst*: removed from 1 PSMs")


def test_the_table_opens_ticks_tags_and_exports(outliers: Open, results: Results, folder: Path) -> None:
    page = outliers("cause=unmodelled+ions")
    ids = results.ids("cause = 'unmodelled ions'", order="loss", descending=True)
    click_cell(page, 1, 320)  # the peptide of the second row
    page.wait_for_selector(f".pl-psm :text('PSM {ids[1]} ')")
    for row in (0, 2):
        click_cell(page, row, 16)
        page.wait_for_selector(IDLE)
    page.get_by_role("radio", name="Ticked").click()
    page.wait_for_selector(".st-key-selection :text-is('2')")
    page.get_by_role("button", name="Tag", exact=False).filter(has_text=re.compile("Tag")).first.click()
    page.get_by_role("combobox", name="Tag").last.fill("odd ones")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Tag 2").click()
    page.wait_for_selector("text=odd ones: 2 PSMs")
    page.keyboard.press("Escape")
    page.wait_for_selector(IDLE)
    assert Notes(folder / "large.parquet").tagged("odd ones") == sorted([ids[0], ids[2]])
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save 2 PSMs as Ids").click()
    assert Path(saved.value.path()).read_text().split() == sorted(map(str, [ids[0], ids[2]]), key=int)
    page.get_by_role("combobox", name="As").last.click()
    page.get_by_role("option", name="Drop list").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save 2 PSMs as Drop list").click()
    listed = json.loads(Path(saved.value.path()).read_text())
    assert listed["n_psms"] == N_PSMS
    assert sorted(p["id"] for p in listed["drop"]) == sorted([ids[0], ids[2]])
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="As").wait_for(state="detached")
    page.wait_for_selector(IDLE)
    page.locator(".st-key-tag [data-testid=stSelectbox] input").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="odd ones (2)").click()
    told(page, "2")
    assert "tag=odd+ones" in page.url


def test_the_settings_of_the_scores_go_along(large_set_url: str, open_page: Open, folder: Path) -> None:
    other = LossSettings(sigma=0.02, bin_width=0.05, sqrt=True, neutral_losses=("H2O",), top_n=20)
    score_set(folder / "large.parquet", folder / "other.parquet", Plan(settings=other))
    page = open_page(f"{large_set_url}/outliers?data=large.parquet&res=other.parquet&where=id+%3D+4242", painted=False)
    settled(page)
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    with Results(folder / "other.parquet") as results:
        loss = results.rows([4242], ["loss"])["loss"].to_pylist()[0]
    assert page.inner_text(LOSS) == f"{loss:.4f}"
    page.reload()  # by the link alone
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    assert page.inner_text(LOSS) == f"{loss:.4f}"


@pytest.mark.parametrize(("width", "dark"), [(800, False), (1400, True)])
def test_it_fits_narrow_and_dark(outliers: Open, width: int, dark: bool) -> None:
    page = outliers(width=width, dark=dark)
    assert page.get_attribute(".pl:has(.heatmaplayer)", "data-theme") == ("dark" if dark else "light")
    for name in ("PSMs", "Compare", "About"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_selector(IDLE)
        wide = page.evaluate("(() => { const m = document.querySelector('[data-testid=stMain]');"
                             " return m.scrollWidth - m.clientWidth; })()")  # fmt: skip
        assert wide <= 1, name
    for plot in page.query_selector_all(CHARTS):
        box = plot.bounding_box()
        assert box["width"] > 250
        assert box["x"] + box["width"] <= width
