from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
LOSS = "[data-id=loss] .pl-cell-value"

# What the plot holds now, as the browser has it.
STATE = "document.querySelector('.pl[data-painted]').peploss"
PLOT = f"{STATE}.plot"


def view(page: Any) -> dict[str, Any]:
    return page.evaluate(f"{STATE}.view")


def loss(page: Any) -> str:
    return page.inner_text(LOSS)


def after(page: Any, act: Callable[[], object]) -> None:
    """Do something and wait until the plot has been drawn with the answer and the page is idle."""
    act()
    page.wait_for_function(f"{STATE}.inflight === null && !{STATE}.dirty && {STATE}.painted === {STATE}.seq")
    page.wait_for_selector(IDLE)


def press(page: Any, key: str, times: int = 1) -> None:
    slider = page.locator("#pl-sigma")
    for _ in range(times):
        after(page, lambda: slider.press(key))


def test_it_opens_drawn_and_without_a_click(url: str, open_page: Open) -> None:
    page = open_page(url)
    assert re.fullmatch(r"0\.\d{4}", loss(page))
    assert page.locator(f"{'.pl[data-painted]'} .js-plotly-plot, .pl-plot.js-plotly-plot").count() >= 1
    assert page.locator("[data-testid=stException]").count() == 0
    label = page.get_attribute(".pl[data-painted] .pl-plot", "aria-label")
    assert "fragments matched" in label


def test_the_numbers_and_the_curves_follow_while_the_slider_is_dragged(url: str, open_page: Open) -> None:
    page = open_page(url)
    before = loss(page)
    seen: list[str] = []
    page.evaluate(
        f"window.seen = new Set(); const watch = () => window.seen.add(document.querySelector('{LOSS}').textContent);"
        "new MutationObserver(watch).observe(document.querySelector('.pl-numbers'), {subtree: true, childList: true})"
    )
    box = page.locator("#pl-sigma").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.56, y)
    page.mouse.down()
    for n in range(40):
        page.mouse.move(box["x"] + box["width"] * (0.56 - 0.006 * n), y)
        page.wait_for_timeout(25)
    seen = page.evaluate("[...window.seen]")
    still_down = view(page)["sigma"]
    page.mouse.up()
    # Several values came and went before the button was let go.
    assert len(set(seen) - {before}) >= 3
    assert still_down < 0.05
    after(page, lambda: None)
    assert loss(page) != before


def test_arrow_keys_move_the_slider_and_say_its_value(url: str, open_page: Open) -> None:
    page = open_page(url)
    before = loss(page)
    press(page, "ArrowLeft", 3)
    assert loss(page) != before
    assert page.get_attribute("#pl-sigma", "aria-valuetext") == f"{view(page)['sigma']} Da"


def test_an_exact_value_can_be_typed_and_a_bad_one_is_refused_in_words(url: str, open_page: Open) -> None:
    page = open_page(url)
    field = page.get_by_label("Peak width σ, exact value")
    field.fill("0.0123")
    after(page, lambda: field.press("Enter"))
    assert view(page)["sigma"] == 0.0123
    field.fill("7")
    field.press("Enter")
    assert "between 0.001 and 1 Da" in page.inner_text(".pl-note >> nth=0")
    assert view(page)["sigma"] == 0.0123


def test_sigma_can_be_given_in_ppm(url: str, open_page: Open) -> None:
    page = open_page(url)
    after(page, lambda: page.get_by_role("button", name="Unit Da").click())
    assert (view(page)["unit"], view(page)["sigma"]) == ("ppm", 100)
    page.wait_for_url(re.compile("unit=ppm"))


def test_zoom_legend_and_selection_survive_a_slider_move(url: str, open_page: Open) -> None:
    page = open_page(url)
    plot = page.locator(".pl[data-painted] .nsewdrag").first
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("x="))
    page.locator(".pl[data-painted] .legendtoggle").nth(3).click()
    page.wait_for_function(f"{PLOT}._fullData.some(t => t.visible === 'legendonly')")
    after(page, lambda: page.evaluate(f"{STATE}.select('y7')"))
    zoomed = page.evaluate(f"[...{PLOT}._fullLayout.xaxis.range]")
    hidden = page.evaluate(f"{PLOT}._fullData.map(t => t.visible)")
    node = page.evaluate_handle(PLOT)
    press(page, "ArrowLeft", 3)
    assert page.evaluate(f"[...{PLOT}._fullLayout.xaxis.range]") == pytest.approx(zoomed)
    assert page.evaluate(f"{PLOT}._fullData.map(t => t.visible)") == hidden
    assert "y7" in page.evaluate(f"{PLOT}._fullLayout.annotations[0].text")
    assert page.evaluate(f"node => node === {PLOT}", node)


