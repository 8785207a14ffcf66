"""Every page comes up in Firefox, draws its pictures, says nothing wrong and goes to the next by the menu."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.browser import IDLE
from tests.browser.conftest import missing
from tests.browser.firefox import FIREFOX, Firefox, firefox

pytestmark = pytest.mark.browser

PAGES = {
    "": ".pl[data-painted]",
    "tune": ".heatmaplayer",
    "outliers": ".heatmaplayer",
    "losses": ".pl-plot .plot-container",
    "training": ".pl-plot .plot-container",
}
"""What each page draws."""
RECONNECTS = "when disconnected from server."
"""What Streamlit logs where a busy machine lets a connection go; it comes back, and the page is drawn."""
RIGHT = "\ue014"
WIDER = "((m) => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]'))"
"""How far the page can be scrolled sideways, in px."""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    if FIREFOX is None:
        missing("there is no Firefox; name one in FIREFOX")
    with firefox(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def drawn(tab: Firefox, picture: str) -> None:
    """Wait for the page; nothing on it went wrong."""
    tab.wait_for(f"document.querySelector({picture!r}) && document.querySelector({IDLE!r})")
    assert tab.value("document.querySelectorAll('[data-testid=stException], .pl[data-error]').length") == 0
    assert [error for error in tab.errors if not error.endswith(RECONNECTS)] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_draws_its_pictures(url: str, tab: Firefox, path: str) -> None:
    tab.open(f"{url}/{path}")
    drawn(tab, PAGES[path])
    assert tab.value(WIDER) <= 1


def test_a_slider_key_redraws_and_goes_along_to_the_next_page(url: str, tab: Firefox) -> None:
    tab.open(url)
    drawn(tab, PAGES[""])
    tab.value("document.querySelector('#pl-sigma').focus()")
    tab.press(RIGHT)
    tab.wait_for("location.search.includes('sigma=')")
    search = tab.value("location.search")
    tab.value("[...document.querySelectorAll('a')].find((a) => a.innerText.trim().endsWith('Tune')).click()")
    tab.wait_for("location.pathname === '/tune'")
    drawn(tab, PAGES["tune"])
    tab.wait_for(f"location.search === {search!r}")
    tab.value("history.back()")
    tab.wait_for(f"location.pathname === '/' && location.search === {search!r}")
    drawn(tab, PAGES[""])
