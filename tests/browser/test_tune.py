from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
OPEN_TAB = "[role=tabpanel]:not([hidden])"
HEAT = ".pl-plot:has(.heatmaplayer)"
SIGMA, BIN = "Peak width σ, exact value", "Bin width h, exact value"


def cell(page: Any, column: int, row: int) -> tuple[float, float]:
    """Click a cell of the heat map that is open; its bin width and sigma, to three digits."""
    plot = page.locator(f"{OPEN_TAB} {HEAT}").element_handle()
    x, y, width, sigma = page.evaluate(
        """([plot, column, row]) => {
            const {xaxis, yaxis} = plot._fullLayout, heat = plot.data.find((t) => t.type === "heatmap");
            const box = plot.getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.d2p(heat.x[column]), box.y + yaxis._offset + yaxis.d2p(heat.y[row]),
                    heat.x[column], heat.y[row]];
        }""",
        [plot, column, row],
    )
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    return float(f"{width:.3g}"), float(f"{sigma:.3g}")


def set_to(page: Any, sigma: float, width: float) -> None:
    """Wait until the sliders say so."""
    page.wait_for_function(
        """([sigma, width]) => document.querySelector('[aria-label="Peak width σ, exact value"]')?.value === sigma
            && document.querySelector('[aria-label="Bin width h, exact value"]')?.value === width""",
        arg=[f"{sigma:g}", f"{width:g}"],
    )
    page.wait_for_selector(IDLE)


def open_tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    page.wait_for_selector(f"{OPEN_TAB} .js-plotly-plot")
    page.wait_for_selector(IDLE)


def test_a_deep_link_on_a_fresh_server_opens_the_page(fresh_url: str, open_page: Open) -> None:
    page = open_page(f"{fresh_url}/tune?sigma=0.2&h=0.05&layer=Phase+spread&sample=BSA+ion-trap+CID")
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}", timeout=120_000)
    assert page.locator("[role=dialog]").count() == 0
    set_to(page, 0.2, 0.05)
    assert "Change if grid shifts over 40 sigmas" in page.get_attribute(f"{OPEN_TAB} {HEAT}", "aria-label")


def test_a_click_in_a_cell_sets_the_sliders_everywhere(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/tune")
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")
    node = page.query_selector(f"{OPEN_TAB} {HEAT}")
    width, sigma = cell(page, 15, 24)
    set_to(page, sigma, width)
    page.wait_for_url(re.compile(rf"sigma={sigma:g}.*h={width:g}"))
    # The mark follows, on the plot that was there.
    page.wait_for_function("([plot, y]) => plot.data.find((t) => t.meta === 'present').y[0] === y", arg=[node, sigma])
    # Other layers are of the same cells.
    for layer in ("Grid artefact", "Change if grid shifts", "Decoy margin"):
        page.get_by_role("radio", name=layer).click()
        page.wait_for_selector(f"{OPEN_TAB} {HEAT}[aria-label^='{layer}']")
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".pl-numbers")
    set_to(page, sigma, width)
    page.locator("#pl-sigma").press("ArrowLeft")
    page.wait_for_function(f"document.querySelector('[aria-label=\"{SIGMA}\"]').value !== '{sigma:g}'")
    moved = float(page.get_by_label(SIGMA).input_value())
    page.wait_for_url(re.compile(f"sigma={moved:g}"))
    page.get_by_role("link", name="Tune").click()
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")
    set_to(page, moved, width)


