"""Pictures on the page and those that are saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
STATE = "document.querySelector('.pl[data-painted]').peploss"
SVG = "{http://www.w3.org/2000/svg}"


def saved(page: Any, size: str, button: str) -> Path:
    page.get_by_label("Size of the picture that is saved").select_option(size)
    with page.expect_download() as got:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(got.value.path())


@pytest.mark.parametrize(("size", "width"), [("single", "85.0mm"), ("double", "178.0mm"), ("slide", "1280")])
def test_a_saved_picture_says_what_it_shows_at_the_size_picked(
    url: str, open_page: Open, size: str, width: str
) -> None:
    page = open_page(url)
    drawing = ElementTree.fromstring(saved(page, size, "SVG").read_text())
    assert drawing.get("width") == width
    text = [node.text or "".join(node.itertext()) for node in drawing.iter(f"{SVG}text")]
    words = " ".join(text)
    for part in ("QC1.175", "VGEAAASGELRK", "charge 2+", "spectrum loss 0.4683", "σ = 0.05 Da", "h = 0.1 Da", "y7"):
        assert part in words
    assert text.count("V") == 1  # the ladder
    bonds = [node for node in drawing.iter(f"{SVG}path") if "pl-bond" in node.get("class", "")]
    assert len(bonds) == 22
    assert len({node.get("stroke") for node in bonds}) == 3  # b, y and not matched, without a style sheet


def test_a_saved_png_has_the_pixels_of_its_size(url: str, open_page: Open) -> None:
    page = open_page(url)
    picture = saved(page, "slide", "PNG").read_bytes()
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (2560, 1440)


def test_with_many_unmatched_fragments_the_matched_ones_alone_are_labelled(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?ions=a&ions=b&ions=c&ions=y&ions=z&nl=H2O&nl=NH3&iso=true&zmax=2")
    named = set(page.evaluate(f"[...{STATE}.payload.labels.text]"))
    table = page.evaluate(f"[...{STATE}.payload.labels.colour]")
    assert named
    assert not {"dead", "muted"} & set(table)


def test_the_pointer_finds_a_stick_along_its_whole_length(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.wait_for_function(f"{STATE}?.data && {STATE}.plot._fullLayout")
    x, top, zero = page.evaluate(f"""(() => {{
      const s = {STATE}, full = s.plot._fullLayout, box = s.plot.getBoundingClientRect();
      const at = s.data.find(t => t.meta === 'tips');
      const i = at.customdata.indexOf('y7');
      return [box.x + full.xaxis._offset + full.xaxis.d2p(at.x[i]), box.y + full.yaxis._offset + full.yaxis.d2p(-1),
              box.y + full.yaxis._offset + full.yaxis.d2p(0)];
    }})()""")
    page.mouse.move(x, (top + zero) / 2)
    page.locator(".pl[data-painted] .hoverlayer text").first.wait_for()
    assert "y7" in page.locator(".pl[data-painted] .hoverlayer").first.text_content()
    page.mouse.click(x, (top + zero) / 2)
    page.wait_for_function(f"{STATE}.view.sel === 'y7'")


def test_the_keyboard_selects_zooms_and_moves(url: str, open_page: Open) -> None:
    page = open_page(url)
    plot = page.locator(".pl[data-painted] .pl-plot")
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{STATE}.view.sel")
    first = page.evaluate(f"{STATE}.view.sel")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{STATE}.view.sel !== {first!r}")
    assert "m/z" in page.locator(".pl-stage > .pl-hidden").inner_text()
    page.keyboard.press("+")
    page.wait_for_function(f"{STATE}.view.x")
    zoomed = page.evaluate(f"{STATE}.view.x")
    full = page.evaluate(f"{STATE}.payload.full")
    assert zoomed[1] - zoomed[0] == pytest.approx((full[1] - full[0]) / 2, rel=1e-3)
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"{STATE}.view.x[0] > {zoomed[0]}")
    page.keyboard.press("0")
    page.wait_for_function(f"{STATE}.view.x === null")
    page.keyboard.press("Escape")
    page.wait_for_function(f"{STATE}.view.sel === ''")
    page.wait_for_url(lambda address: not re.search("[?&](sel|x)=", address))
