"""Several candidates on one spectrum: the table, the keys, the mirror of two, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

ALSO = ("VGEAAAGSELRK", "VGEAASAGELRK", "VGEAAATGELRK", "EGVAAASGELRK")
LOWER = "document.querySelector('.pl-stage .pl-plot').data?.some((t) => (t.uid ?? '').startsWith('lower-'))"
TABLE = ".pl-candidates tbody tr"


def _shown(page: Any) -> list[str]:
    return page.eval_on_selector_all(TABLE, "rows => rows.map((r) => r.dataset.shown + r.dataset.below)")


def _loss(page: Any) -> str:
    return str(page.inner_text('.pl-cell[data-id="loss"] .pl-cell-value'))


def test_keys_show_one_candidate_after_another(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?tab=Candidates&also={quote(chr(10).join(ALSO))}")
    assert page.locator(TABLE).count() == 5
    losses = page.eval_on_selector_all(f"{TABLE} td:nth-child(3)", "cells => cells.map((c) => c.textContent)")
    assert _loss(page) == losses[0]
    for key in (3, 5):
        page.locator(".pl-stage .pl-plot").focus()
        page.keyboard.press(str(key))
        page.wait_for_function(
            "loss => document.querySelector('.pl-cell[data-id=loss] .pl-cell-value').textContent === loss",
            arg=losses[key - 1],
        )
        assert _shown(page).index("truefalse") == key - 1
    page.wait_for_url("**cand=5**")
    page.keyboard.press("8")  # there is none
    assert _shown(page).index("truefalse") == 4
    page.locator("input[aria-label='Another candidate (ProForma)']").fill("1")  # a digit that is typed shows nothing
    assert _shown(page).index("truefalse") == 4


def test_two_candidates_are_mirrored_and_their_evidence_is_listed(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?tab=Candidates&also={quote(chr(10).join(ALSO))}")
    page.locator(".pl-stage .pl-plot").focus()
    page.keyboard.press("Shift+Digit2")
    page.wait_for_function(f"() => {LOWER}")
    page.wait_for_url("**over=2**")
    assert _shown(page)[:2] == ["truefalse", "falsetrue"]
    assert page.get_by_text("What tells 1 from 2").count() == 1
    page.locator('[data-pick="below2"]').click()  # and back to one candidate
    page.wait_for_function(f"() => !{LOWER}")


@pytest.mark.parametrize("width", [390, 1400])
def test_titles_of_a_mirror_cover_no_label_and_no_mark(url: str, open_page: Callable[..., Any], width: int) -> None:
    page = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}&over=2", width=width)
    page.wait_for_function(f"() => {LOWER}")
    boxes = """selector => [...document.querySelectorAll(`.pl-stage .pl-plot ${selector}`)].map((node) => {
      const b = node.getBoundingClientRect(); return [b.left, b.right, b.top + 1, b.bottom - 1]; })"""
    titles = page.evaluate(boxes, ".annotation-text-g text")
    others = page.evaluate(boxes, ".textpoint text") + page.evaluate(boxes, ".points path.point")
    assert len(titles) == 2
    assert len(others) > 20
    over = [(t, o) for t in titles for o in others if t[0] < o[1] and o[0] < t[1] and t[2] < o[3] and o[2] < t[3]]
    assert not over


def test_the_table_fits_its_page_at_every_width(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}&over=2", width=390)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(TABLE).count() == 5


def test_another_source_of_heights_reaches_plot_toggle_link_and_strip(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}")
    strip = ".pl-stage .pl-reference"
    losses = []
    for source, rooted in (("MS2PIP HCD2019", 1), ("uniform", 0)):
        before = _loss(page)
        page.get_by_role("combobox", name="Fragment heights").click()
        page.get_by_role("option", name=source, exact=True).click()
        page.wait_for_function(
            "before => document.querySelector('.pl-cell[data-id=loss] .pl-cell-value').textContent !== before",
            arg=before,
        )
        losses.append(_loss(page))
        page.wait_for_selector(strip)  # made behind the page's back
        page.wait_for_selector(IDLE)
        assert page.get_by_text("Square root of predicted heights").count() == rooted
        assert ("from=MS2PIP" in page.url) == bool(rooted)
    fresh = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}")
    assert _loss(fresh) == losses[1]
    fresh = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}&from=MS2PIP+HCD2019")
    assert _loss(fresh) == losses[0] != losses[1]  # the same from a link, where the whole page is drawn
