"""What stands on a page stays where it is while the rest arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.browser import IDLE
from benchmarks.first_load import WATCH

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
MOST = 0.1  # what https://web.dev/cls calls good


@pytest.mark.parametrize(
    ("path", "drawn"),
    [("", ".pl-numbers"), ("tune", ".heatmaplayer"), ("outliers?data=a.parquet", ".heatmaplayer")],
)
def test_nothing_moves_while_a_page_comes_up(two_sets: str, open_page: Open, path: str, drawn: str) -> None:
    page = open_page(f"{two_sets}/{path}", painted=False, script=WATCH)
    page.wait_for_selector(drawn)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(1000)  # what comes late moves most
    assert page.evaluate("window.shifted") < MOST
