"""The page Training in a real browser, on a run of 100,000 samples at 10 checkpoints."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.training_run import large_run
from tests.browser.conftest import IDLE

pytestmark = pytest.mark.browser
CURVES = ".st-key-training-curves .pl-plot"
TABLE = "[data-testid=stDataFrame]"
MOST = 1.0  # s a click


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("training")
    large_run(out / "large", 100_000, 10)
    yield serve(out)
    shutil.rmtree(out)


@pytest.fixture
def training(address: str, open_page: Callable[..., Any]) -> Callable[..., Any]:
    def opened(query: str = "", **more: Any) -> Any:
        page = open_page(f"{address}/training?{query}", painted=False, height=1200, **more)
        page.wait_for_selector(IDLE, timeout=60_000)
        return page

    return opened


def timed(page: Any, act: Callable[[], object], seen: str) -> float:
    """Do something, and say how long the page took to show what follows from it."""
    page.wait_for_selector(IDLE)
    start = time.perf_counter()
    act()
    page.wait_for_selector(seen)
    page.wait_for_selector(IDLE)
    return time.perf_counter() - start


def test_curves_table_and_sample_of_a_large_run(training: Callable[..., Any]) -> None:
    page = training("run=large")
    page.wait_for_selector(f"{CURVES} .scatterlayer", timeout=60_000)
    page.wait_for_selector(TABLE)
    assert page.locator(CURVES).count() == 6
    page.wait_for_timeout(500)

    took = {}
    # A drag over the second half of a curve compares the checkpoints at its ends.
    box = page.locator(f"{CURVES} .nsewdrag").first.bounding_box()

    def drag() -> None:
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.5 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.95 * box["width"], y + 20, steps=5)
        page.mouse.up()

    took["drag"] = timed(page, drag, ":text('From step 5,000 to 8,000')")
    assert "cp1=5000" in page.url
    assert "cp2=8000" in page.url

    def forgotten() -> None:
        page.locator(".st-key-training-who input").click()
        page.locator("li:has-text('forgotten'), [role=option]:has-text('forgotten')").first.click()

    took["filter"] = timed(page, forgotten, ".stMarkdown :text('of 100,000 samples')")
    page.wait_for_function("() => location.search.includes('who=forgot')")

    def row() -> None:
        table = page.locator(TABLE).last
        table.scroll_into_view_if_needed()
        at = table.bounding_box()
        page.mouse.click(at["x"] + 60, at["y"] + 38 + 35 / 2)

    took["row"] = timed(page, row, ":text('Probability of the most probable tokens')")
    assert "see=Sample" in page.url
    # Playing the mouse takes part of it; the bound is on the answer as it is felt.
    assert max(took.values()) < 2 * MOST, took

    page.go_back()
    page.wait_for_selector(CURVES)
    page.wait_for_selector(IDLE)


def test_a_sample_opens_in_explore_with_the_decoded_peptide(training: Callable[..., Any]) -> None:
    page = training("run=Built-in+example&see=Sample&psm_id=held+out+3&at=100")
    page.wait_for_selector(".st-key-training-drift .plot-container, .pl-plot .plot-container")
    page.locator("a:has-text('Open in Explore')").click()
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
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth + 1")
