"""A real app in a real browser.

Skipped where there is no Chromium; where ``CI`` is set, missing it is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import CHROMIUM, IDLE, PAINTED, app, launched
from tests.browser.tab import Tab


def missing(reason: str) -> None:
    """Skip, or fail where skipping would hide that nothing was tested."""
    if os.environ.get("CI"):
        pytest.fail(f"Browser tests cannot run: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    if not Path(CHROMIUM).exists():
        missing(f"there is no Chromium at {CHROMIUM}; name one in CHROMIUM")
    playwright = sync_playwright().start()
    browser = launched(playwright)

    def close() -> None:
        browser.close()
        playwright.stop()

    _OPEN.append(close)
    yield browser
    close_browsers()


_OPEN: list[Callable[[], None]] = []
"""How to close what runs in Playwright's event loop."""


def close_browsers() -> None:
    """Close browsers and the event loop; does nothing the second time."""
    while _OPEN:
        _OPEN.pop()()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Leave no event loop to tests that come after those of the browser."""
    if nextitem is not None and not nextitem.path.is_relative_to(Path(__file__).parent):
        close_browsers()


@pytest.fixture(scope="session")
def url(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app that all tests share."""
    folder = tmp_path_factory.mktemp("server")
    with app(folder / "log.txt", PEPLOSS_DATA_DIR=str(folder), XDG_DATA_HOME=str(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def serve(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path | None], str]]:
    """``serve(folder)``: address of an app whose data folder that is; of an app without one for None."""
    with ExitStack() as running:

        def started(folder: Path | None) -> str:
            home = tmp_path_factory.mktemp("home")
            serving = app(home / "log.txt", PEPLOSS_DATA_DIR=str(folder or ""), XDG_DATA_HOME=str(home))
            return running.enter_context(serving)

        yield started


@pytest.fixture
def fresh_url(browser: Any, tmp_path: Path) -> Iterator[str]:
    """Address of an app that nobody has opened before."""
    with app(tmp_path / "log.txt", XDG_DATA_HOME=str(tmp_path)) as address:
        yield address


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    item.stash[_FAILED] = outcome.get_result().failed or item.stash.get(_FAILED, False)


_FAILED = pytest.StashKey[bool]()


_NO_TOUR = "try { localStorage.setItem('peploss-tour', 'done'); } catch (nowhere) {} // about:blank keeps nothing\n"


@pytest.fixture(scope="session")
def tab(browser: Any) -> Tab:
    """The tab that tests share."""
    return Tab(browser)


@pytest.fixture
def open_page(browser: Any, tab: Tab, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """``open_page(url, width=800, dark=True)``: a page, painted and idle; ``script`` runs before it.

    A test's first page is the shared tab, which is twice as quick as a new one; the others are those of other users.
    A failed test leaves a picture of each behind.
    """
    pages: list[Any] = []

    def new(script: str) -> Any:
        context = browser.new_context(accept_downloads=True)
        context.add_init_script(script)
        return context.new_page()

    def opened(
        address: str,
        *,
        width: int = 1400,
        height: int = 900,
        dark: bool = False,
        painted: bool = True,
        script: str = "",
        tour: bool = False,
    ) -> Any:
        before = script if tour else _NO_TOUR + script
        page = new(before) if pages else tab.ready(before)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_default_timeout(90_000)
        page.errors = errors = []
        page.failed = lambda error: errors.append(str(error))
        page.on("pageerror", page.failed)
        pages.append(page)
        page.goto(address)
        if painted:
            page.wait_for_selector(PAINTED, timeout=120_000)
        page.wait_for_selector(IDLE, timeout=120_000)
        return page

    yield opened
    for n, page in enumerate(pages):
        if request.node.stash.get(_FAILED, False):
            picture = tmp_path / f"failed{n}.png"
            page.screenshot(path=picture)
            print(f"picture of the page: {picture}")
    for page in pages[1:]:
        page.context.close()
    if pages and not pages[0].is_closed():
        pages[0].remove_listener("pageerror", pages[0].failed)
        pages[0].goto("about:blank")  # the server may forget its visitor
    for page in pages:
        assert not page.errors, page.errors
