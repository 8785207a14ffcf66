"""Order of the tests, and which of them may run at the same time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay together, and all browser tests do: they share servers and a set of a million PSMs.

    With two processes (``pytest -n 2``) the browser tests begin first, for they take longest. In one process they come
    last: Playwright keeps an event loop running in the main thread, where others need their own.
    """
    together = "PYTEST_XDIST_WORKER" in os.environ
    for item in items:
        in_browser = item.path.is_relative_to(BROWSER)
        item.add_marker(pytest.mark.xdist_group("browser" if in_browser else str(item.path)))
    items.sort(key=lambda item: item.path.is_relative_to(BROWSER) != together)
