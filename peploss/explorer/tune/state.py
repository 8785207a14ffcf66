"""What the Tune page keeps: the sliders above its tabs, and one setting clicked in a heat map."""

from __future__ import annotations

import streamlit as st

from peploss.explorer.browser import components
from peploss.explorer.shell import state
from peploss.explorer.shell.view import View

WIDTHS = "widths"
_SEEN = "_widths_seen"
START = View()
BODY = "tune"
"""Fragment of the page that holds everything but the sidebar."""


def sliders() -> View:
    """Draw the two sliders and return the view with what they say."""
    sent = (st.session_state.get(WIDTHS) or {}).get("view")
    if sent and sent.get("seq") != st.session_state.get(_SEEN):
        state.set_widths(sent.get("sigma"), sent.get("unit"), sent.get("bin"))
        st.session_state[_SEEN] = sent.get("seq")
    view = state.view()
    components.widths(
        {
            "view": {"sigma": view.sigma, "unit": view.unit, "bin": view.bin},
            "seq": int(st.session_state.get(_SEEN) or 0),
            "defaults": {"sigma": START.sigma, "unit": START.unit, "bin": START.bin},
        },
        key=WIDTHS,
    )
    return view


def pick(key: str, unit: str) -> None:
    """Callback: a click in the heat map ``key``; its cell becomes the setting, to three digits."""
    cell = (st.session_state.get(key) or {}).get("pick")
    if cell:
        use(float(f"{cell['y']:.3g}"), unit, float(f"{cell['x']:.3g}"))


def use(sigma: float, unit: str, bin_width: float) -> None:
    """Callback: set sigma and bin width, and draw all that follows from them, however small a part was clicked in."""
    state.set_widths(sigma, unit, bin_width)
    st.rerun(BODY)
