"""The one value behind the page Outliers, kept for the session; and what is ticked and asked for beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import streamlit as st

from peploss.explorer.outliers.filters import Filter
from peploss.explorer.outliers.shown import Shown
from peploss.explorer.shell.arrival import arrivals
from peploss.explorer.shell.page_state import PageState
from peploss.explorer.sources.set_files import SetFile

BODY: Final = "outliers"
TABS: Final = "outliers-tabs"
"""Fragments of the page: everything but the sidebar, and of that what lies under the pictures."""
STATE: Final = PageState("outliers", Shown())
"""Of this session's page. Its address holds nothing else."""
_TICKED, _OPEN = "_ticked", "_open_psm"


@dataclass(frozen=True)
class Asked:
    """A PSM that is to be opened in Explore.

    Args:
        token: tells one click from the next.
        visit: the visit to this page that it was clicked in; on the way back, it has been opened.
    """

    psm: int
    token: str
    visit: int


def look_at(new: Filter) -> None:
    """Callback: another filter."""
    STATE.change(filter=new)


def show(psm: int) -> None:
    """Callback: the PSM that is told of beside the table."""
    STATE.change(psm=psm, see=Shown.see)


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
    st.session_state[_OPEN] = Asked(psm, uuid4().hex, arrivals())


def asked_no_more() -> None:
    """Nothing is to be opened."""
    st.session_state.pop(_OPEN, None)


def asked() -> Asked | None:
    """What is to be opened."""
    found: Asked | None = st.session_state.get(_OPEN)
    return found if found is not None and found.visit == arrivals() else None
