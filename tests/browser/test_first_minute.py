"""What a newcomer meets on Explore: what the loss is, whether it is good, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
STATE = "document.querySelector('.pl[data-painted]').peploss"
WHERE = ".pl-reference[data-state=known] .pl-where"
DECOY = "sample=E.+coli+ion-trap+CID&peptide=SAMPLEPEPTIDEK"


def test_the_loss_stands_beside_its_definition_and_among_right_peptides_and_decoys(url: str, open_page: Open) -> None:
    page = open_page(url)
    assert "0 is the same shape, 1 has nothing in common" in page.inner_text(".pl-definition")
    page.wait_for_selector(WHERE)
    assert re.search(r"Better than .* of this file’s right peptides, better than .* decoy", page.inner_text(WHERE))
    assert page.locator(".pl-strip-right").get_attribute("d").count("L") > 50
    here = float(page.locator(".pl-strip-here").get_attribute("x1")) / 260
    assert here == pytest.approx(float(page.inner_text("[data-id=loss] .pl-cell-value")), abs=0.001)


def test_a_wrong_peptide_is_said_to_be_worse_and_sigma_moves_the_strip(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?{DECOY}")
    page.wait_for_selector(WHERE)
    assert page.inner_text(WHERE).startswith("Worse than")
    before = page.locator(".pl-strip-right").get_attribute("d")
    page.locator("#pl-sigma").press("PageUp")
    page.wait_for_function("d => document.querySelector('.pl-strip-right').getAttribute('d') !== d", arg=before)


def test_the_page_asks_again_where_the_strip_was_lost_on_the_way(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.get_by_text("decoys are named so").wait_for()  # nothing runs any more
    page.wait_for_selector(IDLE)
    page.evaluate(
        "new MutationObserver(() => { window.ran = true; })"
        ".observe(document.querySelector('[data-testid=stApp]'), { attributeFilter: ['data-test-script-state'] })"
    )
    page.evaluate(f"{STATE}.update({{ ...{STATE}.payload, reference: null }}, {STATE}.component)")
    page.wait_for_function("window.ran")


def test_the_warning_of_a_narrow_sigma_comes_with_the_button_that_mends_it(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.get_by_role("button", name="Use σ = 0.1 Da").click()
    page.wait_for_function(f"{STATE}.view.sigma === 0.1 && {STATE}.painted === {STATE}.seq")
    page.locator(".pl-guard").wait_for(state="hidden")


def test_the_tab_of_the_browser_names_spectrum_and_page(url: str, open_page: Open) -> None:
    page = open_page(url)
    assert page.title() == "QC1.175 · Explore · peploss"
    page.get_by_role("button", name="Next").click()
    page.wait_for_function("/^(?!QC1[.]175 ).+ · Explore · peploss$/.test(document.title)")


def test_a_tour_of_three_steps_is_shown_once(url: str, open_page: Open) -> None:
    page = open_page(url, tour=True)
    tour = page.locator(".pl-tour")
    for words in ("Open your spectra", "Type a peptide", "Drag the sliders"):
        tour.get_by_role("heading", name=words).wait_for()
        assert page.locator(".pl-pointed").count() == 1
        tour.get_by_role("button", name=re.compile("Next|Done")).click()
    tour.wait_for(state="detached")
    page.reload()
    page.wait_for_selector(".pl[data-painted]")
    page.wait_for_selector(IDLE)
    assert tour.count() == 0


def test_the_tour_can_be_dismissed_and_asked_for_again(url: str, open_page: Open) -> None:
    page = open_page(url, tour=True)
    page.get_by_role("button", name="Dismiss").click()
    assert page.locator(".pl-tour").count() == 0
    page.get_by_role("button", name="?", exact=True).click()
    page.get_by_role("button", name="Show the tour").click()
    page.locator(".pl-tour").wait_for()


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.locator("#pl-sigma").focus()
    page.keyboard.press("?")
    assert "Next / previous spectrum" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "pl-sigma"
    page.get_by_label("Peptide (ProForma)").press("?")
    assert page.get_by_role("dialog").count() == 0  # it may be meant for the field


def test_the_menu_holds_the_version_and_the_theme(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.get_by_test_id("stMainMenu").click()
    menu = page.get_by_test_id("stMainMenuPopover")
    menu.wait_for()
    menu.get_by_text("About").click()
    page.get_by_text(re.compile(r"peploss \d+\.\d+")).wait_for()


def test_the_field_and_the_buttons_say_what_they_are(url: str, open_page: Open) -> None:
    page = open_page(url)
    assert page.get_by_text("Peptide (ProForma)").is_visible()
    for name in ("Previous", "Next"):
        assert page.get_by_role("button", name=name).inner_text().endswith(name)
