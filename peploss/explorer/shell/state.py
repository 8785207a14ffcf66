"""What the page shows, as one value: read from a link, from the sliders, and written back into the link.

Widgets keep their own parameter (``bind="query-params"``). What is not a widget, the sliders and switches inside the
plot and the place in the file, lives here under the names of ``LINK``.

Streamlit ends a run for a newer one at any access to ``st.session_state``. What has to happen once is therefore noted
as done last, so that the newer run finds it undone; doing it again must change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

import streamlit as st

from peploss.settings import LossSettings
from peploss.spectra.shift import Shift

STAGE, STEPS = "stage", "steps"
_VIEW, _INDEX, _SEEN_LINK, _SENT_LINK, _SEEN_SEQ = "_view", "_index", "_seen_link", "_sent_link", "_seen_seq"
_PAGE, _ARRIVALS, _SIDEBAR, _SESSION, _LINK_IS_NEW = "_page", "_arrivals", "_sidebar", "_session", "_link_is_new"
LINK = (
    "i",
    "sigma",
    "unit",
    "h",
    "mode",
    "bins",
    "grad",
    "labels",
    "x",
    "sel",
    "off",
    "cand",
    "over",
    "also",
    "peptide",
)
PEPTIDE = "peptide"
ALSO = "also"
_ALSO = "_also"
MOST_CANDIDATES = 8
LONGEST_NAME = 60  # characters of a selected point's name
WIDTHS = (0.001, 1.0)  # Da
WIDTHS_PPM = (1.0, 2000.0)


@dataclass(frozen=True)
class _Place:
    """The place in the file and the browser's count of steps that it answers: as two values they could be left a step
    apart."""

    index: int | None = None
    steps: int = 0


@dataclass(frozen=True, kw_only=True)
class View:
    """The plot's own state.

    Args:
        sigma, unit: width of a peak, in Da or ppm.
        bin: bin width in Th.
        mode: ``"mirror"`` or ``"overlay"``.
        bins, grad, labels: whether the panel of bin contributions, of gradients, and the labels are on.
        x: m/z range, or None for all of it.
        sel: name of the selected fragment or peak, ``""`` for none.
        shift: how far the observed peaks are taken to lie too high, and brought back; None as they were read.
        cand: number of the candidate that is shown, from 1.
        over: number of the candidate that is drawn below it, 0 for none.
    """

    sigma: float = LossSettings.sigma
    unit: str = "Da"
    bin: float = LossSettings.bin_width
    mode: str = "mirror"
    bins: bool = False
    grad: bool = False
    labels: bool = True
    x: tuple[float, float] | None = None
    sel: str = ""
    shift: Shift | None = None
    cand: int = 1
    over: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> View:
        """A view from loose values, of a browser or a link; what makes no sense takes its default."""
        unit = "ppm" if values.get("unit") == "ppm" else "Da"
        start = cls()
        return cls(
            sigma=_within(values.get("sigma"), WIDTHS if unit == "Da" else WIDTHS_PPM)
            or (start.sigma if unit == "Da" else 100.0),
            unit=unit,
            bin=_within(values.get("bin"), WIDTHS) or start.bin,
            mode="overlay" if values.get("mode") == "overlay" else "mirror",
            bins=_truth(values.get("bins"), start.bins),
            grad=_truth(values.get("grad"), start.grad),
            labels=_truth(values.get("labels"), start.labels),
            x=_range(values.get("x")),
            sel=str(values.get("sel") or "")[:LONGEST_NAME],
            shift=_shift(values.get("shift")),
            cand=_candidate(values.get("cand"), start.cand),
            over=_candidate(values.get("over"), start.over),
        )

    def settings(self, base: LossSettings) -> LossSettings:
        """``base`` with the widths of this view."""
        return base.replace(sigma=self.sigma, sigma_unit=self.unit, bin_width=self.bin)

    def link(self) -> dict[str, str]:
        """What of it differs from the defaults, as query parameters."""
        start = View()
        out = {}
        if (self.sigma, self.unit) != (start.sigma, start.unit):
            out["sigma"] = repr(self.sigma)
        if self.unit != start.unit:
            out["unit"] = self.unit
        if self.bin != start.bin:
            out["h"] = repr(self.bin)
        if self.mode != start.mode:
            out["mode"] = self.mode
        for name in ("bins", "grad", "labels"):
            if getattr(self, name) != getattr(start, name):
                out[name] = "1" if getattr(self, name) else "0"
        if self.x:
            out["x"] = f"{self.x[0]:.8g}_{self.x[1]:.8g}"
        if self.sel:
            out["sel"] = self.sel
        if self.shift:
            out["off"] = str(self.shift)
        for name in ("cand", "over"):
            if getattr(self, name) != getattr(start, name):
                out[name] = str(getattr(self, name))
        return out


def sync_with_link() -> None:
    """Take over a link that did not come from us: a fresh page, or the back button."""
    link = _current_link()
    if steps_ahead():  # a press that follows fast still carries the address before the last
        st.session_state[_SEEN_LINK] = link
    if st.session_state.get(_SEEN_LINK) == link:
        return
    st.session_state[_LINK_IS_NEW] = True
    x = link.get("x", "").split("_")
    values = {**link, "bin": link.get("h"), "shift": link.get("off"), "x": x if len(x) == 2 else None}
    st.session_state[_VIEW] = View.of(values)
    st.session_state[_ALSO] = _split(link.get(ALSO, ""))
    st.session_state[_INDEX] = _Place(int(link["i"]) - 1 if link.get("i", "").isdecimal() else None, steps_sent())
    st.session_state[_SENT_LINK] = link
    st.session_state[_SEEN_LINK] = link


def link_is_new() -> bool:
    """Whether a link's candidate waits to be filled in, if need be until its file is uploaded or its peaks pasted."""
    return bool(st.session_state.get(_LINK_IS_NEW))


