"""The peploss explorer: ``streamlit run app.py``.

The server imports this file once, as a module, for the app and the routes of its scripts; every page view runs it
again as a script, for the navigation.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

ICON = (
    Path(__file__).parent / "peploss" / "explorer" / "frontend" / "icon.svg"
)  # local: no font or emoji from elsewhere


def navigate() -> None:
    """Page frame and navigation; pages lie one level down so that the first deep link runs through here."""
    st.set_page_config(page_title="peploss", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")
    st.navigation(
        [st.Page("pages/views/explore.py", title="Explore", icon=":material/ssid_chart:", default=True)],
        position="top",
    ).run()


if __name__ == "__main__":
    navigate()
else:
    from peploss.explorer import assets, warm

    warm.up()
    app = st.App(__file__, routes=assets.routes())
