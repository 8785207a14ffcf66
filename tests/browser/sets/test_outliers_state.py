"""What Outliers draws is what its boxes and its address say: after Back, after another set, after a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.sets.outliers_page import CHARTS, DENSITY, IDLE, click_point, settled, told

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


def box(page: Any, key: str) -> str:
    """What a choice says."""
    field = page.locator(f".st-key-{key} [data-testid=stSelectbox] input").first
    return field.input_value() or page.inner_text(f".st-key-{key} [data-testid=stSelectbox]").strip()


def says(page: Any, key: str, text: str) -> None:
    """Wait until a choice says so."""
    page.wait_for_function(
        """([key, text]) => {
            const box = document.querySelector(`.st-key-${key} [data-testid=stSelectbox]`);
            return box && (box.querySelector("input").value || box.innerText.trim()) === text;
        }""",
        arg=[key, text],
    )


def axes(page: Any) -> tuple[str, str, str]:
    """Titles of the axes drawn: of the distribution, across and up of the density."""
    x = page.locator(f"{CHARTS} .xtitle").all_text_contents()
    return x[0], page.text_content(f"{DENSITY} .xtitle"), page.text_content(f"{DENSITY} .ytitle")


def agree(page: Any) -> None:
    """The boxes say what is drawn."""
    assert axes(page) == (box(page, "dist"), box(page, "dx"), box(page, "dy"))


def pick(page: Any, key: str, option: str) -> None:
    page.locator(f".st-key-{key} [data-testid=stSelectbox] input").first.click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_selector(IDLE)


def test_back_from_explore_shows_the_set_that_the_address_names(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/outliers?data=b.parquet", painted=False)
    settled(page)
    said = page.inner_text(".st-key-outliers-chips")
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    page.go_back()
    settled(page)
    assert box(page, "data") == "b.parquet"
    assert "data=b.parquet" in page.url
    assert "i=" not in page.url
    assert page.inner_text(".st-key-outliers-chips") == said
    agree(page)


def test_after_another_set_boxes_and_pictures_agree(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/outliers?data=a.parquet&res=withH2O.parquet&psm=3", painted=False)
    settled(page)
    assert box(page, "res") == "withH2O.parquet"
    agree(page)
    pick(page, "data", "b.parquet")
    page.wait_for_selector(f"{DENSITY} .xtitle:text-is('peaks')")
    agree(page)
    assert "psm=" not in page.url
    assert "withH2O" not in page.url
    assert box(page, "order") == "by peaks"
    pick(page, "data", "a.parquet")
    page.wait_for_selector(f"{DENSITY} .xtitle:text-is('spectrum loss')")
    agree(page)
    assert box(page, "order") == "by spectrum loss"
    assert box(page, "res") == "scores.parquet"
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector("text=neutral_losses = []")


def test_back_after_clear_all_restores_the_whole_filter(two_sets: str, open_page: Open) -> None:
    page = open_page(
        f"{two_sets}/outliers?data=a.parquet&range=loss:0.2_0.9~n_peaks:20_300&find=QC&where=charge+=+2", painted=False
    )
    settled(page)
    said = page.inner_text(".st-key-outliers-chips")
    page.get_by_role("button", name="Clear all").click()
    told(page, "109")
    assert page.get_by_role("textbox", name="Search").input_value() == ""
    page.go_back()
    page.wait_for_url(lambda url: "range" in url)
    page.wait_for_selector(".st-key-outliers-chips :text('of 109')")
    page.wait_for_selector(IDLE)
    assert page.inner_text(".st-key-outliers-chips") == said
    assert page.get_by_role("textbox", name="Search").input_value() == "QC"
    assert page.get_by_role("textbox", name="SQL condition").input_value() == "charge = 2"


def test_every_choice_stands_in_the_address_and_comes_back(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/outliers", painted=False)
    settled(page)
    for key, option in (("dist", "peaks"), ("by", "charge"), ("dx", "precursor m/z"), ("order", "by peptide length")):
        pick(page, key, option)
    page.wait_for_url(lambda url: "order=length" in url)
    page.reload()
    settled(page)
    assert [box(page, key) for key in ("dist", "by", "dx", "order")] == [
        "peaks",
        "charge",
        "precursor m/z",
        "by peptide length",
    ]
    agree(page)
    page.go_back()
    page.wait_for_url(lambda url: "order" not in url)
    says(page, "order", "by spectrum loss")


def test_a_point_shows_its_psm_beside_the_table_as_a_row_does(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/outliers?data=a.parquet", painted=False, height=1300)
    settled(page)
    click_point(page, 5)
    page.wait_for_url(lambda url: "psm=" in url)
    page.wait_for_selector(IDLE)
    psm = page.url.split("psm=")[1].split("&")[0]
    page.wait_for_selector(f".pl-psm :text('PSM {psm} ')")
    assert "/outliers" in page.url
