"""Outliers: which spectra of a set are bad, why, and what would fix them?"""

from __future__ import annotations

import streamlit as st

from peploss.dataset.query.results import Results
from peploss.errors import PeplossError
from peploss.explorer.outliers import charts, filter_line, psm, table, take
from peploss.explorer.outliers import notes as outliers_notes
from peploss.explorer.outliers import open as outliers_open
from peploss.explorer.outliers import state as outliers_state
from peploss.explorer.outliers.questions import Look
from peploss.explorer.outliers.sets import about as outliers_about
from peploss.explorer.outliers.sets import compare
from peploss.explorer.outliers.sets import make as outliers_make
from peploss.explorer.outliers.sets import sidebar as outliers_sidebar
from peploss.explorer.outliers.sets.sidebar import Chosen
from peploss.explorer.outliers.shown import TABS
from peploss.explorer.outliers.state import STATE
from peploss.explorer.shell import controls, state
from peploss.explorer.shell.boxes import BOXES
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import set_files
from peploss.settings import LossSettings


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    BOXES.again()
    STATE.begin()
    chosen = None
    with st.sidebar:
        try:
            chosen = outliers_sidebar.choose()
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
        outliers_sidebar.working()
        with st.container(horizontal=True):
            make = st.button("New set", icon=":material/add:", key="make")
            score = st.button("Score", icon=":material/calculate:", key="score", disabled=chosen is None)
        st.caption("Settings of the next scores")
        settings, left_out = controls.choose_settings()
    if make:
        outliers_make.make_set()
    if score and chosen is not None:
        outliers_make.score(chosen.set, settings)
    if chosen is None:
        _nothing()
        STATE.end()
        return
    if left_out:
        st.warning(left_out, icon=":material/tune:")
    _body(chosen, settings)


def _nothing() -> None:
    st.markdown("## A set of PSMs")
    being_made = outliers_sidebar.is_built_in_coming()
    st.markdown(
        ("The set of the built-in spectra is being made: it comes up in a few seconds. " if being_made else "")
        + "Your own are made from files of spectra and tables of PSMs, in the sidebar on the left or with "
        "`peploss index`."
    )


@st.fragment(key=outliers_state.BODY)
def _body(chosen: Chosen, base: LossSettings) -> None:
    STATE.again()
    _anew_if_changed(chosen)
    try:
        whole = set_files.opened(*_of(chosen))
        settings, seed = _settings(whole, chosen, base)
        outliers_open.follow(chosen.set, settings)
        notes = outliers_notes.there(chosen.set)
        look = filter_line.draw(chosen, whole, notes)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        STATE.end()
        return
    try:
        charts.draw(look)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
    _tabs(chosen, look, settings, seed)


@st.fragment(key=outliers_state.TABS)
def _tabs(chosen: Chosen, look: Look, settings: LossSettings, seed: int) -> None:
    """What lies under the pictures, which stay as they are while a page is turned or a PSM is looked at."""
    STATE.again()
    _anew_if_changed(chosen)
    outliers_open.follow(chosen.set, settings)
    key = STATE.put("see", STATE.now().see, None)
    tabs = st.tabs(TABS, key=key, on_change="rerun")
    if tabs[0].open:
        with tabs[0], st.container(key="outliers-psms"):
            try:
                _psms(chosen, look, settings, seed)
            except PeplossError as error:
                st.error(sentence(error), icon=":material/error:")
    if tabs[1].open:
        with tabs[1]:
            compare.draw(look, chosen.results, chosen.others)
    if tabs[2].open:
        with tabs[2]:
            outliers_about.draw(chosen.set, look.whole if chosen.results else None)
    STATE.end()


def _psms(chosen: Chosen, look: Look, settings: LossSettings, seed: int) -> None:
    try:
        notes = outliers_notes.there(chosen.set)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        notes = None
    left, right = st.columns([2.5, 1], gap="medium")
    with left:
        shown = table.draw(look, chosen.set, notes)
        take.draw(look, chosen.set, chosen.results, shown)
    with right:
        psm.draw(look, chosen.set, settings, seed, notes, shown.first)


def _anew_if_changed(chosen: Chosen) -> None:
    """A part of the page that runs by itself was handed files that may be replaced or gone by now: look anew."""
    if not all(file.unchanged for file in (chosen.set, chosen.results) if file is not None):
        st.rerun()


def _of(chosen: Chosen) -> tuple[str, int, int, str, int]:
    """What is asked: the results, or the set where there are none."""
    file = chosen.results or chosen.set
    return (*file.stamp, "results" if chosen.results else "set", file.n_psms)


def _settings(whole: Results, chosen: Chosen, base: LossSettings) -> tuple[LossSettings, int]:
    """The settings that the set was scored with, and the seed of its decoys; the page's own where it has not been."""
    if chosen.results is None:
        return state.view().settings(base), 0
    return LossSettings.from_dict(whole.about["settings"]), int(whole.about["seed"])


page()
