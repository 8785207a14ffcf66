"""Several candidates on one spectrum: the table, the keys, the mirror of two, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

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


def test_the_table_fits_its_page_at_every_width(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}&over=2", width=390)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(TABLE).count() == 5


def test_five_candidates_are_drawn_within_the_time_of_a_glance(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{url}/?also={quote(chr(10).join(ALSO))}")
    page.locator(".pl-stage .pl-plot").focus()
    painted = "document.querySelector('.pl-stage').parentElement.dataset.painted"
    took = []
    for key in "2345123":
        before = page.evaluate(painted)
        start = time.perf_counter()
        page.keyboard.press(key)
        page.wait_for_function(f"before => {painted} !== before", arg=before, polling=5)
        took.append(time.perf_counter() - start)
        page.wait_for_timeout(900)
    assert min(took) < 0.3, took  # the machine is shared: the least of seven is what the page needs
