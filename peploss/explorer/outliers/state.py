"""The one value behind the page Outliers, kept for the session: read from the address and the boxes, written to both.

No widget has a value of its own. ``put`` gives each widget its value before it is drawn; ``_take`` compares what came
back with what was given, and the difference is what the user did. It does not depend on a callback, which is lost where
a newer run ends the run that called it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from peploss.explorer.outliers.filters import Filter
from peploss.explorer.outliers.shown import Shown
from peploss.explorer.shell import state
from peploss.explorer.sources.set_files import SetFile

BODY: Final = "outliers"
TABS: Final = "outliers-tabs"
"""Fragments of the page: everything but the sidebar, and of that what lies under the pictures."""
_SHOWN, _GIVEN, _ADDRESS, _ARRIVED = "_outliers", "_outliers_given", "_outliers_address", "_outliers_arrived"
_TICKED, _OPEN = "_ticked", "_open_psm"
_FILTER: Final = {"find": "search", "where": "sql", "tag": "tag"}
"""Boxes of the filter, with the field of ``Filter`` that each one is."""


@dataclass(frozen=True)
class Asked:
    """A PSM that is to be opened in Explore; the token tells one click from the next."""

    psm: int
    token: str


def begin() -> None:
    """At the start of a run: take over what the user did in the boxes, else an address that did not come from here.

    A page reached by the menu has an empty address: it shows what it showed before.
    """
    arrived = st.session_state.get(_ARRIVED) != state.arrivals()
    if arrived:
        asked_no_more()  # what was to be opened has been
        st.session_state[_GIVEN] = {}
    address = dict(st.query_params)
    run = get_script_run_ctx()
    back = run is not None and run.is_history_navigation
    news = not _take() and address != st.session_state.get(_ADDRESS, {})
    if (back or news) and (address or not arrived):
        st.session_state[_SHOWN] = Shown.of(address)
    st.session_state[_ADDRESS] = address
    st.session_state[_ARRIVED] = state.arrivals()


def again() -> None:
    """At the start of a part of the page that runs by itself."""
    _take()


def end() -> None:
    """At the end of a run: the address says what was drawn. In one message, so that it is one step of the history."""
    link = now().link()
    if dict(st.query_params) != link:
        st.query_params.from_dict(link)
    st.session_state[_ADDRESS] = link


def now() -> Shown:
    """What is shown."""
    found: Shown = st.session_state.get(_SHOWN) or Shown()
    return found


def change(**values: Any) -> None:
    """Callback: show something else; see ``Shown.changed``."""
    st.session_state[_SHOWN] = now().changed(**values)
    end()


def look_at(new: Filter) -> None:
    """Callback: another filter."""
    change(filter=new)


def show(psm: int) -> None:
    """Callback: the PSM that is told of beside the table."""
    change(psm=psm, see=Shown.see)


def put(name: str, value: Any, usual: Any = "") -> None:
    """Before a widget with the key ``name`` is drawn: give it its value.

    Args:
        usual: the value that an empty text in ``Shown`` stands for.
    """
    st.session_state[name] = value
    st.session_state[_GIVEN] = st.session_state.get(_GIVEN, {}) | {name: (value, usual)}


def one_of(name: str, options: Sequence[str], usual: str) -> str:
    """Which of the options is shown; ``usual`` where nothing else was chosen.

    A choice that is not among them, as after a change of set, is given up for good: the address must not name it.
    """
    value: str = getattr(now(), name)
    if value in options:
        return value
    if value:
        st.session_state[_SHOWN] = now().changed(**{name: ""})
    return usual


def choice(name: str, label: str, options: Sequence[str], usual: str, **look: Any) -> str:
    """Draw a box to choose one of the options, and return what is shown."""
    value = one_of(name, options, usual)
    put(name, value, usual)
    st.selectbox(label, options, key=name, label_visibility="collapsed", required=True, **look)
    return value


def _take() -> bool:
    """Take over what differs from what the boxes were given; returns whether anything did."""
    before, boxes = now(), st.session_state.get(_GIVEN, {})
    values: dict[str, Any] = {}
    taken = {}
    for name, (given, usual) in boxes.items():
        if name not in st.session_state or st.session_state[name] in (None, given):
            continue
        value = st.session_state[name]
        taken[name] = (value, usual)
        if name in _FILTER:
            part = {_FILTER[name]: "" if value == usual else value.strip()}
            values["filter"] = replace(values.get("filter", before.filter), **part)
        else:
            values[name] = "" if value == usual and isinstance(value, str) else value
    if not values:
        return False
    st.session_state[_SHOWN] = before.changed(**values)
    st.session_state[_GIVEN] = boxes | taken
    return True


def ticked(chosen: SetFile) -> list[int]:
    """Ids of the PSMs that are ticked, in the order of the set."""
    return sorted(st.session_state.get(_TICKED, {}).get(chosen.uuid, ()))


def tick(chosen: SetFile, page: list[int], on: list[int]) -> None:
    """Of the PSMs of one page of the table, those ``on`` are ticked."""
    every = st.session_state.get(_TICKED, {})
    st.session_state[_TICKED] = every | {chosen.uuid: (every.get(chosen.uuid, frozenset()) - set(page)) | set(on)}


def untick(chosen: SetFile) -> None:
    """Callback: none is ticked any more."""
    every = st.session_state.get(_TICKED, {})
    st.session_state[_TICKED] = {uuid: ids for uuid, ids in every.items() if uuid != chosen.uuid}


def ask_to_open(psm: int) -> None:
    """Callback: open a PSM in Explore."""
    st.session_state[_OPEN] = Asked(psm, uuid4().hex)


def asked_no_more() -> None:
    """Nothing is to be opened."""
    st.session_state.pop(_OPEN, None)


def asked() -> Asked | None:
    """What is to be opened."""
    found: Asked | None = st.session_state.get(_OPEN)
    return found