def test_labels_never_overlap_and_more_of_them_fit_when_zoomed_in(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?ions=a&ions=b&ions=c&ions=y&ions=z&nl=H2O&nl=NH3&iso=true&zmax=2&h=0.02", width=800)
    boxes = """[...document.querySelectorAll('.pl[data-painted] .textpoint text')].map(t => {
      const b = t.getBoundingClientRect(); return [t.textContent, b.left, b.right, b.top + 2, b.bottom - 2]; })"""

    def overlaps(found: list) -> list:
        return [
            (a[0], b[0])
            for i, a in enumerate(found)
            for b in found[:i]
            if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
        ]

    wide = page.evaluate(boxes)
    assert len(wide) > 5
    assert not overlaps(wide)
    seen: set[str] = set()
    for low in range(100, 1000, 100):
        after(page, lambda low=low: page.evaluate(f"{STATE}.zoom([{low}, {low + 100}])"))
        page.wait_for_function(f"{PLOT}._fullLayout.xaxis.range[0] === {low}")
        near = page.evaluate(boxes)
        assert not overlaps(near)
        seen |= {label[0] for label in near}
    assert seen - {label[0] for label in wide}


def test_a_deep_link_on_a_fresh_server_restores_the_exact_view(fresh_url: str, open_page: Open) -> None:
    page = open_page(
        f"{fresh_url}/?sample=E.+coli+ion-trap+CID&i=3&peptide=PEPTIDEK%2F2&sigma=0.123&h=0.02&mode=overlay&grad=1"
        "&x=200_400&sqrt=true&tab=Export"
    )
    assert view(page) | {"seq": None} == {
        "sigma": 0.123, "unit": "Da", "bin": 0.02, "mode": "overlay", "bins": False, "grad": True, "strip": False,
        "labels": True,
        "x": [200, 400], "sel": "", "shift": "", "seq": None, "cand": 1, "over": 0,
    }  # fmt: skip
    assert page.evaluate(f"[...{PLOT}._fullLayout.xaxis.range]") == [200, 400]
    assert page.get_by_label("Peptide (ProForma)").input_value() == "PEPTIDEK/2"
    assert "3 of" in page.inner_text("[data-testid=stMain]")
    assert page.get_by_role("tab", name="Export").get_attribute("aria-selected") == "true"
    script = page.inner_text("[data-testid=stMain]")
    assert "sqrt=True" in script


def test_the_link_shown_opens_the_same_view(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?tab=Export&sample=BSA+ion-trap+CID")
    box = page.get_by_label("Peptide (ProForma)")
    box.fill("PEPTM[Oxidation]IDEK")
    box.press("Enter")
    page.wait_for_function(f"{STATE}.payload.ladder.residues.length === 9")
    press(page, "ArrowRight", 2)
    sigma = view(page)["sigma"]
    page.wait_for_url(re.compile("sigma="))
    link = page.locator("[data-testid=stCode] code").first
    page.wait_for_function(
        "s => document.querySelector('[data-testid=stCode] code').textContent.includes(s)", arg=str(sigma)
    )
    other = open_page(link.inner_text())
    assert (view(other)["sigma"], loss(other)) == (sigma, loss(page))
    assert other.get_by_label("Peptide (ProForma)").input_value() == "PEPTM[Oxidation]IDEK"


def test_the_back_button_goes_back(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?sigma=0.2")
    press(page, "ArrowRight", 1)
    page.wait_for_url(lambda address: "sigma=0.204" in address)
    page.go_back()
    page.wait_for_function("document.querySelector('.pl[data-painted]')?.peploss.view.sigma === 0.2")


def test_a_pressed_switch_looks_pressed_under_the_pointer(url: str, open_page: Open) -> None:
    page = open_page(url)
    ground = "e => getComputedStyle(e).backgroundColor"
    off, on = page.get_by_role("button", name="Bins"), page.get_by_role("button", name="Labels")
    off.hover()
    hovered = off.evaluate(ground)
    on.hover()
    assert on.evaluate(ground) != hovered
    assert on.evaluate("e => getComputedStyle(e).color") != off.evaluate("e => getComputedStyle(e).color")


def test_a_bad_peptide_leaves_the_last_good_view(url: str, open_page: Open) -> None:
    page = open_page(url)
    before = loss(page)
    node = page.evaluate_handle(PLOT)
    box = page.get_by_label("Peptide (ProForma)")
    box.fill("VGEM[Oxidatoin]AAK")
    box.press("Enter")
    alert = page.locator("[data-testid=stMain] [data-testid=stAlert]")
    alert.wait_for()
    page.wait_for_selector(IDLE)
    assert "Oxidation" in alert.inner_text()
    alert.get_by_text("^").wait_for()
    assert loss(page) == before
    assert page.evaluate(f"node => node === {PLOT}", node)


def test_the_plot_is_saved_as_svg_with_text_and_as_png(url: str, open_page: Open) -> None:
    page = open_page(url)
    with page.expect_download() as got:
        page.get_by_role("button", name="SVG", exact=True).click()
    drawing = Path(got.value.path()).read_text()
    assert got.value.suggested_filename.endswith(".svg")
    assert ">y7<" in drawing
    assert "m/z" in drawing
    with page.expect_download() as got:
        page.get_by_role("button", name="PNG", exact=True).click()
    assert Path(got.value.path()).read_bytes().startswith(b"\x89PNG")


def test_tables_and_settings_are_saved(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?tab=Export")
    for label, start in (
        ("Fragments as CSV", "ion,"),
        ("Spectrum as MGF", "BEGIN IONS"),
        ("Settings as TOML", "max_mz"),
    ):
        with page.expect_download() as got:
            page.get_by_role("button", name=label).click()
        assert Path(got.value.path()).read_text().lstrip("# \n").startswith(start)


def test_a_narrow_window_has_everything_and_nothing_sticks_out(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?bins=1&grad=1&strip=1", width=800, height=1000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    main = page.locator("[data-testid=stMainBlockContainer]").bounding_box()
    for part in (".pl-numbers", ".pl-tools", ".pl[data-painted] .pl-plot", "#pl-sigma", "#pl-bin"):
        box = page.locator(part).first.bounding_box()
        assert box["width"] > 60
        assert box["x"] + box["width"] <= main["x"] + main["width"] + 1, part


def test_the_plot_follows_the_width_of_the_window(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_function(f"Math.abs({PLOT}._fullLayout.width - {PLOT}.clientWidth) < 2")


def test_dark_mode_reaches_the_plot(url: str, open_page: Open) -> None:
    page = open_page(url, dark=True)
    assert page.get_attribute(".pl[data-painted]", "data-theme") == "dark"
    brightness = page.evaluate(
        "getComputedStyle(document.querySelector('.pl[data-painted] .xtick text')).fill.match(/\\d+/g).map(Number)"
    )
    assert min(brightness) > 120


def test_a_number_explains_itself_when_it_has_the_focus(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.locator("[data-id=artefact]").focus()
    assert "without bins" in page.locator(".pl-tip").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".pl-tip").is_hidden()


def test_scripts_come_once_and_not_with_every_move(url: str, open_page: Open) -> None:
    page = open_page(url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector(".pl[data-painted]")
    page.wait_for_selector(IDLE)
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(r => /plotly.min.js$/.test(r.name)).map(r => r.transferSize)"
    )
    assert sizes == [0]  # from the browser's own store
    assert not [u for u in asked if not u.startswith((url, url.replace("http", "ws"), "data:", "blob:"))]


def test_a_bad_peptide_dims_what_belongs_to_the_last_good_one(url: str, open_page: Callable[..., Any]) -> None:
    page = open_page(url)
    field = page.get_by_role("textbox", name="Peptide")
    good = field.input_value()
    field.fill("PEPT!DE")
    field.press("Enter")
    page.wait_for_selector(f"text=Still showing {good}")
    page.wait_for_function("getComputedStyle(document.querySelector('.st-key-shown')).opacity < 0.6")
    field.fill(good)
    field.press("Enter")
    page.wait_for_function("getComputedStyle(document.querySelector('.st-key-shown')).opacity == 1")


def test_names_of_the_steps_do_not_meet_in_a_narrow_window(url: str, open_page: Open) -> None:
    page = open_page(url, width=390)
    page.wait_for_selector(IDLE)
    labels = page.locator("[aria-label^='From 0 to'] .xtick text")
    labels.last.wait_for()
    boxes = [label.bounding_box() for label in labels.all()]
    assert len(boxes) >= 4
    for left, right in itertools.pairwise(boxes):
        assert left["x"] + left["width"] <= right["x"]
