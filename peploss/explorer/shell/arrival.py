"""From page to page: how often this session changed its page, so that each part of a page can tell that it is new."""

from __future__ import annotations

import streamlit as st

_PAGE, _ARRIVALS = "_page", "_arrivals"


def arrive(page: str) -> None:
    """At the start of every run: the page that it draws."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_ARRIVALS] = arrivals() + 1
        st.session_state[_PAGE] = page


def here() -> str | None:
    """The page that is drawn."""
    found: str | None = st.session_state.get(_PAGE)
    return found


def arrivals() -> int:
    """How often this session changed its page."""
    return int(st.session_state.get(_ARRIVALS, 0))
