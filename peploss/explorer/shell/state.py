"""What is shown of which spectrum, kept for the session: the view, the further candidates, the place in the file.

Streamlit ends a run for a newer one at any access to ``st.session_state``. What has to happen once is therefore noted
as done last, so that the newer run finds it undone; doing it again must change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

import streamlit as st

from peploss.explorer.shell.view import MOST_CANDIDATES, View
from peploss.spectra.shift import Shift

STAGE, STEPS, PEPTIDE = "stage", "steps", "peptide"
"""Keys of the plot, of the count of steps, and of the field with the candidate."""
_VIEW, _INDEX, _SEEN_SEQ, _ALSO, _SESSION = "_view", "_index", "_seen_seq", "_also", "_session"
MOST_ALSO: Final = MOST_CANDIDATES - 1


@dataclass(frozen=True)
class _Place:
    """The place in the file and the browser's count of steps that it answers: as two values they could be left a step
    apart."""

    index: int | None = None
    steps: int = 0


def view() -> View:
    """The view now: what the browser sent last, if it is news, over what was there."""
    sent = (st.session_state.get(STAGE) or {}).get("view")
    if sent and sent.get("seq") != st.session_state.get(_SEEN_SEQ):
        st.session_state[_VIEW] = View.of(sent)
        st.session_state[_SEEN_SEQ] = sent.get("seq")
    return st.session_state.get(_VIEW, View())


def sequence() -> int:
    """Number of the browser's last message that is answered by now."""
    return int(st.session_state.get(_SEEN_SEQ) or 0)


def set_widths(sigma: float, unit: str, bin_width: float) -> None:
    """Set sigma and bin width for every page; what is out of range takes its default."""
    st.session_state[_VIEW] = View.of(view().payload() | {"sigma": sigma, "unit": unit, "bin": bin_width})


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
    chosen = [text.replace("\n", " ") for text in texts][:MOST_ALSO]
    last = len(chosen) + 1
    now = view()
    shown = cand if cand is not None else now.cand
    st.session_state[_VIEW] = replace(now, cand=shown if shown <= last else 1, over=now.over if now.over <= last else 0)
    st.session_state[_ALSO] = chosen


def index() -> int | None:
    """0-based place in the file; None where nothing was chosen yet."""
    return _place().index


def set_index(value: int | None) -> None:
    """Choose a spectrum; one that follows another is shown whole, not in the old one's zoom. Settles all steps."""
    if index() not in (None, value):
        st.session_state[_VIEW] = replace(view(), x=None, sel="", shift=None, cand=1, over=0)
        st.session_state[_ALSO] = []
    st.session_state[_INDEX] = _Place(value, steps_sent())


def follow(to: View, others: Iterable[str], place: int | None) -> None:
    """Show what a link says: a view, further candidates, a 0-based place."""
    st.session_state[_VIEW] = to
    st.session_state[_ALSO] = list(others)[:MOST_ALSO]
    st.session_state[_INDEX] = _Place(place, steps_sent())


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
