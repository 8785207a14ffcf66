"""Tabs whose open one stands in the address bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st


def bound_tabs(names: Sequence[str], key: str) -> dict[str, Any]:
    """Draw tabs and return them by name; ``.open`` says which one is.

    The browser sends the tab twice: in the address and as the value of the tabs. A run that was asked for before a
    click and arrives after it takes the value back, but not the address. So the address is right where it names
    another tab. It names none while no tabs are drawn, and the value is right then.

    Args:
        names: of the tabs; the first is open where the address names none.
        key: of the tabs, and their name in the address.
    """
    asked = st.query_params.get(key)
    if asked in names and st.session_state.get(key, asked) != asked:
        st.session_state[key] = asked
    return dict(zip(names, st.tabs(names, key=key, on_change="rerun", bind="query-params"), strict=True))