def link_is_done() -> None:
    """Nothing of the link waits any more."""
    st.session_state[_LINK_IS_NEW] = False


def view() -> View:
    """The view now: what the browser sent last, if it is news, over what was there."""
    sent = (st.session_state.get(STAGE) or {}).get("view")
    if sent and sent.get("seq") != st.session_state.get(_SEEN_SEQ):
        st.session_state[_VIEW] = View.of(sent)
        st.session_state[_SEEN_SEQ] = sent.get("seq")
    return st.session_state.get(_VIEW, View())


def set_widths(sigma: float, unit: str, bin_width: float) -> None:
    """Set sigma and bin width for every page; what is out of range takes its default."""
    st.session_state[_VIEW] = View.of(as_payload(view()) | {"sigma": sigma, "unit": unit, "bin": bin_width})


def set_shift(shift: Shift | None) -> None:
    """Take the peaks of the spectrum that is shown for shifted by so much; None for as they were read."""
    st.session_state[_VIEW] = replace(view(), shift=shift)


def also() -> list[str]:
    """Further candidates of the spectrum that is shown, as text, after the one in the field."""
    return list(st.session_state.get(_ALSO, []))


def set_also(texts: Iterable[str], *, cand: int | None = None) -> None:
    """Compare with these candidates; what a view shows of others is dropped.

    Args:
        cand: number of the candidate to show, from 1; None: the one that is shown, if it is still there.
    """
    chosen = [text.replace("\n", " ") for text in texts][: MOST_CANDIDATES - 1]
    last = len(chosen) + 1
    now = view()
    shown = cand if cand is not None else now.cand
    st.session_state[_VIEW] = replace(now, cand=shown if shown <= last else 1, over=now.over if now.over <= last else 0)
    st.session_state[_ALSO] = chosen


def carry(values: Mapping[str, tuple[Any, list[str]]]) -> None:
    """Give the next page these values of the sidebar's widgets, with their text in a link."""
    st.session_state[_SIDEBAR] = st.session_state.get(_SIDEBAR, {}) | dict(values)


def remember(names: Iterable[str]) -> None:
    """Keep the values of the sidebar's widgets for the next page."""
    known = [name for name in names if name in st.session_state]
    st.session_state[_SIDEBAR] = {name: (st.session_state[name], st.query_params.get_all(name)) for name in known}


def arrive(page: str, *, spectrum: bool = True) -> None:
    """On the way to another page, bring the sidebar, spectrum, candidate and widths along: its own address has none.

    Args:
        spectrum: whether the page is about one, so that it belongs into its address.

    Streamlit keeps widgets that are bound to the link, too, but only from the second change of page on.
    """
    before = st.session_state.get(_PAGE)
    if before not in (None, page):
        _bring_along(spectrum)
    if before != page:
        st.session_state[_ARRIVALS] = arrivals() + 1
    st.session_state[_PAGE] = page


