"""The line over the pictures: what is searched for, clicked or asked in SQL, and how many PSMs are left."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import streamlit as st

from peploss.dataset.query.notes import Notes
from peploss.dataset.query.results import Results
from peploss.errors import SettingsError
from peploss.explorer.outliers.columns import label
from peploss.explorer.outliers.filters import LONGEST_SEARCH, LONGEST_SQL, Filter
from peploss.explorer.outliers.questions import Look
from peploss.explorer.outliers.sets.sidebar import Chosen
from peploss.explorer.outliers.state import STATE, look_at
from peploss.explorer.shell.text import escape_markdown, sentence

ANY_TAG = "any tag"
SMALL_SHARE = 0.1  # of a set, that is copied to be looked at
_SQL = """
A condition on the columns, as behind WHERE: `loss > 0.9 AND charge = 2`, `peptide LIKE '%[Phospho]%'`,
`abs(isotope_ppm) < 10`, `cause = 'calibration'`. It can only filter. In the set, "no fault found" is called
`annotation fine`. The columns:

"""


def draw(chosen: Chosen, whole: Results, notes: Notes | None) -> Look:
    """Draw it and return what is looked at."""
    columns = ", ".join(f"`{name}`" for name in whole.columns)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="outliers-line"):
        asked = STATE.now().filter
        st.text_input(
            "Search", key=STATE.put("find", asked.search), placeholder="Peptide, protein or title",
            icon=":material/search:", label_visibility="collapsed", autocomplete="off", max_chars=LONGEST_SEARCH,
        )  # fmt: skip
        st.text_input(
            "SQL condition", key=STATE.put("where", asked.sql), placeholder="WHERE loss > 0.9 AND charge = 2",
            icon=":material/database:", label_visibility="collapsed", autocomplete="off", max_chars=LONGEST_SQL,
        )  # fmt: skip
        with st.popover("", icon=":material/help:", help="What the SQL condition can be", type="tertiary"):
            st.markdown(_SQL + columns)
        _tags(notes, asked.tag)
    look, problem = _look(chosen, whole, notes, asked)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="outliers-chips"):
        n, all_ = look.n, whole.n_rows
        st.markdown(f"**{n:,}** of {all_:,} PSMs" if n != all_ else f"**{n:,}** PSMs", width="content")
        for chip, words in asked.chips().items():
            st.button(
                escape_markdown(words), icon=":material/close:", icon_position="right", key=f"chip-{chip}",
                help="Remove this filter", on_click=look_at, args=(asked.without(chip),),
            )  # fmt: skip
        if asked != Filter():
            st.button("Clear all", key="clear", type="tertiary", on_click=look_at, args=(Filter(),))
    if problem is not None:
        st.error(f"{sentence(problem)} The filter is ignored until you fix it.", icon=":material/database_off:")
    if unasked := asked.unasked(whole.columns):
        names = ", ".join(label(name) for name in unasked)
        st.caption(f"{escape_markdown(names)}: not in these scores, so this part of the filter is ignored.")
    if whole.version_note:
        st.caption(escape_markdown(whole.version_note))
    return look


def _look(chosen: Chosen, whole: Results, notes: Notes | None, asked: Filter) -> tuple[Look, SettingsError | None]:
    """What the filter leaves; without its SQL, and why, where that cannot be asked."""
    content = str((chosen.results or chosen.set).stamp)
    results, key = whole, content
    if asked.tag:
        ids = notes.tagged(asked.tag) if notes else []
        # The ids themselves, not the tag: another session may put it on more of them.
        key = f"{content}|{hashlib.sha256(np.array(ids, dtype=np.int64).tobytes()).hexdigest()}"
        results = _tagged(key, ids, whole)
    problem = None
    try:
        n = _count(key, asked.where(whole.columns), results)
    except SettingsError as error:
        asked, problem = replace(asked, sql=""), error
        n = _count(key, asked.where(whole.columns), results)
    where = asked.where(whole.columns)
    look = Look(content, f"{key}|{where}", results, whole, where, asked, n)
    if where and n <= SMALL_SHARE * results.n_rows:
        # Found once and not again for each picture, each page and each order.
        look = replace(look, results=_kept(key, where, results), where="")
    return look, problem


@st.cache_resource(max_entries=200, show_spinner=False)
def _count(key: str, where: str, _results: Results) -> int:
    return _results.count(where)


@st.cache_resource(max_entries=6, show_spinner=False)
def _kept(key: str, where: str, _results: Results) -> Results:
    return _results.kept(where)


@st.cache_resource(max_entries=4, show_spinner=False)
def _tagged(key: str, _ids: list[int], _whole: Results) -> Results:
    return _whole.only(_ids)


def _tags(notes: Notes | None, asked: str) -> None:
    known = notes.tags() if notes else {}
    if asked:  # shown also where no PSM has it any more: it is part of the filter
        known.setdefault(asked, 0)
    if not known:
        return
    st.selectbox(
        "Tag", [ANY_TAG, *known], key=STATE.put("tag", asked or ANY_TAG, ANY_TAG), label_visibility="collapsed",
        width=160, required=True,
        format_func=lambda tag: tag if tag == ANY_TAG else f"{tag} ({known[tag]:,})",
    )  # fmt: skip
