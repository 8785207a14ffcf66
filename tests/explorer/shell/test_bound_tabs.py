"""Tabs in the address bar: what the address names is what is open."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _script() -> None:
    import streamlit as st

    from peploss.explorer.shell.bound_tabs import bound_tabs

    tabs = bound_tabs(("One", "Two", "Three"), "see")
    st.text(",".join(name for name, tab in tabs.items() if tab.open))


def opened(asked: str | None, value: str | None) -> tuple[str, str]:
    """Which tabs are open, and the value of the tabs, where the browser sends these two."""
    app = AppTest.from_function(_script)
    if asked is not None:
        app.query_params["see"] = asked
    app.run()
    if value is not None:
        app.session_state["see"] = value
        app.run()
    assert not app.exception
    return app.text[0].value, app.session_state["see"]


@pytest.mark.parametrize(
    ("asked", "value", "open_one"),
    [
        (None, None, "One"),
        ("Two", None, "Two"),
        ("Two", "Three", "Two"),  # the value of an older run came after the click
        (None, "Three", "Three"),
        ("Nowhere", None, "One"),
        ("Nowhere", "Three", "Three"),  # Streamlit takes a name that it does not know out of the address
    ],
)
def test_the_address_is_right_where_it_names_another_tab(asked: str | None, value: str | None, open_one: str) -> None:
    assert opened(asked, value) == (open_one, open_one)
