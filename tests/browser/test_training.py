"""The page Training in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import IDLE

pytestmark = pytest.mark.browser


@pytest.fixture
def training(url: str, open_page: Callable[..., Any]) -> Callable[..., Any]:
    def opened(query: str = "", **more: Any) -> Any:
        page = open_page(f"{url}/training?{query}", painted=False, height=1200, **more)
        page.wait_for_selector(IDLE, timeout=60_000)
        return page

    return opened


def test_a_sample_opens_in_explore_with_the_decoded_peptide(training: Callable[..., Any]) -> None:
    page = training("run=Built-in+example&see=Sample&psm_id=held+out+3&at=100")
    page.wait_for_selector(".pl-plot .plot-container")
    page.wait_for_timeout(500)
    page.locator("a:has-text('Open in Explore'):visible").first.click()
    page.wait_for_selector(".pl[data-painted]", timeout=60_000)
    page.wait_for_selector(IDLE)
    assert "uploaded=held_out_3.mgf" in page.url
    from peploss.spectra.samples import samples_folder
    from peploss.training.logged_run import LoggedRun

    run = LoggedRun(samples_folder() / "training_run")
    said = run.sample(100, "held out 3").decoded[-1]
    text = "".join(t for t in (run.vocabulary.tokens[i] for i in said) if not t.startswith("<"))
    assert page.locator("input[aria-label='Peptide (ProForma)']").input_value() == text


@pytest.mark.parametrize("see", ["Run", "Sample", "By+hand", "Curriculum"])
def test_a_narrow_window_does_not_scroll_sideways(training: Callable[..., Any], see: str) -> None:
    page = training(f"run=Built-in+example&see={see}", width=390, dark=True)
    page.wait_for_selector(".pl-plot .plot-container")
    page.wait_for_selector(IDLE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
