"""The link of a page about one spectrum: sidebar, place, candidates and view, read at its start, written at its end."""

from __future__ import annotations

from typing import Final

import streamlit as st

from peploss.explorer.shell import state
from peploss.explorer.shell import view as views
from peploss.explorer.shell.address import Address, Link, whole_number
from peploss.explorer.shell.boxes import BOXES, TABLE
from peploss.explorer.shell.state import PEPTIDE
from peploss.explorer.shell.view import View

ALSO: Final = "also"
_PLACE: Final = "i"
_ADDRESS: Final = Address("link", (_PLACE, PEPTIDE, ALSO, *views.LINK, *TABLE), BOXES.address.many)
_NEW, _LINKED = "_link_is_new", "_linked_peptide"


def sync() -> None:
    """At the start of a run: take over what the user did in the sidebar, else a link that did not come from us."""
    acted = BOXES.again()
    if _ADDRESS.back() or (not acted and _ADDRESS.news()):
        _follow(_ADDRESS.read())
    _ADDRESS.noted()


def _follow(link: Link) -> None:
    place = whole_number(str(link.get(_PLACE, "")))
    BOXES.follow(link)
    state.follow(
        View.of_link(link),
        _split(str(link.get(ALSO, ""))),
        place - 1 if place else None,
    )
    st.session_state[_LINKED] = link.get(PEPTIDE)
    st.session_state[_NEW] = True


def is_new() -> bool:
    """Whether a link's candidate waits to be filled in, if need be until its file is uploaded or its peaks pasted."""
    return bool(st.session_state.get(_NEW))


def is_done() -> None:
    """Nothing of the link waits any more."""
    st.session_state[_NEW] = False


def peptide() -> str | None:
    """The candidate that the link names; None where it leaves the spectrum its own."""
    found = st.session_state.get(_LINKED)
    return None if found is None else str(found)


def write(home: int, own_peptide: str) -> None:
    """Put sidebar, view, place and candidates into the address bar.

    Args:
        home: the place that needs no mention.
        own_peptide: the candidate that needs none, because it comes with the spectrum.
    """
    place, text = state.index(), st.session_state.get(PEPTIDE, "")
    link: Link = {**BOXES.now().link(), **state.view().link()}
    if place not in (None, home):
        link[_PLACE] = str(place + 1)
    if text != own_peptide:
        link[PEPTIDE] = text
    if state.also():
        link[ALSO] = "\n".join(state.also())
    _ADDRESS.write(link)


def write_sidebar() -> None:
    """Put the sidebar alone into the address bar: the rest of a link waits for its spectrum."""
    rest = {name: text for name, text in _ADDRESS.read().items() if name not in TABLE}
    _ADDRESS.write({**rest, **BOXES.now().link()})


def _split(text: str) -> list[str]:
    """Candidates of a link, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]