def test_what_is_open_and_how_goes_along(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?sample=BSA+ion-trap+CID&i=5&nl=H2O")
    page.get_by_text("Square root of intensities").click()
    page.wait_for_url(re.compile("sqrt=true"))
    page.wait_for_selector(IDLE)
    for name, ready in (("Tune", f"{OPEN_TAB} {HEAT}"), ("Explore", ".pl-numbers")):
        page.get_by_role("link", name=name).click()
        page.wait_for_selector(ready)
        page.wait_for_selector(IDLE)
        assert "5 of 99" in page.inner_text(".pl-name")
        for part in ("sample=BSA", "i=5", "nl=H2O", "sqrt=true"):
            page.wait_for_url(re.compile(part))


def test_the_candidate_waits_while_its_field_is_not_drawn(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/tune?part=Mass+errors")
    page.wait_for_selector(f"{OPEN_TAB} .js-plotly-plot")
    assert "peptide" not in page.url
    open_tab(page, "Reach")
    assert page.get_by_label("Peptide (ProForma)").input_value() == "VGEAAASGELRK"


def test_the_sliders_move_the_mark_and_the_keys_step(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/tune")
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")
    plot = page.query_selector(f"{OPEN_TAB} {HEAT}")
    before = page.inner_text(f"{OPEN_TAB} .pl-strong dd")
    for _ in range(12):
        page.locator("#pl-bin").press("ArrowRight")
    wide = float(page.get_by_label(BIN).input_value())
    assert wide > 0.12
    page.wait_for_function("([plot, x]) => plot.data.find((t) => t.meta === 'present').x[0] === x", arg=[plot, wide])
    page.wait_for_selector(IDLE)
    assert page.inner_text(f"{OPEN_TAB} .pl-strong dd") != before
    page.get_by_role("button", name="Unit Da").click()
    page.wait_for_function("plot => plot.layout.yaxis.title.text.endsWith('ppm')", arg=plot)
    page.locator("body").press("n")
    page.wait_for_url(re.compile("i=18"))
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")


def test_a_set_comes_by_and_by_and_can_be_cancelled(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?peptide=VGEAAASGELR")
    page.get_by_role("link", name="Tune").click()
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")
    page.get_by_role("tab", name="Set").click()
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}[aria-label^='Separation']")
    page.get_by_role("radio", name="All built-in samples").click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("text=Cancelled at")
    page.get_by_role("button", name="Start again").click()
    page.wait_for_selector("[data-testid=stProgress]")
    page.wait_for_selector("text=409 of 409 spectra, 2 decoys each, 40 × 40 cells", timeout=120_000)
    page.wait_for_selector("[data-testid=stProgress]", state="detached")
    page.wait_for_selector(IDLE)
    for layer in ("Win rate", "Right peptides", "Grid artefact"):
        page.get_by_role("radio", name=layer).click()
        page.wait_for_selector(f"{OPEN_TAB} {HEAT}[aria-label^='{layer}']")
    width, sigma = cell(page, 20, 30)
    set_to(page, sigma, width)
    open_tab(page, "Recommendation")
    page.get_by_role("button", name="Use these").click()
    page.wait_for_selector("text=Stay with sigma")
    assert float(page.get_by_label(SIGMA).input_value()) != sigma
    open_tab(page, "One spectrum")
    assert page.get_by_label("Peptide (ProForma)").input_value() == "VGEAAASGELR"
    assert "peptide=VGEAAASGELR" in page.url


def test_fitted_weights_reach_the_sidebar(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/tune?part=Ion+weights")
    page.get_by_role("button", name="Fit weights").click()
    page.get_by_role("button", name="Use these weights").click()
    page.wait_for_url(re.compile("iw=b1"))
    page.wait_for_selector("text=With the weights in force")


@pytest.mark.parametrize(("width", "dark"), [(800, False), (1400, True)])
def test_every_tab_fits_narrow_and_dark(url: str, open_page: Open, width: int, dark: bool) -> None:
    page = open_page(f"{url}/tune", width=width, dark=dark)
    page.wait_for_selector(f"{OPEN_TAB} {HEAT}")
    assert page.get_attribute(".pl[data-painted]", "data-theme") == ("dark" if dark else "light")
    for name in ("One spectrum", "Reach", "Set", "Recommendation", "Mass errors"):
        open_tab(page, name)
        wide = page.evaluate("(() => { const m = document.querySelector('[data-testid=stMain]');"
                             " return m.scrollWidth - m.clientWidth; })()")  # fmt: skip
        assert wide <= 1, name
        for plot in page.query_selector_all(f"{OPEN_TAB} .js-plotly-plot"):
            box = plot.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["width"] > 300
