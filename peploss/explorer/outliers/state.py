"""What the page Outliers shows, in its link: what charts and clicks set. Fields keep their own parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from peploss.explorer.outliers.filters import Filter
from peploss.explorer.shell import state
from peploss.explorer.shell.set_files import SetFile

BODY: Final = "outliers"
TABS: Final = "outliers-tabs"
"""Fragments of the page: everything but the sidebar, and of that what lies under the pictures."""
SET: Final = "data"
"""Names the set in the link. Not as Explore does: what a page has bound, it cannot hand over to another."""
OWN: Final = (
    SET, "res", "find", "where", "dist", "by", "dx", "dy", "order", "up", "see", "cause", "tag", "range", "psm",
    "page", "other", "moved",
)  # fmt: skip
_LINK, _TICKED, _OPEN, _SCORED = "_outliers_link", "_ticked", "_open_psm", "_set_scored"


@dataclass(frozen=True)
class Asked:
    """A PSM that is to be opened in Explore, and whether with its fix."""

    psm: int
    fixed: bool = False


def come_back() -> None:
    """On the way back from another page, take up the link this page had."""
    if not state.just_arrived():
        return
    asked_no_more()  # what was to be opened has been
    if not any(name in st.query_params for name in OWN if name != SET):
        for name, values in st.session_state.get(_LINK, {}).items():
            if name not in st.query_params:
                st.query_params[name] = values


def remember() -> None:
    """Keep the link for when another page is left for this one."""
    st.session_state[_LINK] = {name: st.query_params.get_all(name) for name in OWN if name in st.query_params}


def fit(scored: bool) -> None:
    """Where a set has scores at last, the pictures and the table begin with the loss: they were made for it."""
    if scored and st.session_state.get(_SCORED) is False:
        for name, column in (("dist", "loss"), ("dx", "loss"), ("dy", "explained"), ("order", "loss")):
            st.session_state[name] = column
    st.session_state[_SCORED] = scored


def filtered() -> Filter:
    """What is looked at."""
    values: dict[str, Any] = {n: st.query_params[n] for n in ("cause", "tag", "range") if n in st.query_params}
    return Filter.of(values | {name: st.session_state.get(name) or "" for name in ("find", "where")})


def look_at(new: Filter) -> None:
    """Callback: what the charts add to the filter, from the first page of the table on."""
    put(**({"cause": None, "tag": None, "range": None, "page": None} | new.link()))


def clear() -> None:
    """Callback: look at everything again."""
    look_at(Filter())
    for name in ("find", "where"):
        st.session_state[name] = ""


def put(**values: str | None) -> None:
    """Write into the link; None takes a name out of it."""
    for name, value in values.items():
        if value is not None:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def number(name: str) -> int | None:
    """A number of the link; None where there is none."""
    text = st.query_params.get(name, "")
    return int(text) if text.isdecimal() else None


def show(psm: int) -> None:
    """Callback: the PSM that is told of beside the table."""
    put(psm=str(psm))


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


def ask_to_open(psm: int, fixed: bool = False) -> None:
    """Callback: open a PSM in Explore."""
    st.session_state[_OPEN] = Asked(psm, fixed)


def asked_no_more() -> None:
    """Nothing is to be opened."""
    st.session_state.pop(_OPEN, None)


def asked() -> Asked | None:
    """What is to be opened."""
    found: Asked | None = st.session_state.get(_OPEN)
    return found
