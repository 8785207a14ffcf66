"""Uploads in a browser: spectra with a table of PSMs beside them, found again after a reload, and made into a set."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import IDLE
from peploss.spectra.samples import samples_folder
from tests.browser.sets.outliers_page import told

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Spectra without peptides, and a table of PSMs that speaks of them."""
    out, samples = tmp_path_factory.mktemp("mine"), samples_folder()
    mgf = (samples / "hcd_qe_openms_qc.mgf").read_text()
    (out / "qc.mgf").write_text(re.sub(r"^SEQ=.*\n", "", mgf, flags=re.MULTILINE))
    rows = (samples / "psms.tsv").read_text().splitlines()
    (out / "psms.tsv").write_text("\n".join([rows[0], *(r for r in rows if "hcd_qe_openms_qc" in r)]) + "\n")
    return out / "qc.mgf", out / "psms.tsv"


@pytest.fixture(scope="module")
def app(serve: Callable[[Path | None], str]) -> str:
    """Address of an app without a data folder."""
    return serve(None)


def upload(page: Any, key: str, files: tuple[Path, ...]) -> None:
    page.set_input_files(f".st-key-{key} input[type=file]", [str(file) for file in files])


def test_spectra_with_a_table_beside_them_need_no_typing_and_survive_a_reload(
    app: str, open_page: Open, files: tuple[Path, Path]
) -> None:
    page = open_page(f"{app}/?source=Upload", painted=False)
    page.wait_for_selector("text=The upload that this address names is gone")
    upload(page, "upload", files)
    page.wait_for_selector("text=109 of 109 spectra have a peptide from psms.tsv")
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"\bi=2"))
    page.wait_for_selector(IDLE)
    name, peptide = page.inner_text(".pl-name b"), page.get_by_role("textbox", name="Peptide").input_value()
    assert peptide
    page.reload()
    page.wait_for_selector(f".pl-name b:text-is('{name}')")
    page.wait_for_selector(".pl-numbers")
    page.wait_for_selector(IDLE)
    assert page.get_by_role("textbox", name="Peptide").input_value() == peptide
    page.get_by_role("link", name="Tune").click()
    page.wait_for_selector(f".pl-name b:text-is('{name}')")


def test_another_browser_does_not_see_them(app: str, open_page: Open, files: tuple[Path, Path]) -> None:
    page = open_page(f"{app}/?source=Upload", painted=False)
    upload(page, "upload", files[:1])
    page.wait_for_selector("text=qc.mgf")
    other = open_page(f"{app}/?source=Upload", painted=False)
    other.wait_for_selector("text=The upload that this address names is gone")


def test_a_set_is_made_of_uploads_without_a_data_folder(app: str, open_page: Open, files: tuple[Path, Path]) -> None:
    page = open_page(f"{app}/outliers", painted=False)
    page.get_by_role("button", name="New set").click()
    page.get_by_role("dialog").get_by_text("Together at most").wait_for()
    upload(page, "make-upload", files)
    page.wait_for_selector("text=109 PSMs, read as")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_selector("text=Making qc.parquet is done", timeout=240_000)  # the built-in set comes first
    page.get_by_role("button", name="Look at it").click()
    told(page, "109")
    for name in ("qc.sigma0.05", "qc.sigma0.05_2"):  # the suggested name is free each time
        page.get_by_role("button", name="Score", exact=True).first.click()
        page.get_by_role("dialog").get_by_role("textbox", name="Name of the scores").wait_for()
        assert page.get_by_role("textbox", name="Name of the scores").get_attribute("placeholder") == name
        page.get_by_role("dialog").get_by_role("button", name="Score", exact=True).click()
        page.get_by_role("button", name="Look at it").click(timeout=120_000)
        page.wait_for_selector(f".st-key-res :text('{name}.parquet'), .st-key-res [value='{name}.parquet']")
        page.wait_for_selector(IDLE)
    page.reload()
    told(page, "109")
    assert "qc.parquet" in page.url
