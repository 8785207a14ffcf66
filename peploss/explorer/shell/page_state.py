"""What a page shows as one value for the session: read from the address and the boxes, written to both.

No widget has a value of its own. ``put`` gives each widget its value before it is drawn; ``again`` compares what came
back with what was given, and the difference is what the user did. It does not depend on a callback, which is lost
where a newer run ends the run that called it. Parameters of the address that are not the page's own are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from peploss.explorer.shell import state


class Value(Protocol):
    """What a page shows, frozen. An empty text stands for what the page chooses by itself."""

    @classmethod
    def of(cls, link: Mapping[str, str]) -> Self:
        """From the parameters of an address; what makes no sense takes its default."""
        ...

    def link(self) -> dict[str, str]:
        """As the parameters of an address, without what is at its default."""
        ...

    def changed(self, **values: Any) -> Self:
        """The same with other values."""
        ...


V = TypeVar("V", bound=Value)


class PageState(Generic[V]):
    """The state of one page.

    Args:
        name: of the page; keys of its widgets begin with it.
        start: what it shows at first.
        names: every parameter of the address that is its own.
    """

    def __init__(self, name: str, start: V, names: Sequence[str]) -> None:
        self.name, self.start, self.names = name, start, tuple(names)

    def key(self, name: str) -> str:
        """Of a widget."""
        return f"{self.name}-{name}"

    def begin(self) -> None:
        """At the start of a run: what the user did in the boxes, else an address that did not come from here.

        A page reached by the menu has an empty address: it shows what it showed before.
        """
        arrived = st.session_state.get(self._at("arrived")) != state.arrivals()
        if arrived:
            st.session_state[self._at("given")] = {}
        address = self._address()
        run = get_script_run_ctx()
        back = run is not None and run.is_history_navigation
        news = not self.again() and address != st.session_state.get(self._at("address"), {})
        if (back or news) and (address or not arrived):
            st.session_state[self._at("shown")] = self.start.of(address)
        st.session_state[self._at("address")] = address
        st.session_state[self._at("arrived")] = state.arrivals()

    def again(self) -> bool:
        """At the start of a part that runs by itself: take over what the user did; returns whether that is anything."""
        boxes = st.session_state.get(self._at("given"), {})
        values: dict[str, Any] = {}
        taken = {}
        for name, (given, usual) in boxes.items():
            key = self.key(name)
            if key not in st.session_state or st.session_state[key] == given:
                continue
            value = st.session_state[key]
            if value is None and isinstance(given, str):
                continue
            taken[name] = (value, usual)
            values[name] = "" if value == usual and isinstance(value, str) else value
        if not values:
            return False
        st.session_state[self._at("shown")] = self.now().changed(**values)
        st.session_state[self._at("given")] = boxes | taken
        return True

    def end(self) -> None:
        """At the end of a run: the address says what was drawn. In one message: one step of the history."""
        link = self.now().link()
        if self._address() != link:
            others = {name: st.query_params.get_all(name) for name in st.query_params if name not in self.names}
            st.query_params.from_dict({**others, **link})
        st.session_state[self._at("address")] = link

    def now(self) -> V:
        """What is shown."""
        found: V = st.session_state.get(self._at("shown")) or self.start
        return found

    def change(self, **values: Any) -> None:
        """Callback: show something else."""
        st.session_state[self._at("shown")] = self.now().changed(**values)
        self.end()

    def put(self, name: str, value: Any, usual: Any = "") -> str:
        """Before the widget of a value is drawn: give it that value. Returns the widget's key.

        Args:
            usual: the value that an empty text stands for.
        """
        st.session_state[self.key(name)] = value
        st.session_state[self._at("given")] = st.session_state.get(self._at("given"), {}) | {name: (value, usual)}
        return self.key(name)

    def choice(self, name: str, label: str, options: Sequence[Any], usual: Any, **look: Any) -> Any:
        """Draw a box to choose one of the options, and return what is shown; an option that is gone is given up."""
        value = getattr(self.now(), name)
        if value not in options:
            if value not in ("", None):
                empty = getattr(self.start, name)
                st.session_state[self._at("shown")] = self.now().changed(**{name: empty})
            value = usual
        key = self.put(name, value, usual)
        st.selectbox(label, options, key=key, **look)
        return value

    def _address(self) -> dict[str, str]:
        return {name: st.query_params[name] for name in st.query_params if name in self.names}

    def _at(self, what: str) -> str:
        return f"_{self.name}_{what}"
