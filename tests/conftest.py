"""Order of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running in the main thread, where others need their own."""
    items.sort(key=lambda item: item.path.is_relative_to(Path(__file__).parent / "browser"))
