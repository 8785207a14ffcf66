"""A page shows what its address says, however one came to it: by the menu, the way back and on, a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.browser import IDLE
from tests.browser.sets.outliers_page import settled

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
HEAT = "[role=tabpanel]:not([hidden]) .pl-plot:has(.heatmaplayer)"


def shows(page: Any, *, spectrum: str, place: str, address: tuple[str, ...] = (), path: str = "/") -> None:
    """The page shows that spectrum, its boxes name what its address does."""
    page.wait_for_selector(f".pl-name b:text-is('{spectrum}')")
    page.wait_for_selector(IDLE)
    page.wait_for_url(lambda url: all(part in url for part in address))
    assert page.inner_text(".pl-name").split("\n")[-1].startswith(place)
    assert page.evaluate("location.pathname") == path


def to(page: Any, name: str, ready: str) -> None:
    """By the menu."""
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_selector(ready)
    page.wait_for_selector(IDLE)


def test_back_from_tune_shows_what_the_address_names(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/?source=Set&psms=b.parquet&i=5&nl=H2O")
    here = {"spectrum": "BSA1.2547", "place": "5 of 99", "address": ("psms=b.parquet", "i=5", "nl=H2O")}
    shows(page, **here)
    to(page, "Tune", HEAT)
    shows(page, **here, path="/tune")
    page.go_back()
    page.wait_for_selector(".pl-numbers")
    shows(page, **here)
    page.go_forward()
    page.wait_for_selector(HEAT)
    shows(page, **here, path="/tune")
    page.reload()
    page.wait_for_selector(HEAT)
    shows(page, **here, path="/tune")


def test_the_way_back_stops_at_no_empty_address(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/?source=Set&psms=b.parquet")
    for name, ready in (("Tune", HEAT), ("Explore", ".pl-numbers"), ("Tune", HEAT)):
        to(page, name, ready)
        page.wait_for_url(lambda url: "psms=b.parquet" in url)
    for path in ("/", "/tune", "/"):
        page.go_back()
        shows(page, spectrum="BSA1.2458", place="1 of 99", address=("psms=b.parquet",), path=path)


def test_a_change_in_the_sidebar_is_a_step_back(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/?source=Set&psms=b.parquet")
    first = page.inner_text(".pl-loss")
    page.locator(".st-key-sqrt label").click()
    page.wait_for_url(lambda url: "sqrt=true" in url)
    page.wait_for_function("first => document.querySelector('.pl-loss').innerText !== first", arg=first)
    page.wait_for_selector(IDLE)
    page.go_back()
    page.wait_for_url(lambda url: "sqrt" not in url)
    page.wait_for_function("() => !document.querySelector('.st-key-sqrt input').checked")
    page.wait_for_function("first => document.querySelector('.pl-loss').innerText === first", arg=first)
    shows(page, spectrum="BSA1.2458", place="1 of 99", address=("psms=b.parquet",))


def test_outliers_and_explore_keep_their_own_addresses(two_sets: str, open_page: Open) -> None:
    page = open_page(f"{two_sets}/outliers?data=b.parquet", painted=False)
    settled(page)
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    shown = page.inner_text(".pl-name b")
    to(page, "Tune", HEAT)
    to(page, "Outliers", ".st-key-outliers-chips")
    page.wait_for_url(lambda url: "data=b.parquet" in url)
    assert "psms" not in page.url
    page.go_back()
    page.wait_for_selector(HEAT)
    assert page.inner_text(".pl-name b") == shown
    assert "data=" not in page.url


def test_two_tabs_show_each_its_own(two_sets: str, open_page: Open) -> None:
    a, b = open_page(f"{two_sets}/?source=Set&psms=b.parquet"), open_page(f"{two_sets}/?nl=NH3")
    a.get_by_role("button", name="Next").click()
    a.wait_for_url(lambda url: "i=2" in url)
    b.get_by_role("button", name="Next").click()
    b.wait_for_url(lambda url: "i=18" in url)
    a.reload()
    shows(a, spectrum=a.inner_text(".pl-name b"), place="2 of 99", address=("psms=b.parquet",))
    assert "nl=" not in a.url
