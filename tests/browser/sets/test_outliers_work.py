"""Sets made and scored from the page Outliers, in the background."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.sets.outliers_page import CHARTS, IDLE, click_cause, settled, told

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


def test_a_set_is_made_scored_and_compared_while_the_page_works(
    large_set_url: str, open_page: Open, folder: Path
) -> None:
    page = open_page(f"{large_set_url}/outliers?data=large.parquet", painted=False)
    settled(page)
    page.get_by_role("button", name="New set").click()
    page.get_by_role("combobox", name="Spectra").click()
    page.get_by_role("option", name="hcd_qe_openms_qc.mgf").click()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Tables of PSMs").click()
    page.get_by_role("option", name="psms.tsv").click()
    page.keyboard.press("Escape")
    page.wait_for_selector("text=396 PSMs, read as a plain table")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_selector("text=is done", timeout=120_000)
    assert (folder / "hcd_qe_openms_qc.parquet").is_file()
    page.get_by_role("button", name="Look at it").click()
    told(page, "109")
    for sigma in ("0.05", "0.2"):
        page.get_by_role("button", name="Score").click()
        page.get_by_role("spinbutton", name="Peak width σ").fill(sigma)
        page.keyboard.press("Enter")
        page.wait_for_selector(IDLE)
        page.get_by_role("dialog").get_by_role("button", name="Score", exact=True).click()
        page.get_by_role("button", name="Look at it").click(timeout=120_000)
        page.wait_for_selector(
            f".st-key-res :text('sigma{sigma}.parquet'), .st-key-res [value*='sigma{sigma}.parquet']"
        )
        page.wait_for_selector(IDLE)
        assert (folder / f"hcd_qe_openms_qc.sigma{sigma}.parquet").is_file()
        # Made without scores, it was shown by its peaks; now by the loss.
        assert page.locator(CHARTS).first.get_by_text("spectrum loss").count()
        page.wait_for_selector(".st-key-order [value='by spectrum loss'], .st-key-order :text('by spectrum loss')")
    page.get_by_role("tab", name="Compare").click()
    page.wait_for_selector("text=Of 109 PSMs in both")


def test_scoring_a_large_set_can_be_cancelled(outliers: Open, folder: Path) -> None:
    page = outliers()
    page.get_by_role("button", name="Score").click()
    page.get_by_role("textbox", name="Name of the scores").fill("given up")
    page.keyboard.press("Enter")
    page.wait_for_selector(IDLE)
    page.get_by_role("dialog").get_by_role("button", name="Score", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("text=was cancelled")
    assert page.get_by_text("goes on from there").count() == 0  # as making a set would
    end = time.monotonic() + 20
    while list(folder.glob("*given up*")) and time.monotonic() < end:  # the work notices at its next row group
        time.sleep(0.1)
    assert not list(folder.glob("*given up*"))
    click_cause(page, "residue order")
    page.wait_for_url(re.compile(r"cause=residue\+order"))
