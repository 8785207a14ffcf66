"""What a page shows as one value for the session: read from the address and the boxes, written to both.

No widget has a value of its own. ``put`` gives each widget its value before it is drawn; ``again`` compares what came
back with what was given, and the difference is what the user did. It does not depend on a callback, which is lost
where a newer run ends the run that called it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import streamlit as st

from peploss.explorer.shell.address import Address
from peploss.explorer.shell.arrival import arrivals


class Value(Protocol):
    """What a page shows, frozen. An empty text stands for what the page chooses by itself."""

    @classmethod
    def of(cls, link: Mapping[str, Any]) -> Self:
        """From the parameters of an address; what makes no sense takes its default."""
        ...

    def link(self) -> Mapping[str, str | list[str]]:
        """As the parameters of an address, without what is at its default."""
        ...

    def changed(self, **values: Any) -> Self:
        """The same with other values."""
        ...


V = TypeVar("V", bound=Value)


class PageState(Generic[V]):
    """The state of one page, or of boxes that several pages share.

    Args:
        name: tells it from others in the session.
        start: what is shown at first.
        names: parameters of the address that are its own, others are left alone; None for all there are.
        prefix: what the keys of its widgets begin with.
        many: those of ``names`` that can have several values.
    """

    def __init__(
        self,
        name: str,
        start: V,
        names: Iterable[str] | None = None,
        *,
        prefix: str = "",
        many: Iterable[str] = (),
    ) -> None:
        self.name, self.start, self.prefix = name, start, prefix
        self.address = Address(name, names, many)

    def key(self, name: str) -> str:
        """Of a widget."""
        return f"{self.prefix}{name}"

    def begin(self) -> None:
        """At the start of a run: what the user did in the boxes, else an address that did not come from here."""
        acted = self.again()
        if self.address.back() or (not acted and self.address.news()):
            self.follow(self.address.read())
        self.address.noted()

    def follow(self, link: Mapping[str, Any]) -> None:
        """Show what an address says."""
        st.session_state[self._at("shown")] = self.start.of(link)

    def again(self) -> bool:
        """At the start of a part that runs by itself: take over what the user did; returns whether that is anything."""
        if st.session_state.get(self._at("drawn_at")) != arrivals():  # the boxes of another page
            st.session_state[self._at("given")] = {}
            st.session_state[self._at("drawn_at")] = arrivals()
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
        self.set(**values)
        st.session_state[self._at("given")] = boxes | taken
        return True

    def end(self) -> None:
        """At the end of a run: the address says what was drawn."""
        self.address.write(self.now().link())

    def now(self) -> V:
        """What is shown."""
        found: V = st.session_state.get(self._at("shown")) or self.start
        return found

    def set(self, **values: Any) -> None:
        """Show something else; the address says so at the end of the run."""
        st.session_state[self._at("shown")] = self.now().changed(**values)

    def change(self, **values: Any) -> None:
        """Callback: show something else, and say so in the address."""
        self.set(**values)
        self.end()

    def put(self, name: str, value: Any, usual: Any = "") -> str:
        """Before the widget of a value is drawn: give it that value. Returns the widget's key.

        Args:
            usual: the value that an empty text stands for.
        """
        st.session_state[self.key(name)] = value
        st.session_state[self._at("given")] = st.session_state.get(self._at("given"), {}) | {name: (value, usual)}
        return self.key(name)

    def one_of(self, name: str, options: Sequence[Any], usual: Any) -> Any:
        """Which of the options is shown; ``usual`` where nothing else was chosen.

        A choice that is not among them, as after a change of set, is given up for good: the address must not name it.
        """
        value = getattr(self.now(), name)
        if value in options:
            return value
        if value not in ("", None):
            self.set(**{name: getattr(self.start, name)})
        return usual

    def choice(self, name: str, label: str, options: Sequence[Any], usual: Any, **look: Any) -> Any:
        """Draw a box to choose one of the options, and return what is shown."""
        value = self.one_of(name, options, usual)
        key = self.put(name, value, usual)
        st.selectbox(label, options, key=key, **look)
        return value

    def _at(self, what: str) -> str:
        return f"_{self.name}_{what}"
