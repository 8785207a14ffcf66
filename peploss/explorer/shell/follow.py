"""A part of the page that is drawn again and again while work goes on, and the whole page once that is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

LOOK_EVERY: Final = 0.4  # s


def _nothing() -> None:
    """Draw nothing."""


def follow(
    running: Callable[[], bool], draw: Callable[[], object] = _nothing, *, key: str, begun: bool | None = None
) -> None:
    """Draw a part of the page now and at every look; draw the whole page once the work has ended.

    Args:
        running: whether the work goes on, asked at every look.
        draw: draws the part.
        key: of the part.
        begun: whether the page was drawn without what the work gives. By default, whether it runs now. Work that has
            ended since then is not waited for: the page is drawn again at once.
    """
    without = running() if begun is None else begun

    @st.fragment(key=key, run_every=LOOK_EVERY if without else None)
    def look() -> None:
        if without and not running():
            st.rerun()
        draw()

    look()
