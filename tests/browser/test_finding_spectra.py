"""Stepping, browsing and uploading."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


def test_keys_n_and_p_step_through_the_spectra(url: str, open_page: Open) -> None:
    page = open_page(url)
    page.locator("body").press("n")
    page.wait_for_url(re.compile("i=18"))
    page.wait_for_selector(IDLE)
    page.locator("body").press("p")
    page.wait_for_url(lambda address: "i=18" not in address)


def test_every_fast_press_of_a_key_or_a_button_counts(url: str, open_page: Open) -> None:
    page = open_page(url)
    for _ in range(5):
        page.locator("body").press("n")
    page.wait_for_url(re.compile(r"[?&]i=22\b"))
    page.wait_for_selector(IDLE)
    page.locator("#pl-sigma").focus()
    for _ in range(3):
        page.keyboard.press("p")
    page.wait_for_url(re.compile(r"[?&]i=19\b"))
    page.wait_for_selector(IDLE)
    for _ in range(4):
        page.locator(".st-key-next button").first.click()
    page.wait_for_url(re.compile(r"[?&]i=23\b"))
    page.wait_for_selector(IDLE)
    assert page.inner_text(".pl-name").partition("\n")[2].startswith("23 of 109")
    page.get_by_label("Peptide (ProForma)").fill("np")
    page.wait_for_selector(IDLE)
    assert "23 of 109" in page.inner_text(".pl-name")


def test_a_long_title_leaves_room_for_the_peptide_and_stands_whole_in_its_tooltip(
    url: str, open_page: Open, tmp_path: Path
) -> None:
    title = "a long title " * 20
    (tmp_path / "long.mgf").write_text(f"BEGIN IONS\nTITLE={title}\nPEPMASS=400.6872\n98.06 10\n227.1 5\nEND IONS\n")
    page = open_page(f"{url}/?source=Upload", painted=False)
    page.locator("input[type=file]").set_input_files(tmp_path / "long.mgf")
    name = page.locator(".pl-name")
    page.wait_for_selector(".pl-plot .main-svg")  # by then the styles have come, too
    page.wait_for_selector(IDLE)
    assert name.get_attribute("title") == title.strip()
    assert name.bounding_box()["height"] < 50
    field = page.get_by_label("Peptide (ProForma)").bounding_box()
    assert field["width"] > 200
    assert abs(field["y"] - name.bounding_box()["y"]) < 20


def test_the_table_has_room_for_title_loss_and_peptide(url: str, open_page: Open) -> None:
    for width, least in ((1400, 900), (800, 700)):
        page = open_page(url, width=width)
        page.get_by_role("button", name="Browse").click()
        page.wait_for_selector("[data-testid=stPopoverBody] [data-testid=stDataFrame] canvas")
        box = page.locator("[data-testid=stPopoverBody]").bounding_box()
        assert box["width"] >= least
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_row_of_the_table_opens_its_spectrum(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?sort=Loss,+highest+first")
    page.get_by_role("button", name="Browse").click()
    page.wait_for_selector("[data-testid=stPopoverBody] [data-testid=stDataFrame] canvas")
    page.wait_for_selector(IDLE)
    table = page.locator("[data-testid=stPopoverBody] [data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(table["x"] + 16, table["y"] + 52)
    page.wait_for_url(re.compile(r"[?&]i=(?!17\b)\d+"))
    page.wait_for_selector(IDLE)
    assert float(page.inner_text("[data-id=loss] .pl-cell-value")) > 0.9


def test_an_upload_opens_and_markup_in_it_stays_text(url: str, open_page: Open, tmp_path: Path) -> None:
    evil = "<img src=x onerror=window.evil=1>"
    (tmp_path / "mine.mgf").write_text(
        f"BEGIN IONS\nTITLE={evil}\nPEPMASS=400.6872\nCHARGE=2+\nSEQ=PEPTIDE\n98.06 10\n227.1026 50\nEND IONS\n"
        "BEGIN IONS\nTITLE=empty\nPEPMASS=300\nEND IONS\n"
    )
    page = open_page(f"{url}/?source=Upload", painted=False)
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.mgf")
    page.wait_for_selector(".pl[data-painted]")
    page.wait_for_selector(IDLE)
    assert evil in page.inner_text("[data-testid=stMain]")
    assert page.evaluate("window.evil") is None
    assert "1 of 2 spectra cannot be used" in page.inner_text("[data-testid=stSidebar]")


@pytest.mark.parametrize("name", ["empty.mzML", "text.mgf", "cut.mzML"])
def test_a_bad_file_is_told_without_a_traceback(url: str, open_page: Open, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes({"empty.mzML": b"", "text.mgf": b"hello", "cut.mzML": b"<mzML><run>"}[name])
    page = open_page(f"{url}/?source=Upload", painted=False)
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    page.wait_for_selector("[data-testid=stMain] [data-testid=stAlert]")
    page.wait_for_selector(IDLE)
    assert page.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in page.inner_text("body")
