"""Order of the tests, and which of them run in one process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

BROWSER = "tests/browser/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running in the main thread, where others need their own.

    With two processes (``pytest -n 2``) they begin first, for they take longest.
    """
    first = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=lambda item: item.nodeid.startswith(BROWSER) != first)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests stay in one process, and a folder's browser tests do: they share servers and sets of spectra."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return file.rpartition("/")[0] if file.startswith(BROWSER) else file

    assert Path(config.rootpath, BROWSER).is_dir()
    config.option.loadscopereorder = False  # as they were collected, not the files of most tests first
    return Files(config, log)
