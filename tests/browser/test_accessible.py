"""Every page, tab and dialog, light and dark, under the rules of axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python, which carries axe, is not installed")

Open = Callable[..., Any]
RULES = {"empty-table-header": {"enabled": False}}
"""Streamlit's tables leave the header of their column of ticks empty; nothing here can name it."""
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules that depend on the theme; the others are looked at in one."""
SETTLED = 600  # ms: Streamlit fades what changes, and half faded it has half the contrast
LOOKS = 6  # a busy machine fades for longer


def in_both_themes(page: Any) -> list[str]:
    """Violations of the page in the light theme and in the dark one, which it follows without being loaded anew."""
    found = []
    for theme, rules in (("light", None), ("dark", COLOURS)):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(
            "theme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme", arg=theme
        )
        found += [f"{theme}: {one}" for one in violations(page, rules)]
    return found


def violations(page: Any, only: dict[str, Any] | None = None) -> list[str]:
    """What is left of them once the page has come to rest: a real one does not go away by waiting."""
    options = {"rules": RULES, "resultTypes": ["violations"]} | ({"runOnly": only} if only else {})
    page.wait_for_selector(IDLE)
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = []
    for _ in range(LOOKS):
        page.wait_for_timeout(SETTLED)
        report = page.evaluate("options => axe.run(document, options)", options)
        found = [
            f"{one['id']}: {node['html'][:200]} {[check['message'] for check in node['any']]}"
            for one in report["violations"]
            for node in one["nodes"]
        ]
        if not found:
            break
    return found


@pytest.mark.parametrize(
    "address",
    [
        "/?tab=Why",
        "/?tab=Fragments",
        "/?tab=Mass+errors",
        "/?tab=Export",
        "/tune",
        "/tune?part=Reach",
        "/training?run=Built-in+example",
        "/training?run=Built-in+example&see=Sample",
        "/training?see=By+hand",
        "/training?see=Curriculum",
        "/losses?see=One+spectrum",
        "/losses?see=Set",
        "/losses?see=Variance",
        "/losses?see=Smoothness",
    ],
)
def test_a_page_keeps_the_rules(url: str, open_page: Open, address: str) -> None:
    page = open_page(f"{url}{address}", painted=False)
    page.wait_for_selector(".main-svg")
    assert in_both_themes(page) == []


@pytest.mark.parametrize(
    ("address", "there"), [("/training?see=Descent", ".st-key-descend button"), ("/losses?see=Claims", "table")]
)
def test_a_tab_without_a_plot_keeps_them(url: str, open_page: Open, address: str, there: str) -> None:
    page = open_page(f"{url}{address}", painted=False)
    page.wait_for_selector(there)
    assert in_both_themes(page) == []


def test_the_recommendation_keeps_them_and_its_button_can_be_read(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/tune?part=Recommendation", painted=False)
    page.get_by_role("button", name="Use these").wait_for(timeout=120_000)
    assert in_both_themes(page) == []


def test_the_tour_and_the_list_of_keys_keep_them(url: str, open_page: Open) -> None:
    page = open_page(url, tour=True)
    page.locator(".pl-tour").wait_for()
    assert in_both_themes(page) == []
    page.get_by_role("button", name="?", exact=True).click()
    page.get_by_role("dialog").wait_for()
    assert in_both_themes(page) == []


@pytest.mark.parametrize("address", ["/", "/?tab=Fragments", "/?tab=Export", "/tune", "/outliers"])
def test_a_phone_needs_no_scrolling_sideways(url: str, open_page: Open, address: str) -> None:
    page = open_page(f"{url}{address}", width=390, height=900, painted=False)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(SETTLED)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for part in (".pl-tools", ".pl-lead", ".pl-controls"):
        for box in (node.bounding_box() for node in page.locator(part).all()):
            assert box is None or box["x"] + box["width"] <= 391, part
