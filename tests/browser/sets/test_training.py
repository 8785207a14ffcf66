"""The page Training in a real browser, on the built-in run and on one of 100,000 samples at 10 checkpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE
from benchmarks.training_run import large_run
from peploss.dataset.runs.among import Among
from peploss.dataset.runs.samples import RunSamples
from peploss.dataset.runs.scalars import as_json, scalars
from peploss.spectra.samples import samples_folder
from peploss.training.logged_run import LoggedRun

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
SAMPLES, CHECKPOINTS, LAST = 100_000, 10, 9000
TABLE = ".st-key-training-table [data-testid=stDataFrame]"
HEAD, ROW = 38, 35
PICTURE = ".pl-plot .plot-container"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a run of a million rows."""
    folder = tmp_path_factory.mktemp("runs")
    large_run(folder / "large", SAMPLES, CHECKPOINTS)
    return folder


@pytest.fixture(scope="module")
def rows(large: Path) -> RunSamples:
    return RunSamples(large / "large")


@pytest.fixture(scope="module")
def address(large: Path, serve: Callable[[Path], str]) -> str:
    return serve(large)


@pytest.fixture
def big(address: str, open_page: Open) -> Open:
    """``big("who=forgot")``: the page on that run."""

    def opened(query: str = "", **more: Any) -> Any:
        page = open_page(f"{address}/training?run=large&{query}", painted=False, height=1200, **more)
        page.wait_for_selector(TABLE, timeout=120_000)
        page.wait_for_selector(IDLE)
        return page

    return opened


@pytest.fixture
def training(url: str, open_page: Open) -> Open:
    def opened(query: str = "", **more: Any) -> Any:
        page = open_page(f"{url}/training?{query}", painted=False, height=1200, **more)
        page.wait_for_selector(IDLE, timeout=120_000)
        return page

    return opened


def click_row(page: Any, row: int) -> None:
    table = page.locator(TABLE)
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + HEAD + ROW * row + ROW / 2)


def left(page: Any, n: int) -> None:
    """Wait until the line over the table says how many samples the filter leaves."""
    page.wait_for_selector(f"p:has(strong:text-is('{n:,}')):has-text('of {SAMPLES:,} samples')")
    page.wait_for_selector(IDLE)


def test_a_row_opens_its_sample_after_a_filter_set_by_hand(big: Open, rows: RunSamples) -> None:
    page = big()
    left(page, SAMPLES)
    box = page.get_by_label("Length from")
    box.fill("20")
    box.press("Enter")
    among = Among(low=20)
    left(page, rows.count(among, 0, LAST))
    worst = rows.page(among, 0, LAST, limit=3).column("id").to_pylist()
    click_row(page, 2)
    page.wait_for_url(re.compile("see=Sample"))
    page.wait_for_selector(PICTURE)
    page.wait_for_selector(IDLE)
    assert f"psm_id={worst[2].replace(' ', '+')}" in page.url
    page.get_by_role("tab", name="Run").click()
    left(page, rows.count(among, 0, LAST))


def test_samples_are_filtered_by_what_is_wrong_and_the_link_keeps_it(big: Open, rows: RunSamples) -> None:
    page = big()
    box = page.locator("input[aria-label*='What is wrong']")
    box.fill("one residue")
    box.press("Enter")
    among = Among(cause="one residue")
    left(page, rows.count(among, 0, LAST))
    assert "cause=one+residue" in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Curves as JSON").click()
    told = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    want = json.loads(as_json(scalars(rows, among, 0, LAST)))
    assert [list(row) for row in told] == [list(row) for row in want]
    # Sums of many threads differ in their last digits.
    assert [row["mean"] for row in told] == pytest.approx([row["mean"] for row in want], rel=1e-9)
    again = big("cause=one+residue")
    left(again, rows.count(among, 0, LAST))


def test_a_click_on_a_head_orders_all_samples(big: Open, rows: RunSamples) -> None:
    page = big("by=flips")
    most = rows.page(Among(), 0, LAST, order="flips", limit=1).column("id").to_pylist()[0]
    click_row(page, 0)
    page.wait_for_url(re.compile(f"psm_id={most.replace(' ', '[+]')}(&|$)"))


def test_a_sample_opens_in_explore_with_the_decoded_peptide(training: Open) -> None:
    page = training("run=Built-in+example&see=Sample&psm_id=held+out+3&at=100")
    page.wait_for_selector(PICTURE)
    page.wait_for_selector(IDLE)
    page.locator("a:has-text('Open in Explore'):visible").first.click()
    page.wait_for_selector(".pl[data-painted]", timeout=120_000)
    page.wait_for_selector(IDLE)
    assert "uploaded=held_out_3.mgf" in page.url
    run = LoggedRun(samples_folder() / "training_run")
    said = run.sample(100, "held out 3").decoded[-1]
    text = "".join(t for t in (run.vocabulary.tokens[i] for i in said) if not t.startswith("<"))
    assert page.locator("input[aria-label='Peptide (ProForma)']").input_value() == text


@pytest.mark.parametrize("see", ["Run", "Sample", "By+hand", "Curriculum"])
@pytest.mark.parametrize("width", [390, 800])
def test_a_narrow_window_does_not_scroll_sideways(training: Open, see: str, width: int) -> None:
    page = training(f"run=Built-in+example&see={see}", width=width, dark=True)
    page.wait_for_selector(PICTURE)
    page.wait_for_selector(IDLE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
