"""The address bar under the names that are ours: what it says, whether that is news, and what is written into it.

A run carries the address that the browser had when it asked. A click that follows fast carries an older one, which
this session wrote itself: an echo, not a link to follow. The way back is told apart by Streamlit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from peploss.explorer.shell.arrival import arrivals

Link = dict[str, str | list[str]]
"""Parameters by name; one that can have several values as a list of them."""
REMEMBERED = 32  # addresses of a page that can be echoes

_DIGITS: Final = 18  # a whole number of more is no place in any file, and Python refuses to read one of thousands


class Address:
    """Part of the address bar.

    Args:
        name: tells it from others in the session.
        names: the parameters that are its own; None for all there are.
        many: those that can have several values. Of others the last counts.
    """

    def __init__(self, name: str, names: Iterable[str] | None, many: Iterable[str] = ()) -> None:
        self.name = name
        self.many = frozenset(many)
        self.names = None if names is None else frozenset(names)

    def read(self) -> Link:
        """What it says now."""
        found: Link = {}
        for name in st.query_params:
            texts = st.query_params.get_all(name) if self.names is None or name in self.names else []
            if texts:  # none: taken out in this run
                found[name] = texts if name in self.many else texts[-1]
        return found

    def back(self) -> bool:
        """Whether this run is a step through the browser's history."""
        run = get_script_run_ctx()
        return run is not None and run.is_history_navigation

    def news(self) -> bool:
        """At the start of a run: whether the page has to follow what it says.

        A page reached by the menu has an empty address: it shows what it showed before.
        """
        if self.back():
            return True
        link = self.read()
        if self._arrived() != arrivals():
            return bool(link)
        return link not in self._past()

    def noted(self) -> None:
        """What it says was followed, or needs not to be."""
        link = self.read()
        past = self._past() if self._arrived() == arrivals() else []
        st.session_state[self._at("past")] = [*(one for one in past if one != link), link][-REMEMBERED:]
        st.session_state[self._at("arrived")] = arrivals()

    def write(self, link: Mapping[str, str | list[str]]) -> None:
        """Make it say this. In one message, so that it is one step of the browser's history."""
        now = self.read()
        if now != link:
            gone = {name: list[str]() for name in now if name not in link}  # a parameter without a value is left out
            st.query_params.update({**gone, **link})
        self.noted()

    def _arrived(self) -> int | None:
        found: int | None = st.session_state.get(self._at("arrived"))
        return found

    def _past(self) -> list[Link]:
        found: list[Link] = st.session_state.get(self._at("past"), [])
        return found

    def _at(self, what: str) -> str:
        return f"_{self.name}_{what}"


def whole_number(text: str | None) -> int | None:
    """A whole number of at least 0; None where nothing of the kind is given.

    >>> whole_number("12"), whole_number("-1"), whole_number("9" * 5000), whole_number(None)
    (12, None, None, None)
    """
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS else None