def arrivals() -> int:
    """How often this session changed its page."""
    return int(st.session_state.get(_ARRIVALS, 0))


def _bring_along(spectrum: bool) -> None:
    sent = st.session_state.get(_SENT_LINK)
    st.session_state.pop(_SEEN_LINK, None)  # taken over like a link from outside: the candidate is filled in anew
    sidebar = st.session_state.get(_SIDEBAR, {})
    if spectrum and st.query_params:  # a link, or the way back: its address says everything
        for name in sidebar:
            if name not in st.query_params and name in st.session_state:
                del st.session_state[name]
        return
    for name, (value, _) in sidebar.items():
        st.session_state[name] = value
    if spectrum:
        address: dict[str, str | list[str]] = {name: text for name, (_, text) in sidebar.items() if text}
        if sent is not None:
            address |= view().link() | {name: sent[name] for name in ("i", ALSO, PEPTIDE) if name in sent}
        st.query_params.from_dict(address)


def sequence() -> int:
    """Number of the browser's last message that is answered by now."""
    return int(st.session_state.get(_SEEN_SEQ) or 0)


def as_payload(current: View) -> dict[str, Any]:
    """The view as the browser keeps it."""
    return asdict(current) | {"shift": str(current.shift or "")}


def index() -> int | None:
    """0-based place in the file; None where nothing was chosen yet."""
    return _place().index


def set_index(value: int | None) -> None:
    """Choose a spectrum; one that follows another is shown whole, not in the old one's zoom. Settles all steps."""
    if index() not in (None, value):
        st.session_state[_VIEW] = replace(view(), x=None, sel="", shift=None, cand=1, over=0)
        st.session_state[_ALSO] = []
    st.session_state[_INDEX] = _Place(value, steps_sent())


def session() -> str:
    """Tells this session's steps from those of one before it, which a page that stayed open may still send."""
    return str(st.session_state.setdefault(_SESSION, uuid4().hex))


def steps_sent() -> int:
    """Where the browser's running count of steps stands; where it was settled, if the browser does not say."""
    sent = (st.session_state.get(STEPS) or {}).get("count") or {}
    return int(sent["count"]) if sent.get("session") == session() else _place().steps


def steps_ahead() -> int:
    """Steps that the browser counted and ``set_index`` has not settled, negative for back.

    Read while the page runs, not left to a callback: one that a newer run ends half-way is not called again.
    """
    return steps_sent() - _place().steps


def _place() -> _Place:
    return st.session_state.get(_INDEX) or _Place()


def linked_peptide() -> str | None:
    """The candidate that the link names; None where it leaves the spectrum its own."""
    return _current_link().get(PEPTIDE)


def write_link(home: int, own_peptide: str) -> None:
    """Put view, place and candidate into the address bar.

    Args:
        home: the place that needs no mention.
        own_peptide: the candidate that needs none, because it comes with the spectrum.
    """
    place, text = index(), st.session_state.get(PEPTIDE, "")
    link = view().link() | ({"i": str(place + 1)} if place not in (None, home) else {})
    link |= {PEPTIDE: text} if text != own_peptide else {}
    link |= {ALSO: "\n".join(also())} if also() else {}
    if link == _current_link() == st.session_state.get(_SENT_LINK):
        return
    for name in LINK:
        if name not in link and name in st.query_params:
            del st.query_params[name]
    st.query_params.update(link)
    st.session_state[_SEEN_LINK] = st.session_state[_SENT_LINK] = link


def _current_link() -> dict[str, str]:
    return {name: st.query_params[name] for name in LINK if name in st.query_params}


def _split(text: str) -> list[str]:
    """Candidates of a link, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()][: MOST_CANDIDATES - 1]


def _candidate(value: object, default: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        return default
    return number if default <= number <= MOST_CANDIDATES else default


def _within(value: object, limits: tuple[float, float]) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if limits[0] <= number <= limits[1] else None


def _truth(value: object, default: bool) -> bool:
    return default if value is None else value in (True, 1, "1", "true")


def _shift(value: object) -> Shift | None:
    try:
        return Shift.parse(str(value)) if value else None
    except ValueError:
        return None


def _range(value: object) -> tuple[float, float] | None:
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        return None
    try:
        low, high = float(value[0]), float(value[1])
    except (TypeError, ValueError):
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None
