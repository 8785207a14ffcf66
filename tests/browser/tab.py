"""One tab that all tests of a process use in turn: what it has compiled for one page serves the next."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

_CLEAN: Final = """
try {
  if (sessionStorage.getItem("test") !== "%(number)d") {
    localStorage.clear();
    sessionStorage.clear();
    sessionStorage.setItem("test", "%(number)d");
  }
} catch (nowhere) {} // about:blank keeps nothing
"""


class Tab:
    """A tab that forgets what the test before left in it: storage, cookies, routes, scripts, the place of the mouse."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._numbers = count()
        self._new()

    def _new(self) -> None:
        self.context = self._browser.new_context(accept_downloads=True)
        self.page = self.context.new_page()
        self._devtools = self.context.new_cdp_session(self.page)
        self._devtools.send("Page.enable")
        self._script: str | None = None

    def ready(self, script: str) -> Any:
        """The tab's page, blank; ``script`` runs before whatever is opened in it."""
        if self.page.is_closed():
            self.context.close()
            self._new()
        self.context.clear_cookies()
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        if self._script is not None:
            self._devtools.send("Page.removeScriptToEvaluateOnNewDocument", {"identifier": self._script})
        source = _CLEAN % {"number": next(self._numbers)} + script
        added = self._devtools.send("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        self._script = added["identifier"]
        return self.page
