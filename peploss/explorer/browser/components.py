"""The browser side as three calls: the stage (numbers, plot, sliders), a plain figure, and the keys that step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from peploss.explorer.browser import assets
from peploss.explorer.browser.wire import pack

_mount = st.components.v2.component("peploss", html='<div class="pl"></div>', js=assets.loader(), isolate_styles=False)


def _reserve(key: str, height: int) -> None:
    """Keep a figure's height free until it is drawn, so that what stands below does not move."""
    st.html(f"<style>.st-key-{key}:not(:has(.pl > *)) {{ min-height: {height}px; }}</style>")


def _nothing() -> None:
    """A state needs a callback to be one; what follows it is decided where it is read."""


def stage(payload: Mapping[str, Any], *, key: str, on_settled: Callable[[], None]) -> None:
    """Numbers, ladder, plot and the two sliders, all in one node that lives as long as the page.

    Args:
        payload: see ``figures.stage_payload``. What the user did last stands in ``st.session_state[key]["view"]``.
        on_settled: called once the hand rests, in a run of its own.
    """
    _mount(
        data=pack({"kind": "stage", **payload}),
        key=key,
        on_view_change=_nothing,
        on_settled_change=on_settled,
    )


def figure(payload: Mapping[str, Any], *, key: str) -> None:
    """One figure: ``data``, ``layout``, ``height`` in px and a ``description`` for screen readers."""
    _reserve(key, payload["height"])
    _mount(data=pack({"kind": "figure", **payload}), key=key)


def cells(payload: Mapping[str, Any], *, key: str, on_pick: Callable[[], None]) -> None:
    """A figure as above whose heat map can be clicked; ``st.session_state[key]["pick"]`` then holds its x and y."""
    _reserve(key, payload["height"])
    _mount(data=pack({"kind": "cells", **payload}), key=key, on_pick_change=on_pick)


def picks(
    payload: Mapping[str, Any],
    *,
    key: str,
    on_pick: Callable[[], None] = _nothing,
    on_range: Callable[[], None] = _nothing,
) -> None:
    """A figure as above whose points and bars can be clicked and whose ranges can be dragged.

    ``st.session_state[key]["pick"]`` then holds the ``customdata`` of what was clicked, ``["range"]`` the ``x`` (and
    ``y``) that was dragged over, each from and to.
    """
    _reserve(key, payload["height"])
    _mount(data=pack({"kind": "picks", **payload}), key=key, on_pick_change=on_pick, on_range_change=on_range)


def widths(payload: Mapping[str, Any], *, key: str) -> None:
    """The two sliders by themselves: ``view`` (sigma, unit, bin), ``seq`` and ``defaults``. What the user did last
    stands in ``st.session_state[key]["view"]``."""
    _mount(data=pack({"kind": "widths", **payload}), key=key, on_view_change=_nothing)


def steps(*, session: str, settled: int, key: str) -> None:
    """Count the keys N and P and the clicks on the buttons ``next`` and ``prev``.

    A button forgets all but one of the clicks that arrive while the page works on an earlier one; a count keeps them.

    Args:
        session: which count this is; a new session starts at 0.
        settled: how many of the counted steps the page has taken.
        key: ``st.session_state[key]["count"]`` holds the session and what it has counted.
    """
    _mount(data=pack({"kind": "steps", "session": session, "settled": settled}), key=key, on_count_change=_nothing)


def go(*, to: str, token: str, key: str) -> None:
    """Follow the link in the container with the key ``to``, once for each ``token``."""
    _mount(data=pack({"kind": "go", "to": to, "token": token}), key=key)
